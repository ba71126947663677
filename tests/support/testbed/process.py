"""Child processes that live in a namespace and never outlive the run."""

import contextlib
import signal
import subprocess

from testbed import isolation, netns, wait


class Process:
    """A child in `namespace` (None: the run's own); its output goes to the file `log`."""

    def __init__(self, name, arguments, namespace, log, environment=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.log = log
        # A session of its own: Ctrl-C in a terminal is for the run, which then ends its children.
        where = netns.inside(namespace) if namespace else contextlib.nullcontext()
        with where, open(log, "ab") as output:
            self._child = subprocess.Popen(
                [*isolation.DIE_WITH_PARENT, *map(str, arguments)], stdin=stdin,
                stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=isolation.RUN,
                start_new_session=True)

    @property
    def pid(self):
        return self._child.pid

    @property
    def status(self):
        """The exit status; None while it runs; negative: the signal that ended it."""
        return self._child.poll()

    def require_running(self):
        if self.status is not None:
            raise ChildProcessError(
                f"{self.name} ended with status {self.status}; its log ends:\n{self.last_lines()}")
        return True

    def wait_until(self, condition, seconds, what):
        """As wait.until(), but gives up at once when the process has ended."""
        return wait.until(lambda: self.require_running() and condition(), seconds, what)

    def stop(self, how=signal.SIGTERM, seconds=60):
        """Ends it, by SIGKILL if it must be; returns its exit status."""
        if self.status is None:
            self._child.send_signal(how)
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            raise TimeoutError(f"{self.name} did not end within {seconds} s of {how.name}; "
                               f"its log ends:\n{self.last_lines()}") from None

    def last_lines(self, count=20):
        with contextlib.suppress(FileNotFoundError):
            text = self.log.read_text(errors="replace")
            return "\n".join(text.splitlines()[-count:])
        return ""
