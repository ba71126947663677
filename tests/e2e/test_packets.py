"""What the gateway answers itself, what it refuses, and what it says about that."""

import contextlib
import errno

import pytest

from shapes import in_both_families
from testbed import wait
from testbed.client import Client
from testbed.scenario import (ECHO, ECHO_PORT, GATEWAY_DOWNLINK, GATEWAY_UPLINK, HELLO,
                              HTTP_PORT, IPV4, NODES, PODS)


@in_both_families
def test_echo_requests_are_answered(gateway, scenario, client, family):
    for address in (GATEWAY_UPLINK, HELLO, ECHO):
        assert client.ping(address.of(family)), address.of(family)
    assert Client(NODES[0].name).ping(GATEWAY_DOWNLINK.of(family))
    assert client.ping(HELLO.of(family), payload=b"x" * 1400)
    assert not client.ping(PODS[0].address.of(family), timeout=0.3), "the gateway is no router"


@pytest.mark.shape(one_armed=True)
@in_both_families
def test_echo_requests_are_answered_one_armed(gateway, client, family):
    for address in (GATEWAY_DOWNLINK, HELLO):
        assert client.ping(address.of(family)), address.of(family)


@in_both_families
def test_the_last_hop_is_told(gateway, client, family):
    """RFC 792 and RFC 4443 section 3.3: time exceeded in transit, from the gateway."""
    complaint = client.icmp_error(ECHO.of(family), ECHO_PORT, ttl=1)
    time_exceeded = (11, 0) if family == IPV4 else (3, 0)
    assert complaint == (GATEWAY_UPLINK.of(family), *time_exceeded)


@in_both_families
def test_explain_names_the_reason_that_a_real_packet_shows(gateway, scenario, client, family):
    unknown_port = 8081
    told = gateway.explain("tcp", scenario.client_address.of(family), 40_000, HELLO.of(family),
                           unknown_port)
    assert told["verdict"] == "VERDICT_REFUSE", told
    reason = told["dropReason"]
    before = gateway.refusals()[reason]
    with pytest.raises(ConnectionRefusedError):
        client.connect(HELLO.of(family), unknown_port, timeout=5)  # one SYN
    wait.until(lambda: gateway.refusals()[reason] > before, 5, f"a refusal for {reason}")
    assert gateway.refusals()[reason] == before + 1


@in_both_families
def test_explain_follows_a_packet_to_an_endpoint(gateway, scenario, client, family):
    client.get_many(HELLO.of(family), 30)  # so that the gateway knows the nodes' MAC addresses
    gateway.ctl("delete", "connections", "--all")
    told = gateway.explain("tcp", scenario.client_address.of(family), 40_000, HELLO.of(family),
                           HTTP_PORT)
    assert told["verdict"] == "VERDICT_FORWARD", told
    assert told["outPort"] == "downlink0"
    assert told["destination"] in [
        {"address": pod.address.of(family), "port": 8080} for pod in PODS], told
    assert told["source"]["address"] == GATEWAY_DOWNLINK.of(family)
    assert gateway.ctl_json("get", "connections") == [], "explain changes nothing"


@in_both_families
@pytest.mark.parametrize("path, end", [("/close", "wait"), ("/", "reset")],
                         ids=["closed-by-server", "reset-by-client"])
def test_a_client_port_is_used_again_at_once(gateway, client, family, path, end):
    """Its connection in TIME_WAIT, or just reset, gives way to the new one."""
    failures = []

    def ask():
        try:
            return client.get(HELLO.of(family), path, timeout=1.0, local_port=30_303, end=end)
        except OSError as error:
            # The client's own kernel may wait for the last ACK still.
            if error.errno != errno.EADDRNOTAVAIL:
                failures.append(error)
            return None

    for _ in range(30):
        answer = wait.until(ask, 5, f"another connection from the same port; {failures}")
        assert answer.pod in {pod.name for pod in PODS}
    assert failures == []


@in_both_families
def test_counters_add_up(gateway, client, family):
    client.get_many(HELLO.of(family), 100)
    client.ping(HELLO.of(family))
    with contextlib.suppress(OSError):
        client.connect(HELLO.of(family), 8081, timeout=0.3)

    wait.until(gateway.is_balanced, 5, "received to be sent, dropped, punted or handed over")
    assert gateway.totals()["connectionsMade"] >= 100


def test_where_the_time_goes(gateway, client):
    """Every stage's cycles, of one burst in some hundred."""
    def sampled():
        client.get_many(HELLO.of(IPV4), 100)
        return [worker for worker in gateway.ctl_json("get", "stages") if int(worker["packets"]) > 0]

    for worker in wait.until(sampled, 30, "a burst that was sampled"):
        stages = [stage["stage"] for stage in worker["stages"]]
        assert (stages[0], stages[-1]) == ("receive", "settle")
        assert {"parse", "find_connection", "next_hop"} < set(stages)
        assert sum(int(stage["cycles"]) for stage in worker["stages"]) > 0
    assert "find_service" in gateway.ctl("get", "stages")


@in_both_families
def test_connections_can_be_listed_and_deleted(gateway, scenario, client, family):
    with contextlib.closing(client.connect(HELLO.of(family))) as tcp:
        port = tcp.getsockname()[1]
        only_ours = ("--client", scenario.client_address.of(family), "--client-port", port)
        listed = wait.until(
            lambda: [one for one in gateway.ctl_json("get", "connections", *only_ours)
                     if one["state"] == "ESTABLISHED"], 5, "the connection in the list")
        assert len(listed) == 1
        assert listed[0]["service"] == {"address": HELLO.of(family), "port": HTTP_PORT}
        assert listed[0]["servicePortId"].startswith("default/hello-world-service:http/")
        gateway.ctl("delete", "connections", *only_ours)
        assert gateway.ctl_json("get", "connections", *only_ours) == []
        # In mid-stream, a packet of a connection that is gone makes no new one: the client is told.
        before = gateway.refusals()["connection_unknown"]
        tcp.settimeout(5)
        tcp.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            tcp.recv(1)
        assert gateway.refusals()["connection_unknown"] > before
