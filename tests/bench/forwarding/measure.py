"""Every case by every subject that has something to say of it, started in turn, again and again."""

import dataclasses
import statistics
import subprocess

from forwarding import machine, packets, stages, subject


@dataclasses.dataclass(frozen=True)
class Plan:
    starts: int     # of each subject, one after another: restarts differ more than windows of one process
    windows: int    # of each start
    seconds: float  # of a window


@dataclasses.dataclass
class Result:
    """What one subject did with one case."""

    case: object
    subject: str
    command: str = ""
    windows: list = dataclasses.field(default_factory=list)
    stages: list = dataclasses.field(default_factory=list)  # {stage: cycles a packet} of each start

    @property
    def mpps(self):
        return statistics.median(window.mpps for window in self.windows)

    @property
    def made_rate(self):
        """Connections made, million a second."""
        return statistics.median(window.made_rate for window in self.windows)

    @property
    def share(self):
        """Of its core that the worker had at least."""
        return min(window.share for window in self.windows)

    def cycles(self, tsc):
        """Of the time stamp counter, a packet."""
        return tsc / (self.mpps * 1e6)


class Run:
    """`say` is told what goes on, a line each."""

    def __init__(self, cores, subjects, plan, say):
        self._cores, self._subjects, self._plan, self._say = cores, subjects, plan, say
        self.results = []   # Result
        self.failures = []  # what could not be measured, and why
        self._written = None  # the traffic that is in the file, and how many frames

    def __call__(self, cases):
        """Measures all of them, or as many as it may: whoever ends it has what there is by then."""
        for case in cases:
            try:
                self._measure(case)
            except MemoryError as error:
                self._fail(case, "all", error)
            except (KeyboardInterrupt, SystemExit):
                self._fail(case, "all", "ended from outside, and so are the cases after it")
                return

    def _measure(self, case):
        subjects = [one for one in self._subjects if one.supports(case)]
        frames = self._write(case)
        results = {one.name: Result(case, one.name) for one in subjects}
        needed = max(one.memory(frames) for one in subjects)
        if needed > machine.available() * 5 // 6:
            raise MemoryError(f"{needed >> 20} MiB of hugepages are more than the machine can spare")
        try:
            with machine.hugepages(needed):
                for _ in range(self._plan.starts):
                    for one in subjects:
                        self._start(one, case, frames, results[one.name])
        finally:
            self.results += [result for result in results.values() if result.windows]

    def _write(self, case):
        if self._written is None or self._written[0] != case.traffic:
            self._written = case.traffic, packets.write(subject.FRAMES, case)
        return self._written[1]

    def _start(self, one, case, frames, result):
        try:
            with one.start(case, frames, self._cores) as running:
                running.warm_up(case)
                before = running.sampled()
                windows = [running.window(case, self._plan.seconds) for _ in range(self._plan.windows)]
                taken = stages.between(before, running.sampled())
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            self._fail(case, one.name, error)
            return
        result.windows += windows
        result.stages.append(taken)
        result.command = one.command
        rates = " ".join(f"{case.rate(window):.2f}" for window in windows)
        self._say(f"{case.name}: {one.name}: {rates} million/s")

    def _fail(self, case, name, reason):
        self.failures.append(f"{case.name}: {name}: {reason}")
        self._say(f"FAILED: {self.failures[-1]}")
