"""With a real API server: servers, controllers, tokens and rights come and go, and traffic goes on."""

import contextlib
import os
import signal

import pytest

import curl
from testbed import isolation
from testbed.access import FOLDER
from testbed.api_client import ApiError
from testbed.gateway import CONFIG, TARGET
from testbed.load import RequestLoop
from testbed.process import Process
from testbed.scenario import HELLO, PODS

pytestmark = pytest.mark.one_world

KINDS = ("Service", "EndpointSlice", "Node")


@pytest.fixture
def loop(cluster_gateway, client):
    """Requests all the time, of which none may fail."""
    with RequestLoop(client, HELLO.v4, pause=0.01) as running:
        yield running
        running.wait_for(20)
    assert running.failures(running.outcomes) == []


def flip(cluster, pod):
    """A change, and back: both must arrive."""
    cluster.set_ready(pod, False)
    curl.wait_for_pods(HELLO, *(other for other in PODS if other != pod))
    cluster.set_ready(pod, True)
    curl.wait_for_pods(HELLO, *PODS)


@contextlib.contextmanager
def halted(process):
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def lists(controller):
    """How many there were of each kind."""
    return {kind: controller.metric("watch_lists_total", kind=kind) for kind in KINDS}


def test_an_api_server_is_killed_and_comes_back(cluster_gateway, cluster, loop):
    cluster.stop_api_server()
    curl.wait_for_pods(HELLO, *PODS)
    cluster.restart_api_server()
    flip(cluster, PODS[0])


def test_a_controller_is_killed_between_two_changes(cluster_gateway, cluster, loop):
    cluster.set_ready(PODS[0], False)
    curl.wait_for_pods(HELLO, *PODS[1:])
    cluster_gateway.stop_controller(signal.SIGKILL)
    cluster.set_ready(PODS[0], True)
    cluster.set_ready(PODS[1], False)
    cluster.wait_for_ready("hello-world-service", PODS[0], PODS[2])
    curl.wait_for_pods(HELLO, *PODS[1:])  # what there was goes on
    cluster_gateway.start_controller()
    curl.wait_for_pods(HELLO, PODS[0], PODS[2])
    cluster.set_ready(PODS[1], True)
    curl.wait_for_pods(HELLO, *PODS)


def test_history_that_is_gone_means_a_list(cluster_gateway, cluster, loop):
    """A new server answers 410 for what is before its time and compacted: test_cluster.py has it."""
    controller = cluster_gateway.controller
    before = lists(controller)
    errors = controller.metric("watch_events_total", type="ERROR")
    cluster.kubectl("create", "namespace", "later")  # than all that the controller has seen
    with halted(controller):
        cluster.restart_api_server()
        cluster.set_ready(PODS[0], False)  # it misses this
        cluster.wait_for_ready("hello-world-service", *PODS[1:])
        cluster.compact()
    curl.wait_for_pods(HELLO, *PODS[1:])
    # One more where a busy machine loses a watch that has just been opened.
    controller.wait_until(lambda: all(count > before[kind] for kind, count in
                                      lists(controller).items()), 120, "a list of each kind")
    assert controller.metric("watch_events_total", type="ERROR") >= errors + len(KINDS)
    assert "cannot watch endpointslices.discovery.k8s.io: 410" in controller.log.read_text()
    cluster.kubectl("delete", "namespace", "later", "--wait=false")
    cluster.set_ready(PODS[0], True)
    curl.wait_for_pods(HELLO, *PODS)


def test_two_controllers_of_one_source_agree(cluster_gateway, cluster, loop):
    first = cluster_gateway.controller
    second = cluster_gateway.make_controller(name="controller-2", status_port=9128)
    second.wait_until(lambda: second.metric("acknowledgements_total"), 120, "the second's tables")
    resyncs = [one.metric("resyncs_total") for one in (first, second)]
    flip(cluster, PODS[0])
    for one in (first, second):
        one.wait_until(lambda one=one: one.metric("gateway_lag") == 0, 120, "all to be acknowledged")
    # A stream may break on a busy machine; controllers that answer each other send all again and again.
    for one, before in zip((first, second), resyncs):
        assert one.metric("resyncs_total") <= before + 1

    cluster_gateway.stop_controller(signal.SIGKILL)
    flip(cluster, PODS[1])
    cluster_gateway.start_controller()
    assert second.stop() == 0
    flip(cluster, PODS[2])


def test_a_token_is_replaced(cluster_gateway, cluster, access, loop):
    old = (FOLDER / "token").read_text()
    access.renew_token()
    cluster.restart_api_server()  # so that each watch has to be opened anew
    with pytest.raises(ApiError, match="401"):
        cluster.client(old).get("/api/v1/services")
    flip(cluster, PODS[0])
    log = cluster_gateway.controller.log.read_text()
    assert old not in log and (FOLDER / "token").read_text() not in log


def test_rights_are_taken_away_and_given_back(cluster_gateway, cluster, access, loop):
    access.revoke()
    cluster_gateway.stop_controller()
    seen = len((isolation.RUN / "controller.log").read_text())
    cluster_gateway.start_controller()
    controller = cluster_gateway.controller
    for plural in ("services", "endpointslices.discovery.k8s.io", "nodes"):
        wanted = f'authorization lacks the verb "list" on {plural}: 403'
        controller.wait_until(lambda wanted=wanted: wanted in controller.log.read_text()[seen:], 120,
                              wanted)
    assert controller.metric("watch_failures_total", kind="Service") > 0
    assert controller.metric("watch_synced", kind="Service") == 0
    curl.wait_for_pods(HELLO, *PODS)
    access.grant()
    flip(cluster, PODS[0])


@pytest.fixture
def other_gateway(cluster_gateway):
    """How to start one more porticod, without a network; and its target."""
    socket = isolation.RUN / "other.sock"
    text = CONFIG.read_text()
    for old, new in (("net_af_packet0,iface=gw-up", "net_null0"),
                     ("net_af_packet1,iface=gw-down", "net_null1"),
                     ("/run/portico/porticod.sock", str(socket)),
                     ("/run/portico/state", "/run/portico/other-state")):
        assert old in text
        text = text.replace(old, new)
    config = isolation.RUN / "other.yaml"
    config.write_text(text)
    started = []

    def start():
        started.append(Process("other porticod", [cluster_gateway.programs["porticod"], "--config",
                                                  config], "gateway", isolation.RUN / "other.log"))
    yield f"unix:{socket}", start
    for process in started:
        process.require_running()
        assert process.stop() == 0


def test_a_gateway_that_is_away_delays_nobody_and_gets_everything(
        cluster_gateway, cluster, other_gateway, loop):
    other, start_other = other_gateway
    cluster_gateway.stop_controller()
    controller = cluster_gateway.controller = cluster_gateway.make_controller(other)
    flip(cluster, PODS[0])
    controller.wait_until(lambda: controller.metric("gateway_lag", gateway=TARGET) == 0, 120,
                          "the gateway to acknowledge")
    assert controller.metric("gateway_connected", gateway=other) == 0
    assert controller.metric("gateway_lag", gateway=other) > 0
    start_other()
    controller.wait_until(lambda: controller.metric("gateway_revision", gateway=other) ==
                          controller.metric("revision"), 120, "the other gateway to be in step")
    flip(cluster, PODS[1])
    cluster_gateway.stop_controller()
    cluster_gateway.start_controller()
