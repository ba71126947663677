"""Each header compiles alone: whoever includes it needs to know nothing else.

usage: headers.py BUILD_DIR [ROOT]

Compiles `#include "x.h"` with the flags of the build. A header whose text, flags and own includes
have not changed since it last compiled is not compiled again (BUILD_DIR/lint-headers).
"""

import concurrent.futures
import hashlib
import json
import pathlib
import shlex
import subprocess
import sys

from sources import ROOT, Finding, files, includes, jobs, read, report

OUR_FOLDERS = ("include/", "dataplane/", "controlplane/", "tests/")
FLAGS_WITH_VALUE = ("-include", "-isystem", "-I", "-D")
FLAGS = ("-I", "-isystem", "-D", "-std=", "-W", "-m", "-f")


def compiler_and_flags(build):
    """The compiler, and the flags that decide what a header means, of all targets together."""
    flags = {}  # a dictionary keeps the order
    compiler = ["c++"]
    for command in json.loads((build / "compile_commands.json").read_text()):
        words = shlex.split(command["command"])
        compiler = [word for word in words[:2] if not word.startswith("-") and "ccache" not in word][:1]
        while words:
            word = words.pop(0)
            if word in FLAGS_WITH_VALUE:
                flags[(word, words.pop(0))] = None
            elif word.startswith(FLAGS) and not word.startswith("-fdiagnostics"):
                flags[(word,)] = None
    return compiler, [word for flag in flags for word in flag]


def fingerprint(root, build, header, command):
    """Changes when the header, anything of ours that it includes, or the command changes."""
    digest = hashlib.sha256("\0".join(command).encode())
    todo, seen = [header], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for folder in (root, build):  # generated headers lie in the build's folder
            if (folder / path).is_file():
                text = read(folder, path)
                digest.update(f"{path}\0{text}\0".encode())
                todo += [name for _, quote, name in includes(text) if quote == '"']
                break
    return digest.hexdigest()


def check_header(root, build, header, command):
    stamp = build / "lint-headers" / header.replace("/", "+")
    expected = fingerprint(root, build, header, command)
    if stamp.is_file() and stamp.read_text() == expected:
        return []
    done = subprocess.run(command, cwd=build, input=f'#include "{header}"\n', text=True,
                          capture_output=True, check=False)
    if done.returncode == 0:
        stamp.write_text(expected)
        return []
    return [Finding(header, 0, "does not compile alone:\n" + "\n".join(done.stderr.splitlines()[:20]))]


def check(build, root):
    root, build = pathlib.Path(root).resolve(), pathlib.Path(build).resolve()
    (build / "lint-headers").mkdir(exist_ok=True)
    compiler, flags = compiler_and_flags(build)
    command = [*compiler, *flags, "-fsyntax-only", "-x", "c++", "-"]
    headers = [path for path in files(root, "*.h") if path.startswith(OUR_FOLDERS)]
    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        checks = [pool.submit(check_header, root, build, header, command) for header in headers]
        return [finding for check in checks for finding in check.result()]


if __name__ == "__main__":
    sys.exit(report(check(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ROOT)))
