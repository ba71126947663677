"""Packets larger than the MTU, in fragments, through Services and to their addresses."""

import random

from shapes import in_both_families, in_every_shape
from testbed import wait
from testbed.scenario import ECHO, ECHO_PORT, HELLO

LARGE = 8000  # bytes: six fragments at an MTU of 1500


@in_every_shape
@in_both_families
def test_datagrams_of_8_kb_go_both_ways(gateway, scenario, client, family):
    with client.udp(ECHO.of(family), ECHO_PORT) as udp:
        for length in (LARGE, 8192, 1473, 2960, LARGE):
            datagram = random.Random(length).randbytes(length)
            exchange(udp, datagram)
    wait.until(gateway.is_balanced, 5, "balanced books")
    totals = gateway.totals()
    assert totals["reassembled"] >= 10 and totals["fragmented"] >= 10, totals
    assert totals["fragmentsWaiting"] == 0, totals


@in_both_families
def test_large_echo_requests_are_answered(gateway, client, family):
    assert client.ping(HELLO.of(family), payload=random.Random(1).randbytes(LARGE))


@in_both_families
def test_a_missing_fragment_holds_up_nobody(gateway, client, family):
    """A datagram of more fragments than are put together is lost, and the next one is not."""
    with client.udp(ECHO.of(family), ECHO_PORT, timeout=5.0) as udp:
        udp.send(bytes(30_000))
        wait.until(lambda: gateway.drops()["fragment_too_many"] > 0, 5, "too many fragments")
        exchange(udp, bytes(LARGE))


def exchange(udp, datagram):
    """Sends a datagram and gets it back; tries again, for a datagram may get lost before the
    gateway knows its neighbors."""
    for _ in range(3):
        udp.send(datagram)
        try:
            answer = udp.recv(65535)
        except TimeoutError:
            continue
        assert answer == datagram
        return
    raise AssertionError(f"no answer to {len(datagram)} bytes")
