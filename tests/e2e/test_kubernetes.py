"""The scenario with a real API server: what is applied there is what the gateway forwards."""

import pytest

from shapes import in_both_families
from testbed import netns, wait
from testbed.access import Access
from testbed.gateway import Gateway
from testbed.scenario import HELLO, PODS

SERVICE = "hello-world-service"


@pytest.fixture
def access(cluster):
    return Access(cluster)


@pytest.fixture
def gateway(scenario, cluster, access):
    cluster.run_scenario(SERVICE)
    with Gateway(kubeconfig=access.kubeconfig) as built:
        try:
            built.start_porticod()
            built.start_controller()
            built.wait_for_services(f"default/{SERVICE}")
            yield built
        finally:
            print(built.logs())


@in_both_families
def test_what_is_applied_is_forwarded(gateway, client, family):
    url = HELLO.of(family) if family == 4 else f"[{HELLO.of(family)}]"
    wanted = {f"<p>Hi from {pod.name}</p>\n" for pod in PODS}
    pages = set()
    wait.until(lambda: pages.add(netns.run("client", "curl", "-gsS", "--max-time", "5",
                                           f"http://{url}")) or pages >= wanted, 30,
               "each Pod to answer")
    assert pages == wanted
    for kind in ("Service", "EndpointSlice", "Node"):
        assert gateway.controller.metric("watch_synced", kind=kind) == 1
