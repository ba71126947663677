"""Two workers against one, with the very same packets of both directions.

A device with a queue a worker, each of which replays a file of its own: what that worker owns, or what the
other owns, so that everything is handed over. One worker has all of it in one file. Two workers have all
of the machine's cores where it has two, so nothing else runs but porticod's own threads while they are measured.
"""

import contextlib
import os
import statistics
import time

from forwarding import machine, owners, packets, subject
from forwarding.cases import MANY, Case
from forwarding.portico import Portico
from forwarding.trials import Figure
from shared.cores import ran, tasks_of
from shared.frames import write_pcap
from testbed import isolation, wait

CASE = Case(MANY, snat=False, mixed=True)
_STARTS, _WINDOWS, _SECONDS = 3, 3, 1.0
_PRIORITY = {True: 1, False: 2}  # of a worker, of what must have its core for a moment
_QUEUES = [isolation.RUN / f"queue{number}.pcap" for number in range(2)]


class _Running(subject.Running):
    """Of several workers. Packets count when they are sent: who receives too much for the others loses it."""

    def __init__(self, process, cores, read):
        self.process, self.counters = process, read
        self._workers = [wait.until(lambda core=core: subject.worker_of(process, core), subject.PATIENCE,
                                    f"{process.name}'s worker on core {core}") for core in cores]

    def _progress(self):
        begin, ran_before = time.monotonic(), list(map(ran, self._workers))
        sent = self.counters().sent
        ran_after, end = list(map(ran, self._workers)), time.monotonic()
        return (begin + end) / 2, [(a + b) / 2 for a, b in zip(ran_before, ran_after)], sent

    def warm_up(self, case):
        def has_connections():
            return self.counters().made >= case.flows
        self.process.wait_until(has_connections, subject.PATIENCE, f"{self.process.name} to know all flows")
        time.sleep(0.5)

    @contextlib.contextmanager
    def _before_others(self):
        """Within the block nothing but this process and porticod's own other threads has a worker's core: what one
        worker does not take meanwhile, the other drops."""
        self._schedule(os.SCHED_RR, lambda task: _PRIORITY[task in self._workers])
        try:
            yield
        finally:
            self._schedule(os.SCHED_OTHER, lambda task: 0)

    def _schedule(self, policy, priority_of):
        for task in tasks_of(self.process):
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.sched_setscheduler(int(task.name), policy, os.sched_param(priority_of(task)))

    def window(self, case, seconds):
        with self._before_others():
            return self._window(seconds)

    def _window(self, seconds):
        made = self.counters().made
        begin, had, sent = self._progress()
        time.sleep(seconds)
        end, has, sent_by_then = self._progress()
        self.process.require_running()
        if self.counters().made != made:
            raise subject.Lost(f"{self.process.name}: connections were made anew")
        each = [now - then for now, then in zip(has, had)]
        return subject.Window(statistics.mean(each), min(each) / (end - begin), sent_by_then - sent, 0)


class TwoWorkers(Portico):
    """`queues`: the file of each worker's."""

    def __init__(self, name, queues):
        self.name = name
        self.device = ",".join(["net_pcap0", *(f"rx_pcap={file}" for file in queues), "infinite_rx=1"])

    def worker_cores(self, cores):
        return [cores.others[-1], cores.worker]

    def running(self, process, cores):
        return _Running(process, self.worker_cores(cores), self._counters)


@contextlib.contextmanager
def _before_others():
    """Within the block this process need not wait for a worker that has its core, too."""
    os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(_PRIORITY[False]))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


class Scaling:
    name = "two workers"

    def __call__(self, cores, say):
        frames = packets.frames(CASE)
        neighbor = frames.pop()
        write_pcap(subject.FRAMES, [*frames, neighbor])
        for file, part in zip(_QUEUES, owners.split(frames, 2)):
            write_pcap(file, [*part, neighbor])
        kinds = {"one worker": Portico(), "two workers, replies hash home": TwoWorkers("Portico", _QUEUES),
                 "two workers, all handed over": TwoWorkers("Portico", _QUEUES[::-1])}
        windows = {name: [] for name in kinds}
        with machine.hugepages(2 * Portico().memory(len(frames))), _before_others():
            for _ in range(_STARTS):
                for name, kind in kinds.items():
                    with kind.start(CASE, len(frames), cores) as running:
                        running.warm_up(CASE)
                        windows[name] += [running.window(CASE, _SECONDS) for _ in range(_WINDOWS)]
                    say(f"{name}: " + " ".join(f"{window.mpps:.2f}" for window in windows[name][-_WINDOWS:]))
        return figures(windows)


def figures(windows):
    """Of {name: windows}."""
    rates = {name: statistics.median(window.mpps for window in some) for name, some in windows.items()}
    one = rates.pop("one worker")
    made = [Figure("one worker, both directions", one, "million/s")]
    for name, rate in rates.items():
        what = name.replace("two workers", "two workers to one")
        made += [Figure(name, rate, "million/s"), Figure(what, rate / one, "times"),
                 Figure(f"{name}: share of their cores, at least",
                        min(window.share for window in windows[name]))]
    return made
