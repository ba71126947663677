"""What scripts/demo --kubernetes shows: a real API server, and how fast its changes are forwarded."""

import contextlib
import time

from testbed import cluster, keep, objects, wait
from testbed.access import Access
from testbed.gateway import Gateway
from testbed.load import RequestLoop
from testbed.scenario import FAMILIES, HELLO, PODS
from testbed.sections import Sections

SERVICE = "hello-world-service"
SECONDS = 30  # for a change to arrive: far more than it takes, as machines may be busy
AFTERWARDS = 200  # so many requests show what a change has led to


class Change:
    """A change in the cluster, on its way into the data plane; times are time.monotonic()'s."""

    def __init__(self, controller):
        self._controller = controller
        self._before = self._pushes()
        self.answered = self.acknowledged = None

    def _pushes(self):
        return [self._controller.metric(f"push_seconds_{name}") for name in ("sum", "count")]

    def make(self, *steps):
        """Until the API server has answered the last of them."""
        for step in steps:
            step()
        self.answered = time.monotonic()

    def wait_until_acknowledged(self, endpoints):
        """Until the gateway has said that this many endpoints are in its tables."""
        metric = self._controller.metric
        self._controller.wait_until(
            lambda: metric("table_entries", table="endpoints") == endpoints and
            metric("gateway_lag") == 0, SECONDS, "the gateway's acknowledgement")
        self.acknowledged = time.monotonic()

    def milliseconds(self, moment):
        return f"{max(0.0, moment - self.answered) * 1000:.1f} ms"

    def of_portico(self):
        """From a watch event to the gateway's acknowledgement: the mean over the revisions."""
        seconds, count = (after - before for after, before in zip(self._pushes(), self._before))
        return f"{seconds / count * 1000:.1f} ms"


class KubernetesDemo(Sections):
    """Tables from a cluster."""

    def __init__(self, terminal, options):
        super().__init__(terminal, options)
        self.cluster = None

    def run(self):
        with contextlib.ExitStack() as stack:
            self.draw()
            self._bring_up(stack)
            self._objects()
            self.ask_until_each_pod_answered()
            with RequestLoop(self.scenario.client, HELLO.v4) as loop:
                self._scale_down(loop)
                self._scale_up(loop)
            for family in FAMILIES:
                self.spread(family)
            self._tables()
            self.explain()
            self.counters()
            status = self.terminal.verdict()
            if self.options.keep:
                keep.until_interrupted(self.terminal, self.scenario.client_address, self.gateway,
                                       self.cluster)
            return status

    def logs(self):
        return "\n".join([super().logs(), self.cluster.logs() if self.cluster else ""])

    def _bring_up(self, stack):
        step = self.terminal.step
        self.bring_up_scenario(stack)
        self.cluster = cluster.Cluster()
        step("etcd, kube-apiserver and kube-controller-manager: a cluster without kubelets",
             lambda: stack.enter_context(self.cluster))
        step("two Nodes, a Service and its three Pods: applied, and made into EndpointSlices",
             lambda: self.cluster.run_scenario(SERVICE))
        access = step("configs/kubernetes: an account that may read, its token, a kubeconfig",
                      lambda: Access(self.cluster))
        gateway = Gateway(self.options.one_armed, self.options.workers, access.kubeconfig)
        self.bring_up_gateway(stack, gateway)

        def push():
            gateway.start_controller()
            gateway.wait_for_services(f"default/{SERVICE}", seconds=SECONDS)

        step("portico-controller: listed the cluster's objects and pushed them to porticod", push)

    def _objects(self):
        self.terminal.section("What the API server has")
        for what in (("get", "nodes,pods,services", "--output", "wide"),
                     ("get", "endpointslices")):
            self.terminal.command(f"kubectl {' '.join(what)}")
            self.terminal.output(self.cluster.kubectl(*what))

    def _scale_down(self, loop):
        leaving = PODS[2]
        self.terminal.section(f"Scale down: {leaving.name} is deleted, while requests go on")
        loop.wait_for(50)
        change = Change(self.gateway.controller)
        change.make(lambda: self.cluster.delete_pod(leaving))
        self._tell_acknowledged(change, len(PODS) - 1)
        after = loop.wait_for(AFTERWARDS, change.acknowledged)
        reached = [one.begun for one in loop.since(change.answered) if one.pod == leaving.name]
        last = (f"opened {change.milliseconds(max(reached))} after the answer" if reached else
                "opened before the answer")
        self.terminal.expect(
            leaving.name not in loop.share(after),
            f"the last connection to it was {last}; none of {len(after)} that came after the "
            "acknowledgement reached it")
        self.scenario.stop_pod(leaving)  # as its kubelet does, once nobody is sent to it any more
        loop.wait_for(AFTERWARDS)
        self._no_request_failed(loop)

    def _scale_up(self, loop):
        coming = PODS[2]
        self.terminal.section(f"Scale up: {coming.name} is run again, and becomes ready")
        self.scenario.start_pod(coming)
        wait.until(lambda: self.scenario.is_up(coming), SECONDS, f"the server in {coming.name}")
        self.cluster.apply(objects.pod(coming))
        change = Change(self.gateway.controller)
        change.make(lambda: self.cluster.set_ready(coming, True))
        self._tell_acknowledged(change, len(PODS))
        first = wait.until(lambda: next((one for one in loop.since(change.answered)
                                         if one.pod == coming.name), None), SECONDS,
                           f"a request to reach {coming.name}")
        self.terminal.expect(True, "the first connection to it was opened "
                                   f"{change.milliseconds(first.begun)} after the answer")
        loop.wait_for(AFTERWARDS)
        self._no_request_failed(loop)

    def _tell_acknowledged(self, change, pods):
        change.wait_until_acknowledged(pods * len(FAMILIES))
        self.terminal.expect(
            True, f"porticod acknowledged it {change.milliseconds(change.acknowledged)} after the "
                  f"API server's answer; of this, from watch event to acknowledgement: "
                  f"{change.of_portico()}")

    def _no_request_failed(self, loop):
        failures = loop.failures(loop.outcomes)
        which = f": {failures[0]}" if failures else ""
        self.terminal.expect(failures == [], f"{len(loop.outcomes)} requests so far, of which "
                                             f"{len(failures)} failed{which}")

    def _tables(self):
        self.terminal.section("What runs in porticod, and what portico-controller tells of itself")
        self.show("get", "endpoints", f"default/{SERVICE}")
        metric = self.gateway.controller.metric
        kinds = ("Service", "EndpointSlice", "Node")
        self.terminal.expect(
            all(metric("watch_synced", kind=kind) == 1 for kind in kinds) and
            metric("watch_failures_total") == metric("left_out") == metric("gateway_lag") == 0,
            f"{', '.join(kinds)}: listed completely and watched; nothing failed, nothing is left "
            "out, and porticod is at the newest revision")
