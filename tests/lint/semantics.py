"""Each rule of the documents that are tables of rules has a source and a test that is there.

usage: semantics.py [ROOT]

A rule is a row of a table whose last column is "proved by". That column links to files under
tests/; behind # the case is named: Suite.Case of a gtest, test_case of a pytest.
"""

import os
import re
import sys

from sources import ROOT, Finding, read, report

DOCUMENTS = ["docs/kubernetes.md", "docs/service-semantics.md"]
COLUMNS = ["rule", "source", "proved by"]
LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]+)(?:#([^)\s]+))?\)")


def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def rules(text):
    """(line number, cells) of each row of each table of rules."""
    header = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("|"):
            header = None
        elif header is None:
            header = cells(line)
        elif header[-1] == COLUMNS[-1] and not re.fullmatch(r"[|\s:-]+", line):
            yield number, cells(line)


def has_case(path, text, case):
    if path.endswith(".py"):
        return re.search(rf"^def {re.escape(case)}\(", text, re.MULTILINE) is not None
    suite, _, name = case.partition(".")
    pattern = rf"\b(?:TYPED_)?TEST(?:_F|_P)?\(\s*{re.escape(suite)},\s*{re.escape(name)}\)"
    return re.search(pattern, text) is not None


def check_link(root, document, number, target, case):
    path = os.path.normpath(os.path.join(os.path.dirname(document), target))
    if not path.startswith("tests/"):
        return [Finding(document, number, f"{target} is no test")]
    if not os.path.isfile(os.path.join(root, path)):
        return [Finding(document, number, f"{path} is not there")]
    if case and not has_case(path, read(root, path), case):
        return [Finding(document, number, f"{path} has no {case}")]
    return []


def check_document(root, document):
    found = []
    for number, row in rules(read(root, document)):
        if len(row) != len(COLUMNS):
            found.append(Finding(document, number, f"has {len(row)} columns, not {len(COLUMNS)}"))
            continue
        found += [Finding(document, number, f"has no {column}")
                  for column, cell in zip(COLUMNS, row) if not cell]
        links = LINK.findall(row[-1])
        if row[-1] and not links:
            found.append(Finding(document, number, "links to no test"))
        for target, case in links:
            found += check_link(root, document, number, target, case)
    return found


def check(root):
    return [finding for document in DOCUMENTS if os.path.isfile(os.path.join(root, document))
            for finding in check_document(root, document)]


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1] if len(sys.argv) > 1 else ROOT)))
