"""What every subject has: a process that polls one port on the worker's core."""

import dataclasses
import time

from forwarding import stages
from forwarding.packets import LIFE
from shared.cores import progress, ran, tasks_of
from testbed import isolation, wait

FRAMES = isolation.RUN / "frames.pcap"
# The only port: what comes in is the file, what goes out is forgotten.
DEVICE = f"net_pcap0,rx_pcap={FRAMES},infinite_rx=1"
PATIENCE = 120  # seconds, for whatever should take less


@dataclasses.dataclass(frozen=True)
class Counters:
    received: int
    sent: int
    made: int = 0  # connections


@dataclasses.dataclass(frozen=True)
class Window:
    seconds: float  # that the worker had its core
    share: float    # of the time
    packets: int
    made: int       # connections in it

    @classmethod
    def between(cls, begin, end, packets, made):
        """Of two of the worker's Progress."""
        seconds = end.ran - begin.ran
        return cls(seconds, seconds / (end.time - begin.time), packets, made)

    @property
    def mpps(self):
        return self.packets / self.seconds / 1e6

    @property
    def made_rate(self):
        return self.made / self.seconds / 1e6


class Lost(RuntimeError):
    """A subject did not do with the packets what it is measured for."""


class Subject:
    """One is started for each measurement, within start(); those of a run are told apart by `name`."""

    name = ""
    command = ""    # of the program that polls, as a report tells it

    def supports(self, case):
        """Whether it has anything to say of this case."""
        raise NotImplementedError

    def memory(self, frames):
        """Bytes of hugepages that it needs for a file of so many frames."""
        raise NotImplementedError

    def start(self, case, frames, cores):
        """A block in which it runs; gives a Running."""
        raise NotImplementedError


class Running:
    """A started subject. `read` tells its Counters, `sampled` what its stages have taken, if it knows; `worker` is
    the thread that polls, if not the process'."""

    def __init__(self, process, core, read, is_warm=lambda: True, worker=None, sampled=stages.Sampled):
        self.process, self.counters, self.sampled, self._is_warm = process, read, sampled, is_warm
        self.worker = worker or wait.until(lambda: worker_of(process, core), PATIENCE,
                                           f"{process.name}'s worker")

    def warm_up(self, case):
        """Until it forwards all that it receives, and each flow has come twice: by then a connection is made, and
        knows its way."""
        def is_forwarding():
            before = self.counters()
            time.sleep(0.2)
            after = self.counters()
            has_met_all = after.received >= 2 * case.flows
            return self._is_warm() and (case.new or (has_met_all and is_lossless(before, after)))
        self.process.wait_until(is_forwarding, PATIENCE, f"{self.process.name} to forward all packets")

    def window(self, case, seconds):
        """What it does in so many seconds that the worker has its core."""
        first = self.counters()
        begin = progress(self.worker, lambda: self.counters().received)
        self.let_run(begin, seconds)
        end = progress(self.worker, lambda: self.counters().received)
        last = self.counters()
        self.process.require_running()
        if not case.new and not is_lossless(first, last):
            raise Lost(f"{self.process.name}: of {last.received - first.received} packets it sent "
                       f"{last.sent - first.sent}; {case.name}")
        if case.lives:
            require_lives(self.process.name, first, last)
        packets = end.packets - begin.packets
        made = (last.made - first.made) * packets // max(1, last.received - first.received)
        return Window.between(begin, end, packets, made)

    def let_run(self, begin, seconds):
        """Until the worker has had its core for so long since `begin`, its Progress."""
        self.process.wait_until(lambda: ran(self.worker) >= begin.ran + seconds, PATIENCE,
                                f"{self.process.name}'s worker to have its core")


class Forgetting(Running):
    """Its connections can't end as fast as new ones come: all are forgotten, and made anew once.
    `connections` tells how many there are, `forget` ends them."""

    LAP = 0.15  # seconds of the worker, in which the file's connections can't all be made

    def __init__(self, process, core, read, connections, forget, worker=None):
        super().__init__(process, core, read, worker=worker)
        self._connections, self._forget = connections, forget

    def window(self, case, seconds):
        self._forget()
        begin = progress(self.worker, self._connections)
        self.let_run(begin, self.LAP)
        end = progress(self.worker, self._connections)
        self.process.require_running()
        if end.packets >= case.flows:
            raise Lost(f"{self.process.name} has made all {case.flows} connections before the end")
        made = end.packets - begin.packets
        return Window.between(begin, end, made, made)


def is_lossless(before, after):
    """Whether all was sent, but for neighbors' answers (one of LEAST packets at most) and bursts on the way."""
    received = after.received - before.received
    return received > 0 and after.sent - before.sent >= received * (1 - 1 / 256) - 2048


def require_lives(name, before, after):
    """Every life must have been a connection of its own: begun anew, and with all of its packets. What is
    open at the beginning and at the end, an eighth of a file, is not counted evenly."""
    lives, made = (after.received - before.received) // len(LIFE), after.made - before.made
    if abs(made - lives) > lives / 100 + 4096:
        raise Lost(f"{name}: made {made} connections in packets of {lives} lives")


def worker_of(process, core):
    """The thread that is bound to `core` alone and has it now, as one that polls does: what starts a program is often
    bound so, too, and may have run for longer."""
    def is_bound(task):
        status = (task / "status").read_text()
        return f"Cpus_allowed_list:\t{core}\n" in status
    bound = [task for task in tasks_of(process) if is_bound(task)]
    before = {task: ran(task) for task in bound}
    time.sleep(0.1)
    return max(bound, key=lambda task: ran(task) - before[task], default=None)
