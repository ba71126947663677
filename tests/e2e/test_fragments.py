"""Packets larger than the MTU, in fragments, through Services and to their addresses."""

import random

from shapes import in_both_families, in_every_shape
from testbed import wait
from testbed.scenario import ECHO, ECHO_PORT, HELLO, IPV6

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
    assert totals["fragmented"] >= 10, totals
    if family == IPV6:  # of IPv4, the kernel puts them together before an af_packet device
        assert totals["reassembled"] >= 10, totals
    assert totals["fragmentsWaiting"] == 0, totals


@in_both_families
def test_large_echo_requests_are_answered(gateway, client, family):
    assert client.ping(HELLO.of(family), payload=random.Random(1).randbytes(LARGE))


@in_both_families
def test_a_datagram_that_is_too_large_holds_up_nobody(gateway, client, family):
    """More fragments than are put together: it is lost, with a reason, and the next one is not."""
    with client.udp(ECHO.of(family), ECHO_PORT, timeout=5.0) as udp:
        before = sum(gateway.drops().values())
        udp.send(bytes(30_000))
        wait.until(lambda: sum(gateway.drops().values()) > before, 5, "its fragments' drops")
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
