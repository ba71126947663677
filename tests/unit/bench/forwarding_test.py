"""What of the benchmark needs no machine: its frames, its medians, its verdicts, its plots."""

import argparse
import collections
import dataclasses
import pathlib
import re
import struct
import sys
import xml.etree.ElementTree

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "bench"), str(TESTS / "support")]

from control import packets as control_packets  # noqa: E402
from forwarding import (  # noqa: E402
    floors, kernel, measure, ovs, packets, pages, plot, portico, report, subject, testpmd, trials)
from forwarding.cases import ALL, IMIX, MANY, MILLION, MILLIONS, MORE, THOUSAND, Case  # noqa: E402
from shared.frames import checksum, repeat_pcap, write_pcap  # noqa: E402

TSC = 2.5e9


def small(case):
    return dataclasses.replace(case, flows=min(case.flows, 300))


def parts(frame):
    """(header of IP, pseudo header, all behind IP), of either family."""
    if frame[12:14] == b"\x08\x00":
        ip, rest = frame[14:34], frame[34:14 + int.from_bytes(frame[16:18], "big")]
        return ip, ip[12:20] + struct.pack("!HH", ip[9], len(rest)), rest
    ip, rest = frame[14:54], frame[54:54 + int.from_bytes(frame[18:20], "big")]
    return ip, ip[8:40] + struct.pack("!II", len(rest), ip[6]), rest


def padded(data):
    return data + bytes(len(data) % 2)


@pytest.mark.parametrize("case", map(small, ALL), ids=lambda case: case.name)
def test_checksums_hold(case):
    for frame in packets.frames(case)[:-1]:
        ip, pseudo, rest = parts(frame)
        assert case.family == 6 or checksum(ip) == 0
        assert checksum(padded(pseudo + rest)) == 0
        assert len(frame) >= 60


def test_a_frame_is_what_the_slow_way_makes():
    address, port = packets.client(4, 5)
    expected = control_packets.udp_frame("198.18.0.5", port, packets.SERVICES[4], packets.SERVICE_PORT)
    assert address == packets.binary("198.18.0.5")
    assert expected in packets.frames(Case(8))


def test_a_udp_checksum_is_never_zero():
    assert all(parts(frame)[2][6:8] != b"\0\0" for frame in packets.frames(Case(MANY))[:-1])


def test_the_neighbor_answers_with_a_right_checksum():
    ip, pseudo, rest = parts(packets.neighbor_frame(6))
    assert checksum(pseudo + rest) == 0
    assert ip[7] == 255, "RFC 4861 section 7.1.2"


def test_no_two_flows_are_the_same():
    assert len({packets.client(4, number) for number in range(1 << 18)}) == 1 << 18


def test_every_flow_comes_equally_often_in_shuffled_order():
    made = packets.frames(Case(THOUSAND))[:-1]
    assert len(made) >= packets.LEAST
    assert {made.count(frame) for frame in set(made[:50])} == {len(made) // THOUSAND}
    assert made != sorted(made)


def test_flows_are_spread_over_all_services():
    addresses = {frame[30:34] for frame in packets.frames(Case(100, services=50))[:-1]}
    assert addresses == {packets.binary(packets.service(4, number)) for number in range(50)}


def test_no_two_services_share_an_endpoint():
    case = Case(1, services=10_300)
    slices = [one for part in portico.manifests(case) for one in part if one["kind"] == "EndpointSlice"]
    endpoints = [address for one in slices for end in one["endpoints"] for address in end["addresses"]]
    assert len(endpoints) == len(set(endpoints)) == 10_300 * case.endpoints


def test_replies_go_back_to_the_clients():
    sides = {frame[26:34] for frame in packets.frames(Case(8, mixed=True))[:-1]}
    service, pod = packets.binary(packets.SERVICES[4]), packets.binary(packets.endpoint(4, 0))
    clients = {packets.client(4, number)[0] for number in range(8)}
    assert sides == {client + service for client in clients} | {pod + client for client in clients}


def test_replies_alone_follow_requests():
    case = Case(8, snat=False, replies=True)
    pod, service = packets.binary(packets.endpoint(4, 0)), packets.binary(packets.SERVICES[4])
    replies, requests = packets.frames(case)[:-1], packets.requests(case)
    assert {frame[26:30] for frame in replies} == {pod}
    assert {frame[30:34] for frame in requests} == {service}
    assert {(frame[30:34], frame[36:38]) for frame in replies} == \
        {(frame[26:30], frame[34:36]) for frame in requests}, "the clients, and their ports"


def test_a_life_is_a_connection_from_its_first_to_its_last_packet():
    case = Case(50, protocol="tcp", snat=False, lives=True)
    lives, order = collections.defaultdict(list), []
    made = packets.frames(case)[:-1]
    for frame in made:
        ip, _, rest = parts(frame)
        source, target, sequence, acknowledged, _, flags = struct.unpack_from("!HHIIBB", rest)
        is_reply = source == packets.POD_PORT
        client = (ip[16:20], target) if is_reply else (ip[12:16], source)
        order.append(client)
        lives[client].append((is_reply, flags, sequence, acknowledged, len(rest) - 20))
    assert len(lives) == 50
    assert [made.index(frame) for frame in made] == list(range(len(made))), "each packet once"
    assert sum(one == other for one, other in zip(order, order[1:])) < len(order) / 4, "lives are woven"
    for life in lives.values():
        expected = {False: None, True: None}  # what each side must acknowledge and number (RFC 9293)
        for is_reply, flags, sequence, acknowledged, data in life:
            assert expected[is_reply] in (None, sequence)
            assert acknowledged == (expected[not is_reply] or 0) or not flags & 0x10
            expected[is_reply] = sequence + data + (1 if flags & 0x03 else 0)
        assert [flags & 0x03 for _, flags, *_ in life] == [2, 2, 0, 0, 0, 1, 1, 0]
        assert life[-1][3] == expected[True]


@pytest.mark.parametrize("case", map(small, ALL), ids=lambda case: case.name)
def test_how_many_frames_there_are_is_known_before(case):
    assert packets.frames_of(case) == len(packets.frames(case)) - 1


def test_cases_with_the_same_traffic_have_the_same_packets():
    dnat, snat = Case(20, snat=False), Case(20)
    assert dnat.traffic == snat.traffic and packets.frames(dnat) == packets.frames(snat)
    assert len({Case(20, new=True).traffic, Case(20, mixed=True).traffic, snat.traffic}) == 3


@pytest.mark.parametrize("size,expected", [(64, {60}), (1500, {1496}), (IMIX, {60, 590, 1514})])
def test_sizes_are_those_of_a_wire_without_the_checksum(size, expected):
    assert {len(frame) for frame in packets.frames(Case(24, size=size))[:-1]} == expected


def test_a_pcap_file_has_every_frame(tmp_path):
    write_pcap(tmp_path / "frames", [b"abc", b"defg"])
    data = (tmp_path / "frames").read_bytes()
    assert struct.unpack_from("<IHH", data) == (0xA1B2C3D4, 2, 4)
    assert data[24:] == struct.pack("<IIII", 0, 0, 3, 3) + b"abc" + struct.pack("<IIII", 0, 0, 4, 4) + b"defg"


def test_a_longer_file_has_every_frame_several_times(tmp_path):
    write_pcap(tmp_path / "one", [b"abc", b"defg"])
    write_pcap(tmp_path / "twice", [b"abc", b"defg"] * 2)
    repeat_pcap(tmp_path / "one", tmp_path / "longer", 2)
    assert (tmp_path / "longer").read_bytes() == (tmp_path / "twice").read_bytes()


def result(case, name, *rates, made=0.0):
    return measure.Result(case, name, "", [
        subject.Window(2.0, 0.9, round(rate * 2e6), round(made * 2e6)) for rate in rates])


def test_figures_are_medians_of_all_windows():
    one = result(Case(MANY), "Portico", 5, 100, 10, 9, 1)
    assert one.mpps == 9
    assert one.cycles(TSC) == pytest.approx(TSC / 9e6)


def verdicts(*results):
    return {floor.what: floor.holds for floor in floors.floors(list(results), TSC)}


def test_what_was_not_measured_is_neither_held_nor_missed():
    assert set(verdicts().values()) == {None}
    assert set(verdicts(result(Case(MANY), "Portico", 10)).values()) == {None}


def test_floors_are_judged_by_the_same_case():
    many = Case(MANY)
    held = verdicts(
        result(many, "testpmd macswap", 25), result(many, "testpmd io", 25), result(many, "Portico", 12),
        result(many, "OVS-DPDK, DNAT", 1), result(many, "OVS-DPDK, DNAT, no EMC", 1.2),
        result(Case(MANY, family=6), "Portico", 9), result(Case(MORE, new=True), "Portico", 3, made=2.9),
        result(Case(MORE, new=True), "OVS-DPDK, DNAT", 0.2, made=0.2),
        result(Case(MILLION), "Portico", 10), result(Case(MILLIONS), "Portico", 8))
    assert held["64 thousand flows, to testpmd macswap"] is True
    assert held["64 thousand flows, above testpmd io"] is True, "2.5e9 / 12e6 - 100 = 108"
    assert held["64 thousand flows, to the best of OVS-DPDK"] is False, "10 times, not 12"
    assert held["IPv6 to IPv4, 64 thousand flows"] is False
    assert held["4 million flows, to 1 million"] is False, "0.8"
    assert held["new connections, UDP"] is False, "made, not received"
    assert held["new connections, UDP, to the best of OVS-DPDK"] is True, "14.5 times"
    assert held["1 thousand flows, to testpmd macswap"] is None


def test_the_cases_of_floors_are_cases_and_judge_all_that_are_no_trials():
    assert set(floors.CASES) <= set(ALL)
    others = ("testpmd io", "testpmd macswap", "OVS-DPDK, DNAT", "Portico")
    results = [result(case, name, 10, made=4) for case in floors.CASES for name in others]
    trial = ("two workers", "during", "packets misdirected", "while", "memory")
    judged = {floor.what for floor in floors.floors(results, TSC) if floor.holds is not None}
    assert judged == {floor.what for floor in floors.floors([], TSC) if not floor.what.startswith(trial)}


def test_a_report_has_every_figure():
    many = Case(MANY)
    results = [result(many, "testpmd macswap", 25), result(many, "testpmd io", 25), result(many, "Portico", 10)]
    text = report.text(results, floors.floors(results, TSC), ["it failed"], TSC)
    assert "0.400" in text and "150" in text and "NOT HELD" in text and "it failed" in text
    results[0].command = "dpdk-testpmd --lcores"
    origin = report.origin(results, {"packages": {"gcc": "12.2"}})
    assert "12.2" in origin and "dpdk-testpmd --lcores" in origin
    made = report.document(results, [], [], {"tsc_hz": TSC})
    assert [one["mpps"] for one in made["results"]] == [25, 25, 10]


def test_a_page_has_every_case_floor_and_command(tmp_path):
    many = Case(MANY)
    results = [result(many, "testpmd macswap", 25), result(many, "testpmd io", 25), result(many, "OVS-DPDK, DNAT", 2),
               result(many, "Portico", 10), result(Case(THOUSAND), "testpmd io", 50)]
    results[3].command = "porticod --config a|b"
    results[3].stages = [{"receive": 100.0, "settle": 30.4, "steer": 0.2}]
    description = {"tsc_hz": TSC, "processor": "a processor", "cores": 2, "memory_bytes": 24 << 30, "kernel": "6.1",
                   "load": 0.1, "packages": {"gcc": "12.2"}}
    pages.write(tmp_path, results, floors.floors(results, TSC), ["it failed"], description,
                [trials.Figure("two workers to one", 1.9, "times")])
    page = (tmp_path / pages.FILE).read_text()
    rows = [line for line in page.splitlines() if line.startswith("| [64 thousand flows, DNAT with SNAT]")]
    assert len(rows) == 1
    cells = [cell.strip() for cell in rows[0].strip("|").split("|")]
    assert cells[1:] == ["10.00", "10.00-10.00", "250", "0.400", "150", "25.00", "2.00", ""]
    assert "a\\|b" in page and "it failed" in page and "1.9 times" in page and "NOT HELD" in page
    assert "| case | receive | settle | beside |" in page and "| 100 | 30 | 119 |" in page
    plots = re.findall(r"!\[[^]]*\]\(([^)]*)\)", page)
    assert len(plots) == 2 and all((tmp_path / name).is_file() for name in plots)


def test_what_is_lost_is_noticed():
    before = subject.Counters(0, 0)
    assert subject.is_lossless(before, subject.Counters(5_000_000, 4_999_000))
    assert not subject.is_lossless(before, subject.Counters(5_000_000, 4_900_000))
    assert not subject.is_lossless(before, before), "nothing came"


def test_every_life_must_be_a_connection():
    before, lives = subject.Counters(0, 0, 0), 500_000
    count = lives * len(packets.LIFE)
    subject.require_lives("it", before, subject.Counters(count, count, lives - 4000))
    for made in (lives // 2, 2 * lives):
        with pytest.raises(subject.Lost, match="it: made"):
            subject.require_lives("it", before, subject.Counters(count, count, made))


def test_portico_has_buffers_for_the_whole_file():
    case = Case(MILLIONS)
    config = portico.Portico()._config(case, packets.frames_of(case) + 1, cores=argparse.Namespace(worker=1))
    assert int(re.search(r"packet_buffers: (\d+)", config)[1]) > (1 << 22) + 16384


def test_the_kernel_has_a_chain_for_each_endpoint():
    text = kernel.rules(Case(MANY, protocol="tcp"))
    assert text.count("{") == text.count("}")
    assert re.findall(r"dnat to (\S+)", text) == [f"{packets.endpoint(4, number)}:8080" for number in range(3)]
    assert "10.96.0.10 . tcp . 80 : goto service-0" in text
    assert "numgen random mod 3 vmap { 0 : goto endpoint-0, 1 : goto endpoint-1, 2 : goto endpoint-2 }" in text


def test_what_floors_are_of_is_measured():
    frames = {case: packets.frames_of(case) for case in ALL}
    assert frames[Case(MILLIONS)] == 1 << 22
    by_name = {name: [case for case in ALL if one.supports(case)] for name, one in (
        ("io", testpmd.Testpmd("io")), ("macswap", testpmd.Testpmd("macswap")), ("ovs", ovs.OpenVswitch(False)))}
    for flows in (THOUSAND, MANY, MILLION):
        assert all(Case(flows) in cases for cases in by_name.values())
    assert Case(MILLIONS) not in by_name["ovs"]
    assert all(Case(MORE, protocol=protocol, new=True) in by_name["ovs"] for protocol in ("udp", "tcp"))
    assert not any(case.services > 1 for case in by_name["ovs"])


def test_a_plot_is_well_formed():
    root = xml.etree.ElementTree.fromstring(plot.bars("a < b", {"Portico": (1, 2, 3), "testpmd": (4, 5, 6)}))
    lengths = [float(one.get("width")) for one in root if one.tag.endswith("rect") and one.get("x")]
    assert lengths[1] == pytest.approx(2.5 * lengths[0], rel=0.01)
