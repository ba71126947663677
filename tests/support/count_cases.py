"""Counts the test cases of one run of `meson test`, from the log that meson wrote as JSON.

usage: count_cases.py BUILD_DIR LOG_BASE      prints "PASSED FAILED SKIPPED"

A test NAME that writes a JUnit file, BUILD_DIR/NAME.xml, counts with the cases in it; any other is
one case. (For tests of meson's protocol `gtest` meson asks for that file; a pytest is given
`--junitxml`.) What meson says of the test has the last word: one that failed without a failing case
(a crash, a timeout, a leak found at exit), or that had no case at all, is a failure.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as xml
from typing import NamedTuple

MESON_PASSED = ("OK", "EXPECTEDFAIL")
MESON_SKIPPED = ("SKIP",)


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other):
        return Counts(*(a + b for a, b in zip(self, other)))


def junit_file(build, name):
    """Where the test's JUnit file is, if it writes one. Meson's log says "project:suite / name"."""
    return build / f"{name.split(' / ')[-1]}.xml"


def count_junit(path):
    """The cases of a JUnit file; no case at all when it is cut short."""
    try:
        cases = list(xml.parse(path).iter("testcase"))
    except xml.ParseError:
        return Counts()
    passed = failed = skipped = 0
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None or case.get("status") == "notrun":
            skipped += 1
        else:
            passed += 1
    return Counts(passed, failed, skipped)


def count_program(build, program):
    """The cases of one line of meson's JSON log."""
    result = program["result"]
    path = junit_file(build, program["name"])
    if not path.exists():
        if result in MESON_PASSED:
            return Counts(passed=1)
        return Counts(skipped=1) if result in MESON_SKIPPED else Counts(failed=1)
    counts = count_junit(path)
    unsaid = result not in MESON_PASSED + MESON_SKIPPED and counts.failed == 0
    if unsaid or counts == Counts():
        counts += Counts(failed=1)
    return counts


def count_log(build, log_base):
    """The cases of a run; a run without a test, which leaves no log, has failed."""
    log = build / "meson-logs" / f"{log_base}.json"
    if not log.exists():
        return Counts(failed=1)
    total = Counts()
    for line in log.read_text().splitlines():
        total += count_program(build, json.loads(line))
    return total


if __name__ == "__main__":
    print(*count_log(pathlib.Path(sys.argv[1]), sys.argv[2]))
