"""Requests reach Pods: which ones, and with which source address."""

import collections

from shapes import in_both_families, in_every_shape
from testbed import statistics
from testbed.scenario import GATEWAY_DOWNLINK, HELLO, HELLO_MAGLEV, HELLO_PRESERVE, PODS

# A uniform choice fails a test by chance once in a million runs.
UNLIKELY = 1e-6


@in_every_shape
@in_both_families
def test_requests_spread_evenly_and_are_masqueraded(gateway, scenario, client, family):
    answers = client.get_many(HELLO.of(family), 300)
    share = collections.Counter(answer.pod for answer in answers)
    assert set(share) == {pod.name for pod in PODS}
    assert statistics.probability(list(share.values())) > UNLIKELY, share
    assert scenario.all_peers(family) == {GATEWAY_DOWNLINK.of(family)}


@in_every_shape
@in_both_families
def test_a_client_address_is_preserved(gateway, scenario, client, family):
    answers = client.get_many(HELLO_PRESERVE.of(family), 60)
    assert {answer.pod for answer in answers} == {pod.name for pod in PODS}
    assert scenario.all_peers(family) == {scenario.client_address.of(family)}


@in_both_families
def test_maglev_gives_a_connection_the_same_endpoint(gateway, client, family):
    service, ports = HELLO_MAGLEV.of(family), range(20_000, 20_060)

    def choices():
        chosen = {port: client.get(service, local_port=port, end="reset").pod for port in ports}
        gateway.ctl("delete", "connections", "--service", "default/hello-world-maglev")
        return chosen

    first = choices()
    assert set(first.values()) == {pod.name for pod in PODS}
    assert choices() == first
