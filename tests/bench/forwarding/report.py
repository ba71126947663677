"""What was measured, for people and as JSON."""

import dataclasses
import statistics

from forwarding import stages
from shared.table import table

LEAST = 0.05  # cycles of a stage that are worth a column


def of(results, case, name):
    """What the subject did with the very same packets."""
    return next((result for result in results
                 if result.case.traffic == case.traffic and result.subject == name), None)


def row(result, results, tsc):
    rates = list(map(result.case.rate, result.windows))
    macswap, io = (of(results, result.case, f"testpmd {mode}") for mode in ("macswap", "io"))
    return (result.subject, f"{statistics.median(rates):.2f}", f"{min(rates):.2f}-{max(rates):.2f}",
            f"{result.cycles(tsc):.0f}", f"{result.mpps / macswap.mpps:.3f}" if macswap else "",
            f"{result.cycles(tsc) - io.cycles(tsc):.0f}" if io else "", f"{100 * result.share:.0f} %")


def where(result, tsc):
    """{stage: cycles a packet}, and what lies beside the stages: polling, expiry, the loop itself."""
    taken = stages.median(result.stages)
    return {**taken, "beside": result.cycles(tsc) - sum(taken.values())} if taken else {}


def _where(result, tsc):
    parts = [(stage, f"{cycles:.1f}") for stage, cycles in where(result, tsc).items() if abs(cycles) >= LEAST]
    return [f"where the cycles of {result.subject} go\n{table(list(zip(*parts)))}"] if parts else []


def cases_of(results):
    return list(dict.fromkeys(result.case for result in results))


def text(results, floors, failures, tsc, figures=()):
    """A table a case, then the trials' figures, then the floors, then what failed."""
    parts = []
    for case in cases_of(results):
        rows = [("", "million/s", "windows", "cycles", "to macswap", "above io", "of its core")]
        rows += [row(result, results, tsc) for result in results if result.case == case]
        parts.append(f"{case.name}\n{table(rows)}")
        parts += [one for result in results if result.case == case for one in _where(result, tsc)]
    if figures:
        parts.append("Beyond a worker's rate\n" + table([figure.cells() for figure in figures]))
    if floors:
        parts.append("Floors\n" + table([floor.cells() for floor in floors]))
    if failures:
        parts.append("Failed\n" + "\n".join(failures))
    return "\n\n".join(parts)


def commands(results):
    """{subject: its last command line}"""
    return {result.subject: result.command for result in results}


def origin(results, description):
    """Versions, and what was started."""
    rows = [*description["packages"].items(), *commands(results).items()]
    return "Of\n" + table([(name, value) for name, value in rows])


def document(results, floors, failures, description, figures=()):
    """The same and every window, as JSON has it."""
    tsc = description["tsc_hz"]
    return {
        "machine": description,
        "results": [{
            "case": result.case.name, **dataclasses.asdict(result.case), "subject": result.subject,
            "command": result.command, "mpps": result.mpps, "cycles": result.cycles(tsc),
            "connections_made_mps": result.made_rate, "cycles_of_stages": where(result, tsc),
            "windows": [{"mpps": window.mpps, "connections_made_mps": window.made_rate,
                         "share_of_core": window.share} for window in result.windows],
        } for result in results],
        "figures": [dataclasses.asdict(figure) for figure in figures],
        "floors": [{**dataclasses.asdict(floor), "holds": floor.holds} for floor in floors],
        "failures": failures}
