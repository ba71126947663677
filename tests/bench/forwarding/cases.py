"""What is compared: each case is traffic that all of its subjects see."""

import dataclasses

IMIX = "imix"
ONE, THOUSAND, FEW, MANY, MORE, MILLION, MILLIONS = 1, 1 << 10, 1 << 14, 1 << 16, 1 << 17, 1 << 20, 1 << 22
_NAMES = {ONE: "1 flow", THOUSAND: "1 thousand flows", FEW: "16 thousand flows", MANY: "64 thousand flows",
          MORE: "128 thousand flows", MILLION: "1 million flows", MILLIONS: "4 million flows"}


@dataclasses.dataclass(frozen=True)
class Case:
    flows: int
    family: int = 4
    protocol: str = "udp"
    size: int = 64        # bytes of a frame with its checksum, where headers leave so few; or IMIX
    snat: bool = True     # whether Portico masquerades the clients
    mixed: bool = False   # half of the packets are the endpoint's replies
    replies: bool = False  # all of them are; the connections were made before
    new: bool = False     # every packet is to be a connection's first
    lives: bool = False   # TCP connections in whole, packets.LIFE each; they begin anew when all is over
    services: int = 1     # over which the flows are spread

    @property
    def endpoints(self):
        """Of each Service. Of replies one knows in advance only where a single one sends them from."""
        return 1 if self.mixed or self.replies or self.lives else 3 if self.services == 1 else 5

    @property
    def traffic(self):
        """Cases that have this in common have the very same packets."""
        return dataclasses.replace(self, snat=True)

    @property
    def counts_connections(self):
        """Whether its figure is connections made, not packets."""
        return self.new or self.lives

    def rate(self, of):
        """The figure of a window or of a result, million a second."""
        return of.made_rate if self.counts_connections else of.mpps

    @property
    def name(self):
        words = [_NAMES.get(self.flows, f"{self.flows} flows")]
        if self.family == 6:
            words.append("IPv6")
        if self.protocol != "udp":
            words.append("TCP")
        if self.size != 64:
            words.append("IMIX" if self.size == IMIX else f"{self.size} bytes")
        if self.services > 1:
            words.append(f"{self.services // 1000} thousand Services")
        if self.new:
            words.append("new")
        elif self.lives:
            words.append("whole lives")
        elif self.replies:
            words.append("replies, DNAT")
        elif self.mixed:
            words.append("both directions, DNAT")
        else:
            words.append("DNAT with SNAT" if self.snat else "DNAT")
        return ", ".join(words)


QUICK = [Case(THOUSAND), Case(MANY)]
ALL = [
    *(Case(flows, snat=snat) for flows in (ONE, THOUSAND, MANY, MILLION, MILLIONS) for snat in (True, False)),
    Case(MANY, snat=False, replies=True), Case(MANY, snat=False, mixed=True),
    Case(MANY, family=6), Case(MANY, family=6, snat=False), Case(MANY, protocol="tcp"),
    *(Case(MANY, size=size) for size in (128, 256, 512, 1500, IMIX)),
    Case(MORE, new=True), Case(MORE, new=True, protocol="tcp"),
    Case(FEW, protocol="tcp", snat=False, lives=True),
    Case(MANY, services=10_000), Case(MANY, services=50_000),
]
