"""The frames of a case: every flow's, in an order that no cache foresees, and what the gateway asks for.

Clients speak to the Services in turn. Where a packet leaves the gateway, the next hop is one neighbor
for all; its ARP reply or neighbor advertisement is in the file, so that whoever asks is answered.
"""

import dataclasses
import functools
import ipaddress
import random
import socket
import struct

from forwarding.cases import IMIX
from shared.frames import arp_reply, checksum, write_pcap

GATEWAY_MAC = bytes.fromhex("020000000001")
NEIGHBOR_MAC = bytes.fromhex("0200000000c1")
GATEWAY = {4: "10.12.0.1", 6: "2001:db8:12::1"}
NEIGHBOR = {4: "10.12.0.2", 6: "2001:db8:12::2"}
SERVICES = {4: "10.96.0.10", 6: "2001:db8:96::10"}
ENDPOINTS = {4: "10.200.0.1", 6: "2001:db8:200::1"}
CLIENTS = {4: "198.18.0.0/15", 6: "2001:db8:c::/64"}
SERVICE_PORT, POD_PORT = 80, 8080
LEAST = 1 << 12  # frames in a file: fewer flows come more often
_ADDRESSES, _PORTS = 1 << 16, 64_000
_ETHERTYPE = {4: b"\x08\x00", 6: b"\x86\xdd"}
_NUMBER = {"udp": socket.IPPROTO_UDP, "tcp": socket.IPPROTO_TCP}
_FIN, _SYN, _PSH, _ACK = 0x01, 0x02, 0x08, 0x10
# Of twelve packets seven are small, four middle and one large.
_IMIX = (64, 594, 64, 64, 594, 64, 1518, 64, 594, 64, 594, 64)




@dataclasses.dataclass(frozen=True)
class Segment:
    """What a packet of TCP says beside its ports."""

    from_peer: bool
    flags: int
    sequence: int
    acknowledged: int
    data: int = 0  # bytes


_MIDDLE = Segment(False, _ACK, 1, 1)
_FIRST = Segment(False, _SYN, 1, 0)
_PEER = Segment(True, _ACK, 1, 1)
# A connection from its first SYN to its last ACK: a request of six bytes and an answer as long.
LIFE = (
    _FIRST,
    Segment(True, _SYN | _ACK, 1000, 2),
    Segment(False, _ACK, 2, 1001),
    Segment(False, _PSH | _ACK, 2, 1001, 6),
    Segment(True, _PSH | _ACK, 1001, 8, 6),
    Segment(False, _FIN | _ACK, 8, 1007),
    Segment(True, _FIN | _ACK, 1007, 9),
    Segment(False, _ACK, 9, 1008))
# Of the file a life lasts so much between two of its packets, which makes an eighth of it in all.
_PACE = 1 / 64


def service(family, number):
    return str(ipaddress.ip_address(SERVICES[family]) + number)


def endpoint(family, number):
    """Of all Services' endpoints, which have as many consecutive ones each."""
    return str(ipaddress.ip_address(ENDPOINTS[family]) + number)


def binary(address):
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def client(family, number):
    """(address, port) of flow `number`, of at most four million; no two are the same."""
    network = binary(CLIENTS[family].split("/")[0])
    host = int.from_bytes(network[-4:], "big") + number % _ADDRESSES
    return network[:-4] + host.to_bytes(4, "big"), 1024 + 7919 * number % _PORTS


def _words(data):
    return sum(struct.unpack(f"!{len(data) // 2}H", data))


def _folded(total):
    """The complement of a sum of 16-bit words, as checksums are written."""
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


class _Template:
    """Frames that differ in the client alone; the sums of all the rest are made once."""

    def __init__(self, case, size, peer, peer_port, segment):
        self._peer, self._from_peer = binary(peer), segment.from_peer
        self._peer_port = struct.pack("!H", peer_port)
        self._is_udp = case.protocol == "udp"
        header, transport = 20 if case.family == 4 else 40, 8 if self._is_udp else 20
        space = max(0, size - 4 - 14 - header - transport)
        data = segment.data if case.lives else space
        length = transport + data
        if self._is_udp:
            self._behind_ports, self._tail = struct.pack("!H", length), bytes(data)
        else:
            self._behind_ports = struct.pack("!IIBBH", segment.sequence, segment.acknowledged, 0x50,
                                             segment.flags, 65535)
            self._tail = bytes(2 + data)  # no urgent data
        self._padding = bytes(space - data)
        self._ethernet = GATEWAY_MAC + NEIGHBOR_MAC + _ETHERTYPE[case.family]
        number = _NUMBER[case.protocol]
        if case.family == 4:
            self._before = struct.pack("!BBHHHBB", 0x45, 0, 20 + length, 0, 0x4000, 64, number)
            self._ip_sum = _words(self._before) + _words(self._peer)
        else:
            self._before = struct.pack("!IHBB", 0x60000000, length, number, 64)
            self._ip_sum = None
        even = self._behind_ports + bytes(len(self._behind_ports) % 2)
        self._sum = _words(even) + _words(self._peer) + peer_port + length + number

    def frame(self, address, port):
        varying = _words(address)
        value = _folded(self._sum + varying + port)
        if self._is_udp and value == 0:
            value = 0xFFFF  # RFC 768: zero says that there is none
        ip = b"" if self._ip_sum is None else _folded(self._ip_sum + varying).to_bytes(2, "big")
        own_port = port.to_bytes(2, "big")
        ends = (self._peer + address + self._peer_port + own_port if self._from_peer
                else address + self._peer + own_port + self._peer_port)
        return b"".join((self._ethernet, self._before, ip, ends, self._behind_ports,
                         value.to_bytes(2, "big"), self._tail, self._padding))


def _advertisement():
    """That NEIGHBOR[6] is at NEIGHBOR_MAC (RFC 4861 section 4.4), asked for, to take the place of what was."""
    ends = binary(NEIGHBOR[6]) + binary(GATEWAY[6])
    body = struct.pack("!I", 0x60000000) + binary(NEIGHBOR[6]) + b"\x02\x01" + NEIGHBOR_MAC
    pseudo = ends + struct.pack("!II", 4 + len(body), socket.IPPROTO_ICMPV6)
    value = checksum(pseudo + b"\x88\0\0\0" + body)
    return (GATEWAY_MAC + NEIGHBOR_MAC + _ETHERTYPE[6] +
            struct.pack("!IHBB", 0x60000000, 4 + len(body), socket.IPPROTO_ICMPV6, 255) + ends +
            b"\x88\0" + struct.pack("!H", value) + body)


def neighbor_frame(family):
    if family == 6:
        return _advertisement()
    return arp_reply(GATEWAY[4], GATEWAY_MAC, NEIGHBOR[4], NEIGHBOR_MAC)


def _segments(case):
    """What there is of each flow in a file."""
    if case.lives:
        return LIFE
    if case.new:
        return (_FIRST,)
    return (_PEER,) if case.replies else (_MIDDLE, _PEER) if case.mixed else (_MIDDLE,)


def frames_of(case):
    """How many there are in a file, but for the neighbor's; known without making them."""
    each = case.flows * len(_segments(case))
    return each if case.lives else each * -(-LEAST // each)


def _flows(case, segments):
    """The frames of each flow."""
    sizes = _IMIX if case.size == IMIX else (case.size,)

    @functools.lru_cache(None)
    def template(size, there, segment):
        if segment.from_peer:
            return _Template(case, size, ENDPOINTS[case.family], POD_PORT, segment)
        return _Template(case, size, service(case.family, there), SERVICE_PORT, segment)
    for number in range(case.flows):
        address, port = client(case.family, number)
        size, there = sizes[number % len(sizes)], number % case.services
        yield [template(size, there, segment).frame(address, port) for segment in segments]


def frames(case):
    """All frames of a case: at least LEAST, shuffled, and the neighbor's at the end."""
    chance = random.Random(1)
    flows = _flows(case, _segments(case))
    if case.lives:
        timed = [(begin + step * _PACE, frame) for life, begin in ((life, chance.random()) for life in flows)
                 for step, frame in enumerate(life)]
        timed.sort(key=lambda one: one[0])
        return [*(frame for _, frame in timed), neighbor_frame(case.family)]
    made = [frame for flow in flows for frame in flow]
    made *= frames_of(case) // len(made)
    chance.shuffle(made)
    return [*made, neighbor_frame(case.family)]


def first_frames(case, address, ports):
    """Of each of a client's ports the first packet to the first Service."""
    template = _Template(case, case.size, service(case.family, 0), SERVICE_PORT, _FIRST)
    return [template.frame(address, port) for port in ports]


def requests(case):
    """A frame of each flow that begins it, where the file has none."""
    return [frame for flow in _flows(case, (_MIDDLE,)) for frame in flow]


def write(path, case):
    """How many frames there are in the file."""
    made = frames(case)
    write_pcap(path, made)
    return len(made)
