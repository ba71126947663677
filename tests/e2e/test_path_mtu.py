"""Real TCP over a path that takes less than its ends believe: somebody on the path says so."""

import re

import pytest

from shapes import in_both_families
from testbed import content, netns
from testbed.gateway import CONFIG, Gateway
from testbed.scenario import GATEWAY_DOWNLINK, GATEWAY_UPLINK, HELLO, IPV4, NODES, PODS

BYTES = 10_000_000
MTU = 1400


def known_mtu(namespace, destination):
    """The path MTU that the kernel there has learned; None: none."""
    found = re.search(r"\bmtu (\d+)", netns.ip(namespace, f"route get {destination}"))
    return int(found[1]) if found else None


def exchange(client, address):
    """So many bytes each way; first to the Pod, which then has not learned anything yet."""
    assert client.upload(address, BYTES, seed=2, timeout=60) == content.digest(BYTES, 2)
    assert client.download(address, BYTES, seed=1, timeout=60) == content.digest(BYTES, 1)


@in_both_families
def test_a_router_before_the_pods_is_heard(gateway, client, family):
    """The nodes route to their Pods over links of 1400 bytes: their errors come back through NAT."""
    for node in NODES:
        netns.ip(node.name, f"link set cni0 mtu {MTU}")
    exchange(client, HELLO.of(family))
    assert known_mtu("client", HELLO.of(family)) == MTU
    assert gateway.drops()["icmp_error_unrelated"] == 0


@pytest.fixture
def narrow_gateway(scenario, request):
    """A gateway whose port of this name has an MTU of 1400."""
    with Gateway() as built:
        text, count = re.subn(rf"(  - name: {request.param}\n)", rf"\g<1>    mtu: {MTU}\n",
                              CONFIG.read_text())
        assert count == 1
        CONFIG.write_text(text)
        try:
            built.start()
            yield built
        finally:
            print(built.logs())


@in_both_families
@pytest.mark.parametrize("narrow_gateway", ["downlink0"], indirect=True)
def test_the_gateway_tells_clients_of_its_narrow_side(narrow_gateway, client, family):
    """The nodes' LAN takes 1400 bytes."""
    for node in NODES:
        netns.ip(node.name, f"link set eth0 mtu {MTU}")
    exchange(client, HELLO.of(family))
    assert known_mtu("client", HELLO.of(family)) == MTU
    assert narrow_gateway.refusals()["packet_too_big"] > 0
    assert narrow_gateway.drops()["packet_too_big"] == 0


@in_both_families
@pytest.mark.parametrize("narrow_gateway", ["uplink0"], indirect=True)
def test_the_gateway_tells_pods_of_its_narrow_side(narrow_gateway, client, family):
    """The clients' LAN takes 1400 bytes, but this client says that it takes 1500."""
    headers = 40 if family == IPV4 else 60
    netns.ip("client", f"route change default via {GATEWAY_UPLINK.of(family)} mtu {MTU} "
             f"advmss {1500 - headers}")
    exchange(client, HELLO.of(family))
    learned = {known_mtu(pod.name, GATEWAY_DOWNLINK.of(family)) for pod in PODS}
    assert MTU in learned, learned
    assert narrow_gateway.refusals()["packet_too_big"] > 0
