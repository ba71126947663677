"""The testbed itself, without a gateway: what is around the gateway works, and leaves nothing."""

import contextlib
import pathlib
import socket
import subprocess

from shapes import in_both_families
from testbed import content, isolation, netns, wait
from testbed.client import Client
from testbed.scenario import GATEWAY_DOWNLINK, NODES, PODS


@in_both_families
def test_nodes_reach_every_pod(scenario, family):
    for node in NODES:
        for pod in PODS:
            answer = Client(node.name).get(pod.address.of(family), port=8080)
            assert answer.pod == pod.name


@in_both_families
def test_pods_log_their_peers(scenario, family):
    worker, pod = NODES[0], PODS[2]
    Client(worker.name).get(pod.address.of(family), port=8080)
    assert scenario.all_peers(family) == {worker.address.of(family)}


@in_both_families
def test_pods_serve_content_and_echo(scenario, family):
    worker, pod = Client(NODES[0].name), PODS[2].address.of(family)
    with contextlib.closing(worker.connect(pod, 8080)) as tcp:
        with worker._request(tcp, pod, "/bytes?n=200000&seed=3") as response:
            assert response.read() == b"".join(content.chunks(200_000, 3))
    with contextlib.closing(worker.udp(pod, 9000)) as udp:
        udp.send(b"hello")
        assert udp.recv(100) == b"hello"


def test_the_kernel_does_not_answer_for_the_gateway(scenario, client):
    assert not client.ping(GATEWAY_DOWNLINK.v4, timeout=0.2)
    assert not Client(NODES[0].name).ping(GATEWAY_DOWNLINK.v4, timeout=0.2)
    assert not Client(NODES[0].name).ping(GATEWAY_DOWNLINK.v6, timeout=0.2)


def test_there_is_no_way_out(scenario):
    for namespace in ("client", "gateway", "switch"):
        with netns.inside(namespace):
            names = {name for _, name in socket.if_nameindex()}
        assert all(name == "lo" or name.startswith(("eth0", "gw-", "clients", "nodes"))
                   for name in names), names
    assert {name for _, name in socket.if_nameindex()} == {"lo"}


def test_it_leaves_nothing_behind_when_killed():
    """A whole scenario, ended by SIGKILL: its processes end too, and its mounts were never ours."""
    script = ("from testbed import isolation; isolation.enter()\n"
              "from testbed.scenario import Scenario; Scenario()\n"
              "print('up', flush=True); input()\n")
    child = subprocess.Popen(isolation.command("-c", script), env=isolation.environment(),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "up\n"
    children = pathlib.Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
    assert len(children) == len(PODS)
    assert not any((pathlib.Path("/run/netns") / pod.name).exists() for pod in PODS)
    child.kill()
    child.wait()
    wait.until(lambda: not any(map(_is_alive, children)), 5, "the end of the Pods' servers")


def _is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
