"""The Linux kernel: nftables with the rules that kube-proxy writes for a Service.

It forwards in a namespace of its own. A dpdk-testpmd on another core puts the file's packets into one end of
a pair of Ethernet interfaces; at the other end a kernel thread (threaded NAPI), bound to the worker's core, does
what softirqs else do: it takes them, tracks, translates and routes them, and sends them by a second pair,
whose far end drops them as not being for its address. So the worker is spared what a driver would do to receive
a packet; instead it hands each to the far end.
"""

import contextlib
import os
import pathlib
import re
import subprocess

from forwarding import packets, subject, testpmd
from forwarding.cases import MANY, MORE, THOUSAND, Case
from testbed import netns, wait

_NAMESPACE = "kernel"
_IN, _FEED, _OUT, _SINK = "kernel0", "feed0", "kernel1", "sink0"
# As pkg/proxy/nftables/proxier.go has them: mark, and a chain for each Service port and each endpoint.
_RULES = """\
table ip kube-proxy {{
  set cluster-ips {{ type ipv4_addr; elements = {{ {service} }}; }}
  set nodeport-ips {{ type ipv4_addr; }}
  map service-ips {{
    type ipv4_addr . inet_proto . inet_service : verdict
    elements = {{ {service} . {protocol} . {port} : goto service-0 }}
  }}
  map service-nodeports {{ type inet_proto . inet_service : verdict; }}
  map no-endpoint-services {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  map firewall-ips {{ type ipv4_addr . inet_proto . inet_service : verdict; }}
  chain mark-for-masquerade {{ meta mark set meta mark or 0x4000; }}
  chain masquerading {{
    meta mark and 0x4000 == 0 return
    meta mark set meta mark xor 0x4000
    masquerade fully-random
  }}
{endpoints}\
  chain service-0 {{
    ip daddr {service} {protocol} dport {port} jump mark-for-masquerade
    numgen random mod {count} vmap {{ {choices} }}
  }}
  chain services {{
    ip daddr . meta l4proto . th dport vmap @service-ips
    ip daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
  }}
  chain firewall-check {{ ip daddr . meta l4proto . th dport vmap @firewall-ips; }}
  chain service-endpoints-check {{ ip daddr . meta l4proto . th dport vmap @no-endpoint-services; }}
  chain cluster-ips-check {{ ip daddr @cluster-ips reject; }}
  chain filter-prerouting-pre-dnat {{
    type filter hook prerouting priority dstnat - 10
    ct state new jump firewall-check
  }}
  chain filter-forward {{
    type filter hook forward priority filter
    ct state new jump service-endpoints-check
    ct state new jump cluster-ips-check
  }}
  chain nat-prerouting {{ type nat hook prerouting priority dstnat; jump services; }}
  chain nat-postrouting {{ type nat hook postrouting priority srcnat; jump masquerading; }}
}}
"""
_ENDPOINT = """\
  chain endpoint-{number} {{
    ip saddr {address} jump mark-for-masquerade
    meta l4proto {protocol} dnat to {address}:{port}
  }}
"""


def rules(case):
    """What nft reads."""
    endpoints = "".join(_ENDPOINT.format(
        number=number, address=packets.endpoint(4, number), protocol=case.protocol, port=packets.POD_PORT)
        for number in range(case.endpoints))
    choices = ", ".join(f"{number} : goto endpoint-{number}" for number in range(case.endpoints))
    return _RULES.format(service=packets.SERVICES[4], protocol=case.protocol, port=packets.SERVICE_PORT,
                         endpoints=endpoints, count=case.endpoints, choices=choices)


class Kernel(subject.Subject):
    name = "Linux nftables"
    command = "nft, as kube-proxy"

    def supports(self, case):
        return case.snat and case in (Case(THOUSAND), Case(MANY), Case(MORE, new=True),
                                      Case(MORE, new=True, protocol="tcp"))

    def memory(self, frames):
        return testpmd.memory(frames)

    @contextlib.contextmanager
    def start(self, case, frames, cores):
        netns.add(_NAMESPACE, ipv6=False, forwards=True)
        try:
            before = _threads()
            _prepare(case)
            worker = wait.until(lambda: next(iter(_threads() - before), None), subject.PATIENCE, "the thread")
            os.sched_setaffinity(int(worker.name), [cores.worker])
            devices = [subject.DEVICE, f"net_af_packet0,iface={_FEED}"]
            feeder = testpmd.program("the kernel's feeder", "io", devices, frames, cores, cores.others[0], _NAMESPACE)
            with feeder as (process, _, _):
                yield _running(case, process, cores, worker)
        finally:
            netns.ip(None, f"netns delete {_NAMESPACE}")


def _threads():
    """{/proc/PID of each thread that polls an interface named _IN}"""
    found = set()
    for comm in pathlib.Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it has ended
            if comm.read_text().startswith(f"napi/{_IN}"):
                found.add(comm.parent)
    return found


def _prepare(case):
    """Interfaces, addresses and rules."""
    netns.ip(
        _NAMESPACE,
        f"link add {_IN} address {packets.GATEWAY_MAC.hex(':')} type veth peer name {_FEED}",
        f"link add {_OUT} type veth peer name {_SINK}",
        *(f"link set {name} up" for name in (_IN, _FEED, _OUT, _SINK)),
        f"address add {packets.GATEWAY[4]}/16 dev {_OUT}",
        f"neighbor add {packets.NEIGHBOR[4]} lladdr {packets.NEIGHBOR_MAC.hex(':')} dev {_OUT} nud permanent",
        f"route add default via {packets.NEIGHBOR[4]}")
    # veth polls only where packets may be joined, but have not been (drivers/net/veth.c).
    netns.run(_NAMESPACE, "ethtool", "-K", _IN, "gro", "on")
    netns.run(_NAMESPACE, "ethtool", "-K", _FEED, "tso", "off")
    # /sys shows the network of whoever mounted it; ip mounts one of the namespace.
    subprocess.run(["ip", "netns", "exec", _NAMESPACE, "tee", f"/sys/class/net/{_IN}/threaded"], input=b"1",
                   capture_output=True, check=True)
    netns.run(_NAMESPACE, "nft", rules(case))


def _running(case, process, cores, worker):
    def counters():
        with netns.inside(_NAMESPACE):
            table = pathlib.Path("/proc/thread-self/net/dev").read_text()
        # man 5 proc: eight columns of what was received, eight of what was sent, packets second in each.
        rows = {name.strip(): row.split() for name, row in re.findall(r"(.*):(.*)", table)}
        return subject.Counters(int(rows[_IN][1]), int(rows[_OUT][9]))

    def connections():
        with netns.inside(_NAMESPACE):
            return int(pathlib.Path("/proc/sys/net/netfilter/nf_conntrack_count").read_text())

    if case.new:
        return subject.Forgetting(process, cores.worker, counters, connections,
                                  lambda: netns.run(_NAMESPACE, "conntrack", "--flush"), worker)
    return subject.Running(process, cores.worker, counters, lambda: connections() >= case.flows, worker)
