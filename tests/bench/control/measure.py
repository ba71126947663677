"""One run: a cluster is listed, then it changes while packets go on."""

import contextlib
import dataclasses
import gc
import json
import random
import shutil
import ssl
import sys
import tempfile
import time

from api_server.server import ApiServer
from control import conversation, programs
from control.cluster import NODES, Change, prepare, service_name
from testbed import credentials, isolation, wait

TOKEN = "control-bench"


@dataclasses.dataclass(frozen=True)
class Plan:
    encoding: str         # "protobuf" or "json"
    streaming: bool       # whether the server has streaming lists
    rate: float           # changes a second
    slices: int           # of time with changes; one more of which the gateway does not hear
    slice_seconds: float
    pause: float          # between two slices, until nothing is under way any more


@dataclasses.dataclass
class Measured:
    wanted_rate: float
    initial: float = 0.0           # seconds
    controller_time: float = 0.0   # seconds of a core that this took
    gateway_time: float = 0.0
    controller_memory: int = 0     # bytes at most
    gateway_memory: int = 0
    delays: list = dataclasses.field(default_factory=list)       # seconds, one a change
    change_rate: float = 0.0       # changes a second, really
    # Packets a second of the worker's own time: who else runs on its core is no loss of ours. In
    # the quiet slices the cluster changes as well, so that API server and controller, whose place
    # is another machine, take as much of the caches then.
    quiet_rates: list = dataclasses.field(default_factory=list)  # one a slice
    rate_ratios: list = dataclasses.field(default_factory=list)  # to the quiet slices beside
    shares: list = dataclasses.field(default_factory=list)       # of its core that the worker had
    dropped: int = 0               # packets, while it changed


class Run:
    def __init__(self, cores, cluster, plan):
        self.cores, self.cluster, self.plan = cores, cluster, plan
        self.measured = Measured(plan.rate)
        self.written = []   # (time.monotonic(), Change), when the API server had it
        self.held_back = []  # likewise, of those that the gateway heard of later
        self._next_change = 0
        self._random = random.Random(7)

    def __call__(self):
        """Measured. AssertionError when something was lost or misdirected."""
        folder = tempfile.mkdtemp(prefix="control-bench-")  # on a disk, as a gateway's state is
        server = self._start_server()
        try:
            self._prepare(server)
            self._measure(server, folder)
        finally:
            server.stop()
            gc.enable()
            shutil.rmtree(folder)
        self._judge(conversation.read(programs.RECORD))
        return self.measured

    # The API server.

    def _start_server(self):
        authority = credentials.Authority(isolation.RUN)
        own = authority.issue("api-server", "/CN=api-server", "IP:127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.certificate, own.key)
        server = ApiServer(protobuf=self.plan.encoding == "protobuf", streaming=self.plan.streaming,
                           token=TOKEN, tls=context)
        self.kubeconfig = isolation.RUN / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "bench",
            "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
            "users": [{"name": "bench", "user": {"token": TOKEN}}],
            "clusters": [{"name": "bench", "cluster": {
                "server": f"https://127.0.0.1:{server.port}", "disable-compression": True,
                "certificate-authority": str(authority.certificate)}}]}))
        self.kubeconfig.chmod(0o600)
        return server

    def _prepare(self, server):
        store = server.store
        for version, value in enumerate(self.cluster.objects(), store.version + 1):
            store.put(prepare(value, version, self.plan.encoding))
        for events in store.history.values():
            events.clear()
        seconds = (2 * self.plan.slices + 1) * self.plan.slice_seconds
        count = int(seconds * self.plan.rate * 1.2) + 50
        self._changes = [
            (self.cluster.change(number),
             prepare(self.cluster.changed_slice(number), store.version + 1 + number, self.plan.encoding,
                     "MODIFIED"))
            for number in range(min(count, self.cluster.services))]
        sys.setswitchinterval(0.0005)  # a watch's thread does not wait for another to have its fill
        gc.freeze()
        gc.disable()

    # What is measured.

    def _measure(self, server, folder):
        gateway = programs.Gateway(self.cores, self.cluster.services, folder)
        relay = programs.Relay()
        controller = programs.Controller(self.kubeconfig)
        self._started_at = controller.started_at
        controller.wait_for_acknowledgement()
        self.measured.controller_time = controller.time()
        self.measured.gateway_time = gateway.control_time()
        self._wait_for_forwarding(gateway)
        with programs.occupied(self.cores):
            drops = self._slices(server, gateway, relay, controller)
        self.measured.dropped = sum(drops.values())
        assert not drops, drops
        self._check_tables(gateway)
        self.measured.controller_memory = programs.memory_of(controller.process)["VmHWM"]
        self.measured.gateway_memory = gateway.control_memory()
        self._end(controller.process)
        relay.wait_for_record()
        self._end(gateway.process)

    @staticmethod
    def _end(process):
        process.require_running()
        status = process.stop(seconds=30)
        assert status == 0, f"{process.name} ended with status {status}:\n{process.last_lines()}"

    def _wait_for_forwarding(self, gateway):
        """That every client has a connection and every next hop an address: nothing is dropped."""
        def is_forwarding():
            before = gateway.dropped()
            time.sleep(0.3)
            return gateway.dropped() == before
        wait.until(is_forwarding, programs.PATIENCE, "packets to be forwarded")

    def _slices(self, server, gateway, relay, controller):
        """Quiet and changing slices of time in turn; {reason: packets} of those dropped."""
        rates = []
        before = gateway.dropped()
        for number in range(2 * self.plan.slices + 1):
            controller.wait_for_acknowledgement(self.plan.pause)
            hears = number % 2 == 1
            with contextlib.nullcontext() if hears else relay.holding():
                begin = gateway.progress()
                self._change_for(self.plan.slice_seconds, server, self.written if hears else self.held_back)
                end = gateway.progress()
            rates.append((end.packets - begin.packets) / (end.ran - begin.ran))
            self.measured.shares.append((end.ran - begin.ran) / (end.time - begin.time))
        controller.wait_for_acknowledgement(self.plan.pause)
        self.measured.quiet_rates = rates[::2]
        self.measured.rate_ratios = [
            2 * rates[at] / (rates[at - 1] + rates[at + 1]) for at in range(1, len(rates), 2)]
        self.measured.change_rate = len(self.written) / (self.plan.slices * self.plan.slice_seconds)
        after = gateway.dropped()
        return {reason: count - before.get(reason, 0) for reason, count in after.items()
                if count != before.get(reason, 0)}

    def _change_for(self, seconds, server, written):
        """At random moments (a Poisson process), whether or not the changes before have arrived."""
        at = time.monotonic()
        end = at + seconds
        while (at := at + self._random.expovariate(self.plan.rate)) < end:
            time.sleep(max(0.0, at - time.monotonic()))
            change, stored = self._changes[self._next_change]
            self._next_change += 1
            written.append((time.monotonic(), change))
            server.store.put(stored)

    # What came of it.

    def _expected(self, service, change=None):
        each = self.cluster.endpoints_each
        made = {Change(service, one, False).address: False
                for one in range(service * each, service * each + each)}
        if change:
            del made[Change(service, change.endpoint, False).address]
            made[change.address] = not change.replaced
        return set(made.items())

    def _check_tables(self, gateway):
        """That the gateway has what the API server has: a hundred changed Services and others."""
        changes = {change.service: change for _, change in self.written + self.held_back}
        some = [*list(changes)[::max(1, len(changes) // 100)],
                *range(0, self.cluster.services, self.cluster.services // 20)]
        for service in some:
            found, wanted = gateway.endpoints(service), self._expected(service, changes.get(service))
            assert found == wanted, (service_name(service), found, wanted)

    def _judge(self, revisions):
        first = revisions[0]
        assert first.reset and first.services == self.cluster.services, first.services
        assert len(first.endpoints) == self.cluster.endpoints and first.routes == NODES
        self.measured.initial = first.acknowledged_at - self._started_at
        acknowledged = {}  # the Service: (when, Endpoint)
        for revision in revisions[1:]:
            assert not revision.reset and not revision.services and not revision.routes
            for endpoint in revision.endpoints:
                assert endpoint.service not in acknowledged, f"{endpoint} was sent twice"
                acknowledged[endpoint.service] = revision.acknowledged_at, endpoint

        def came_through(change):
            at, endpoint = acknowledged.pop(service_name(change.service))
            assert (endpoint.address, endpoint.draining) == (change.address, not change.replaced), endpoint
            return at
        self.measured.delays = [came_through(change) - at for at, change in self.written]
        for _, change in self.held_back:
            came_through(change)
        assert not acknowledged, f"nobody asked for {acknowledged}"
