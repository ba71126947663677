"""Portico: a whole porticod, whose Service came from portico-controller as any other."""

import contextlib
import ipaddress
import json
import shutil
import subprocess

from forwarding import callers, packets, stages, subject
from testbed import isolation
from testbed.gateway import programs
from testbed.process import Process

CONFIG = isolation.RUN / "porticod.yaml"
SOCKET = isolation.RUN / "porticod.sock"
MANIFESTS = isolation.RUN / "services"
LOG = isolation.RUN / "porticod.log"
_WORKING = 32768         # packet buffers beside those that hold the file
_BUFFER = 3072           # bytes of a packet buffer and what belongs to it
_TABLES = 384            # bytes of tables for each connection, both families' together
_IN_A_FILE = 10_000      # Services: files have a limit
_CONNECTIONS_EACH = 48_000  # of an endpoint by way of one masquerading address

_CONFIG = """\
ports:
  - name: lan0
    device: "{device}"
    roles: [uplink, downlink]
    addresses: ["{gateway[4]}/16", "{gateway[6]}/64"]
    mac: "{mac}"
{more_ports}\
routes:
  - {{prefix: "0.0.0.0/0", gateway: "{neighbor[4]}"}}
  - {{prefix: "::/0", gateway: "{neighbor[6]}"}}
snat: {snat}
workers: {{count: {workers}, cores: {cores}, idle: {{max_nap: 0s}}}}
memory: {{hugepages: always, packet_buffers: {buffers}}}
capacity: {{connections: {connections}}}
timeouts: {timeouts}
connections: {{midstream_pickup: true}}
api: {{socket: {socket}}}
state_directory: ""
"""
_CALLERS = """\
  - name: callers0
    device: "net_tap0,iface={interface}"
    roles: [downlink]  # where clients keep their addresses
    addresses: ["10.13.0.1/24", "2001:db8:13::1/64"]
    mac: "{mac}"
"""


def _objects(case, number):
    """Service `number` and its endpoints."""
    family, protocol, name = f"IPv{case.family}", case.protocol.upper(), f"bench{case.family}-{number}"
    address, first = packets.service(case.family, number), number * case.endpoints
    yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"},
           "spec": {"type": "ClusterIP", "clusterIP": address, "clusterIPs": [address],
                    "ipFamilies": [family], "ipFamilyPolicy": "SingleStack",
                    "ports": [{"name": "main", "protocol": protocol, "port": packets.SERVICE_PORT}]}}
    yield {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": family,
           "metadata": {"name": f"{name}-1", "namespace": "default",
                        "labels": {"kubernetes.io/service-name": name}},
           "ports": [{"name": "main", "protocol": protocol, "port": packets.POD_PORT}],
           "endpoints": [{"addresses": [packets.endpoint(case.family, one)],
                          "conditions": {"ready": True, "serving": True, "terminating": False}}
                         for one in range(first, first + case.endpoints)]}


def manifests(case):
    """[the objects in a file]"""
    for first in range(0, case.services, _IN_A_FILE):
        last = min(case.services, first + _IN_A_FILE)
        yield [one for number in range(first, last) for one in _objects(case, number)]


def snat_addresses(case):
    """As many as the flows need."""
    count = -(-case.flows // (_CONNECTIONS_EACH * case.endpoints * case.services))
    first = ipaddress.ip_address(packets.GATEWAY[case.family])
    return [str(first), *(str(first + 1024 + number) for number in range(count - 1))]


def _run(*command):
    """Before whatever else wants the core, which may be a worker's that never rests."""
    done = subprocess.run(["chrt", "--rr", "2", *command], capture_output=True, text=True, timeout=subject.PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{command[0].name}: status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


class Portico(subject.Subject):
    name = "Portico"
    device = subject.DEVICE

    def worker_cores(self, cores):
        return [cores.worker]

    def running(self, process, cores):
        return subject.Running(process, cores.worker, self._counters, sampled=self._sampled)

    def supports(self, case):
        return True

    def memory(self, frames):
        return (frames + _WORKING) * _BUFFER + _TABLES * frames + (640 << 20)

    @contextlib.contextmanager
    def start(self, case, frames, cores):
        program = programs()
        CONFIG.write_text(self._config(case, frames, cores))
        LOG.unlink(missing_ok=True)
        self.command = f"porticod --config {CONFIG.name}"
        process = Process("porticod", cores.on_all(program["porticod"], "--config", CONFIG), None, LOG)
        try:
            process.wait_until(lambda: self.ctl("status"), subject.PATIENCE, "porticod's API")
            self.fill(case)
            if case.replies:
                callers.speak(case, process, lambda: self._counters().made)
            yield self.running(process, cores)
        finally:
            process.stop()

    def objects(self, case):
        """[what is in one of the controller's files]"""
        return manifests(case)

    def fill(self, case):
        """Has a controller tell the Services."""
        shutil.rmtree(MANIFESTS, ignore_errors=True)
        MANIFESTS.mkdir()
        for number, items in enumerate(self.objects(case)):
            listed = {"apiVersion": "v1", "kind": "List", "items": items}
            (MANIFESTS / f"{number}.yaml").write_text(json.dumps(listed))
        _run(programs()["portico-controller"], "--manifests", MANIFESTS, "--once", "--gateway",
             f"unix:{SOCKET}")

    def snat(self, case):
        """This part of the configuration, and the next ones."""
        if not case.snat:
            return {"cluster_cidrs": list(packets.CLIENTS.values())}
        return {"masquerade_all": True, "addresses": snat_addresses(case)}

    def timeouts(self, case):
        # A connection that is to be new again after the file's last packet has ended by then.
        return {"udp": {"unreplied": "0.01s"}, "tcp": {"syn_sent": "0.01s"}} if case.new else {}

    def connections(self, case):
        return max(1 << 16, case.flows * 5 // 4)

    def _config(self, case, frames, cores):
        workers = self.worker_cores(cores)
        return _CONFIG.format(
            device=self.device, gateway=packets.GATEWAY, neighbor=packets.NEIGHBOR,
            mac=packets.GATEWAY_MAC.hex(":"), workers=len(workers), cores=workers,
            snat=json.dumps(self.snat(case)), connections=self.connections(case), socket=SOCKET,
            timeouts=json.dumps(self.timeouts(case)), buffers=frames + _WORKING * len(workers),
            more_ports=_CALLERS.format(
                interface=callers.INTERFACE, mac=packets.GATEWAY_MAC.hex(":")) if case.replies else "")

    @staticmethod
    def ctl(what):
        return json.loads(_run(programs()["porticoctl"], "--gateway", f"unix:{SOCKET}", "get", what, "-o", "json"))

    def _sampled(self):
        return stages.sampled(self.ctl("stages"))

    def _counters(self):
        workers = self.ctl("counters")
        total = {name: sum(int(worker[name]) for worker in workers)
                 for name in ("received", "sent", "connectionsMade")}
        return subject.Counters(total["received"], total["sent"], total["connectionsMade"])
