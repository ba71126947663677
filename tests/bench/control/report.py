"""What was measured, against what was promised."""

import dataclasses
import statistics


def percentile(values, share):
    """The smallest value that at least `share` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 10_000) * len(ordered) // 10_000) - 1)]


def median_bounds(values):
    """Between which the median of all such values lies with a probability of 95 %, whatever their
    distribution: order statistics, by the normal approximation of the binomial."""
    ordered = sorted(values)
    reach = 0.98 * len(ordered) ** 0.5
    low, high = round(len(ordered) / 2 - reach), round(len(ordered) / 2 + reach)
    return ordered[max(0, low - 1)], ordered[min(len(ordered) - 1, high)]


@dataclasses.dataclass(frozen=True)
class Figure:
    what: str
    value: float
    unit: str
    target: float = None
    at_least: bool = False  # the target; else it is the most

    @property
    def holds(self):
        if self.target is None:
            return None
        return self.value >= self.target if self.at_least else self.value < self.target

    def cells(self):
        target = "" if self.target is None else (
            f"{'at least' if self.at_least else 'under'} {self.target:g} {self.unit}")
        held = {None: "", True: "held", False: "NOT HELD"}[self.holds]
        return self.what, f"{self.value:.4g} {self.unit}", target, held


def figures(measured):
    """Of one Measured (measure.py), in their order."""
    low, high = median_bounds(measured.rate_ratios)
    mib, delays = 1 << 20, [1000 * delay for delay in measured.delays]
    return [
        Figure("initial list to forwarding", measured.initial, "s", 10),
        Figure("  time of a core in portico-controller", measured.controller_time, "s"),
        Figure("  time of a core in porticod", measured.gateway_time, "s"),
        Figure("memory of portico-controller", measured.controller_memory / mib, "MiB", 1024),
        Figure("memory of porticod's control side", measured.gateway_memory / mib, "MiB", 1024),
        Figure("changes coming in", measured.change_rate, "/s", 0.98 * measured.wanted_rate, True),
        Figure("change to acknowledgement, median", percentile(delays, 0.5), "ms", 10),
        Figure("change to acknowledgement, 99 %", percentile(delays, 0.99), "ms", 50),
        Figure("change to acknowledgement, most", max(delays), "ms"),
        Figure("packets while nothing changes", statistics.median(measured.quiet_rates) / 1e6,
               "million/s of the worker's time"),
        Figure("packets' rate while it changes", 100 * statistics.median(measured.rate_ratios), "%", 98, True),
        Figure("  95 % sure: at least", 100 * low, "%"),
        Figure("  at most", 100 * high, "%"),
        Figure("the worker's core is its own, at least", 100 * min(measured.shares), "%"),
        Figure("packets dropped while it changes", measured.dropped, "", 1),
    ]
