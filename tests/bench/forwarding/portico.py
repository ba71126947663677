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
workers: {{count: 1, cores: [{core}], idle: {{max_nap: 0s}}}}
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
    family, protocol, name = f"IPv{case.family}", case.protocol.upper(), f"bench-{number}"
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


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=subject.PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{command[0].name}: status {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


class Portico(subject.Subject):
    name = "Portico"

    def supports(self, case):
        return True

    def memory(self, frames):
        return (frames + _WORKING) * _BUFFER + _TABLES * frames + (640 << 20)

    @contextlib.contextmanager
    def start(self, case, frames, cores):
        program = programs()
        CONFIG.write_text(self._config(case, frames, cores))
        shutil.rmtree(MANIFESTS, ignore_errors=True)
        MANIFESTS.mkdir()
        for number, items in enumerate(manifests(case)):
            listed = {"apiVersion": "v1", "kind": "List", "items": items}
            (MANIFESTS / f"{number}.yaml").write_text(json.dumps(listed))
        LOG.unlink(missing_ok=True)
        self.command = f"porticod --config {CONFIG.name}"
        process = Process("porticod", cores.on_all(program["porticod"], "--config", CONFIG), None, LOG)
        try:
            process.wait_until(lambda: self._ctl("status"), subject.PATIENCE, "porticod's API")
            _run(program["portico-controller"], "--manifests", MANIFESTS, "--once", "--gateway",
                 f"unix:{SOCKET}")
            if case.replies:
                callers.speak(case, process, lambda: self._counters().made)
            yield subject.Running(process, cores.worker, self._counters, sampled=self._sampled)
        finally:
            process.stop()

    @staticmethod
    def _config(case, frames, cores):
        if case.snat:
            count = -(-case.flows // (_CONNECTIONS_EACH * case.endpoints * case.services))
            first = ipaddress.ip_address(packets.GATEWAY[case.family])
            others = [str(first + 1024 + number) for number in range(count - 1)]
            snat = {"masquerade_all": True, "addresses": [str(first), *others]}
        else:
            snat = {"cluster_cidrs": list(packets.CLIENTS.values())}
        # A connection that is to be new again after the file's last packet has ended by then.
        timeouts = {"udp": {"unreplied": "0.02s"}, "tcp": {"syn_sent": "0.02s"}} if case.new else {}
        return _CONFIG.format(
            device=subject.DEVICE, gateway=packets.GATEWAY, neighbor=packets.NEIGHBOR,
            mac=packets.GATEWAY_MAC.hex(":"), core=cores.worker, snat=json.dumps(snat),
            connections=max(1 << 16, case.flows * 5 // 4), socket=SOCKET, timeouts=json.dumps(timeouts),
            buffers=frames + _WORKING,
            more_ports=_CALLERS.format(
                interface=callers.INTERFACE, mac=packets.GATEWAY_MAC.hex(":")) if case.replies else "")

    @staticmethod
    def _ctl(what):
        return json.loads(_run(programs()["porticoctl"], "--gateway", f"unix:{SOCKET}", "get", what, "-o", "json"))

    def _sampled(self):
        return stages.sampled(self._ctl("stages"))

    def _counters(self):
        workers = self._ctl("counters")
        total = {name: sum(int(worker[name]) for worker in workers)
                 for name in ("received", "sent", "connectionsMade")}
        return subject.Counters(total["received"], total["sent"], total["connectionsMade"])
