"""Where the cycles go: what `porticoctl get stages` tells, before and after."""

import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Sampled:
    """Of all workers together, since they started."""
    packets: int = 0
    cycles: dict = dataclasses.field(default_factory=dict)  # {stage: of all these packets}


def sampled(workers):
    """From porticoctl's JSON."""
    cycles = {}
    for worker in workers:
        for stage in worker["stages"]:
            cycles[stage["stage"]] = cycles.get(stage["stage"], 0) + int(stage["cycles"])
    return Sampled(sum(int(worker["packets"]) for worker in workers), cycles)


def between(before, after):
    """{stage: cycles a packet}, of what was sampled in between; empty if nothing was."""
    packets = after.packets - before.packets
    return {stage: (cycles - before.cycles.get(stage, 0)) / packets
            for stage, cycles in after.cycles.items()} if packets else {}


def median(several):
    """Of each stage."""
    several = [one for one in several if one]
    return {stage: statistics.median(one[stage] for one in several) for stage in (several or [{}])[0]}
