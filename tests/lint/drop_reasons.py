"""Every drop reason is provoked by a test.

usage: drop_reasons.py [ROOT]

A conversation in tests/packet expects it ("drop no_route", "refuse ttl_exceeded"); those that no conversation can
provoke, listed here with the cause, are expected by a unit test (DropReason::hand_over_full).
"""

import re
import sys

from sources import ROOT, Finding, code_lines, files, read, report

LIST = "include/portico/drop_reasons.def"

# reason: why a conversation can't provoke it
UNIT_TESTED = {
    "no_packet_memory": "there is always memory there",
    "slow_path_full": "the slow path runs after each burst there, and has room for one",
    "hand_over_full": "the other worker runs after each burst there, and its ring holds several",
}


def reasons(root):
    """(name, line number in the list)"""
    pattern = re.compile(r"^PORTICO_DROP_REASON\((\w+),")
    for number, line in enumerate(read(root, LIST).splitlines(), start=1):
        if match := pattern.match(line):
            yield match.group(1), number


def provoked_in_conversations(root):
    words = set()
    for path in files(root, "*.conv"):
        if path.startswith("tests/packet/"):
            lines = (line.split("#")[0] for line in read(root, path).splitlines())
            words.update(word for line in lines for word in re.findall(r"^\s*(?:drop|refuse)\s+(\w+)", line))
    return words


def named_in_unit_tests(root):
    words = set()
    for path in files(root, "*_test.cc"):
        if path.startswith("tests/unit/"):
            for _, line in code_lines(read(root, path)):
                words.update(re.findall(r"\bDropReason::(\w+)", line))
    return words


def check(root, unit_tested=UNIT_TESTED):
    known = dict(reasons(root))
    conversations, units = provoked_in_conversations(root), named_in_unit_tests(root)
    found = []
    for name, line in known.items():
        if name in unit_tested and name not in units:
            found.append(Finding(LIST, line, f"no unit test provokes {name}"))
        if name in unit_tested and name in conversations:
            found.append(Finding(LIST, line, f"a conversation provokes {name}: strike it from UNIT_TESTED"))
        if name not in unit_tested and name not in conversations:
            found.append(Finding(LIST, line, f"no conversation in tests/packet provokes {name}"))
    for name in sorted(unit_tested.keys() - known.keys()):
        found.append(Finding("tests/lint/drop_reasons.py", 0, f"{name} in UNIT_TESTED is no drop reason"))
    return found


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1] if len(sys.argv) > 1 else ROOT)))
