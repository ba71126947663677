"""The machine: its hugepages for the time of a run, its clock, and what a report says of it."""

import contextlib
import ctypes
import mmap
import os
import pathlib
import platform
import re
import signal
import subprocess
import time

_PAGES = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
_RDTSC = bytes.fromhex("0f31 48c1e220 4809d0 c3")  # rdtsc; shl rdx, 32; or rax, rdx; ret
PAGE = 2 << 20


def _count(name):
    return int((_PAGES / name).read_text())


@contextlib.contextmanager
def hugepages(size):
    """So many bytes of them are free within the block; afterwards there are as many as before."""
    before = _count("nr_hugepages")
    missing = -(-size // PAGE) - _count("free_hugepages")
    try:
        if missing > 0:
            (_PAGES / "nr_hugepages").write_text(str(before + missing))
            if _count("free_hugepages") * PAGE < size:
                raise MemoryError(f"the machine has not {size >> 20} MiB of memory for hugepages: "
                                  f"{_count('free_hugepages') * PAGE >> 20} MiB are free")
        yield
    finally:
        if missing > 0:
            (_PAGES / "nr_hugepages").write_text(str(before))


def available():
    """Bytes that could be made hugepages."""
    text = pathlib.Path("/proc/meminfo").read_text()
    return int(re.search(r"MemAvailable:\s+(\d+) kB", text)[1]) << 10


def end_on_signals():
    """Whoever asks the run to end has it leave every block first, as Ctrl-C does."""
    def leave(number, _):
        raise SystemExit(128 + number)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def tsc_frequency(seconds=0.2):
    """Cycles a second of the processor's time stamp counter."""
    with mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC) as page:
        page.write(_RDTSC)
        place = ctypes.c_char.from_buffer(page)
        read = ctypes.CFUNCTYPE(ctypes.c_uint64)(ctypes.addressof(place))
        first, start = read(), time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
        time.sleep(seconds)
        last, end = read(), time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
        del place
    return (last - first) / (end - start)


def _version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return done.stdout or "not installed"


def description(tsc):
    """What a report says of where it was made."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {
        "processor": cpu[1] if cpu else platform.processor(), "cores": os.cpu_count(),
        "tsc_hz": round(tsc), "kernel": platform.release(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "load": os.getloadavg()[0],
        "packages": {name: _version(name) for name in ("dpdk-dev", "openvswitch-switch-dpdk", "nftables", "gcc")}}
