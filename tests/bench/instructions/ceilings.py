"""What was counted beside what is recorded."""

import dataclasses
import json

ABOVE = 1.02  # of what is recorded is the ceiling: another patch of the compiler moves a count a little
BELOW = 0.95  # of what is recorded is far below it


@dataclasses.dataclass(frozen=True)
class Verdict:
    case: str
    counted: float | None
    recorded: float | None

    @property
    def fault(self):
        """Why the run fails, or None."""
        if self.counted is None:
            return "is recorded, but there is no such case"
        if self.recorded is None:
            return "is not recorded"
        if self.counted > self.recorded * ABOVE:
            return f"is above its ceiling, {self.recorded * ABOVE:.1f}"
        return None

    @property
    def hint(self):
        known = self.counted is not None and self.recorded is not None
        return "far below: record it, so that it stays" if known and self.counted < self.recorded * BELOW else None

    def cells(self):
        numbers = ("" if number is None else f"{number:.1f}" for number in (self.counted, self.recorded))
        return self.case, *numbers, self.fault or self.hint or "holds"


def verdicts(counted, recorded):
    """Both: {case: instructions a packet}."""
    return [Verdict(case, counted.get(case), recorded.get(case)) for case in {**counted, **recorded}]


def read(file):
    return json.loads(file.read_text()) if file.exists() else {}


def write(file, counted):
    file.write_text(json.dumps({case: round(number, 1) for case, number in counted.items()}, indent=2) + "\n")
