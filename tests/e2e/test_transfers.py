"""Much data, in streams and in datagrams, arrives as it was sent."""

import concurrent.futures
import contextlib

from shapes import in_both_families, in_every_shape
from testbed import content
from testbed.scenario import ECHO, ECHO_PORT, GATEWAY_DOWNLINK, HELLO, PODS


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
    """40 clients' sockets, 100 datagrams of growing size each, one of each socket in flight."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(contextlib.closing(client.udp(ECHO.of(family), ECHO_PORT)))
                   for _ in range(40)]
        for udp in sockets:  # one at a time: only a few wait for a neighbor's MAC address
            udp.send(b"first")
            assert udp.recv(65535) == b"first"
        for number in range(100):
            datagrams = [b"%d/%d:" % (number, index) + b"x" * (number * 14)
                         for index in range(len(sockets))]
            for udp, datagram in zip(sockets, datagrams):
                udp.send(datagram)
            assert [udp.recv(65535) for udp in sockets] == datagrams
    assert scenario.all_peers(family, "datagrams.log") == {GATEWAY_DOWNLINK.of(family)}
    assert all(scenario.peers(pod, "datagrams.log") for pod in PODS)
