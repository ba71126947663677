"""What of the trials needs no machine: who owns a connection, and what is made of their measurements."""

import io
import ipaddress
import pathlib
import struct
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "bench"), str(TESTS / "support")]

from forwarding import changing, floors, memory, owners, packets, pauses, report, scaling, subject  # noqa: E402
from forwarding.cases import Case  # noqa: E402
from forwarding.trials import Figure, Trials  # noqa: E402
from shared.frames import PCAP_HEADER, checksum, pcap_record  # noqa: E402


# Microsoft, "Verifying the RSS Hash Calculation": destination, source, hash of addresses and with ports.
@pytest.mark.parametrize("destination,source,addresses,with_ports", [
    (("161.142.100.80", 1766), ("66.9.149.187", 2794), 0x323e8fc2, 0x51ccc178),
    (("65.69.140.83", 4739), ("199.92.111.2", 14230), 0xd718262a, 0xc626b0ea),
    (("202.188.127.2", 1303), ("153.39.163.191", 44251), 0x5d1809c5, 0x10e828a2),
    (("3ffe:2501:200:3::1", 1766), ("3ffe:2501:200:1fff::7", 2794), 0x2cc18cd5, 0x40207d3d),
])
def test_the_hash_is_that_of_the_specification(destination, source, addresses, with_ports):
    both = b"".join(ipaddress.ip_address(address).packed for address, _ in (source, destination))
    assert owners.toeplitz(both) == addresses
    assert owners.toeplitz(both + b"".join(port.to_bytes(2, "big") for _, port in (source, destination))) == with_ports


def test_both_directions_have_one_owner_and_all_of_them_a_fair_share():
    frames = packets.frames(Case(1000, snat=False, mixed=True))[:-1]
    parts = owners.split(frames, 2)
    assert sorted(parts[0] + parts[1]) == sorted(frames)
    sides = [set(map(owners.client_side, part)) for part in parts]
    assert not sides[0] & sides[1]
    assert all(400 < len(side) < 600 for side in sides)


def windows(*rates):
    return [subject.Window(1.0, 0.9, round(rate * 1e6), 0) for rate in rates]


def test_two_workers_are_set_beside_one():
    made = scaling.figures({"one worker": windows(4, 5, 6), "two workers, replies hash home": windows(9, 10, 20),
                            "two workers, all handed over": windows(5.5)})
    known = {figure.what: figure.value for figure in made}
    assert known["two workers to one, replies hash home"] == 2
    assert known["two workers to one, all handed over"] == 1.1
    held = {floor.what: floor.holds for floor in floors.floors([], 2.5e9, made)}
    assert held["two workers to one, replies hash home"] is True
    assert held["two workers to one, all handed over"] is False


def test_a_slice_that_is_slow_in_most_episodes_is_told_and_one_that_was_troubled_once_is_not():
    quiet, slow, troubled = [10.0] * 8, [9.0, 10.0, 10.0], [10.0, 10.0, 2.0]

    def worst(*endings):
        made = pauses.slices([{"quiet": quiet, "ending": ending, "share": 1} for ending in endings])
        return next(one.value for one in made if one.what == "while 1 million connections end, in every 10 ms")
    assert worst(slow, slow, slow) == 0.9
    assert worst([10.0] * 3, troubled, [10.0] * 3) == 1


CASE = Case(100, services=10)  # five endpoints each
SECOND = 1_000_000_000
# Service 3 loses its first endpoint.
CHANGE = changing.Change.read(f"3 {packets.endpoint(4, 15)} 10.210.0.1 {10 * SECOND} {10 * SECOND + 2000}")


def forwarded(flow, endpoint, protocol=b"\x11"):
    """What the gateway makes of a flow's packet."""
    address, port = packets.client(4, flow)
    return bytes(12) + b"\x08\x00" + bytes(9) + protocol + bytes(2) + address + packets.binary(endpoint) + port.to_bytes(2, "big")


@pytest.mark.parametrize("seen,misdirected,moved", [
    ([(3, packets.endpoint(4, 15), 1), (3, packets.endpoint(4, 15), 9), (3, "10.210.0.1", 11)], 0, 1),
    ([(13, "10.210.0.1", 12)], 0, 0),
    ([(3, packets.endpoint(4, 15), 11)], 1, 0),                                   # to one that has gone
    ([(3, "10.210.0.1", 9)], 1, 0),                                               # that has not come
    ([(3, packets.endpoint(4, 15), 1), (3, packets.endpoint(4, 16), 2)], 1, 1),   # away for no reason
    ([(3, packets.endpoint(4, 20), 1)], 1, 0),                                    # another Service's
    ([(3, "10.1.2.3", 1)], 1, 0),                                                 # nobody's
])
def test_a_misdirected_packet_is_noticed(seen, misdirected, moved):
    watch = changing.Watch(CASE, [CHANGE])
    for flow, endpoint, second in seen:
        watch.see(memoryview(forwarded(flow, endpoint)), second * SECOND)
    assert (watch.packets, watch.misdirected, watch.moved) == (len(seen), misdirected, moved)


@pytest.mark.parametrize("second,misdirected", [(9, 0), (11, 1)])
def test_clients_are_not_refused_once_changes_have_begun(second, misdirected):
    watch = changing.Watch(CASE, [CHANGE])
    watch.see(memoryview(forwarded(3, "198.18.0.3", b"\x01")), second * SECOND)
    assert (watch.packets, watch.misdirected) == (0, misdirected)


@pytest.mark.parametrize("magic,part", [(0xA1B2C3D4, 5), (0xA1B23C4D, 5000)])
def test_a_file_that_grows_is_read_as_far_as_it_goes(magic, part):
    header = struct.pack("<I", magic) + PCAP_HEADER[4:]
    one = struct.pack("<IIII", 7, part, 3, 3) + b"abc"
    found = list(changing.frames_of(io.BytesIO(header + one + one + one[:18]), 10))
    assert [(bytes(frame), at) for frame, at in found] == [(b"abc", 7 * SECOND + 5000)] * 2


def test_changing_slices_are_set_beside_their_neighbors():
    rate, ratio = changing.figures([10, 9, 10, 6, 20, 20, 20])
    assert rate.value == 15
    assert ratio.value == 0.9, "of 0.9, 0.4 and 1"


@pytest.mark.parametrize("family", [4, 6])
def test_the_pipe_has_a_right_packet_of_each_connection(family):
    ports = range(1024, 1100)
    file = io.BytesIO(PCAP_HEADER + memory.records(family, 5, ports))
    frames = [bytes(frame) for frame, _ in changing.frames_of(file, 1000)]
    assert frames == packets.first_frames(Case(1, family=family), memory.client(family, 5), ports)
    assert PCAP_HEADER + pcap_record(frames[0]) == file.getvalue()[:24 + 16 + len(frames[0])]
    if family == 4:
        assert all(checksum(frame[14:34]) == 0 for frame in frames)


def test_everybody_is_as_many_as_asked_for_and_no_two_are_the_same():
    each = 3 * len(memory.PORTS) // 2
    parts = list(memory.everybody(each))
    data = b"".join(part() for part in parts)
    frames = [bytes(frame) for frame, _ in changing.frames_of(io.BytesIO(PCAP_HEADER + data), 10 * each)]
    assert len(frames) == len(set(frames)) == 2 * each


def test_latency_is_the_runs_median():
    def run(micros):
        return {"offered_mpps": 3, "undisturbed_slices": 1, "lost": 0, **{
            part: {key: micros * 1000 for key in ("median_ns", "p99_ns", "p999_ns")}
            for part in ("all", "undisturbed")}}
    assert {figure.value for figure in pauses.delays([run(2), run(50), run(3)])
            if figure.what.startswith("latency")} == {3}


def test_a_trial_that_fails_does_not_keep_the_others():
    def works(cores, say):
        return [Figure("it", 1, "times")]

    def fails(cores, say):
        raise RuntimeError("no memory")
    works.name, fails.name = "works", "fails"
    told = []
    trials = Trials(None, told.append)
    trials([fails, works])
    assert trials.failures == ["fails: no memory"]
    assert trials.figures == [Figure("it", 1, "times")]
    assert told == ["FAILED: fails: no memory", "works: it: 1 times"]


def test_a_report_has_the_trials_figures():
    figures = [Figure("it", 1.5, "times")]
    assert "1.5 times" in report.text([], [], [], 2.5e9, figures)
    assert report.document([], [], [], {"tsc_hz": 1}, figures)["figures"] == [
        {"what": "it", "value": 1.5, "unit": "times"}]
