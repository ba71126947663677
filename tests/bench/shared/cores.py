"""Which cores are whose, and how long a thread has had its own."""

import dataclasses
import os
import pathlib
import time


class Cores:
    """The worker has the last core to itself, everything else shares the others."""

    def __init__(self):
        self.all = sorted(os.sched_getaffinity(0))
        self.worker, self.others = self.all[-1], self.all[:-1] or self.all
        os.sched_setaffinity(0, self.others)  # and of every child

    def on_all(self, *command):
        """The command line of a program that pins its threads itself, and may use every core."""
        return ["taskset", "--cpu-list", ",".join(map(str, self.all)), *map(str, command)]


def ran(task):
    """Seconds that a thread, /proc/PID/task/TID, has had a core so far."""
    return int((task / "schedstat").read_text().split()[0]) / 1e9


def tasks_of(process):
    return list(pathlib.Path(f"/proc/{process.pid}/task").iterdir())


@dataclasses.dataclass(frozen=True)
class Progress:
    time: float   # time.monotonic()
    ran: float    # seconds that the worker has had its core so far
    packets: int  # that it has received so far


def progress(worker, received):
    """The Progress of the thread `worker`, whose packets received() tells. Between two readings of the
    time the packets are counted; of three tries the closest."""
    def attempt():
        before = time.monotonic(), ran(worker)
        packets = received()
        after = time.monotonic(), ran(worker)
        middle = (sum(both) / 2 for both in zip(before, after))
        return after[0] - before[0], Progress(*middle, packets)
    return min((attempt() for _ in range(3)), key=lambda tried: tried[0])[1]
