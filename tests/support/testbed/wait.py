"""Waiting for a condition, with a deadline."""

import time


def until(condition, seconds, what, step=0.01):
    """Calls `condition` until it returns something true and returns that.

    TimeoutError names `what`, and the last exception that `condition` raised, if it did. A
    ChildProcessError ends the wait at once.
    """
    deadline = time.monotonic() + seconds
    reason = ""
    while True:
        try:
            result = condition()
            if result:
                return result
            reason = ""
        except ChildProcessError:
            raise
        except (OSError, AssertionError, LookupError, RuntimeError) as error:
            reason = f": {error}"
        if time.monotonic() >= deadline:
            raise TimeoutError(f"after {seconds} s still waiting for {what}{reason}")
        time.sleep(step)
