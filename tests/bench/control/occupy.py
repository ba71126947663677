"""Keeps a core from idling, and gives way to whatever else wants it.

usage: occupy.py CORE

An idle core gives the others a faster clock, or execution units that they share with it. So that a
worker's rate beside an idle core is not compared with that beside a busy one, none ever idles.
"""

import os
import pathlib
import sys


def main(core):
    os.sched_setaffinity(0, {int(core)})
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    group = pathlib.Path("/proc/self/autogroup")  # where sessions share a core before processes do
    if group.exists():
        group.write_text("19")
    while True:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
