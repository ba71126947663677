"""Network namespaces, the links between them, and how a thread steps into one.

A namespace is named as `ip netns` names it; /run/netns is private to the run (isolation.py).
"""

import contextlib
import ctypes
import os
import pathlib
import socket
import subprocess

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


def _set_namespace(descriptor):
    if _libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(namespace):
    """The calling thread is in `namespace` within the block; what it starts there, stays there."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        _set_namespace(there)
        yield
    finally:
        _set_namespace(home)
        os.close(home)
        os.close(there)


def open_socket(namespace, family, kind, protocol=0):
    """A socket that belongs to `namespace` wherever it is used."""
    with inside(namespace):
        return socket.socket(family, kind, protocol)


def _run(arguments, **options):
    done = subprocess.run(arguments, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def ip(namespace, *lines):
    """Runs `lines` as commands of ip(8) in `namespace` (None: the run's own)."""
    where = ["-n", namespace] if namespace else []
    return _run(["ip", *where, "-batch", "-"], input="\n".join(lines) + "\n")


def run(namespace, *arguments):
    """Runs a command in `namespace`; returns its output, raises RuntimeError with its complaint."""
    with inside(namespace):
        return _run(list(arguments))


def set_sysctl(namespace, **values):
    """Sets net.* settings; in their names a double underscore stands for the dot."""
    with inside(namespace):
        for name, value in values.items():
            pathlib.Path("/proc/sys/net", *name.split("__")).write_text(f"{value}\n")


def add(namespace, ipv6=True, forwards=False):
    """A new namespace, its loopback up, its IPv6 addresses usable at once."""
    ip(None, f"netns add {namespace}")
    for scope in ("all", "default"):
        set_sysctl(namespace, **{
            f"ipv6__conf__{scope}__accept_dad": 0,
            f"ipv6__conf__{scope}__accept_ra": 0,
            f"ipv6__conf__{scope}__disable_ipv6": int(not ipv6),
            f"ipv6__conf__{scope}__forwarding": int(forwards),
            f"ipv4__conf__{scope}__forwarding": int(forwards),
            f"ipv4__conf__{scope}__rp_filter": 0,
            f"ipv4__conf__{scope}__send_redirects": 0,
        })
    ip(namespace, "link set lo up")


def add_bridge(namespace, name, addresses=()):
    """A bridge that is nothing but a bridge: br_netfilter, where the kernel has it, would put
    fragments together on their way through."""
    with inside(namespace):
        for setting in pathlib.Path("/proc/sys/net/bridge").glob("bridge-nf-call-*"):
            setting.write_text("0\n")
    ip(namespace, f"link add {name} type bridge mcast_snooping 0", f"link set {name} up",
       *(f"address add {address} dev {name}{_nodad(address)}" for address in addresses))


def connect(namespace, device, mac, switch, bridge, addresses=(), offload=True):
    """A wire from a new `device` in `namespace` to `bridge` in namespace `switch`.

    Without `offload`, what comes out of either end has its checksum written and fits the MTU: a
    device that a DPDK port reads must get whole packets.
    """
    peer = f"{bridge}.{mac[-5:].replace(':', '')}"  # unique on the switch: by the end of the MAC
    ip(switch, f"link add {device} netns {namespace} address {mac} type veth peer name {peer}",
       f"link set {peer} master {bridge} up")
    ip(namespace, f"link set {device} up",
       *(f"address add {address} dev {device}{_nodad(address)}" for address in addresses))
    if not offload:
        for where, end in ((namespace, device), (switch, peer)):
            run(where, "ethtool", "-K", end, "tx", "off", "gro", "off")


def _nodad(address):
    return " nodad" if ":" in address else ""
