"""A world of its own for one run: own mounts, own network, no way out, gone with its last process.

The outer process starts command(...); the inner one calls enter() before anything else.
"""

import os
import pathlib
import subprocess

PYTHON = "/usr/bin/python3"
RUN = pathlib.Path("/run/portico")  # in the inner world: a tmpfs that nobody else sees
PACKAGE_ROOT = pathlib.Path(__file__).resolve().parent.parent

# The variable in which the outer process says which world is its own.
OUTER = "PORTICO_OUTER_NAMESPACES"

# The kernel ends a child whose parent died, however it died.
DIE_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL", "--"]


def command(*arguments):
    """The command line that runs `python3 ARGUMENTS` in a world of its own, as one process."""
    return [*DIE_WITH_PARENT, "unshare", "--mount", "--net", "--", PYTHON, *arguments]


def namespaces():
    """Which network and mounts this process has."""
    return " ".join(os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "mnt"))


def environment():
    """The environment in which that Python finds this package and leaves no files behind, and
    knows which world is the outer one."""
    return {**os.environ, OUTER: namespaces(), "PYTHONPATH": str(PACKAGE_ROOT),
            "PYTHONDONTWRITEBYTECODE": "1"}


def is_inside():
    """Whether network and mounts are others than those of the process that called command()."""
    outer = os.environ.get(OUTER, "").split()
    return len(outer) == 2 and not set(outer) & set(namespaces().split())


def enter():
    """Makes the inner world ready: a private /run, the loopback up. Refuses in the outer one."""
    if not is_inside():
        raise RuntimeError("not in a world of its own: start this by isolation.command()")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run"], check=True)
    for folder in (RUN, pathlib.Path("/run/netns")):
        folder.mkdir()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
