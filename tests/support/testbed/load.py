"""Requests one after the other while something else happens, and what became of each."""

import collections
import dataclasses
import threading
import time

from testbed import wait


@dataclasses.dataclass(frozen=True)
class Outcome:
    begun: float  # time.monotonic()
    pod: str      # empty: it failed
    error: str    # empty: it succeeded


class RequestLoop:
    """As a context manager: `parallel` clients ask `address` again and again within the block.

    Each is bounded: it stops by itself after `most` requests. A failed request is followed by the
    next at once, so `timeout` says how long a lost one takes: as it is, longer than four SYNs that a
    busy machine loses (sent after 1, 3, 7 and 15 s). A `pause` in seconds follows each.
    """

    def __init__(self, client, address, parallel=2, timeout=20.0, most=50_000, pause=0.0):
        self.outcomes = []  # list.append() is atomic
        self._client, self._address, self._timeout = client, address, timeout
        self._most, self._pause = most, pause
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(parallel)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        for _ in range(self._most):
            if self._stop.wait(self._pause):
                return
            begun = time.monotonic()
            try:
                pod = self._client.get(self._address, timeout=self._timeout).pod
                self.outcomes.append(Outcome(begun, pod, ""))
            except (OSError, AssertionError, ValueError) as error:
                self.outcomes.append(Outcome(begun, "", repr(error)))

    def since(self, moment):
        """What became of the requests that were begun after `moment` (time.monotonic())."""
        return [outcome for outcome in list(self.outcomes) if outcome.begun > moment]

    def wait_for(self, count, moment=None, seconds=120):
        """Waits until `count` requests that were begun after `moment` (None: now) are done."""
        moment = time.monotonic() if moment is None else moment
        return wait.until(lambda: (done := self.since(moment))[count - 1:] and done, seconds,
                          f"{count} more requests")

    @staticmethod
    def failures(outcomes):
        return [outcome.error for outcome in outcomes if outcome.error]

    @staticmethod
    def share(outcomes):
        """{pod: requests it answered}"""
        return collections.Counter(outcome.pod for outcome in outcomes if outcome.pod)
