"""The hot path calls nothing but itself: no allocation, lock, log, clock or exception.

usage: hot_path.py BUILD_DIR          (an optimised build without sanitizers)

Starts at every function compiled in the folders ROOTS, follows each call and jump in the machine
code through whatever is compiled in FOLLOWED, and fails on a symbol from elsewhere that ALLOWED
does not list. Constants defined there are no harm either. Calls through pointers can't be seen here: lint_layers bans `virtual` in the stages.
"""

import pathlib
import re
import subprocess
import sys
from typing import NamedTuple

from sources import Finding, report

ROOTS = ("dataplane/net", "dataplane/stage")
FOLLOWED = ("include", "dataplane/packet", "dataplane/net", "dataplane/state", "dataplane/stage",
            "dataplane/runtime")

# Mangled name (a pattern for the whole of it): why it is no harm.
ALLOWED = {
    r"mem(cpy|move|set|cmp)|bcmp": "the compiler's own",
    r"__assert_fail": "absent from a release",
    r"rte_hash_lookup\w*|rte_hash_hash": "a lookup, lock-free for readers",
    r"rte_lpm6_lookup\w*": "a lookup (rte_lpm's is inline)",
    r"rte_hash_crc32_alg": "data: which CRC32 instructions there are",
}

LOADING = ".text.startup"  # initialises variables before main()

_SECTION = re.compile(r"^Disassembly of section (\S+):$")
_FUNCTION = re.compile(r"^([0-9a-f]+) <(.+)>:$")
_INSTRUCTION = re.compile(r"^\s+[0-9a-f]+:\s+(\S+)\s*(.*)$")
_RELOCATION = re.compile(r"^\s+[0-9a-f]+: (R_\S+)\s+(\S+?)([-+]0x[0-9a-f]+)?$")
_TARGET = re.compile(r"<([^>+]+)(?:\+0x[0-9a-f]+)?>$")
_BRANCH = re.compile(r"^(bnd )?(call|j[a-z]+)$")
_CONSTANT = re.compile(r"^[0-9a-f]+ .{7} \.(?:rodata|data\.rel\.ro)\S*\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$",
                       re.MULTILINE)


class Function(NamedTuple):
    file: str
    section: str
    start: int
    name: str  # mangled
    is_root: bool
    references: list  # names, or (section, offset) for what has no name outside its file


def parse(text, file, is_root):
    """The functions in the output of `objdump -dr`, each with what it refers to."""
    functions, section, pending = [], "", None
    for line in text.splitlines():
        if match := _SECTION.match(line):
            section = match.group(1)
        elif match := _FUNCTION.match(line):
            start, name = match.groups()
            functions.append(Function(file, section, int(start, 16), name, is_root, []))
            pending = None
        elif match := _RELOCATION.match(line):
            functions[-1].references.append(relocated(*match.groups()))
            pending = None
        elif match := _INSTRUCTION.match(line):
            # A branch within the section has no relocation: the assembler knew the distance.
            if pending:
                functions[-1].references.append(pending)
            target = _TARGET.search(match.group(2))
            pending = target.group(1) if target and _BRANCH.match(match.group(1)) else None
    return functions


def relocated(kind, name, addend):
    if not name.startswith("."):
        return name
    # x86-64 counts from the end of the instruction, 4 bytes behind the field.
    return name, int(addend or "0", 16) + (4 if kind in ("R_X86_64_PC32", "R_X86_64_PLT32") else 0)


class Code:
    """Finds the function that a reference means."""

    def __init__(self, functions):
        self.by_name, self.in_file, self.in_section = {}, {}, {}
        for function in functions:
            self.by_name.setdefault(function.name, function)
            self.in_file[function.file, function.name] = function
            self.in_section.setdefault((function.file, function.section), []).append(function)

    def find(self, file, reference):
        if isinstance(reference, str):
            return self.in_file.get((file, reference)) or self.by_name.get(reference)
        section, offset = reference
        before = [f for f in self.in_section.get((file, section), []) if f.start <= offset]
        return max(before, key=lambda f: f.start, default=None)


def disassemble(build, folders):
    """The functions compiled in `folders`, and the names of the constants."""
    functions, constants = [], set()
    for folder in folders:
        for path in sorted((build / folder).rglob("*.o")):
            text = subprocess.run(["objdump", "-drt", "--no-show-raw-insn", path], text=True,
                                  capture_output=True, check=True).stdout
            functions += parse(text, str(path.relative_to(build)), folder in ROOTS)
            constants.update(_CONSTANT.findall(text))
    return functions, constants


def demangle(names):
    return subprocess.run(["c++filt", "-p"], input="\n".join(names), text=True, capture_output=True,
                          check=True).stdout.splitlines()


def is_foreign(reference):
    """A name from elsewhere that ALLOWED does not list; a place in a section of data is our own."""
    return isinstance(reference, str) and not any(re.fullmatch(name, reference) for name in ALLOWED)


def check_functions(functions, constants):
    """A finding, with the way that leads to it, for each foreign symbol that a root reaches."""
    code = Code(functions)
    todo = [(function, None) for function in functions
            if function.is_root and function.section != LOADING]
    came_from, found = {}, {}
    while todo:
        function, caller = todo.pop(0)
        if (function.file, function.name) in came_from:
            continue
        came_from[function.file, function.name] = caller
        for reference in function.references:
            callee = code.find(function.file, reference)
            if callee:
                todo.append((callee, function))
            elif reference not in constants and is_foreign(reference):
                found.setdefault(reference, function)
    return [Finding(function.file, 0, describe(name, function, came_from))
            for name, function in sorted(found.items())]


def describe(name, function, came_from):
    way = [name]
    while function:
        way.append(function.name)
        function = came_from[function.file, function.name]
    return "the hot path reaches a foreign symbol: " + " -> ".join(reversed(demangle(way)))


def check(build):
    functions, constants = disassemble(pathlib.Path(build), FOLLOWED)
    if not any(function.is_root for function in functions):
        return [Finding(", ".join(ROOTS), 0, "no object file there: was it built?")]
    return check_functions(functions, constants)


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1])))
