"""dpdk-testpmd: what a packet costs when next to nothing is done with it."""

import contextlib
import os
import re
import signal

from forwarding import subject
from forwarding.cases import MILLION, Case
from testbed import isolation
from testbed.process import Process

_BUFFER = 2048 + 128 + 128 + 128  # bytes of an mbuf with its headroom and the mempool's own
_WORKING = 16384                  # mbufs beside those that hold the file
_STATISTICS = re.compile(r"RX-packets: (\d+).*?TX-packets: (\d+)", re.DOTALL)


class Testpmd(subject.Subject):
    def __init__(self, mode):
        self.mode = mode
        self.name = f"testpmd {mode}"

    def supports(self, case):
        if case.counts_connections or case.services > 1:
            return False
        if self.mode == "macswap":  # once for the same packets
            return case.snat or case.mixed or case.replies
        return case == Case(case.flows) and (self.mode == "io" or case.flows <= MILLION)

    def memory(self, frames):
        return memory(frames)

    @contextlib.contextmanager
    def start(self, case, frames, cores):
        started = program(self.name, self.mode, [subject.DEVICE], frames, cores, cores.worker)
        with started as (process, commands, self.command):
            def counters():
                before = process.log.stat().st_size
                print("show port stats 0", file=commands, flush=True)

                def answer():
                    with open(process.log, errors="replace") as file:
                        file.seek(before)
                        return _STATISTICS.search(file.read())
                received, sent = process.wait_until(answer, subject.PATIENCE, "testpmd's statistics").groups()
                return subject.Counters(int(received), int(sent))
            yield subject.Running(process, cores.worker, counters)


def memory(frames):
    """Bytes of hugepages that it needs for a file of so many frames."""
    return (frames + _WORKING) * _BUFFER * 9 // 8 + (128 << 20)


@contextlib.contextmanager
def program(name, mode, devices, frames, cores, core, namespace=None):
    """It forwards between the devices on `core` within the block; gives the process, the file that takes its
    commands, and the command line."""
    arguments = [
        "stdbuf", "--output=L", "dpdk-testpmd", f"--lcores=0@{cores.others[0]},1@{core}", "--in-memory",
        "--no-pci", "--no-telemetry", *(f"--vdev={device}" for device in devices), "--", "--interactive",
        "--nb-cores=1", f"--forward-mode={mode}", f"--total-num-mbufs={frames + _WORKING}", "--burst=32",
        "--no-mlockall"]
    log = isolation.RUN / "testpmd.log"
    log.unlink(missing_ok=True)
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as commands:
        process = Process(name, cores.on_all(*arguments), namespace, log, stdin=reading)
        os.close(reading)
        try:
            process.wait_until(lambda: "testpmd>" in log.read_text(), subject.PATIENCE, "testpmd's prompt")
            print("start", file=commands, flush=True)
            yield process, commands, " ".join(arguments[2:])
        finally:
            process.stop(signal.SIGKILL)  # it has nothing to lose, and ending in two ways at once it may hang
