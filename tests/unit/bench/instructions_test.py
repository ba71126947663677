"""What of counting instructions needs no valgrind."""

import pathlib
import sys

import pytest

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path[:0] = [str(BENCH)]

from instructions import callgrind, ceilings  # noqa: E402

PROFILE = """\
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 1
cmd:  packet_instructions new

desc: Trigger: Program termination

positions: line
events: Ir
summary: 123000


fn=(1) portico::parse_frame
0 123000

totals: 123000
"""


def only(counted, recorded):
    (verdict,) = ceilings.verdicts({"a": counted}, {"a": recorded})
    return verdict


def test_total_of_a_profile():
    assert callgrind.total(PROFILE) == 123000


@pytest.mark.parametrize("text", ["", PROFILE.replace("totals", "total"), PROFILE.replace("Ir", "Ir Dr")])
def test_no_total_where_there_is_none(text):
    with pytest.raises(ValueError):
        callgrind.total(text)


def test_as_much_as_recorded_holds():
    assert (only(100, 100).fault, only(100, 100).hint) == (None, None)
    assert (only(101.9, 100).fault, only(95.1, 100).hint) == (None, None)


def test_more_than_the_ceiling_fails():
    assert "above its ceiling, 102.0" in only(102.1, 100).fault


def test_much_less_asks_to_be_recorded():
    assert only(94.9, 100).fault is None
    assert "record" in only(94.9, 100).hint


def test_a_case_that_one_side_lacks_fails():
    new, gone = ceilings.verdicts({"new": 1.0}, {"gone": 1.0})
    assert new.fault == "is not recorded"
    assert "no such case" in gone.fault


def test_what_is_recorded_is_read_again(tmp_path):
    file = tmp_path / "counts.json"
    assert ceilings.read(file) == {}
    ceilings.write(file, {"a": 763.72, "b": 2})
    assert ceilings.read(file) == {"a": 763.7, "b": 2}


def test_the_recorded_are_numbers():
    assert all(number > 0 for number in ceilings.read(BENCH / "instruction_counts.json").values())
