"""Style: formatting, file length, white space, leftovers, and that scripts parse.

usage: style.py [ROOT]
"""

import concurrent.futures
import pathlib
import re
import subprocess
import sys

from sources import ROOT, Finding, files, jobs, read, report

MAX_LINES = 400
CODE = ("*.h", "*.cc")
TEXT = (*CODE, "*.def", "*.py", "*.proto", "*.build", "*.md", "*.yaml", "*.yml", "*.conv", "*.txt",
        "*.sh", "scripts/*", ".ci/*")
LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
CLANG_FORMAT = "clang-format-14"


def check_format(root, paths):
    """All at once: starting the program costs more than reading a file."""
    done = subprocess.run([CLANG_FORMAT, "--dry-run", "--Werror", *paths], cwd=root, text=True,
                          capture_output=True, check=False)
    first = {}
    for path, line in re.findall(r"^(.+?):(\d+):\d+: error", done.stderr, re.MULTILINE):
        first.setdefault(path, int(line))
    if done.returncode and not first:
        return [Finding("", 0, done.stderr.strip())]
    return [Finding(path, line, f"run {CLANG_FORMAT} -i {path}") for path, line in first.items()]


def check_length(root, path):
    count = read(root, path).count("\n")
    if count <= MAX_LINES:
        return []
    return [Finding(path, count, f"has {count} lines; over {MAX_LINES} it has more than one purpose")]


def check_text(root, path):
    text = read(root, path)
    found = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line != line.rstrip():
            found.append(Finding(path, number, "white space at the end of the line"))
        if LEFTOVER.search(line) and path != "tests/lint/style.py":
            found.append(Finding(path, number, f"a leftover: {line.strip()}"))
    if text and not text.endswith("\n"):
        found.append(Finding(path, text.count("\n") + 1, "no newline at the end of the file"))
    return found


def shebang(root, path):
    with open(pathlib.Path(root) / path, "rb") as file:
        first = file.readline()
    return first.decode(errors="replace") if first.startswith(b"#!") else ""


def check_script(root, path):
    """A shell or Python script that does not even parse."""
    first = shebang(root, path)
    if "bash" in first or "/sh" in first or path.endswith(".sh"):
        done = subprocess.run(["bash", "-n", path], cwd=root, text=True, capture_output=True,
                              check=False)
        return [Finding(path, 0, done.stderr.strip())] if done.returncode else []
    if "python" in first or path.endswith(".py"):
        try:
            compile(read(root, path), path, "exec")
        except SyntaxError as error:
            return [Finding(path, error.lineno or 0, str(error))]
    return []


def check_sorted(root, path):
    lines = [line for line in read(root, path).splitlines() if line and not line.startswith("#")]
    for number, (line, expected) in enumerate(zip(lines, sorted(set(lines))), start=1):
        if line != expected:
            return [Finding(path, number, f"'{line}' is out of order or there twice")]
    return []


def check(root):
    code = files(root, *CODE)
    tasks = [(check_format, part) for part in (code[i::jobs()] for i in range(jobs())) if part]
    tasks += [(check_length, path) for path in code]
    tasks += [(check_text, path) for path in files(root, *TEXT)]
    tasks += [(check_script, path) for path in files(root, "*.py", "*.sh", "scripts/*", ".ci/*", "tests/*")]
    tasks += [(check_sorted, path) for path in files(root, "scripts/*packages.txt")]
    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        results = pool.map(lambda task: task[0](root, task[1]), tasks)
        return [finding for result in results for finding in result]


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1] if len(sys.argv) > 1 else ROOT)))
