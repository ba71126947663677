"""The demo's output: numbered sections, expectations that held or did not, bars."""

import os
import shutil
import sys
import time

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34",
          "cyan": "36"}
_EIGHTHS = " ▏▎▍▌▋▊▉"


class Terminal:
    """Colour only where a person looks at it (https://no-color.org)."""

    def __init__(self, out=sys.stdout):
        self._out = out
        self._color = out.isatty() and "NO_COLOR" not in os.environ
        self._begun = time.monotonic()
        self._section = 0
        self.held = 0
        self.failed = []

    def paint(self, text, *styles):
        if not self._color:
            return text
        return f"\033[{';'.join(_CODES[style] for style in styles)}m{text}\033[0m"

    def line(self, text=""):
        print(text, file=self._out, flush=True)

    def section(self, text):
        self._section += 1
        number = self.paint(f"{self._section:2} ", "bold", "cyan")
        self.line(f"\n{number} {self.paint(text, 'bold')}")

    def command(self, text):
        self.line(f"    {self.paint('$ ' + text, 'blue')}")

    def output(self, text):
        """What a command printed; on a terminal cut to its width."""
        width = shutil.get_terminal_size().columns - 4 if self._out.isatty() else None
        for line in text.rstrip("\n").splitlines():
            cut = width is not None and len(line) > width
            self.line(f"    {line[:width - 1] + '…' if cut else line}")

    def expect(self, holds, text, seconds=None):
        """Says whether an expectation held, and remembers it."""
        mark = self.paint("✓", "green") if holds else self.paint("✗", "bold", "red")
        took = "" if seconds is None else self.paint(f"  {seconds:.1f} s", "dim")
        self.line(f"  {mark} {text if holds else self.paint(text, 'red')}{took}")
        if holds:
            self.held += 1
        else:
            self.failed.append(text)

    def step(self, text, action):
        """Does `action`, which raises what goes wrong; says what was done, how long it took."""
        begun = time.monotonic()
        result = action()
        self.expect(True, text, time.monotonic() - begun)
        return result

    def bars(self, counts, width=42):
        """A horizontal bar for each of {label: count}; a full one is the largest count."""
        most, total = max(counts.values()), sum(counts.values())
        for label, count in counts.items():
            eighths = round(count / most * width * 8)
            bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
            share = f"{count:4} {100 * count / total:5.1f} %"
            self.line(f"    {label}  {self.paint(bar.ljust(width), 'cyan')} {share}")

    def verdict(self):
        """The last line; returns the exit status."""
        seconds = time.monotonic() - self._begun
        if not self.failed:
            text = f"All {self.held} expectations held, in {seconds:.1f} s."
            self.line(f"\n{self.paint(text, 'bold', 'green')}")
            return 0
        many = f"{len(self.failed)} of {self.held + len(self.failed)} expectations did not hold:"
        self.line(f"\n{self.paint(many, 'bold', 'red')}")
        for text in self.failed:
            self.line(f"  {self.paint('✗', 'bold', 'red')} {text}")
        return 1
