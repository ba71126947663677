"""The programs under measurement: porticod with a port that replays frames, the relay, the controller."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.request

from control import cluster, packets
from shared.cores import progress, ran, tasks_of
from testbed import isolation, wait
from testbed.gateway import programs
from testbed.process import Process

FRAMES = isolation.RUN / "frames.pcap"
CONFIG = isolation.RUN / "porticod.yaml"
SOCKET = isolation.RUN / "porticod.sock"
RELAY_SOCKET = isolation.RUN / "relay.sock"
RECORD = isolation.RUN / "relay.record"
STATUS = "127.0.0.1:9127"
FLOWS = 16384
PATIENCE = 180  # seconds, for whatever should take less

_CONFIG = """\
ports:
  - name: lan0
    device: "net_pcap0,rx_pcap={frames},infinite_rx=1"
    roles: [uplink, downlink]
    addresses: ["{address}/16"]
    mac: "{mac}"
    queue_depth: 16384
workers: {{count: 1, cores: [{core}], idle: {{max_nap: 0s}}}}
memory: {{hugepages: never}}
api: {{socket: {socket}}}
state_directory: {state}
"""


def memory_of(process):
    """{"VmRSS": ..., "VmHWM": ...} in bytes: now, and at most so far."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return {name: int(kib) << 10 for name, kib in re.findall(r"(Vm\w+):\s+(\d+) kB", text)}


@contextlib.contextmanager
def occupied(cores):
    """No core but the worker's idles within the block."""
    processes = [Process(f"occupy-{core}", [sys.executable, "-m", "control.occupy", core], None,
                         isolation.RUN / "occupy.log") for core in cores.others]
    try:
        yield
    finally:
        for process in processes:
            process.stop()


class Gateway:
    def __init__(self, cores, services, state):
        packets.write(FRAMES, services, FLOWS)
        CONFIG.write_text(_CONFIG.format(
            frames=FRAMES, address=packets.GATEWAY, mac=packets.GATEWAY_MAC.hex(":"), core=cores.worker,
            socket=SOCKET, state=state))
        self._programs = programs()
        self.process = Process(
            "porticod", cores.on_all(self._programs["porticod"], "--config", CONFIG), None,
            isolation.RUN / "porticod.log")
        self.process.wait_until(lambda: self.ctl("status"), PATIENCE, "porticod's API")
        self._worker, = [task for task in tasks_of(self.process)
                         if "worker" in (task / "comm").read_text()]
        self.memory_at_start = memory_of(self.process)["VmRSS"]

    def ctl(self, *arguments):
        done = subprocess.run([self._programs["porticoctl"], "--gateway", f"unix:{SOCKET}", "get",
                               *arguments, "-o", "json"], capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise RuntimeError(f"porticoctl get {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def progress(self):
        return progress(self._worker, lambda: sum(
            int(worker["received"]) for worker in self.ctl("counters")))

    def control_time(self):
        """Seconds of a core that all but the worker took so far."""
        return sum(ran(task) for task in tasks_of(self.process) if task != self._worker)

    def dropped(self):
        """{reason: packets}"""
        return {drop["reason"]: int(drop["packets"]) + int(drop["refused"])
                for drop in self.ctl("drops", "--all")}

    def endpoints(self, service):
        """{(address, whether it drains)} of a Service."""
        view = self.ctl("services", cluster.service_name(service))
        return {(endpoint["address"], endpoint["state"] == "STATE_DRAINING")
                for endpoint in view["endpoints"]}

    def control_memory(self):
        """Bytes at most beyond what it had when no controller had come yet: packets' and connections'
        tables are made at the start."""
        return memory_of(self.process)["VmHWM"] - self.memory_at_start


class Relay:
    def __init__(self):
        RELAY_SOCKET.unlink(missing_ok=True)
        self.process = Process("relay", [
            sys.executable, "-m", "control.relay", RELAY_SOCKET, SOCKET, RECORD], None,
            isolation.RUN / "relay.log")
        self.process.wait_until(RELAY_SOCKET.exists, PATIENCE, "the relay's socket")

    @contextlib.contextmanager
    def holding(self):
        """Within the block the gateway hears nothing of the controller."""
        os.kill(self.process.pid, signal.SIGUSR1)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGUSR2)

    def wait_for_record(self):
        """It ends by itself when the controller has ended."""
        wait.until(lambda: self.process.status is not None, PATIENCE, "the relay's end")
        assert self.process.status == 0, self.process.last_lines()


class Controller:
    def __init__(self, kubeconfig):
        self.started_at = time.monotonic()
        self.process = Process("portico-controller", [
            programs()["portico-controller"], "--kubeconfig", kubeconfig, "--gateway",
            f"unix:{RELAY_SOCKET}", "--status-address", STATUS], None, isolation.RUN / "controller.log")

    def time(self):
        """Seconds of a core that it took so far."""
        return sum(map(ran, tasks_of(self.process)))

    def revisions(self):
        """(made last, acknowledged last); (0, 0) before the first."""
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://{STATUS}/readyz", timeout=PATIENCE) as response:
                return tuple(map(int, re.findall(r"revision (\d+)", response.read().decode())))
        return 0, 0

    def wait_for_acknowledgement(self, quiet=0.0):
        """That the gateway has what the controller has, for so many seconds."""
        last, since = None, time.monotonic()

        def is_settled():
            nonlocal last, since
            now = self.revisions()
            if now != last or now[0] == 0 or now[0] != now[1]:
                last, since = now, time.monotonic()
                return quiet == 0.0 and now[0] != 0 and now[0] == now[1]
            return time.monotonic() - since >= quiet
        self.process.wait_until(is_settled, PATIENCE, "the gateway's acknowledgement")
