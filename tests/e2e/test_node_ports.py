"""A Service of type LoadBalancer from outside: node port, source ranges, and what a balancer asks."""

import contextlib
import http.client
import json

import pytest
from manifests import READY, TERMINATING, replace, with_conditions
from shapes import in_both_families
from testbed import netns, wait
from testbed.gateway import CONFIG, MANIFESTS, Gateway
from testbed.scenario import GATEWAY_UPLINK, HELLO, PODS, Address

MANIFEST = MANIFESTS / "hello-world-service.yaml"
BALANCER = Address("203.0.113.7", "2001:db8:113::7")
NODE_PORT, HEALTH_PORT = 30080, 30100
ELSEWHERE = ["198.51.100.0/24", "2001:db8:198::/48"]


def of_type_load_balancer(text, *lines):
    """The manifest with node port and load-balancer IPs, and more lines in its spec."""
    for old, new in (
            ("  type: ClusterIP\n", "".join(f"  {line}\n" for line in ("type: LoadBalancer", *lines))),
            ("port: 80, targetPort: 8080}\n",
             f"port: 80, targetPort: 8080, nodePort: {NODE_PORT}}}\n"
             "status:\n  loadBalancer:\n    ingress:\n"
             f"      - {{ip: {BALANCER.v4}}}\n      - {{ip: \"{BALANCER.v6}\"}}\n")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def apply(gateway, *lines, text=None):
    replace(MANIFEST, of_type_load_balancer(text or MANIFEST.read_text(), *lines))

    def has_node_port():
        return any(one["service"]["ports"][0]["nodePort"] == NODE_PORT
                   for one in gateway.services()
                   if one["service"]["name"] == "default/hello-world-service")
    wait.until(has_node_port, 5, "the node port")


@in_both_families
def test_a_node_port_leads_to_every_pod(gateway, client, family):
    apply(gateway)
    node = GATEWAY_UPLINK.of(family)
    assert {client.get(node, port=NODE_PORT).pod for _ in range(60)} == {pod.name for pod in PODS}
    # The load-balancer IP and the cluster IP lead there too.
    assert client.get(BALANCER.of(family)).status == 200
    assert client.get(HELLO.of(family)).status == 200


@in_both_families
def test_source_ranges_keep_others_from_the_load_balancer_ip_alone(gateway, client, scenario,
                                                                   family):
    address = scenario.client_address.of(family)
    text = MANIFEST.read_text()
    apply(gateway, f"loadBalancerSourceRanges: {json.dumps(ELSEWHERE)}")
    with pytest.raises(TimeoutError):  # a drop, as with kube-proxy
        client.get(BALANCER.of(family), timeout=1)
    assert client.get(GATEWAY_UPLINK.of(family), port=NODE_PORT).status == 200
    assert client.get(HELLO.of(family)).status == 200
    before = gateway.services()
    length = 32 if family == 4 else 128
    apply(gateway, f"loadBalancerSourceRanges: {json.dumps(ELSEWHERE + [f'{address}/{length}'])}",
          text=text)
    wait.until(lambda: gateway.services() != before, 5, "the other ranges")
    assert client.get(BALANCER.of(family)).status == 200


@pytest.fixture
def with_kernel(scenario):
    """A gateway whose uplink has a kernel interface: what listens in its namespace is reached."""
    # The kernel sees what comes in at the device, too; that is not for it.
    netns.set_sysctl("gateway", **{"ipv4__conf__gw-up__rp_filter": 1,
                                   "ipv6__conf__default__disable_ipv6": 0})
    with Gateway() as built:
        text, port = CONFIG.read_text(), "  - name: uplink0\n"
        assert text.count(port) == 1
        CONFIG.write_text(text.replace(port, f"{port}    kernel: {{interface: pt-up}}\n"))
        try:
            built.start()
            yield built
        finally:
            print(built.logs())


def ask(client, address):
    """What a load balancer is told: status, weight, body."""
    connection = http.client.HTTPConnection("gateway")
    connection.sock = client.connect(address, HEALTH_PORT)
    with contextlib.closing(connection):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return (answer.status, answer.getheader("X-Load-Balancing-Endpoint-Weight"),
                json.load(answer))


@in_both_families
def test_a_load_balancer_is_told_how_many_endpoints_are_local(with_kernel, client, family):
    text = MANIFEST.read_text()
    lines = ("externalTrafficPolicy: Local", f"healthCheckNodePort: {HEALTH_PORT}")
    apply(with_kernel, *lines)
    address = GATEWAY_UPLINK.of(family)

    def told():
        with contextlib.suppress(ConnectionError, TimeoutError):
            return ask(client, address)
        return None

    # To a gateway, which is no node, every Pod is local.
    wait.until(lambda: told() is not None, 10, "an answer")
    assert told() == (200, "3", {
        "service": {"namespace": "default", "name": "hello-world-service"},
        "localEndpoints": 3, "serviceProxyHealthy": True})
    for pod in PODS:
        text = with_conditions(text, pod, TERMINATING)
    apply(with_kernel, *lines, text=text)
    wait.until(lambda: told()[:2] == (503, "0"), 5, "an answer without endpoints")
    # They serve all the same, until something better is there.
    assert client.get(BALANCER.of(family)).status == 200
    apply(with_kernel, *lines, text=with_conditions(text, PODS[0], READY))
    wait.until(lambda: told()[:2] == (200, "1"), 5, "an answer with the Pod that is ready")
