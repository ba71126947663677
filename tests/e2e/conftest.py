"""Each test runs in a world of its own: this pytest starts another one for it, under unshare.

The outer pytest collects, starts one inner pytest a test, and reports what came of it; fixtures
live in the inner ones. See testbed/isolation.py.
"""

import os
import pathlib
import signal
import subprocess
import sys

import pytest
from _pytest.reports import TestReport

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from testbed import isolation  # noqa: E402
from testbed.cluster import Cluster  # noqa: E402
from testbed.gateway import Gateway  # noqa: E402
from testbed.scenario import Scenario  # noqa: E402

INNER = "PORTICO_E2E_INNER"
SECONDS = 180  # for one test


def pytest_configure(config):
    config.addinivalue_line("markers", "shape(one_armed=, workers=): how the gateway is set up")
    if INNER in os.environ:
        isolation.enter()


def pytest_runtest_protocol(item, nextitem):
    if INNER in os.environ:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    outcome, text, seconds = _run_inside(item)
    item.ihook.pytest_runtest_logreport(report=TestReport(
        item.nodeid, item.location, {name: 1 for name in item.keywords}, outcome, text, "call",
        duration=seconds))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _run_inside(item):
    """(outcome, what went wrong, seconds)"""
    if os.geteuid() != 0:
        if os.environ.get("CI") == "true":
            return "failed", "the e2e tests need root", 0
        return "skipped", (str(item.path), 0, "needs root"), 0
    arguments = ["-m", "pytest", "-q", "--no-header", "--tb=short", "-rN",
                 "-p", "no:cacheprovider", f"--rootdir={item.config.rootpath}",
                 f"{item.path}::{item.nodeid.split('::', 1)[1]}"]
    start = os.times().elapsed
    with subprocess.Popen(isolation.command(*arguments), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", cwd=item.config.rootpath,
                          env={**isolation.environment(), INNER: "1"}) as child:
        try:
            text, _ = child.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            # As Ctrl-C does: it tells where it hung. Then what it started dies with it.
            child.send_signal(signal.SIGINT)
            try:
                text, _ = child.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                text, _ = child.communicate()
            text += f"\nthe test took more than {SECONDS} s"
        except BaseException:
            child.kill()
            raise
    return "passed" if child.returncode == 0 else "failed", text, os.times().elapsed - start


@pytest.fixture
def shape(request):
    """{"one_armed": ..., "workers": ...}: from the test's mark `shape`, or its parameter `shape`."""
    mark = request.node.get_closest_marker("shape")
    options = {"one_armed": False, "workers": 1, **(mark.kwargs if mark else {})}
    return {**options, **getattr(request, "param", {})}


@pytest.fixture
def scenario(shape):
    """Client, nodes and Pods; no gateway."""
    with Scenario(one_armed=shape["one_armed"]) as built:
        yield built


@pytest.fixture
def gateway(scenario, shape):
    """porticod and portico-controller with all manifests applied."""
    with Gateway(one_armed=shape["one_armed"], workers=shape["workers"]) as built:
        try:
            built.start()
            yield built
        finally:
            print(built.logs())


@pytest.fixture
def cluster(scenario):
    """A Kubernetes API server with its controllers, where the gateway can reach it."""
    with Cluster() as built:
        try:
            yield built
        finally:
            print(built.logs())


@pytest.fixture
def client(scenario):
    return scenario.client
