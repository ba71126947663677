"""What was measured, for people and as JSON."""

import dataclasses
import statistics

from shared.table import table


def _of(results, case, name):
    """What the subject did with the very same packets."""
    return next((result for result in results
                 if result.case.traffic == case.traffic and result.subject == name), None)


def _row(result, results, tsc):
    rates = [window.made_rate if result.case.counts_connections else window.mpps for window in result.windows]
    macswap, io = (_of(results, result.case, f"testpmd {mode}") for mode in ("macswap", "io"))
    return (result.subject, f"{statistics.median(rates):.2f}", f"{min(rates):.2f}-{max(rates):.2f}",
            f"{result.cycles(tsc):.0f}", f"{result.mpps / macswap.mpps:.3f}" if macswap else "",
            f"{result.cycles(tsc) - io.cycles(tsc):.0f}" if io else "", f"{100 * result.share:.0f} %")


def cases_of(results):
    return list(dict.fromkeys(result.case for result in results))


def text(results, floors, failures, tsc):
    """A table a case, then the floors, then what failed."""
    parts = []
    for case in cases_of(results):
        rows = [("", "million/s", "windows", "cycles", "to macswap", "above io", "of its core")]
        rows += [_row(result, results, tsc) for result in results if result.case == case]
        parts.append(f"{case.name}\n{table(rows)}")
    if floors:
        parts.append("Floors\n" + table([floor.cells() for floor in floors]))
    if failures:
        parts.append("Failed\n" + "\n".join(failures))
    return "\n\n".join(parts)


def document(results, floors, failures, description):
    """The same and every window, as JSON has it."""
    tsc = description["tsc_hz"]
    return {
        "machine": description,
        "results": [{
            "case": result.case.name, **dataclasses.asdict(result.case), "subject": result.subject,
            "command": result.command, "mpps": result.mpps, "cycles": result.cycles(tsc),
            "connections_made_mps": result.made_rate,
            "windows": [{"mpps": window.mpps, "connections_made_mps": window.made_rate,
                         "share_of_core": window.share} for window in result.windows],
        } for result in results],
        "floors": [{**dataclasses.asdict(floor), "holds": floor.holds} for floor in floors],
        "failures": failures}
