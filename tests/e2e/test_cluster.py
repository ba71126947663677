"""The testbed's Kubernetes cluster itself, without a gateway: real servers, Pods that nobody runs."""

import pytest

from testbed import objects, wait
from testbed.api_client import ApiError
from testbed.cluster import SLICES
from testbed.scenario import NODES, PODS

SERVICES = "/api/v1/namespaces/default/services"


@pytest.fixture
def hello(cluster):
    cluster.run_scenario("hello")


def test_pods_become_endpoints_as_they_come_and_go(cluster, hello):
    kinds = {one["addressType"]: one for one in cluster.api.get(f"{SLICES}/endpointslices")["items"]}
    assert set(kinds) == {"IPv4", "IPv6"}
    assert {endpoint["topology"]["kubernetes.io/hostname"]
            for endpoint in kinds["IPv6"]["endpoints"]} == {node.name for node in NODES}
    assert "hello" in cluster.kubectl("get", "services")

    cluster.set_ready(PODS[0], False)
    cluster.wait_for_ready("hello", *PODS[1:])
    cluster.set_ready(PODS[0], True)
    cluster.wait_for_ready("hello", *PODS)

    cluster.delete_pod(PODS[2], grace_seconds=30)
    cluster.wait_for_ready("hello", *PODS[:2])
    assert cluster.endpoints("hello")[PODS[2].address.v4] == {
        "ready": False, "serving": True, "terminating": True}
    cluster.delete_pod(PODS[2])
    wait.until(lambda: set(cluster.endpoints("hello")) == objects.addresses(*PODS[:2]), 10, "the end of it")
    cluster.run_pod(PODS[2])
    cluster.wait_for_ready("hello", *PODS)

    cluster.kubectl("delete", "service", "hello")
    wait.until(lambda: cluster.endpoints("hello") == {}, 20, "the Service's slices to be deleted")


def test_a_restarted_server_has_what_was_there_and_goes_on(cluster, hello):
    cluster.stop_api_server()
    with pytest.raises(OSError):
        cluster.api.text("/readyz")
    cluster.restart_api_server()
    assert cluster.ready_endpoints("hello") == objects.addresses(*PODS)
    cluster.set_ready(PODS[1], False)
    cluster.wait_for_ready("hello", PODS[0], PODS[2])


def test_what_was_compacted_is_gone(cluster, hello):
    """KUBERNETES' API concepts, "Efficient detection of changes": 410 for what is not kept."""
    old = cluster.api.get(SERVICES)["metadata"]["resourceVersion"]
    cluster.set_ready(PODS[0], False)
    exact = {"resourceVersion": old, "resourceVersionMatch": "Exact", "limit": "10"}
    assert cluster.api.get(SERVICES, **exact)["items"]
    assert cluster.compact() > int(old)
    with pytest.raises(ApiError) as refused:
        cluster.api.get(SERVICES, **exact)
    assert refused.value.status == 410

    # A server has its own memory of changes; a new one knows only what etcd has kept.
    cluster.restart_api_server()
    event = next(cluster.api.watch(SERVICES, resourceVersion=old))
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


def test_tokens_may_do_what_their_role_says(cluster):
    account = {"apiVersion": "v1", "kind": "ServiceAccount",
               "metadata": {"name": "watcher", "namespace": "default"}}
    secret = {"apiVersion": "v1", "kind": "Secret",
              "metadata": {"name": "lease", "namespace": "default"}}
    cluster.apply(account, secret)
    with pytest.raises(ApiError) as unknown:
        cluster.client("nobody's").get(SERVICES)
    assert unknown.value.status == 401

    client = cluster.client(cluster.make_token("default", "watcher", secret="lease"))
    with pytest.raises(ApiError, match='cannot list resource "services"') as forbidden:
        client.get(SERVICES)
    assert forbidden.value.status == 403
    cluster.kubectl("create", "clusterrole", "reader", "--verb=list", "--resource=services")
    cluster.kubectl("create", "clusterrolebinding", "reader", "--clusterrole=reader",
                    "--serviceaccount=default:watcher")
    wait.until(lambda: client.get(SERVICES), 5, "the role to count")
    with pytest.raises(ApiError, match='cannot list resource "nodes"'):
        client.get("/api/v1/nodes")

    cluster.kubectl("delete", "secret", "lease")
    wait.until(lambda: status_of(client) == 401, 20, "the token to be refused")


def status_of(client):
    try:
        client.get(SERVICES)
        return 200
    except ApiError as refused:
        return refused.status
