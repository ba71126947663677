"""dpdk-testpmd: what a packet costs when next to nothing is done with it."""

import contextlib
import os
import re

from forwarding import subject
from forwarding.cases import MILLION, Case
from testbed import isolation
from testbed.process import Process

LOG = isolation.RUN / "testpmd.log"
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
        return (frames + _WORKING) * _BUFFER * 9 // 8 + (128 << 20)

    @contextlib.contextmanager
    def start(self, case, frames, cores):
        arguments = [
            "stdbuf", "--output=L", "dpdk-testpmd", f"--lcores=0@{cores.others[0]},1@{cores.worker}", "--in-memory", "--no-pci",
            "--no-telemetry", f"--vdev={subject.DEVICE}", "--", "--interactive", "--nb-cores=1",
            f"--forward-mode={self.mode}", f"--total-num-mbufs={frames + _WORKING}", "--burst=32",
            "--no-mlockall"]
        self.command = " ".join(arguments[2:])
        LOG.unlink(missing_ok=True)
        reading, writing = os.pipe()
        with os.fdopen(writing, "w") as commands:
            process = Process(self.name, cores.on_all(*arguments), None, LOG, stdin=reading)
            os.close(reading)
            try:
                yield self._running(process, commands, cores)
            finally:
                with contextlib.suppress(BrokenPipeError):
                    print("stop\nquit", file=commands, flush=True)
                process.stop()

    @staticmethod
    def _running(process, commands, cores):
        process.wait_until(lambda: "testpmd>" in LOG.read_text(), subject.PATIENCE, "testpmd's prompt")
        print("start", file=commands, flush=True)

        def counters():
            before = LOG.stat().st_size
            print("show port stats 0", file=commands, flush=True)

            def answer():
                with open(LOG, errors="replace") as file:
                    file.seek(before)
                    return _STATISTICS.search(file.read())
            received, sent = process.wait_until(answer, subject.PATIENCE, "testpmd's statistics").groups()
            return subject.Counters(int(received), int(sent))
        return subject.Running(process, cores.worker, counters)
