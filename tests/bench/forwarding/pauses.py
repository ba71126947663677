"""What a packet feels of a worker's other work: each is a program of its own, which drives a worker with
devices that cost nothing (../expiry_bench.cc and ../latency_bench.cc) on the worker's core."""

import json
import os
import pathlib
import statistics
import subprocess

from forwarding import machine, subject
from forwarding.trials import Figure
from testbed.scenario import REPOSITORY


def program(name):
    """A program of the bench's own, from the build folder."""
    build = pathlib.Path(os.environ.get("PORTICO_BUILD") or REPOSITORY / "build").resolve()
    path = build / "tests" / "bench" / name
    if not path.is_file():
        raise FileNotFoundError(f"no {name} under {build}: build tests/bench/{name}")
    return path


def _told_by(name, cores, memory, argument):
    """What it prints, on the worker's core."""
    with machine.hugepages(memory):
        done = subprocess.run(["taskset", "--cpu-list", str(cores.worker), program(name), str(argument)],
                              capture_output=True, text=True, timeout=2 * subject.PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{name}: status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


class Expiry:
    """A million connections end while packets are forwarded."""

    name = "expiry"
    _EPISODES = 7

    def __call__(self, cores, say):
        return slices(_told_by("expiry_bench", cores, 1100 << 20, self._EPISODES)["episodes"])


def slices(episodes):
    """Figures of the ratios to their episode's quiet median. Each slice of an episode is beside the ones as
    long after the beginning in the others: what Portico does is in most of them, what a neighbor does to
    the machine in few. The quiet slices, treated alike, tell how sure that is."""
    ratios = {part: [[rate / statistics.median(episode["quiet"]) for rate in episode[part]]
                     for episode in episodes] for part in ("quiet", "ending")}
    length = min(len(episode["ending"]) for episode in episodes)

    def worst_of(part):
        return min(map(statistics.median, zip(*ratios[part])))

    def single(part):
        return min(map(min, ratios[part]))
    quiet = statistics.median(rate for episode in episodes for rate in episode["quiet"])
    return [
        Figure("quiet, before 1 million connections end", quiet, "million/s"),
        Figure("until 1 million connections have ended", length * 0.01, "s of the worker's"),
        Figure("while 1 million connections end, to quiet", statistics.median(
            ratio for episode in ratios["ending"] for ratio in episode)),
        Figure("while 1 million connections end, in every 10 ms", worst_of("ending")),
        Figure("the same of quiet slices", worst_of("quiet")),
        Figure("while 1 million connections end, slowest single 10 ms", single("ending")),
        Figure("the same of quiet ones", single("quiet")),
        Figure("share of its core in such 10 ms, at least", min(episode["share"] for episode in episodes))]


class Latency:
    """Through one worker at half of its maximum rate."""

    name = "latency"
    _RUNS, _SECONDS = 3, 3

    def __call__(self, cores, say):
        return delays([_told_by("latency_bench", cores, 600 << 20, self._SECONDS)
                       for _ in range(self._RUNS)])


def delays(runs):
    """Figures: medians of the runs'."""
    def middle(of):
        return statistics.median(map(of, runs))
    made = [Figure("rate at which latency is measured", middle(lambda run: run["offered_mpps"]), "million/s"),
            Figure("slices of 5 ms in which the worker kept its core",
                   middle(lambda run: run["undisturbed_slices"])),
            Figure("packets lost at half of the maximum rate", sum(run["lost"] for run in runs))]
    for part, where in (("undisturbed", "in these"), ("all", "in all")):
        made += [Figure(f"latency, {name}, {where}", middle(lambda run, key=key: run[part][key]) / 1e3, "us")
                 for name, key in (("median", "median_ns"), ("99 %", "p99_ns"), ("99.9 %", "p999_ns"))]
    return made
