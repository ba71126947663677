"""What must be reached, and whether it is."""

import dataclasses

from forwarding.cases import MANY, MILLION, MILLIONS, MORE, THOUSAND, Case


# What floors are of, beside the trials.
CASES = [*(Case(flows) for flows in (THOUSAND, MANY, MILLION, MILLIONS)), Case(MANY, family=6),
         Case(MORE, new=True), Case(MORE, new=True, protocol="tcp"), Case(MANY, services=50_000)]


@dataclasses.dataclass(frozen=True)
class Floor:
    what: str
    bound: float
    unit: str
    value: float = None    # None: it was not measured
    at_most: bool = False  # the bound; else it is the least

    @property
    def holds(self):
        if self.value is None:
            return None
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def cells(self):
        value = "" if self.value is None else f"{self.value:.3g} {self.unit}"
        verdict = {None: "not measured", True: "HELD", False: "NOT HELD"}[self.holds]
        return self.what, value, f"at {'most' if self.at_most else 'least'} {self.bound:g} {self.unit}", verdict


class _Figures:
    """Of all results; what is missing is None, and so is whatever is made of it."""

    def __init__(self, results, tsc, figures):
        self._results = results
        self._tsc = tsc
        self._figures = {figure.what: figure.value for figure in figures}

    def rate(self, case, *names, of=lambda result: result.mpps):
        """The highest rate of the subjects that begin with one of these names."""
        found = [of(result) for result in self._results
                 if result.case == case and result.subject.startswith(names)]
        return max(found, default=None)

    def ratio(self, case, *others, base=None):
        """Portico's rate to that of the best of the others, by default in the same case."""
        return _ratio(self.rate(case, "Portico"), self.rate(base or case, *others))

    def above_io(self, case):
        own, io = self.rate(case, "Portico"), self.rate(case, "testpmd io")
        return self._tsc / 1e6 * (1 / own - 1 / io) if own and io else None

    def floor(self, what, bound, unit, at_most=False):
        """Of a trial's figure."""
        return Floor(what, bound, unit, self._figures.get(what), at_most)

    def made(self, case, *names):
        """As rate(), of connections."""
        return self.rate(case, *names, of=lambda result: result.made_rate)


def _ratio(one, other):
    return one / other if one and other else None


def _new(known, protocol):
    case, name = Case(MORE, protocol=protocol, new=True), f"new connections, {protocol.upper()}"
    own = known.made(case, "Portico")
    return [Floor(name, 3, "million/s", own),
            Floor(f"{name}, to the best of OVS-DPDK", 10, "times", _ratio(own, known.made(case, "OVS")))]


def floors(results, tsc, figures=()):
    """All of them, those not measured too."""
    known = _Figures(results, tsc, figures)
    thousand, many, million = Case(THOUSAND), Case(MANY), Case(MILLION)
    return [
        Floor("1 thousand flows, to testpmd macswap", 0.5, "", known.ratio(thousand, "testpmd macswap")),
        Floor("64 thousand flows, to testpmd macswap", 0.42, "", known.ratio(many, "testpmd macswap")),
        Floor("64 thousand flows, above testpmd io", 130, "cycles", known.above_io(many), True),
        Floor("1 million flows, to testpmd macswap", 0.33, "", known.ratio(million, "testpmd macswap")),
        Floor("1 million flows, above testpmd io", 200, "cycles", known.above_io(million), True),
        Floor("4 million flows, to 1 million", 0.85, "", known.ratio(Case(MILLIONS), "Portico", base=million)),
        Floor("64 thousand flows, to the best of OVS-DPDK", 11, "times", known.ratio(many, "OVS")),
        Floor("1 million flows, to the best of OVS-DPDK", 8, "times", known.ratio(million, "OVS")),
        *(floor for protocol in ("udp", "tcp") for floor in _new(known, protocol)),
        Floor("IPv6 to IPv4, 64 thousand flows", 0.8, "",
              known.ratio(Case(MANY, family=6), "Portico", base=many)),
        Floor("50 thousand Services to one", 0.9, "",
              known.ratio(Case(MANY, services=50_000), "Portico", base=many)),
        known.floor("two workers to one, replies hash home", 1.8, "times"),
        known.floor("two workers to one, all handed over", 1.2, "times"),
        known.floor("during 1 thousand endpoint changes a second", 0.98, ""),
        known.floor("packets misdirected during changes", 0, "", True),
        known.floor("while 1 million connections end, in every 10 ms", 0.95, ""),
        known.floor("memory of a connection", 192, "bytes", True),
        known.floor("memory with 10 million connections open", 2.5, "GiB", True),
    ]
