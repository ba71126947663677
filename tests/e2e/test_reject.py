"""Clients of what is not served are told at once."""

import contextlib
import time

import pytest

from manifests import DONE, replace, with_conditions
from shapes import in_both_families, in_every_shape
from testbed import netns, wait
from testbed.gateway import MANIFESTS
from testbed.scenario import ECHO, ECHO_PORT, HELLO, HTTP_PORT, IPV6, PODS

AT_ONCE = 1.0  # seconds; the first retransmission of a SYN comes after one


def without_pods(manifest, gateway):
    """The Service of this manifest loses every endpoint."""
    path = MANIFESTS / f"{manifest}.yaml"
    text = path.read_text()
    for pod in PODS:
        text = with_conditions(text, pod, DONE)
    replace(path, text)
    wait.until(lambda: not endpoints(gateway, manifest), 5, f"{manifest} to have no endpoint")


def endpoints(gateway, name):
    return [view for one in gateway.services() if one["service"]["name"] == f"default/{name}"
            for view in one.get("endpoints", [])]


def is_refused_at_once(connect):
    start = time.monotonic()
    with pytest.raises(ConnectionRefusedError):
        connect()
    return time.monotonic() - start < AT_ONCE


@in_every_shape
@in_both_families
def test_a_service_without_endpoints_refuses_at_once(gateway, client, family):
    without_pods("hello-world-service", gateway)
    assert is_refused_at_once(lambda: client.connect(HELLO.of(family), HTTP_PORT))
    assert gateway.refusals()["service_has_no_endpoint"] == 1

    host = f"[{HELLO.of(family)}]" if family == IPV6 else HELLO.of(family)
    with pytest.raises(RuntimeError, match="(?i)connection refused|couldn't connect"):
        netns.run("client", "curl", "-gsS", "--max-time", "5", f"http://{host}/")
    assert gateway.refusals()["service_has_no_endpoint"] == 2, "one SYN, one answer"


@in_both_families
def test_a_port_that_no_service_has_refuses_at_once(gateway, client, family):
    assert is_refused_at_once(lambda: client.connect(HELLO.of(family), HTTP_PORT + 1))
    assert gateway.refusals()["service_port_unknown"] == 1


@in_both_families
def test_datagrams_are_refused(gateway, client, family):
    """What the kernel makes of ICMP port unreachable: ECONNREFUSED."""
    without_pods("echo", gateway)
    for port in (ECHO_PORT, ECHO_PORT + 1):
        with contextlib.closing(client.udp(ECHO.of(family), port, timeout=5)) as udp:
            udp.send(b"anybody there?")
            assert is_refused_at_once(lambda: udp.recv(16))
    refusals = gateway.refusals()
    assert refusals["service_has_no_endpoint"] == refusals["service_port_unknown"] == 1
