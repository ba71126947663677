"""Ten million connections open at once, half of them IPv4 and half IPv6, and what memory a whole porticod then has.

More packets than can be replayed from memory make them, so they come by a named pipe, which net_pcap reads
as a file. A worker that reads a pipe waits for it; so there is always something in it: frames of
a protocol that the gateway does not know, and the neighbor's answers.
"""

import collections
import contextlib
import functools
import os
import pathlib
import re
import threading
import time

from forwarding import machine, packets, subject
from forwarding.cases import Case
from forwarding.portico import Portico, manifests, snat_addresses
from forwarding.trials import Figure
from shared.frames import PCAP_HEADER, pcap_record
from testbed import isolation

EACH = 5_000_000  # connections of each family
_FEW = 1 << 16    # the same, of the porticod that it is set beside
PORTS = range(1024, 65_024)  # of a client
_PIPE = isolation.RUN / "packets.pipe"
_BUFFERS = 32_768


def cases(each):
    return [Case(each, family=family) for family in (4, 6)]


def client(family, number):
    """Address in binary of client `number`, each of which has all of PORTS; the sum of its words, and so
    checksums, is the same for all."""
    if family == 4:
        return (0x0A400000 + (number << 16) + 0x8000 - number).to_bytes(4, "big")
    network = packets.binary(packets.CLIENTS[6].split("/")[0])
    return network[:12] + (0x1000 + number).to_bytes(2, "big") + (0x8000 - number).to_bytes(2, "big")


@functools.lru_cache(None)
def _frames(family, ports):
    """Of client 0."""
    return packets.first_frames(Case(EACH, family=family), client(family, 0), ports)


def records(family, number, ports=PORTS):
    """The first packets of client `number`, one from each port, as a file in pcap's format has them."""
    at, size = (26, 4) if family == 4 else (22, 16)
    frames = _frames(family, ports)
    before = pcap_record(frames[0])[:16 + at] + client(family, number)
    return before + before.join(frame[at + size:] for frame in frames)


def everybody(each):
    """Calls that give the records of so many connections of each family."""
    for number, first in enumerate(range(0, each, len(PORTS))):
        for family in (4, 6):
            yield functools.partial(records, family, number, PORTS[:each - first])


class _Pipe:
    """Keeps the pipe full, of what is next or of what changes nothing."""

    def __init__(self):
        _PIPE.unlink(missing_ok=True)
        os.mkfifo(_PIPE)
        self._both = os.open(_PIPE, os.O_RDWR)  # else each end would wait here for the other
        self._write_end = os.open(_PIPE, os.O_WRONLY)
        self._next = collections.deque()
        unknown = packets.GATEWAY_MAC + packets.NEIGHBOR_MAC + b"\x88\xb5" + bytes(46)  # for experiments
        self._idle = b"".join(map(pcap_record, [*map(packets.neighbor_frame, (4, 6)), *[unknown] * 500]))
        threading.Thread(target=self._write, daemon=True).start()

    def opened(self):
        """The other side has it open by now, and when that ends the thread is to see it."""
        os.close(self._both)

    def send(self, parts):
        """Calls, each of which gives records."""
        self._next += parts

    def is_empty(self):
        return not self._next

    def _write(self):
        data = PCAP_HEADER
        with open(self._write_end, "wb", buffering=0) as file, contextlib.suppress(BrokenPipeError):
            while True:
                view = memoryview(data)
                while view:
                    view = view[file.write(view):]
                if self._next:
                    data = self._next[0]()
                    self._next.popleft()
                else:
                    data = self._idle


class Piped(Portico):
    """Both families' Service, and one packet of each connection by a pipe."""

    device = f"net_pcap0,rx_pcap={_PIPE}"

    def __init__(self, each):
        self._each = each

    def memory(self, frames):
        return _BUFFERS * 3072 + self._each * 300 + (768 << 20)

    def objects(self, case):
        return [part for family in cases(self._each) for part in manifests(family)]

    def snat(self, case):
        return {"masquerade_all": True,
                "addresses": [address for family in cases(self._each) for address in snat_addresses(family)]}

    def timeouts(self, case):
        return {"udp": {"unreplied": "2h"}}

    def connections(self, case):
        return self._each

    def running(self, process, cores):
        return process

    def seen(self):
        """(connections open, made, packets sent)"""
        worker, = self.ctl("counters")
        return tuple(int(worker[name]) for name in ("connectionsOpen", "connectionsMade", "sent"))


def memory_of(process):
    """Bytes: resident, and hugepages, which are counted apart."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return sum(int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) << 10 for name in ("VmRSS", "HugetlbPages"))


class Memory:
    name = "memory"

    def __call__(self, cores, say):
        few, _ = self._open(_FEW, cores)
        many, seconds = self._open(EACH, cores)
        say(f"{2 * EACH} connections were opened in {seconds:.1f} s")
        return [Figure("memory with 10 million connections open", many / (1 << 30), "GiB"),
                Figure("memory of a connection", (many - few) / (2 * (EACH - _FEW)), "bytes")]

    @staticmethod
    def _open(each, cores):
        """(bytes of a porticod in which so many of each family are open, seconds that it took)"""
        gateway, case = Piped(each), Case(each)
        with machine.hugepages(gateway.memory(0)), contextlib.ExitStack() as stack:
            pipe = _Pipe()
            process = stack.enter_context(gateway.start(case, 0, cores))
            pipe.opened()
            process.wait_until(lambda: _is_forwarding(pipe, gateway), subject.PATIENCE, "packets to be forwarded")
            begin = time.monotonic()
            pipe.send(everybody(each))
            process.wait_until(lambda: gateway.seen()[0] >= 2 * each, subject.PATIENCE, "all connections")
            seconds = time.monotonic() - begin
            _require_all(pipe, process, gateway)
            return memory_of(process), seconds


def _is_forwarding(pipe, gateway):
    """Whether a packet of each family gets through, whose next hop may not have been known before."""
    _, _, sent = gateway.seen()
    pipe.send(functools.partial(records, family, 0, PORTS[:1]) for family in (4, 6))
    time.sleep(0.2)
    return gateway.seen()[2] >= sent + 2


def _require_all(pipe, process, gateway):
    """That what was made is there: packets of the first are forwarded, and make none."""
    _, made, sent = gateway.seen()
    pipe.send(functools.partial(records, family, 0) for family in (4, 6))
    process.wait_until(lambda: gateway.seen()[2] >= sent + 2 * len(PORTS), subject.PATIENCE,
                       "packets of connections that were made to be forwarded")
    if gateway.seen()[1] != made:
        raise subject.Lost(f"{gateway.seen()[1] - made} connections that were open had to be made again")
