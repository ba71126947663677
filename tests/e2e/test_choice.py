"""Which endpoint a client gets, and as whom the endpoint sees it, with the kernels' own TCP."""

from manifests import replace, without_pod
from shapes import in_both_families, in_every_shape
from testbed import wait
from testbed.client import Client
from testbed.gateway import MANIFESTS
from testbed.scenario import GATEWAY_DOWNLINK, HELLO, HELLO_PRESERVE, PODS

HELLO_MANIFEST = MANIFESTS / "hello-world-service.yaml"
PRESERVE_MANIFEST = MANIFESTS / "hello-world-preserve.yaml"


def service(gateway, name):
    return next(one for one in gateway.services() if one["service"]["name"] == f"default/{name}")


@in_both_families
def test_a_pod_reaches_itself_through_its_service(gateway, scenario, family):
    alone, *others = PODS
    text = PRESERVE_MANIFEST.read_text()
    for other in others:
        text = without_pod(text, other)
    replace(PRESERVE_MANIFEST, text)
    wait.until(lambda: len(service(gateway, "hello-world-preserve")["endpoints"]) == 2, 5,
               "the other Pods to be gone")
    scenario.forget_peers()
    answers = Client(alone.name).get_many(HELLO_PRESERVE.of(family), 20)
    assert {answer.pod for answer in answers} == {alone.name}
    assert set(scenario.peers(alone)) == {GATEWAY_DOWNLINK.of(family)}


@in_every_shape
@in_both_families
def test_session_affinity_keeps_a_client_with_its_pod(gateway, client, family):
    text = HELLO_MANIFEST.read_text()
    assert text.count("  type: ClusterIP\n") == 1
    replace(HELLO_MANIFEST, text.replace(
        "  type: ClusterIP\n", "  type: ClusterIP\n  sessionAffinity: ClientIP\n"
        "  sessionAffinityConfig: {clientIP: {timeoutSeconds: 600}}\n"))
    wait.until(lambda: "clientAffinity" in service(gateway, "hello-world-service")["service"], 5,
               "session affinity")
    answers = client.get_many(HELLO.of(family), 60)
    assert len({answer.pod for answer in answers}) == 1
    replace(HELLO_MANIFEST, text)
    wait.until(lambda: "clientAffinity" not in service(gateway, "hello-world-service")["service"],
               5, "session affinity to end")
    answers = client.get_many(HELLO.of(family), 60)
    assert {answer.pod for answer in answers} == {pod.name for pod in PODS}
