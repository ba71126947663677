"""The kernel's share: SSH and ping to the gateway itself, routes and neighbors of the kernel's."""

import contextlib
import pathlib
import socket
import subprocess
import time

import pytest

from shapes import in_both_families
from testbed import isolation, netns, wait
from testbed.gateway import CONFIG, MANIFESTS, Gateway
from testbed.process import Process
from testbed.scenario import (CLIENT_TWO_ARMED, GATEWAY_DOWNLINK, GATEWAY_UPLINK, HELLO, NODES, PODS,
                              UNUSED_NODE)

UPLINK, DOWNLINK = "pt-uplink0", "pt-downlink0"
SSH_PORT = 2222
FLOOD = 100_000


def ask_for_kernel_interfaces():
    """In the configuration that porticod is started with."""
    text = CONFIG.read_text()
    for port in ("uplink0", "downlink0"):
        line = f"  - name: {port}\n"
        assert line in text
        text = text.replace(line, f"{line}    kernel: {{interface: pt-{port}}}\n")
    CONFIG.write_text(f"{text}\nkernel: {{mirror_routes: true, mirror_neighbors: true}}\n")


@pytest.fixture
def gateway(scenario):
    """porticod and portico-controller; both ports have kernel interfaces."""
    # The devices are seen by the kernel, too, as packet sockets see all and take nothing away. What
    # comes in there is not for it: it has its own interfaces now.
    for device in ("gw-up", "gw-down"):
        netns.set_sysctl("gateway", **{f"ipv4__conf__{device}__rp_filter": 1})
    netns.set_sysctl("gateway", ipv6__conf__default__disable_ipv6=0)
    with Gateway() as built:
        ask_for_kernel_interfaces()
        try:
            built.start()
            yield built
        finally:
            print(built.logs())


def port_view(gateway, interface):
    return next(port for port in gateway.ctl_json("get", "ports")
                if port["kernelInterface"] == interface)


@pytest.fixture
def sshd(gateway):
    """Bound to the gateway's addresses in both families, with keys of its own."""
    folder = isolation.RUN / "ssh"
    folder.mkdir(mode=0o700)
    pathlib.Path("/run/sshd").mkdir(mode=0o755)  # for privilege separation
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key],
                       check=True)
    config = folder / "sshd_config"
    config.write_text("\n".join((
        f"Port {SSH_PORT}", f"ListenAddress {GATEWAY_UPLINK.v4}",
        f"ListenAddress {GATEWAY_UPLINK.v6}", f"HostKey {folder}/host",
        f"AuthorizedKeysFile {folder}/user.pub", "PermitRootLogin prohibit-password",
        "PasswordAuthentication no", "StrictModes no", "UsePAM no", "UseDNS no", "PidFile none",
        "")))
    server = Process("sshd", ["/usr/sbin/sshd", "-D", "-e", "-f", config], "gateway",
                     folder / "sshd.log")
    server.wait_until(lambda: "listening" in server.last_lines(), 10, "sshd")
    try:
        yield server
    finally:
        print(server.last_lines())
        server.stop()


def ssh(address, *command):
    """A session on the gateway, from the client."""
    key = isolation.RUN / "ssh" / "user"
    with netns.inside("client"):
        return subprocess.Popen(
            ["ssh", "-F", "/dev/null", "-i", key, "-p", str(SSH_PORT), "-o", "BatchMode=yes",
             "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
             "-o", "ConnectTimeout=20", "-o", "LogLevel=ERROR", f"root@{address}", *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@in_both_families
def test_ssh_to_the_gateway(gateway, sshd, client, family):
    session = ssh(GATEWAY_UPLINK.of(family), "echo", "$SSH_CONNECTION")
    output, complaint = session.communicate(timeout=30)
    assert session.returncode == 0, complaint
    assert output.split()[0] == CLIENT_TWO_ARMED.of(family), output
    assert output.split()[2:] == [GATEWAY_UPLINK.of(family), str(SSH_PORT)]
    view = port_view(gateway, UPLINK)
    assert int(view["toKernelPackets"]) >= 10 and int(view["fromKernelPackets"]) >= 10, view
    # Beside it, Services are what they were.
    assert client.get(HELLO.of(family)).pod in {pod.name for pod in PODS}
    wait.until(gateway.is_balanced, 5, "received to be sent, dropped, punted or handed over")


@in_both_families
def test_the_kernel_answers_pings_to_the_gateway(gateway, client, family):
    assert client.ping(GATEWAY_UPLINK.of(family))
    before = int(port_view(gateway, UPLINK)["toKernelPackets"])
    assert client.ping(GATEWAY_UPLINK.of(family))
    assert int(port_view(gateway, UPLINK)["toKernelPackets"]) > before
    assert client.ping(HELLO.of(family)), "those of Services are Portico's"
    netns.set_sysctl("gateway", **{f"ipv{family}__{'icmp__' if family == 6 else 'icmp_'}"
                                   "echo_ignore_all": 1})
    assert not client.ping(GATEWAY_UPLINK.of(family), timeout=0.5)
    assert client.ping(HELLO.of(family))


def test_explain_names_the_interface(gateway, scenario):
    told = gateway.explain("tcp", scenario.client_address.v4, 40_000, GATEWAY_UPLINK.v4, 22)
    assert told["verdict"] == "VERDICT_PUNT", told
    assert f"for the kernel, through {UPLINK}" in told["steps"][-1]["decision"]


def test_a_flood_does_not_stop_a_session(gateway, sshd, scenario):
    """100,000 datagrams to the gateway's address, from the session's own client."""
    session = ssh(GATEWAY_UPLINK.v4, "cat")

    def echo(line):
        session.stdin.write(f"{line}\n")
        session.stdin.flush()
        assert session.stdout.readline() == f"{line}\n", session.stderr.read()

    echo("before")
    before = gateway.drops()["kernel_rate_limited"]
    worst = 0.0
    with contextlib.closing(netns.open_socket("client", socket.AF_INET, socket.SOCK_DGRAM)) as udp:
        for number in range(FLOOD):
            with contextlib.suppress(OSError):  # what comes back: port unreachable
                udp.sendto(b"x", (GATEWAY_UPLINK.v4, 1024 + number % 50_000))
            if number % 5000 == 0:
                start = time.monotonic()
                echo(f"line {number}")
                worst = max(worst, time.monotonic() - start)
    echo("after")
    session.stdin.close()
    assert session.wait(10) == 0
    assert worst < 5, f"a line took {worst:.1f} s"
    print(f"a line took {worst * 1000:.0f} ms at most; "
          f"{gateway.drops()['kernel_rate_limited'] - before} packets were held back")


@in_both_families
def test_a_route_of_the_kernels_is_used(scenario, gateway, client, family):
    (MANIFESTS / "nodes.yaml").unlink()  # the controller pushes no routes any more
    prefixes = {node.pod_network.of(family): node.address.of(family) for node in NODES}

    def routes():
        return {view["route"]["prefix"]: view["origin"]
                for view in gateway.ctl_json("get", "routes")}

    wait.until(lambda: not set(prefixes) & set(routes()), 10, "the pushed routes to go")
    before = gateway.drops()["no_route"]
    with pytest.raises(OSError):
        client.get(HELLO.of(family), timeout=0.5)
    assert gateway.drops()["no_route"] > before

    for prefix, node in prefixes.items():
        netns.ip("gateway", f"route add {prefix} via {node} dev {DOWNLINK}")
    wait.until(lambda: all(routes().get(prefix) == "ORIGIN_KERNEL" for prefix in prefixes), 5,
               "the kernel's routes in the gateway")
    assert client.get(HELLO.of(family)).pod in {pod.name for pod in PODS}

    for prefix in prefixes:
        netns.ip("gateway", f"route del {prefix}")
    wait.until(lambda: not set(prefixes) & set(routes()), 5, "the kernel's routes to go")
    before = gateway.drops()["no_route"]
    with pytest.raises(OSError):
        client.get(HELLO.of(family), timeout=0.5)
    assert gateway.drops()["no_route"] > before


def test_a_permanent_neighbor_of_the_kernels(gateway):
    def neighbor():
        return {view["address"]: (view["state"], view["mac"])
                for view in gateway.ctl_json("get", "neighbors")}.get(UNUSED_NODE.v4)

    mac = "02:00:00:12:01:99"
    netns.ip("gateway", f"neighbor add {UNUSED_NODE.v4} lladdr {mac} dev {DOWNLINK} nud permanent")
    wait.until(lambda: neighbor() == ("PERMANENT", mac), 5, "the neighbor in the gateway")
    netns.ip("gateway", f"neighbor del {UNUSED_NODE.v4} dev {DOWNLINK}")
    wait.until(lambda: neighbor() is None, 5, "the neighbor to go")


def test_the_gateway_can_open_connections_itself(gateway):
    """From an address that is in the SNAT pool as well: the answers are the kernel's."""
    with netns.inside(NODES[0].name):
        server = socket.create_server((NODES[0].address.v4, 179))
    with contextlib.closing(server), contextlib.closing(
            netns.open_socket("gateway", socket.AF_INET, socket.SOCK_STREAM)) as session:
        session.settimeout(5)
        session.connect((NODES[0].address.v4, 179))
        accepted, peer = server.accept()
        with contextlib.closing(accepted):
            assert peer[0] == GATEWAY_DOWNLINK.v4
            session.sendall(b"open")
            assert accepted.recv(4) == b"open"


def test_a_taken_name_is_an_error_at_start(scenario):
    netns.add_bridge("gateway", UPLINK)
    with Gateway() as built:
        ask_for_kernel_interfaces()
        with pytest.raises(RuntimeError) as error:
            netns.run("gateway", str(built.programs["porticod"]), "--config", str(CONFIG))
    assert (f"port uplink0: kernel interface {UPLINK}: there is an interface of that name"
            in str(error.value))
