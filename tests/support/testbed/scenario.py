"""The scenario: an external client, the gateway's place, two nodes, three Pods, in both families.

    client 10.20.0.10 ---- clients' LAN ---- uplink [gateway] downlink ---- nodes' LAN
                                                    k8s-worker-1 10.12.22.151: Pods .1.3 and .1.4
                                                    k8s-worker-2 10.12.22.152: Pod .2.4

One-armed, the client is 10.12.22.10 on the nodes' LAN, and the gateway has one port, there. The
gateway's devices have no kernel address: porticod answers for them, or nobody does. Addresses that
the manifests in configs/examples/hello-world name stand there and here.
"""

import dataclasses
import ipaddress
import pathlib

from testbed import isolation, netns, wait
from testbed.client import Client
from testbed.process import Process

REPOSITORY = isolation.PACKAGE_ROOT.parent.parent
EXAMPLES = REPOSITORY / "configs" / "examples"

IPV4, IPV6 = 4, 6
FAMILIES = (IPV4, IPV6)


@dataclasses.dataclass(frozen=True)
class Address:
    """The same host's address in both families."""

    v4: str
    v6: str

    def of(self, family):
        return self.v4 if family == IPV4 else self.v6

    def interfaces(self):
        """As ip(8) wants them on a LAN: with the LAN's prefix length."""
        return (f"{self.v4}/24", f"{self.v6}/64")


GATEWAY_UPLINK = Address("10.20.0.1", "2001:db8:20::1")
GATEWAY_DOWNLINK = Address("10.12.22.1", "2001:db8:12:22::1")
CLIENT_TWO_ARMED = Address("10.20.0.10", "2001:db8:20::10")
CLIENT_ONE_ARMED = Address("10.12.22.10", "2001:db8:12:22::10")
UNUSED_NODE = Address("10.12.22.199", "2001:db8:12:22::199")  # on the nodes' LAN; nobody is there

HELLO = Address("10.100.3.59", "2001:db8:100::59")           # masqueraded, random
HELLO_PRESERVE = Address("10.100.3.60", "2001:db8:100::60")  # keeps the client's address
HELLO_MAGLEV = Address("10.100.3.61", "2001:db8:100::61")    # by consistent hashing
ECHO = Address("10.100.3.62", "2001:db8:100::62")            # UDP
HTTP_PORT = 80
ECHO_PORT = 7


@dataclasses.dataclass(frozen=True)
class Node:
    name: str
    address: Address
    pod_router: Address  # its address on its Pods' network
    pod_network: Address
    mac: str


@dataclasses.dataclass(frozen=True)
class Pod:
    name: str
    address: Address
    node: Node
    mac: str


NODES = (
    Node("k8s-worker-1", Address("10.12.22.151", "2001:db8:12:22::151"),
         Address("192.168.1.1", "2001:db8:192:1::1"),
         Address("192.168.1.0/24", "2001:db8:192:1::/64"), "02:00:00:12:01:51"),
    Node("k8s-worker-2", Address("10.12.22.152", "2001:db8:12:22::152"),
         Address("192.168.2.1", "2001:db8:192:2::1"),
         Address("192.168.2.0/24", "2001:db8:192:2::/64"), "02:00:00:12:01:52"),
)
PODS = (
    Pod("hello-world-a", Address("192.168.1.3", "2001:db8:192:1::3"), NODES[0],
        "02:00:00:92:01:03"),
    Pod("hello-world-b", Address("192.168.1.4", "2001:db8:192:1::4"), NODES[0],
        "02:00:00:92:01:04"),
    Pod("hello-world-c", Address("192.168.2.4", "2001:db8:192:2::4"), NODES[1],
        "02:00:00:92:02:04"),
)


class Scenario:
    """Everything around the gateway, up and running. Use as a context manager, inside isolation."""

    def __init__(self, one_armed=False):
        self.one_armed = one_armed
        self.client_address = CLIENT_ONE_ARMED if one_armed else CLIENT_TWO_ARMED
        self._servers = {}
        self._build_network()
        for pod in PODS:
            self.start_pod(pod)
        for pod in PODS:
            self._servers[pod.name].wait_until(lambda pod=pod: self.is_up(pod), 30,
                                               f"the server in {pod.name}")
        self.client = Client("client")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pod in PODS:
            self.stop_pod(pod)

    @property
    def gateway_address(self):
        """The gateway's address on the client's LAN."""
        return GATEWAY_DOWNLINK if self.one_armed else GATEWAY_UPLINK

    def start_pod(self, pod):
        folder = self.pod_folder(pod)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "ready").unlink(missing_ok=True)
        self._servers[pod.name] = Process(
            pod.name, [isolation.PYTHON, "-m", "testbed.pod", pod.name, folder], pod.name,
            folder / "output.log", isolation.environment())

    def is_up(self, pod):
        """Whether its servers listen."""
        return (self.pod_folder(pod) / "ready").exists()

    def stop_pod(self, pod):
        if pod.name in self._servers:
            self._servers.pop(pod.name).stop()

    def pod_folder(self, pod):
        return isolation.RUN / "pods" / pod.name

    def peers(self, pod, log="peers.log"):
        """The peers' addresses that the Pod has logged, oldest first."""
        lines = (self.pod_folder(pod) / log).read_text().splitlines()
        return [str(ipaddress.ip_address(line.split()[0])) for line in lines]

    def all_peers(self, family, log="peers.log"):
        """The distinct peers of `family` over all Pods."""
        every = {peer for pod in PODS for peer in self.peers(pod, log)}
        return {peer for peer in every if ipaddress.ip_address(peer).version == family}

    def forget_peers(self):
        for pod in PODS:
            for log in ("peers.log", "datagrams.log"):
                path = self.pod_folder(pod) / log
                path.write_text("")

    def _build_network(self):
        # The LANs are bridges in a namespace of their own. Its bridges have no addresses.
        netns.add("switch", ipv6=False)
        for bridge in ("clients", "nodes"):
            netns.add_bridge("switch", bridge)

        # The kernel has no part in the gateway: no address, no ARP, no IPv6, no forwarding.
        netns.add("gateway", ipv6=False)
        ports = [("gw-down", "02:00:00:12:00:01", "nodes")]
        if not self.one_armed:
            ports.append(("gw-up", "02:00:00:20:00:01", "clients"))
        for device, mac, lan in ports:
            netns.connect("gateway", device, mac, "switch", lan, offload=False)
            netns.ip("gateway", f"link set {device} arp off")

        netns.add("client")
        netns.connect("client", "eth0", "02:00:00:20:00:10", "switch",
                      "nodes" if self.one_armed else "clients", self.client_address.interfaces())
        self._default_route("client", self.gateway_address)

        for node in NODES:
            self._build_node(node)
        for pod in PODS:
            netns.add(pod.name)
            netns.connect(pod.name, "eth0", pod.mac, pod.node.name, "cni0",
                          pod.address.interfaces())
            self._default_route(pod.name, pod.node.pod_router)

    def _build_node(self, node):
        netns.add(node.name, forwards=True)
        netns.connect(node.name, "eth0", node.mac, "switch", "nodes", node.address.interfaces())
        netns.add_bridge(node.name, "cni0", node.pod_router.interfaces())
        self._default_route(node.name, GATEWAY_DOWNLINK)
        for other in NODES:
            if other != node:
                self._route(node.name, other.pod_network, other.address)
        if self.one_armed:
            # The reply to a client whose address was preserved must pass the gateway too, although
            # this client is a neighbor of the nodes.
            self._route(node.name, self.client_address, GATEWAY_DOWNLINK)

    @staticmethod
    def _default_route(namespace, gateway):
        Scenario._route(namespace, Address("0.0.0.0/0", "::/0"), gateway)

    @staticmethod
    def _route(namespace, destination, gateway):
        netns.ip(namespace, *(f"route add {destination.of(family)} via {gateway.of(family)}"
                              for family in FAMILIES))
