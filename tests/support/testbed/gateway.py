"""The programs under test: porticod, portico-controller, porticoctl, and where they are."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

from testbed import isolation, wait
from testbed.controller import Controller
from testbed.process import Process
from testbed.scenario import EXAMPLES, REPOSITORY

CONFIG = isolation.RUN / "porticod.yaml"
SOCKET = isolation.RUN / "porticod.sock"  # as the examples of configuration say
TARGET = f"unix:{SOCKET}"
MANIFESTS = isolation.RUN / "manifests"
PROGRAMS = ("porticod", "portico-controller", "porticoctl")


def programs():
    """{name: path}, from the build folder that PORTICO_BUILD names, or else build/.

    FileNotFoundError when one is missing.
    """
    build = pathlib.Path(os.environ.get("PORTICO_BUILD") or REPOSITORY / "build").resolve()
    found = {}
    for name in PROGRAMS:
        paths = [path for path in (*build.glob(name), *build.glob(f"*/{name}"),
                                   *build.glob(f"*/*/{name}")) if path.is_file()]
        if not paths:
            raise FileNotFoundError(f"no {name} under {build}: build it, or set PORTICO_BUILD")
        found[name] = paths[0]
    return found


class CommandFailed(RuntimeError):
    """porticoctl said no; str() is what it said."""


class Gateway:
    """porticod and portico-controller, in the scenario's namespace `gateway`.

    The tables come from the manifests of the examples, copied to MANIFESTS, or with a `kubeconfig`
    from the cluster that it leads to.
    """

    def __init__(self, one_armed=False, workers=1, kubeconfig=None):
        self.programs = programs()
        self.source = ["--kubeconfig", kubeconfig] if kubeconfig else ["--manifests", MANIFESTS]
        self.porticod = None
        self.controller = None
        example = EXAMPLES / ("one-armed.yaml" if one_armed else "two-armed.yaml")
        text, found = re.subn(r"(?m)^  count: 1$", f"  count: {workers}", example.read_text())
        assert found == 1, f"{example} has no 'count: 1'"
        CONFIG.write_text(text)
        if not kubeconfig:
            shutil.copytree(EXAMPLES / "hello-world", MANIFESTS)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        """Ends both; complains when one did not end well, unless something else went wrong."""
        controller, porticod = self.controller, self.porticod
        self.controller = self.porticod = None
        for process in filter(None, (controller, porticod)):
            with contextlib.suppress(*([] if kind is None else [ChildProcessError, TimeoutError])):
                process.require_running()
                self._require_clean_end(process, process.stop())

    def start(self):
        """Both programs, with the manifests; returns when the gateway forwards."""
        self.start_porticod()
        self.start_controller()
        self.wait_for_services(*self.manifest_services())

    @staticmethod
    def manifest_services():
        """The Services of the examples: a file each, named as its Service."""
        return [f"default/{path.stem}" for path in MANIFESTS.glob("*.yaml")
                if path.stem != "nodes"]

    def start_porticod(self):
        """Returns when its API answers."""
        self.porticod = Process("porticod", [self.programs["porticod"], "--config", CONFIG],
                                "gateway", isolation.RUN / "porticod.log")
        self.porticod.wait_until(lambda: self.ctl("get", "status"), 120, "porticod's API")

    def start_controller(self):
        """Returns when it is connected; it may not have pushed yet."""
        self.controller = self.make_controller()
        self.controller.wait_until(self.has_controller, 120, "the controller's stream")

    def make_controller(self, *others, **options):
        """A Controller of this source, for the targets `others` too; the caller stops it."""
        return Controller(self.programs["portico-controller"], self.source, [TARGET, *others],
                          **options)

    def wait_for_services(self, *names, seconds=120):
        wait.until(lambda: set(names) <= {view["service"]["name"] for view in self.services()},
                   seconds, f"the services {', '.join(names)} in the gateway")

    def stop_porticod(self, how=signal.SIGTERM):
        porticod, self.porticod = self.porticod, None
        status = porticod.stop(how)
        if how == signal.SIGTERM:
            self._require_clean_end(porticod, status)

    def stop_controller(self, how=signal.SIGTERM):
        controller, self.controller = self.controller, None
        status = controller.stop(how)
        if how == signal.SIGTERM:
            self._require_clean_end(controller, status)

    @staticmethod
    def _require_clean_end(process, status):
        if status != 0:
            raise ChildProcessError(f"{process.name} ended with status {status}; its log ends:\n"
                                    f"{process.last_lines()}")

    def ctl(self, *arguments):
        """porticoctl's output, for people. CommandFailed with its complaint."""
        done = subprocess.run(
            [self.programs["porticoctl"], "--gateway", TARGET, *map(str, arguments)],
            capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise CommandFailed(f"porticoctl {' '.join(map(str, arguments))}: status "
                                f"{done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def ctl_json(self, *arguments):
        return json.loads(self.ctl(*arguments, "-o", "json"))

    def has_controller(self):
        return any(source["streams"] > 0 for source in self.ctl_json("get", "status")["sources"])

    def services(self):
        return self.ctl_json("get", "services")

    def drops(self):
        """{reason: packets} of those dropped in silence."""
        return self._reasons("packets")

    def refusals(self):
        """{reason: packets} of those whose senders were told."""
        return self._reasons("refused")

    def _reasons(self, count):
        return {drop["reason"]: int(drop[count])
                for drop in self.ctl_json("get", "drops", "--all")}

    def totals(self):
        """The counters of all workers together."""
        workers = self.ctl_json("get", "counters")
        return {name: sum(int(worker[name]) for worker in workers)
                for name in ("received", "sent", "dropped", "punted", "handedOver",
                             "connectionsMade", "fragmentsWaiting", "fragmentsJoined",
                             "reassembled", "fragmented", "fragmentsMade")}

    def is_balanced(self, totals=None):
        """Whether every packet that was received went somewhere; so once none is in flight."""
        totals = totals or self.totals()
        return sum(totals[name] for name in ("received", "reassembled", "fragmentsMade")) == sum(
            totals[name] for name in ("sent", "dropped", "punted", "handedOver", "fragmentsJoined",
                                      "fragmentsWaiting", "fragmented"))

    @staticmethod
    def explain_arguments(protocol, source, source_port, destination, destination_port):
        """porticoctl's, for a packet."""
        return ("explain", protocol, _socket(source, source_port),
                _socket(destination, destination_port))

    def explain(self, *packet):
        return self.ctl_json(*self.explain_arguments(*packet))

    def logs(self):
        """The ends of both logs and what was dropped, for a failure's report."""
        parts = []
        with contextlib.suppress(CommandFailed, subprocess.TimeoutExpired):
            parts += ["--- porticoctl get drops", self.ctl("get", "drops")]
        for name in ("porticod.log", "controller.log"):
            with contextlib.suppress(FileNotFoundError):
                lines = (isolation.RUN / name).read_text(errors="replace").splitlines()[-30:]
                parts += [f"--- {name}", *lines]
        return "\n".join(parts)


def _socket(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
