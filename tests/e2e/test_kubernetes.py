"""With a real API server: what is applied there is what the gateway forwards."""

import pytest

import curl
from testbed import objects, wait
from testbed.access import CONFIGS
from testbed.load import RequestLoop
from testbed.scenario import HELLO, NODES, PODS, Address

pytestmark = pytest.mark.one_world

SERVICE = "hello-world-service"
OTHER = Address("10.100.3.70", "2001:db8:100::70")
ANOTHER = Address("10.100.3.71", "2001:db8:100::71")
EXTERNAL = Address("192.0.2.80", "2001:db8:80::80")


def service_with_external_ip(name, address):
    made = objects.service(name, address)
    made["spec"]["externalIPs"] = [EXTERNAL.v4, EXTERNAL.v6]
    return made


def wait_until_refused(client, address):
    """As KUBERNETES' Service without endpoints does: a reset, at once."""
    def is_refused():
        try:
            client.get(address)
            return False
        except ConnectionRefusedError:
            return True
    wait.until(is_refused, 120, f"{address} to be refused")


def is_served(gateway, scenario, address):
    """What the gateway would do with a client's SYN: silence alone might mean that it is slow."""
    told = gateway.explain("tcp", scenario.client_address.v4, 40_000, address.v4, 80)
    forwards = told["verdict"] == "VERDICT_FORWARD"
    # A Service's that had connections and is gone, or nobody's.
    assert forwards or told["dropReason"] in ("connection_unknown", "not_for_gateway"), told
    return forwards


def test_what_is_applied_is_forwarded(cluster_gateway, cluster):
    controller = cluster_gateway.controller
    for kind in ("Service", "EndpointSlice", "Node"):
        assert controller.metric("watch_synced", kind=kind) == 1
        for trouble in ("failures_total", "decode_errors_total"):
            assert controller.metric(f"watch_{trouble}", kind=kind) == 0
    assert controller.metric("left_out") == 0
    assert " warning " not in controller.log.read_text()
    assert "NotServed" not in cluster.kubectl("describe", "services")


def test_the_deployment_is_taken(cluster_gateway, cluster):
    cluster.kubectl("apply", "--dry-run=server", "-f", CONFIGS / "deployment.yaml")


def test_scale_down_and_up(cluster_gateway, cluster, client):
    with RequestLoop(client, HELLO.v4) as loop:
        cluster.delete_pod(PODS[2], grace_seconds=30)
        curl.wait_for_pods(HELLO, *PODS[:2])
        cluster.delete_pod(PODS[2])
        cluster.delete_pod(PODS[1])
        curl.wait_for_pods(HELLO, PODS[0])
        for pod in PODS[1:]:
            cluster.run_pod(pod)
        curl.wait_for_pods(HELLO, *PODS)
        loop.wait_for(20)
    assert loop.failures(loop.outcomes) == []


def test_readiness_flips(cluster_gateway, cluster, client):
    for pod in PODS:
        cluster.set_ready(pod, False)
        curl.wait_for_pods(HELLO, *(other for other in PODS if other != pod))
        cluster.set_ready(pod, True)
        curl.wait_for_pods(HELLO, *PODS)
    for pod in PODS:
        cluster.set_ready(pod, False)
    wait_until_refused(client, HELLO.v4)
    wait_until_refused(client, HELLO.v6)
    for pod in PODS:
        cluster.set_ready(pod, True)
    curl.wait_for_pods(HELLO, *PODS)


def test_a_service_is_made_anew_with_another_cluster_ip(cluster_gateway, cluster, scenario):
    cluster.kubectl("delete", "service", SERVICE)
    cluster.apply(objects.service(SERVICE, OTHER))
    curl.wait_for_pods(OTHER, *PODS)
    assert is_served(cluster_gateway, scenario, OTHER)
    assert not is_served(cluster_gateway, scenario, HELLO)
    cluster.kubectl("delete", "service", SERVICE)
    wait.until(lambda: SERVICE not in cluster_gateway.ctl("get", "services"), 120,
               "the Service to be gone")
    cluster.apply(objects.service(SERVICE, HELLO))
    curl.wait_for_pods(HELLO, *PODS)


def test_a_node_is_added(cluster_gateway, cluster, client):
    routes = cluster_gateway.ctl("get", "routes")
    cluster.delete_pod(PODS[2])
    cluster.kubectl("delete", "node", NODES[1].name)
    curl.wait_for_pods(HELLO, *PODS[:2])
    for network in (NODES[1].pod_network.v4, NODES[1].pod_network.v6):
        assert network in routes
        wait.until(lambda: network not in cluster_gateway.ctl("get", "routes"), 120,
                   f"the route to {network} to be gone")
    with RequestLoop(client, HELLO.v4) as loop:
        cluster.apply(objects.node(NODES[1]))
        wait.until(lambda: cluster_gateway.ctl("get", "routes") == routes, 120, "the routes")
        cluster.run_pod(PODS[2])
        curl.wait_for_pods(HELLO, *PODS)
        loop.wait_for(20)
    assert loop.failures(loop.outcomes) == []


def test_an_object_with_a_fault_is_told_of_and_harms_no_other(
        cluster_gateway, cluster, scenario, client):
    with RequestLoop(client, HELLO.v4) as loop:
        cluster.apply(service_with_external_ip("before", OTHER))
        curl.wait_for_pods(EXTERNAL, *PODS)
        cluster.apply(service_with_external_ip("late", ANOTHER))
        wait.until(lambda: "NotServed" in cluster.kubectl("describe", "service", "late"), 120,
                   "the Event")
        told = cluster.kubectl("describe", "service", "late")
        assert f"80 on {EXTERNAL.v4} belongs to Service default/before already" in told
        assert "NotServed" not in cluster.kubectl("describe", "service", "before")
        assert cluster_gateway.controller.metric("left_out") == 1
        assert not is_served(cluster_gateway, scenario, ANOTHER)
        cluster.set_ready(PODS[0], False)  # what others are goes on changing
        curl.wait_for_pods(EXTERNAL, *PODS[1:])
        cluster.set_ready(PODS[0], True)

        cluster.kubectl("delete", "service", "before")
        curl.wait_for_pods(ANOTHER, *PODS)
        curl.wait_for_pods(EXTERNAL, *PODS)
        assert cluster_gateway.controller.metric("left_out") == 0
        cluster.kubectl("delete", "service", "late")
    assert loop.failures(loop.outcomes) == []
