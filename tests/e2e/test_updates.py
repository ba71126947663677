"""The tables change, and programs come and go, while clients go on."""

import contextlib
import functools
import json
import pathlib
import signal
import time

import pytest

from manifests import replace, without_pod
from shapes import in_both_families
from testbed import statistics, wait
from testbed.client import Client
from testbed.gateway import MANIFESTS
from testbed.load import RequestLoop
from testbed.scenario import GATEWAY_UPLINK, HELLO, HELLO_MAGLEV, PODS

HELLO_MANIFEST = MANIFESTS / "hello-world-service.yaml"


@in_both_families
def test_no_request_fails_when_an_endpoint_leaves_and_comes_back(gateway, scenario, client, family):
    leaving = PODS[2]
    text = HELLO_MANIFEST.read_text()
    with RequestLoop(client, HELLO.of(family)) as loop:
        loop.wait_for(50)
        moment = time.monotonic()
        replace(HELLO_MANIFEST, without_pod(text, leaving))
        wait.until(lambda: time.monotonic() > moment + 0.1, 1, "100 ms to pass")
        scenario.stop_pod(leaving)
        left = loop.wait_for(200, moment + 0.1)
        assert loop.failures(loop.outcomes) == []
        assert leaving.name not in loop.share(left)

        scenario.start_pod(leaving)
        wait.until(lambda: answers(leaving, family), 5, "the Pod to be back")
        replace(HELLO_MANIFEST, text)
        loop.wait_for(1, seconds=5)
        wait.until(lambda: leaving.name in loop.share(loop.since(time.monotonic() - 0.2)), 5,
                   "the endpoint to be chosen again")
        back = loop.wait_for(300)
        assert loop.failures(loop.outcomes) == []
        assert statistics.probability([loop.share(back)[pod.name] for pod in PODS]) > 1e-6


def answers(pod, family):
    return Client(pod.node.name).get(pod.address.of(family), port=8080).pod == pod.name


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_traffic_goes_on_without_the_controller(gateway, client, how):
    with contextlib.closing(client.connect(HELLO.v4)) as open_before:
        with RequestLoop(client, HELLO.v4) as loop:
            loop.wait_for(20)
            gateway.stop_controller(how)
            loop.wait_for(200)

            gateway.start_controller()
            text = HELLO_MANIFEST.read_text()
            replace(HELLO_MANIFEST, without_pod(text, PODS[0]))
            wait.until(lambda: len(endpoints(gateway, "default/hello-world-service")) == 4, 10,
                       "the new controller's update")
            loop.wait_for(50)
            assert loop.failures(loop.outcomes) == []
        open_before.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"Hi from" in open_before.makefile("rb").read()


def endpoints(gateway, service):
    found = [one for one in gateway.services() if one["service"]["name"] == service]
    return found[0]["endpoints"] if found else []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_restarted_gateway_forwards_before_its_controller_is_back(gateway, client, how):
    with RequestLoop(client, HELLO.v4, timeout=0.5) as loop:
        loop.wait_for(20)
        gateway.stop_controller()
        gateway.stop_porticod(how)
        gateway.start_porticod()
        loop.wait_for(1)
        first = wait.until(lambda: next((one for one in loop.since(time.monotonic() - 0.5)
                                         if one.pod), None), 5, "the first answer")
        after = loop.wait_for(100, first.begun)
        assert loop.failures(after) == []
        assert set(loop.share(after)) == {pod.name for pod in PODS}
    gateway.start_controller()


def test_the_controller_pushes_again_to_a_restarted_gateway(gateway, client):
    with RequestLoop(client, HELLO.v4, timeout=0.5) as loop:
        loop.wait_for(20)
        gateway.stop_porticod()
        gateway.start_porticod()  # a second start, right after
        (MANIFESTS / "hello-world-maglev.yaml").unlink()
        wait.until(lambda: endpoints(gateway, "default/hello-world-maglev") == [], 10,
                   "the controller to push to the restarted gateway")
        after = loop.wait_for(100)
        assert loop.failures(after) == []
    with pytest.raises(OSError):
        client.get(HELLO_MAGLEV.v4, timeout=0.3)


def test_a_gateway_without_state_waits_for_its_controller(gateway, client):
    gateway.stop_controller()
    gateway.stop_porticod()
    for file in pathlib.Path("/run/portico/state").iterdir():
        file.unlink()
    gateway.start_porticod()
    assert gateway.services() == []
    gateway.start_controller()
    gateway.wait_for_services("default/hello-world-service")
    assert client.get(HELLO.v4).pod


def test_the_gateway_starts_and_stops_again_and_again(gateway, client):
    for _ in range(3):
        gateway.stop_porticod()
        gateway.start_porticod()
        assert client.get(HELLO.v4).pod


GOOD = (pathlib.Path(__file__).parents[2] /
        "configs/examples/hello-world/hello-world-service.yaml").read_text()

BAD_MANIFESTS = {
    # what: (the file's text, what the complaint must name)
    "port-0": (GOOD.replace("hello-world-service", "bad").replace("3.59", "3.99")
               .replace("::59", "::99").replace("port: 80,", "port: 0,"), ["default/bad", "port"]),
    "duplicate-address": (GOOD.replace("hello-world-service", "twin"),
                          ["default/twin", "10.100.3.59"]),
    "wrong-family": (GOOD.replace("hello-world-service", "mixed").replace("3.59", "3.99")
                     .replace("::59", "::99").replace("[192.168.2.4]", '["2001:db8:192:2::4"]'),
                     ["default/mixed-ipv4", "2001:db8:192:2::4"]),
    "unparsable": ("apiVersion: v1\nkind: [Service\n  metadata: {\n", ["bad.yaml"]),
}


@pytest.mark.parametrize("text, named", BAD_MANIFESTS.values(), ids=BAD_MANIFESTS)
def test_a_bad_manifest_is_refused_and_what_ran_goes_on(gateway, client, text, named):
    services = gateway.services()
    log = gateway.controller.log
    with RequestLoop(client, HELLO.v4) as loop:
        seen = len(log.read_text())
        bad = MANIFESTS / "bad.yaml"
        replace(bad, text)
        wait.until(lambda: all(word in log.read_text()[seen:] for word in named), 5,
                   f"a complaint that names {', '.join(named)}")
        loop.wait_for(100)
        assert sorted(str(one["service"]) for one in gateway.services()) == sorted(
            str(one["service"]) for one in services)

        # Mended, the next change is taken.
        bad.unlink()
        replace(HELLO_MANIFEST, without_pod(HELLO_MANIFEST.read_text(), PODS[1]))
        wait.until(lambda: len(endpoints(gateway, "default/hello-world-service")) == 4, 5,
                   "the change after the bad manifest was mended")
        assert loop.failures(loop.outcomes) == []


def test_an_object_that_the_gateway_refuses_holds_up_no_other(gateway):
    """Only the gateway knows that an address is its own."""
    manifest = MANIFESTS / "own.yaml"
    text = json.dumps({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "own"},
        "spec": {"clusterIP": GATEWAY_UPLINK.v4, "ports": [{"name": "http", "port": 80}]}})
    replace(manifest, text)
    left_out = functools.partial(gateway.controller.metric, "gateway_left_out")
    wait.until(lambda: left_out() == 1, 30, "the gateway to refuse its own address")
    replace(HELLO_MANIFEST, without_pod(HELLO_MANIFEST.read_text(), PODS[0]))
    wait.until(lambda: len(endpoints(gateway, "default/hello-world-service")) == 4, 30,
               "the next change")
    assert left_out() == 1
    replace(manifest, text.replace(GATEWAY_UPLINK.v4, "10.100.3.77"))
    gateway.wait_for_services("default/own", seconds=30)
    wait.until(lambda: left_out() == 0, 30, "nothing to be left out")
