"""What is compared: each case is traffic that all of its subjects see."""

import dataclasses

IMIX = "imix"
_NAMES = {1: "1 flow", 1 << 10: "1 thousand flows", 1 << 16: "64 thousand flows", 1 << 20: "1 million flows"}


@dataclasses.dataclass(frozen=True)
class Case:
    flows: int
    family: int = 4
    protocol: str = "udp"
    size: int = 64        # bytes of a frame with its checksum, where headers leave so few; or IMIX
    snat: bool = True     # whether Portico masquerades the clients
    mixed: bool = False   # half of the packets are the endpoint's replies
    new: bool = False     # every packet is to be a connection's first

    @property
    def endpoints(self):
        """Of replies one knows in advance only where a single endpoint sends them from."""
        return 1 if self.mixed else 3

    @property
    def name(self):
        words = [_NAMES.get(self.flows, f"{self.flows} flows")]
        if self.family == 6:
            words.append("IPv6")
        if self.protocol != "udp":
            words.append("TCP")
        if self.size != 64:
            words.append("IMIX" if self.size == IMIX else f"{self.size} bytes")
        if self.new:
            words.append("new")
        elif self.mixed:
            words.append("both directions, DNAT")
        else:
            words.append("DNAT with SNAT" if self.snat else "DNAT")
        return ", ".join(words)

    @property
    def traffic(self):
        """What distinguishes its packets: cases alike in this see the same file."""
        return dataclasses.replace(self, snat=False)


ONE, THOUSAND, MANY, MILLION = 1, 1 << 10, 1 << 16, 1 << 20
QUICK = [Case(THOUSAND), Case(MANY)]
ALL = [
    Case(ONE), Case(THOUSAND), Case(MANY), Case(MILLION),
    Case(ONE, snat=False), Case(THOUSAND, snat=False), Case(MANY, snat=False), Case(MILLION, snat=False),
    Case(MANY, snat=False, mixed=True), Case(MANY, family=6), Case(MANY, family=6, snat=False),
    Case(MANY, protocol="tcp"),
    *(Case(MANY, size=size) for size in (128, 256, 512, 1500, IMIX)),
    Case(MANY, new=True), Case(MANY, new=True, protocol="tcp"),
]
