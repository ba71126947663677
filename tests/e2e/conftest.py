"""Each test runs in a world of its own: this pytest starts another one for it, under unshare.

The outer pytest collects, starts one inner pytest a test, and reports what came of it; fixtures
live in the inner ones. See testbed/isolation.py. A module marked `one_world`, whose world takes long
to come up, has one inner pytest for all of its tests: each leaves the world as it found it.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import pytest
from _pytest.reports import TestReport

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

import curl  # noqa: E402
from testbed import isolation  # noqa: E402
from testbed.access import Access  # noqa: E402
from testbed.cluster import Cluster  # noqa: E402
from testbed.gateway import Gateway  # noqa: E402
from testbed.scenario import HELLO, PODS, Scenario  # noqa: E402

INNER = "PORTICO_E2E_INNER"  # in an inner pytest: the file for what becomes of its tests
SCOPE = "PORTICO_E2E_SCOPE"  # there too: the scope of the world's fixtures
SECONDS = 400  # for one test
MOST_SECONDS = 1140  # for a module's; meson ends a file after 1200


def pytest_configure(config):
    config.addinivalue_line("markers", "shape(one_armed=, workers=): how the gateway is set up")
    config.addinivalue_line("markers", "one_world: the tests of the module share a world")
    if INNER in os.environ:
        isolation.enter()


def pytest_runtest_logreport(report):
    if INNER in os.environ:
        with open(os.environ[INNER], "a", encoding="utf-8") as file:
            print(json.dumps([report.nodeid, report.when, report.failed, report.duration]), file=file)


_done = {}  # {a test's node id: what came of it}, of those that have not been reported yet


def pytest_runtest_protocol(item, nextitem):
    if INNER in os.environ:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    if item.nodeid not in _done:
        _done.update(_run(_sharing_a_world_with(item)))
    outcome, text, seconds = _done.pop(item.nodeid)
    item.ihook.pytest_runtest_logreport(report=TestReport(
        item.nodeid, item.location, {name: 1 for name in item.keywords}, outcome, text, "call",
        duration=seconds))
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def _sharing_a_world_with(item):
    if not item.get_closest_marker("one_world"):
        return [item]
    return [other for other in item.session.items if other.path == item.path]


def _run(items):
    """{node id: (outcome, what went wrong, seconds)}"""
    if os.geteuid() != 0:
        missing = (("failed", "the e2e tests need root", 0) if os.environ.get("CI") == "true" else
                   ("skipped", (str(items[0].path), 0, "needs root"), 0))
        return {item.nodeid: missing for item in items}
    with tempfile.NamedTemporaryFile("r", prefix="portico-e2e-") as file:
        good, text = _run_inside(items, file.name)
        reports = [json.loads(line) for line in file]
    ended = {nodeid for nodeid, when, _, _ in reports if when == "teardown"}
    failed = {nodeid for nodeid, _, is_failed, _ in reports if is_failed}
    result = {}
    for nodeid in [item.nodeid for item in items]:
        # A bad end that is no test's fault is everyone's.
        passed = nodeid in ended and nodeid not in failed and (good or failed)
        seconds = sum(report[3] for report in reports if report[0] == nodeid)
        told = text if nodeid in failed or not failed else "not run: one before it failed"
        result[nodeid] = ("passed" if passed else "failed", told, seconds)
    return result


def _run_inside(items, reports):
    """Whether the inner pytest of these tests ended well, and what it wrote."""
    config = items[0].config
    arguments = ["-m", "pytest", "-q", "--no-header", "--tb=short", "-rN",
                 "-p", "no:cacheprovider", f"--rootdir={config.rootpath}",
                 *(f"{item.path}::{item.nodeid.split('::', 1)[1]}" for item in items)]
    shared = items[0].get_closest_marker("one_world")
    if shared:
        arguments.append("--exitfirst")  # what a failed test leaves behind is not what it found
    seconds = min(SECONDS * len(items), MOST_SECONDS)
    with subprocess.Popen(isolation.command(*arguments), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", cwd=config.rootpath,
                          env={**isolation.environment(), INNER: reports,
                               SCOPE: "module" if shared else "function"}) as child:
        try:
            text, _ = child.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # As Ctrl-C does: it tells where it hung. Then what it started dies with it.
            child.send_signal(signal.SIGINT)
            try:
                text, _ = child.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                text, _ = child.communicate()
            text += f"\nit took more than {seconds} s"
        except BaseException:
            child.kill()
            raise
    return child.returncode == 0, text


def world_scope(fixture_name, config):
    """The scope of fixtures that are, or use, the world's."""
    return os.environ.get(SCOPE, "function")


@pytest.fixture(scope=world_scope)
def shape(request):
    """{"one_armed": ..., "workers": ...}: from the test's mark `shape`, or its parameter `shape`."""
    mark = request.node.get_closest_marker("shape")
    options = {"one_armed": False, "workers": 1, **(mark.kwargs if mark else {})}
    return {**options, **getattr(request, "param", {})}


@pytest.fixture(scope=world_scope)
def scenario(shape):
    """Client, nodes and Pods; no gateway."""
    with Scenario(one_armed=shape["one_armed"]) as built:
        yield built


@pytest.fixture(scope=world_scope)
def gateway(scenario, shape):
    """porticod and portico-controller with all manifests applied."""
    with Gateway(one_armed=shape["one_armed"], workers=shape["workers"]) as built:
        try:
            built.start()
            yield built
        finally:
            print(built.logs())


@pytest.fixture(scope=world_scope)
def cluster(scenario):
    """A Kubernetes API server with its controllers, where the gateway can reach it."""
    with Cluster() as built:
        try:
            yield built
        finally:
            print(built.logs())


@pytest.fixture(scope=world_scope)
def access(cluster):
    return Access(cluster)


@pytest.fixture(scope=world_scope)
def _cluster_gateway(scenario, shape, cluster, access):
    cluster.run_scenario("hello-world-service")
    with Gateway(one_armed=shape["one_armed"], workers=shape["workers"],
                 kubeconfig=access.kubeconfig) as built:
        built.start_porticod()
        built.start_controller()
        yield built


@pytest.fixture
def cluster_gateway(_cluster_gateway, cluster):
    """A Gateway whose tables come from `cluster`: each test finds and leaves it with all the Pods."""
    try:
        curl.wait_for_pods(HELLO, *PODS)
        yield _cluster_gateway
        curl.wait_for_pods(HELLO, *PODS)
    finally:
        print(_cluster_gateway.logs(), cluster.logs(), sep="\n")


@pytest.fixture(scope=world_scope)
def client(scenario):
    return scenario.client
