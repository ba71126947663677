"""scripts/test counts what happened, and never takes a crash for a success."""

import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import count_cases

PASS, FAIL = '<testcase name="a"/>', '<testcase name="b"><failure/></testcase>'
ERROR, SKIP = '<testcase name="c"><error/></testcase>', '<testcase name="d"><skipped/></testcase>'
DISABLED = '<testcase name="e" status="notrun"/>'


@pytest.mark.parametrize("result, cases, expected", [
    ("OK", None, (1, 0, 0)),
    ("FAIL", None, (0, 1, 0)),
    ("TIMEOUT", None, (0, 1, 0)),
    ("SKIP", None, (0, 0, 1)),
    ("OK", [PASS, PASS], (2, 0, 0)),
    ("FAIL", [PASS, FAIL, ERROR, SKIP], (1, 2, 1)),
    ("OK", [PASS, SKIP, DISABLED], (1, 0, 2)),
    # A leak found at exit: every case passed, the program did not.
    ("FAIL", [PASS, PASS], (2, 1, 0)),
    # A program without a test tests nothing.
    ("OK", [], (0, 1, 0)),
])
def test_counts(tmp_path, result, cases, expected):
    (tmp_path / "meson-logs").mkdir()
    line = json.dumps({"name": "portico:unit / some_test", "result": result})
    (tmp_path / "meson-logs" / "unit.json").write_text(line + "\n")
    if cases is not None:
        suite = f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>"
        (tmp_path / "some_test.xml").write_text(suite)
    assert count_cases.count_log(tmp_path, "unit") == expected


def test_a_file_cut_short_is_a_failure(tmp_path):
    (tmp_path / "meson-logs").mkdir()
    (tmp_path / "meson-logs" / "unit.json").write_text('{"name": "t", "result": "FAIL"}\n')
    (tmp_path / "t.xml").write_text("<testsuites><testsuite>")
    assert count_cases.count_log(tmp_path, "unit") == (0, 1, 0)


def test_a_suite_without_a_test_is_a_failure(tmp_path):
    assert count_cases.count_log(tmp_path, "unit") == (0, 1, 0)
