"""The report as a page for the documentation: Markdown with the plots."""

from forwarding import plot, report

FILE = "report.md"


def _table(rows):
    head, *rest = [[str(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rest))


def _best(results, case, name):
    found = [case.rate(result) for result in results
             if result.case == case and result.subject.startswith(name)]
    return f"{max(found):.2f}" if found else ""


def _overview(results, tsc):
    rows = [("case", "Portico", "lowest and highest", "cycles", "to macswap", "above io", "testpmd macswap", "OVS-DPDK",
             "nftables")]
    for case in report.cases_of(results):
        own = next((result for result in results if result.case == case and result.subject == "Portico"), None)
        if own is None:
            continue
        _, rate, spread, cycles, to_macswap, above_io, _ = report.row(own, results, tsc)
        swapped = report.of(results, case, "testpmd macswap")
        rows.append((f"[{case.name}]({plot.file_name(case)})", rate, spread, cycles, to_macswap, above_io,
                     f"{swapped.mpps:.2f}" if swapped else "", _best(results, case, "OVS"),
                     _best(results, case, "Linux")))
    return _table(rows)


def _stages(results, tsc):
    """A column for each stage that takes a cycle in any case."""
    taken = {result.case: report.where(result, tsc) for result in results if any(result.stages)}
    names = list(dict.fromkeys(name for cycles in taken.values() for name in cycles))
    names = [name for name in names if any(cycles.get(name, 0) >= 1 for cycles in taken.values())]
    return _table([("case", *names), *((case.name, *(f"{cycles.get(name, 0):.0f}" for name in names))
                                       for case, cycles in taken.items())])


def page(results, floors, failures, description, figures):
    """Rates in million packets a second, or connections where a case counts them."""
    tsc = description["tsc_hz"]
    parts = [
        "# Measured by scripts/bench",
        f"{description['processor']}, {description['cores']} cores, {tsc / 1e9:.3f} GHz (time stamp counter), "
        f"{description['memory_bytes'] / 2**30:.0f} GiB, Linux {description['kernel']}, load before "
        f"{description['load']:.2f}; " + ", ".join(f"{name} {version}" for name, version in
                                                   description["packages"].items()) + ".",
        "[benchmark.md](../benchmark.md) tells what is measured and how. Rates are million packets a second of one worker, "
        "or connections made where a case is of new ones or of whole lives; medians.",
        "## Cases", _overview(results, tsc),
        "## Floors", _table([("what", "measured", "floor", ""), *(floor.cells() for floor in floors)]),
        "## Beyond a worker's rate", _table([("what", "measured"), *(figure.cells() for figure in figures)]),
        *(["## Where Portico's cycles go", _stages(results, tsc)] if any(any(one.stages) for one in results) else []),
        "## Plots", *(f"![{case.name}]({plot.file_name(case)})" for case in report.cases_of(results)),
        "## Command lines", _table([("subject", "command"), *((name, f"`{command}`") for name, command in
                                                              report.commands(results).items())])]
    if failures:
        parts += ["## Failed", *failures]
    return "\n\n".join(parts) + "\n"


def write(folder, results, floors, failures, description, figures):
    plot.write(folder, results)
    (folder / FILE).write_text(page(results, floors, failures, description, figures))
