"""Open vSwitch with DPDK: conntrack, NAT and a group of three endpoints, as OVN does it.

The cheapest form that keeps a connection with its endpoint: one zone, one pass through conntrack. Clients
keep their addresses, so it does less than Portico with SNAT. All of it is in the run's own folders.
"""

import contextlib
import os
import re
import shutil
import subprocess
import time

from forwarding import callers, packets, subject
from forwarding.cases import IMIX, MILLION, MORE, Case
from shared.frames import repeat_pcap
from testbed import isolation
from testbed.process import Process

HOME = isolation.RUN / "ovs"
DATABASE, SOCKET, CONTROL = HOME / "conf.db", HOME / "db.sock", HOME / "vswitchd.ctl"
VSWITCHD = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
MEMORY = 1280 << 20
# Of mbufs: Open vSwitch's pool has 262,144, and the file's are held back (lib/netdev-dpdk.c, MAX_NB_MBUF).
# A larger file is read once, from memory, and has every packet several times: reading it is little beside what
# Open vSwitch takes for a packet.
_MOST_FRAMES = 1 << 17
_LONG_FILE = isolation.RUN / "long.pcap"
_TIMES = 8
_ENVIRONMENT = {**os.environ, "OVS_RUNDIR": str(HOME), "OVS_LOGDIR": str(HOME), "OVS_DBDIR": str(HOME)}


def _run(*command):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=_ENVIRONMENT,
                          timeout=subject.PATIENCE)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def _vsctl(*arguments):
    return _run("ovs-vsctl", f"--db=unix:{SOCKET}", *arguments)


def _appctl(*arguments):
    return _run("ovs-appctl", "-t", CONTROL, *arguments)


def _flows(case):
    """The bridge's group and flows: what conntrack knows it rewrites, what is new the group gives an endpoint."""
    layer = case.protocol + ("6" if case.family == 6 else "")
    destination = "nw_dst" if case.family == 4 else "ipv6_dst"
    source = "nw_src" if case.family == 4 else "ipv6_src"
    send = f"mod_dl_src:{packets.GATEWAY_MAC.hex(':')},mod_dl_dst:{packets.NEIGHBOR_MAC.hex(':')},in_port"
    buckets = []
    for number in range(case.endpoints):
        address = packets.endpoint(case.family, number)
        to = f"[{address}]" if case.family == 6 else address
        buckets.append(f"bucket=ct(commit,zone=1,nat(dst={to}:{packets.POD_PORT}),table=2)")
    pods = [f"table=0,{layer},{source}={packets.endpoint(case.family, number)},actions=ct(zone=1,nat,table=1)"
            for number in range(case.endpoints)]
    return f"group_id=1,type=select,{','.join(buckets)}", [
        f"table=0,{layer},{destination}={packets.SERVICES[case.family]},tp_dst={packets.SERVICE_PORT},"
        "actions=ct(zone=1,nat,table=1)",
        *pods,
        f"table=1,ct_state=+trk+est,{layer},actions={send}",
        # Of UDP that nobody has answered all is new, but not all is without an endpoint.
        f"table=1,ct_state=+trk+new+dnat,{layer},actions={send}",
        f"table=1,ct_state=+trk+new-dnat,{layer},actions=group:1", f"table=2,actions={send}"]


def _connections():
    return int(_appctl("dpctl/ct-get-nconns"))


class _Reading(subject.Running):
    """Its file has an end."""

    def window(self, case, seconds):
        window = super().window(case, seconds)
        read, there = self.counters().received, _TIMES * packets.frames_of(case)
        if read >= there:
            raise subject.Lost(f"{self.process.name} has read all {there} frames before the end")
        return window


class OpenVswitch(subject.Subject):
    def __init__(self, emc):
        self._emc = emc
        self.name = "OVS-DPDK, DNAT" if emc else "OVS-DPDK, DNAT, no EMC"

    def supports(self, case):
        if case.lives or case.services > 1 or case.flows > MILLION or not (case.snat or case.endpoints == 1):
            return False
        is_plain = case == Case(case.flows, new=case.new)
        if self._emc:  # of no use for more flows
            return is_plain and case.flows <= MORE
        return case.size in (64, 1500, IMIX)

    def memory(self, frames):
        return MEMORY + (256 << 20)

    @contextlib.contextmanager
    def start(self, case, frames, cores):
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir()
        _run("ovsdb-tool", "create", DATABASE, SCHEMA)
        with contextlib.ExitStack() as stack:
            database = Process("ovsdb-server", [
                "ovsdb-server", DATABASE, f"--remote=punix:{SOCKET}", f"--unixctl={HOME / 'ovsdb.ctl'}"],
                None, HOME / "ovsdb.log", _ENVIRONMENT)
            stack.callback(database.stop)
            stack.callback(_LONG_FILE.unlink, missing_ok=True)
            database.wait_until(lambda: _run("ovsdb-client", "list-dbs", f"unix:{SOCKET}"), subject.PATIENCE,
                                "the database")
            self._configure(cores)
            self.command = f"ovs-vswitchd-dpdk unix:{SOCKET}"
            process = Process("ovs-vswitchd", cores.on_all(
                VSWITCHD, f"unix:{SOCKET}", f"--unixctl={CONTROL}", "-vconsole:warn"),
                None, HOME / "vswitchd.log", _ENVIRONMENT)
            stack.callback(process.stop)
            process.wait_until(lambda: "true" in _vsctl("get", "Open_vSwitch", ".", "dpdk_initialized"),
                               subject.PATIENCE, "DPDK in Open vSwitch")
            yield self._running(case, process, cores)

    def _configure(self, cores):
        _vsctl("--no-wait", "init", "--", "set", "Open_vSwitch", ".",
               "other_config:dpdk-init=true", f"other_config:dpdk-lcore-mask={1 << cores.others[0]:#x}",
               f"other_config:pmd-cpu-mask={1 << cores.worker:#x}",
               f"other_config:dpdk-socket-mem={MEMORY >> 20}",
               'other_config:dpdk-extra="--in-memory --no-pci --no-telemetry"',
               f"other_config:emc-insert-inv-prob={100 if self._emc else 0}")

    @staticmethod
    def _running(case, process, cores):
        _vsctl("add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev", "fail_mode=secure")
        group, flows = _flows(case)
        _run("ovs-ofctl", "-O", "OpenFlow15", "add-group", "br0", group)
        for flow in flows:
            _run("ovs-ofctl", "-O", "OpenFlow15", "add-flow", "br0", flow)
        _appctl("dpctl/ct-set-maxconns", 3_000_000)
        if case.replies:
            _vsctl("add-port", "br0", callers.INTERFACE, "--", "set", "Interface", callers.INTERFACE,
                   "type=internal")
            callers.speak(case, process, _connections)
        is_long = packets.frames_of(case) > _MOST_FRAMES
        if is_long:
            repeat_pcap(subject.FRAMES, _LONG_FILE, _TIMES)
        device = f"net_pcap0,rx_pcap={_LONG_FILE}" if is_long else subject.DEVICE
        _vsctl("add-port", "br0", "port0", "--", "set", "Interface", "port0", "type=dpdk",
               f'options:dpdk-devargs="{device}"')
        fault = _vsctl("get", "Interface", "port0", "error").strip()
        if fault != "[]":
            raise RuntimeError(f"Open vSwitch does not take the port: {fault}")

        def counters():
            show = _appctl("dpctl/show", "--statistics", "netdev@ovs-netdev")
            found = re.search(r"port \d+: port0 .*?RX packets:(\d+).*?TX packets:(\d+)", show, re.DOTALL)
            if not found:
                raise RuntimeError(f"Open vSwitch tells nothing of the port's packets:\n{show}")
            return subject.Counters(int(found[1]), int(found[2]))

        def has_connections():
            if _connections() < case.flows or is_long:
                return _connections() >= case.flows  # to list so many takes its time
            pods = packets.endpoint(case.family, 0)[:-1]
            return f"reply=(src={pods}" in _appctl("dpctl/dump-conntrack")
        if case.new:
            return subject.Forgetting(process, cores.worker, counters, _connections,
                                      lambda: _appctl("dpctl/flush-conntrack"))
        kind = _Reading if is_long else subject.Running
        return kind(process, cores.worker, counters, has_connections)
