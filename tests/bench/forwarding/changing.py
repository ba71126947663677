"""Forwarding while tables change: a controller of the bench's own (../endpoint_changes.cc) puts a thousand times
a second another endpoint in the place of one, of ten thousand Services that all have traffic.

Once for the rate, in quiet and changing slices of time by turns; and once for where the packets go: there all
that is sent is written to a file, and every packet must be for an endpoint that was its Service's at that
time, and that of its connection as long as there was one.
"""

import contextlib
import dataclasses
import socket
import statistics
import struct
import subprocess
import time

from control.programs import occupied
from forwarding import machine, packets, subject
from forwarding.cases import MANY, Case
from forwarding.pauses import program
from forwarding.portico import SOCKET, Portico
from forwarding.trials import Figure
from testbed import isolation

CASE = Case(MANY, snat=False, services=10_000)
RATE = 1000
_SLICES, _SECONDS = 20, 0.5
_LONGEST = 1.2  # seconds that a slice may take until the worker has had its core for so long
_WATCHED_SECONDS = 2.0
_MOST_WATCHED = 3_000_000  # packets
_SENT = isolation.RUN / "sent.pcap"
_RECORD = isolation.RUN / "changes"
# ns that the file's clock and the controller's may differ: net_pcap counts time by DPDK's idea of the TSC's
# frequency, which is rounded to 10 MHz, and so is up to 2 ms wrong in each second since the start.
_CLOCKS = 200_000_000


class _Controller:
    """The Services' source, and their changes."""

    def __init__(self):
        self._process = subprocess.Popen(
            [*isolation.DIE_WITH_PARENT, program("endpoint_changes"), f"unix:{SOCKET}", str(CASE.services),
             str(CASE.endpoints), str(RATE), _RECORD], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self._answer("ready")

    def _answer(self, wanted=""):
        answer = self._process.stdout.readline().strip()
        if not answer or wanted not in answer:
            self._process.kill()
            raise RuntimeError(f"endpoint_changes: {self._process.communicate()[1].strip()[-2000:]}")
        return answer

    def begin(self, seconds):
        print(seconds, file=self._process.stdin, flush=True)

    def finish(self):
        """How many changes were made since begin(); all are acknowledged."""
        return int(self._answer())

    def record(self):
        """[Change] of all."""
        self._process.stdin.close()
        if self._process.wait(subject.PATIENCE):
            raise RuntimeError(f"endpoint_changes: {self._process.stderr.read().strip()[-2000:]}")
        return [Change.read(line) for line in _RECORD.read_text().splitlines()]

    def stop(self):
        self._process.kill()
        self._process.wait()


class Changed(Portico):
    """Its Services come from a _Controller, in `controller`."""

    def __init__(self, device=subject.DEVICE):
        self.device = device
        self.controller = None

    def fill(self, case):
        self.controller = _Controller()

    @contextlib.contextmanager
    def start(self, case, frames, cores):
        try:
            with super().start(case, frames, cores) as running:
                yield running
        finally:
            if self.controller:
                self.controller.stop()


@dataclasses.dataclass(frozen=True)
class Change:
    service: int
    before: bytes      # the endpoint's address
    after: bytes
    sent: int          # ns since 1970
    acknowledged: int  # the same

    @classmethod
    def read(cls, line):
        service, before, after, sent, acknowledged = line.split()
        return cls(int(service), socket.inet_aton(before), socket.inet_aton(after), int(sent), int(acknowledged))


class Watch:
    """Follows packets, in the order in which they were sent."""

    def __init__(self, case, changes):
        forever = 1 << 63
        self._began = min(change.sent for change in changes)
        self._service_of = {}  # client's address and port: its Service
        for number in range(case.flows):
            address, port = packets.client(4, number)
            self._service_of[address + port.to_bytes(2, "big")] = number % case.services
        # endpoint: (Service, first moment, moment at which it begins to go, last moment)
        first = int.from_bytes(packets.binary(packets.ENDPOINTS[4]), "big")
        self._endpoints = {(first + number).to_bytes(4, "big"): (number // case.endpoints, 0, forever, forever)
                           for number in range(case.services * case.endpoints)}
        for change in changes:
            self._endpoints[change.after] = change.service, change.sent, forever, forever
            service, begin, _, _ = self._endpoints[change.before]
            self._endpoints[change.before] = service, begin, change.sent, change.acknowledged
        self._endpoint_of = {}  # client: endpoint
        self.packets = self.moved = self.misdirected = 0

    def see(self, frame, at):
        """A frame that left at that moment."""
        head = bytes(frame[:36])
        if head[12:14] != b"\x08\x00":
            return
        if head[23] != socket.IPPROTO_UDP:  # a client is told that there is nobody
            self.misdirected += at > self._began
            return
        self.packets += 1
        client, endpoint = head[26:30] + head[34:36], head[30:34]
        service, begin, _, end = self._endpoints.get(endpoint, (None, 0, 0, 0))
        if (service is None or self._service_of.get(client) != service
                or not begin - _CLOCKS <= at <= end + _CLOCKS):
            self.misdirected += 1
        before = self._endpoint_of.get(client)
        if service is not None and before != endpoint:
            self._endpoint_of[client] = endpoint
            if before:
                self.moved += 1
                self.misdirected += at < self._endpoints[before][2] - _CLOCKS


def frames_of(file, most):
    """(frame, ns since 1970) of a file in pcap's format, at most so many."""
    magic, = struct.unpack("<I", file.read(24)[:4])
    unit = {0xA1B2C3D4: 1000, 0xA1B23C4D: 1}[magic]
    data = memoryview(file.read(most * 100))
    at = 0
    while most > 0 and at + 16 <= len(data):
        seconds, part, length, _ = struct.unpack_from("<IIII", data, at)
        if at + 16 + length > len(data):
            return
        yield data[at + 16:at + 16 + length], seconds * 1_000_000_000 + part * unit
        at += 16 + length
        most -= 1


class Changing:
    name = "endpoint changes"

    def __call__(self, cores, say):
        frames = packets.write(subject.FRAMES, CASE)
        with machine.hugepages(Changed().memory(frames)):
            return [*self._rates(frames, cores, say), *self._watch(frames, cores)]

    @staticmethod
    def _rates(frames, cores, say):
        gateway, rates, made = Changed(), [], 0
        with gateway.start(CASE, frames, cores) as running, occupied(cores):
            running.warm_up(CASE)
            for number in range(2 * _SLICES + 1):
                changes = number % 2 == 1
                if changes:
                    gateway.controller.begin(_LONGEST + 0.1)
                    time.sleep(0.05)
                begin = time.monotonic()
                rates.append(running.window(CASE, _SECONDS).mpps)
                if time.monotonic() - begin > _LONGEST:
                    raise subject.Lost("porticod's worker has not had its core for half of the time")
                if changes:
                    made += gateway.controller.finish()
        say("quiet and changing by turns: " + " ".join(f"{rate:.2f}" for rate in rates))
        return figures(rates)

    @staticmethod
    def _watch(frames, cores):
        gateway = Changed(f"{subject.DEVICE},tx_pcap={_SENT}")
        try:
            with gateway.start(CASE, frames, cores):
                gateway.controller.begin(_WATCHED_SECONDS)
                gateway.controller.finish()
                changes = gateway.controller.record()
            watch = Watch(CASE, changes)
            with open(_SENT, "rb") as file:
                for frame, at in frames_of(file, _MOST_WATCHED):
                    watch.see(frame, at)
        finally:
            _SENT.unlink(missing_ok=True)
        if not watch.moved:
            raise RuntimeError(f"of {watch.packets} packets none was for an endpoint that had come")
        return [Figure("packets looked at during changes", watch.packets),
                Figure("connections made anew, whose endpoint went", watch.moved),
                Figure("packets misdirected during changes", watch.misdirected)]


def figures(rates):
    """Of quiet and changing slices by turns, which begin and end with a quiet one."""
    ratios = [2 * rates[at] / (rates[at - 1] + rates[at + 1]) for at in range(1, len(rates), 2)]
    return [Figure("quiet, before endpoint changes", statistics.median(rates[::2]), "million/s"),
            Figure("during 1 thousand endpoint changes a second", statistics.median(ratios))]
