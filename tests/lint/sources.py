"""What the lints share: which files are ours, how code looks without comments, how to report."""

import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Finding(NamedTuple):
    path: str  # relative to the root of the tree
    line: int  # from 1; 0: the file as a whole
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


def files(root, *patterns):
    """Paths relative to `root`, sorted, that match a git pathspec such as '*.cc' and are not ignored.

    A file counts before its first commit too. A tree without git (a tarball, a test's) is walked.
    """
    root = pathlib.Path(root)
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard", "--", *patterns],
            cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
        found = {path for path in listed if path and (root / path).exists()}
    else:
        found = {str(path.relative_to(root))
                 for pattern in patterns for path in root.rglob(pattern) if path.is_file()}
    return sorted(found)


def read(root, path):
    return (pathlib.Path(root) / path).read_text(encoding="utf-8")


# A raw string, a comment, a string, a character. (1'000'000 is cut as if it were one: harmless.)
_NOT_CODE = re.compile(
    r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)


def code_lines(text):
    """(line number, line) without comments and literals, so that no word in them counts as code."""
    blanked = _NOT_CODE.sub(lambda match: " " + "\n" * match.group().count("\n"), text)
    return enumerate(blanked.split("\n"), start=1)


_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def includes(text):
    """(line number, '<' or '"', path) of each #include."""
    for number, line in enumerate(text.split("\n"), start=1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2)


def jobs():
    return os.cpu_count() or 1


def report(findings):
    """Prints the findings; the exit status of the lint."""
    for finding in findings:
        print(finding)
    if findings:
        print(f"{len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0
