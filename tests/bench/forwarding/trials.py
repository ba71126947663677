"""What a rate of one worker does not tell. A trial is called with (cores, say), starts what it needs, and
gives figures."""

import dataclasses
import subprocess


@dataclasses.dataclass(frozen=True)
class Figure:
    what: str    # as a floor has it, where there is one
    value: float
    unit: str = ""

    def cells(self):
        return self.what, f"{self.value:.4g} {self.unit}".strip()


class Trials:
    """`say` is told what goes on, a line each."""

    def __init__(self, cores, say):
        self._cores, self._say = cores, say
        self.figures = []
        self.failures = []  # what could not be measured, and why

    def __call__(self, trials):
        """All of them, or as many as it may: whoever ends it has what there is by then."""
        for trial in trials:
            try:
                made = trial(self._cores, self._say)
            except (MemoryError, RuntimeError, ValueError, OSError, subprocess.SubprocessError) as error:
                self._fail(trial, error)
                continue
            except (KeyboardInterrupt, SystemExit):
                self._fail(trial, "ended from outside, and so are the trials after it")
                return
            self.figures += made
            for figure in made:
                self._say(": ".join((trial.name, *figure.cells())))

    def _fail(self, trial, reason):
        self.failures.append(f"{trial.name}: {reason}")
        self._say(f"FAILED: {self.failures[-1]}")
