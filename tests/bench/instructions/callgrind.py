"""Counting instructions with valgrind's callgrind."""

import re
import subprocess

PATIENCE = 800  # seconds for one case; it takes five of a core


def cases(program):
    return _run(program).split()


def count(program, case, profile):
    """Instructions a packet of `case`; callgrind's profile is left in the file `profile`."""
    packets = int(_run("valgrind", "-q", "--tool=callgrind", "--instr-atstart=no", "--collect-atstart=no",
                       f"--callgrind-out-file={profile}", program, case))
    return total(profile.read_text()) / packets


def total(profile):
    """The instructions that a profile has in all."""
    found = re.search(r"^events: Ir\n(?:.*\n)*?totals: (\d+)$", profile, re.MULTILINE)
    if not found:
        raise ValueError("no profile of callgrind's that counts instructions")
    return int(found[1])


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}: {done.stderr.strip()}")
    return done.stdout
