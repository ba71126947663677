"""Where the cycles go, as the benchmark tells it."""

import pathlib
import sys

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "bench"), str(TESTS / "support")]

from forwarding import measure, report, stages, subject  # noqa: E402
from forwarding.cases import MANY, Case  # noqa: E402

TSC = 2.5e9


def worker(packets, **cycles):
    """As porticoctl's JSON has it: 64-bit numbers are texts."""
    return {"worker": 0, "bursts": "1", "packets": str(packets),
            "stages": [{"stage": stage, "cycles": str(taken)} for stage, taken in cycles.items()]}


def test_workers_add_up():
    both = stages.sampled([worker(32, receive=320, parse=640), worker(8, receive=80, parse=0)])
    assert both == stages.Sampled(40, {"receive": 400, "parse": 640})


def test_what_lies_between_counts():
    before = stages.Sampled(100, {"receive": 5000, "parse": 100})
    after = stages.Sampled(300, {"receive": 7000, "parse": 500})
    assert stages.between(before, after) == {"receive": 10, "parse": 2}
    assert stages.between(after, after) == {}
    assert stages.between(stages.Sampled(), stages.Sampled()) == {}


def test_medians_of_starts():
    assert stages.median([{"parse": 3}, {"parse": 1}, {}, {"parse": 2}]) == {"parse": 2}
    assert stages.median([{}, {}]) == {}
    assert stages.median([]) == {}


@pytest.fixture(name="result")
def made():
    """10 million packets a second: 250 cycles each."""
    return measure.Result(Case(MANY), "Portico", "porticod", [subject.Window(1.0, 1.0, 10_000_000, 0)],
                          [{"receive": 60.0, "parse": 20.0, "find_service": 0.0, "settle": 10.0}])


def test_what_is_beside_the_stages_is_told(result):
    assert report.where(result, TSC) == {"receive": 60, "parse": 20, "find_service": 0, "settle": 10, "beside": 160}
    text = report.text([result], [], [], TSC)
    assert "receive  parse  settle  beside\n60.0     20.0   10.0    160.0" in text
    described = report.document([result], [], [], {"tsc_hz": TSC})
    assert described["results"][0]["cycles_of_stages"]["settle"] == 10


def test_a_subject_that_knows_nothing_has_no_table(result):
    result.stages = [{}]
    assert "where" not in report.text([result], [], [], TSC)
