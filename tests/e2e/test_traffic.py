"""Clients reach Services, in every shape of the gateway and in both families."""

import collections
import concurrent.futures
import contextlib

import pytest

from testbed import content, statistics
from testbed.scenario import (ECHO, ECHO_PORT, FAMILIES, GATEWAY_DOWNLINK, HELLO, HELLO_MAGLEV,
                              HELLO_PRESERVE, PODS)

SHAPES = {
    "two-armed": {},
    "one-armed": {"one_armed": True},
    "two-workers": {"workers": 2},
    "one-armed-two-workers": {"one_armed": True, "workers": 2},
}
in_every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES, indirect=True)
in_both_families = pytest.mark.parametrize("family", FAMILIES, ids="ipv{}".format)

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


@in_every_shape
@in_both_families
def test_parallel_downloads_arrive_whole(gateway, client, family):
    """200 at once, one of them of 100 MB."""
    sizes = [100_000_000] + [100_000 + 1_000 * number for number in range(199)]
    with concurrent.futures.ThreadPoolExecutor(len(sizes)) as pool:
        got = list(pool.map(
            lambda seed: client.download(HELLO.of(family), sizes[seed], seed), range(len(sizes))))
    assert got == [content.digest(size, seed) for seed, size in enumerate(sizes)]


@in_every_shape
@in_both_families
def test_datagrams_come_back(gateway, scenario, client, family):
    """40 clients' sockets, 100 datagrams of growing size each, a few in flight at a time."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(contextlib.closing(client.udp(ECHO.of(family), ECHO_PORT)))
                   for _ in range(40)]
        for number in range(100):
            datagrams = [b"%d/%d:" % (number, index) + b"x" * (number * 14)
                         for index in range(len(sockets))]
            for udp, datagram in zip(sockets, datagrams):
                udp.send(datagram)
            assert [udp.recv(65535) for udp in sockets] == datagrams
    assert scenario.all_peers(family, "datagrams.log") == {GATEWAY_DOWNLINK.of(family)}
    assert all(scenario.peers(pod, "datagrams.log") for pod in PODS)


@in_both_families
def test_maglev_gives_a_connection_the_same_endpoint(gateway, client, family):
    service, ports = HELLO_MAGLEV.of(family), range(20_000, 20_060)

    def choices():
        chosen = {port: client.get(service, local_port=port, reset=True).pod for port in ports}
        gateway.ctl("delete", "connections", "--service", "default/hello-world-maglev")
        return chosen

    first = choices()
    assert set(first.values()) == {pod.name for pod in PODS}
    assert choices() == first
