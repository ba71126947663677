"""ClusterSource against a scripted API server, over loopback."""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[4]))
from tests.support.api_server.server import ApiServer, status  # noqa: E402

PRINTER = pathlib.Path(os.environ["PORTICO_BUILD"]) / "tests/unit/controlplane/watch/watch_printer"


class Printer:
    """watch_printer, and what it has handed on so far, put together."""

    def __init__(self, url, token_file=None):
        self.changed = threading.Condition()
        self.updates, self.statistics_lines = [], []
        self.objects = {"services": {}, "slices": {}, "nodes": {}}
        arguments = [PRINTER, url] + ([token_file] if token_file else [])
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            value = json.loads(line)
            with self.changed:
                if "ready" in value:
                    self.statistics_lines.append(value)
                else:
                    self.apply(value)
                self.changed.notify_all()

    def apply(self, update):
        self.updates.append(update)
        for kind, objects in self.objects.items():
            if update["reset"]:
                objects.clear()
            for key in update[kind]["deleted"]:
                objects.pop(key, None)
            objects.update(update[kind]["set"])

    def wait_for(self, condition, timeout=30):
        with self.changed:
            assert self.changed.wait_for(condition, timeout), (self.objects, self.process.poll())

    def statistics(self):
        with self.changed:
            seen = len(self.statistics_lines)
            self.process.stdin.write("\n")
            self.process.stdin.flush()
            assert self.changed.wait_for(lambda: len(self.statistics_lines) > seen, 30)
            return self.statistics_lines[-1]

    def wait_for_statistics(self, condition, timeout=30):
        deadline = time.monotonic() + timeout
        while not condition(self.statistics()):
            assert time.monotonic() < deadline, self.statistics()
            time.sleep(0.01)

    def names(self, kind):
        return sorted(self.objects[kind])

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.reader.join()


@pytest.fixture
def run():
    """run(server options...) -> (server, printer)."""
    ends = []

    def start(printer=True, token_file=None, **options):
        server = ApiServer(**options)
        ends.append(server.stop)
        if not printer:
            return server
        printer = Printer(server.url, token_file)
        ends.append(printer.end)
        return server, printer

    yield start
    for end in reversed(ends):
        end()


def service(name, address="10.0.0.1"):
    return {"kind": "Service", "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"clusterIP": address, "ports": [{"name": "http", "port": 80, "protocol": "TCP",
                                                      "targetPort": "web"}]}}


def slice_of(name, *addresses, version="v1"):
    return {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/" + version, "addressType": "IPv4",
            "metadata": {"name": name, "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses],
            "ports": [{"name": "http", "protocol": "TCP", "port": 8080}]}


def node(name):
    return {"kind": "Node", "apiVersion": "v1", "metadata": {"name": name}, "spec": {"podCIDRs": ["10.1.0.0/24"]},
            "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}}


def fill(server):
    server.set(service("web"), slice_of("web-1", "10.1.0.1"), node("n1"))


def wait_until_watched(server, count=3):
    server.wait_for(lambda: len(server.watches) == count)


@pytest.mark.parametrize("options", [
    {}, {"protobuf": False}, {"streaming": False}, {"streaming": False, "protobuf": False},
    {"streaming": False, "field_selectors": False}, {"streaming": False, "page": 1},
    {"cut": 1}, {"cut": 1, "protobuf": False}, {"cut": 7, "streaming": False},
])
def test_everything_and_then_what_changes(run, options):
    server = run(printer=False, **options)
    fill(server)
    server.set(service("other", "10.0.0.2"))
    printer = Printer(server.url)
    try:
        printer.wait_for(lambda: printer.updates)
        first = printer.updates[0]
        assert first["reset"]
        assert (printer.names("services"), printer.names("slices"), printer.names("nodes")) == (
            ["shop/other", "shop/web"], ["shop/web-1"], ["n1"])
        assert printer.objects["services"]["shop/web"]["spec"]["clusterIP"] == "10.0.0.1"
        assert printer.objects["services"]["shop/web"]["spec"]["ports"][0]["port"] == 80
        assert printer.objects["slices"]["shop/web-1"]["endpoints"][0]["conditions"] == {"ready": True}
        assert printer.objects["nodes"]["n1"]["spec"]["podCIDRs"] == ["10.1.0.0/24"]
        wait_until_watched(server)
        server.set(slice_of("web-1", "10.1.0.1", "10.1.0.2"))
        server.set(slice_of("web-2", "10.1.0.3"))
        server.delete("Service", "other", "shop")
        server.delete("Node", "n1")
        printer.wait_for(lambda: (printer.names("services"), printer.names("slices"), printer.names("nodes")) == (
            ["shop/web"], ["shop/web-1", "shop/web-2"], []))
        printer.wait_for(lambda: len(printer.objects["slices"]["shop/web-1"]["endpoints"]) == 2)
        assert not any(update["reset"] for update in printer.updates[1:])
        assert all(update["age"] < 5 for update in printer.updates)
        assert printer.statistics()["ready"]
        assert printer.statistics()["services"]["lists"] == 1
    finally:
        printer.end()


def test_nothing_before_every_list_is_complete(run):
    server = run(printer=False, streaming=False)
    fill(server)
    nodes, discovery = server.hold_next("list", "nodes"), server.hold_next("get", "discovery.k8s.io")
    printer = Printer(server.url)
    try:
        wait_until_watched(server, 1)  # Services
        server.set(service("late"))
        printer.wait_for_statistics(lambda s: s["services"]["objects"] == 2)
        nodes.set()
        printer.wait_for_statistics(lambda s: s["nodes"]["synced"])
        assert not printer.statistics()["ready"]
        assert printer.updates == []
        discovery.set()
        printer.wait_for(lambda: printer.updates)
        assert printer.updates[0]["reset"]
        assert printer.names("services") == ["shop/late", "shop/web"]
        assert printer.names("nodes") == ["n1"]
    finally:
        nodes.set()
        discovery.set()
        printer.end()


def test_an_empty_cluster_is_handed_on(run):
    _, printer = run()
    printer.wait_for(lambda: printer.updates)
    assert printer.updates[0]["reset"]
    assert printer.objects == {"services": {}, "slices": {}, "nodes": {}}


@pytest.mark.parametrize("protobuf", [True, False])
def test_slices_of_v1beta1(run, protobuf):
    server, printer = run(slices="v1beta1", protobuf=protobuf)
    old = slice_of("web-1", "10.1.0.1", version="v1beta1")
    old["endpoints"][0].update({"topology": {"kubernetes.io/hostname": "n1", "topology.kubernetes.io/zone": "z1"},
                                "hints": {"forZones": [{"name": "z2"}]}})
    server.set(old)
    printer.wait_for(lambda: printer.names("slices") == ["shop/web-1"])
    endpoint = printer.objects["slices"]["shop/web-1"]["endpoints"][0]
    assert (endpoint["nodeName"], endpoint["zone"]) == ("n1", "z1")
    assert endpoint["hints"] == {"forZones": [{"name": "z2"}]}
    assert printer.statistics()["endpoint_api"] == "EndpointSlice in discovery.k8s.io/v1beta1"


@pytest.mark.parametrize("protobuf", [True, False])
def test_endpoints(run, protobuf):
    server, printer = run(slices=None, protobuf=protobuf)
    endpoints = {"kind": "Endpoints", "apiVersion": "v1", "metadata": {"name": "web", "namespace": "shop"},
                 "subsets": [{"addresses": [{"ip": "10.1.0.1", "nodeName": "n1"}, {"ip": "fd00::1"}],
                              "notReadyAddresses": [{"ip": "10.1.0.2"}], "ports": [{"name": "http", "port": 80}]}]}
    server.set(endpoints)
    printer.wait_for(lambda: printer.names("slices") == ["shop/web-0-ipv4", "shop/web-0-ipv6"])
    ready = [e["conditions"]["ready"] for e in printer.objects["slices"]["shop/web-0-ipv4"]["endpoints"]]
    assert ready == [True, False]
    wait_until_watched(server)
    endpoints["subsets"][0]["addresses"].pop()
    server.set(endpoints)
    printer.wait_for(lambda: printer.names("slices") == ["shop/web-0-ipv4"])
    server.delete("Endpoints", "web", "shop")
    printer.wait_for(lambda: printer.names("slices") == [])


@pytest.mark.parametrize("abruptly", [True, False])
def test_a_watch_that_ends_goes_on_without_a_list(run, abruptly):
    server, printer = run()
    fill(server)
    printer.wait_for(lambda: printer.names("nodes") == ["n1"])
    wait_until_watched(server)
    asked = len(server.requests)
    server.end_watches(abruptly=abruptly)
    server.set(service("new"))
    printer.wait_for(lambda: printer.names("services") == ["shop/new", "shop/web"])
    wait_until_watched(server)
    assert {request.verb for request in server.requests[asked:]} == {"watch"}
    assert all("sendInitialEvents" not in request.query for request in server.requests[asked:])


def test_a_server_that_is_away_and_comes_back(run):
    server, printer = run()
    fill(server)
    printer.wait_for(lambda: printer.names("nodes") == ["n1"])
    wait_until_watched(server)
    server.stop()
    printer.wait_for_statistics(lambda s: s["services"]["last_error"] and not s["services"]["watching"])
    again = run(printer=False, port=server.port)
    again.store = server.store
    again.set(service("new"))
    printer.wait_for(lambda: printer.names("services") == ["shop/new", "shop/web"])
    assert not any(update["reset"] for update in printer.updates[1:])
    assert again.asked("list") == []


def test_a_history_that_is_gone_means_a_list(run):
    server, printer = run(streaming=False)
    server.set(service("stays"), service("goes"))
    printer.wait_for(lambda: printer.names("services") == ["shop/goes", "shop/stays"])
    wait_until_watched(server)
    lists = len(server.asked("list", "services"))
    with server.store.changed:  # at once, as seen from outside
        server.delete("Service", "goes", "shop")
        server.set(service("comes"))
        server.store.tick()
        server.store.compact()
    printer.wait_for(lambda: printer.names("services") == ["shop/comes", "shop/stays"])
    assert len(server.asked("list", "services")) == lists + 1
    assert list(printer.updates[-1]["services"]["set"]) == ["shop/comes"]
    assert printer.updates[-1]["services"]["deleted"] == ["shop/goes"]


def test_an_empty_list_after_a_full_one_is_applied_and_counted(run):
    server, printer = run()
    server.set(service("a"), service("b"))
    printer.wait_for(lambda: printer.names("services") == ["shop/a", "shop/b"])
    wait_until_watched(server)
    server.store.lose("Service")
    printer.wait_for(lambda: printer.names("services") == [])
    printer.wait_for_statistics(lambda s: s["services"]["emptied"] == 1)


def test_a_token_that_is_replaced(run, tmp_path):
    token = tmp_path / "token"
    token.write_text("first")
    server, printer = run(token="first", token_file=str(token))
    fill(server)
    printer.wait_for(lambda: printer.names("nodes") == ["n1"])
    wait_until_watched(server)
    server.token = "second"
    token.write_text("second")
    server.end_watches()  # a watch that runs is not asked again who it is
    server.set(service("new"))
    printer.wait_for(lambda: "shop/new" in printer.objects["services"])
    assert printer.statistics()["services"]["lists"] == 1


def test_a_server_that_is_upgraded(run):
    server, printer = run(slices="v1beta1")
    server.set(slice_of("web-1", "10.1.0.1", version="v1beta1"))
    printer.wait_for(lambda: printer.names("slices") == ["shop/web-1"])
    wait_until_watched(server)
    with server.store.changed:
        server.slices = "v1"
        server.store.objects["endpointslices"].clear()
        server.store.history["endpointslices"].clear()
        server.set(slice_of("web-2", "10.1.0.2"))
        server.end_watches("endpointslices")
    printer.wait_for(lambda: printer.names("slices") == ["shop/web-2"])
    assert printer.statistics()["endpoint_api"] == "EndpointSlice in discovery.k8s.io/v1"


def test_a_right_that_is_missing_is_named(run):
    server = run(printer=False, streaming=False)
    server.fail_next("list", "endpointslices", 403, "Forbidden")
    printer = Printer(server.url)
    try:
        printer.wait_for_statistics(lambda s: s["endpoints"]["last_error"])
        assert ("lacks the verb \"list\" on endpointslices.discovery.k8s.io"
                in printer.statistics()["endpoints"]["last_error"])
        printer.wait_for(lambda: printer.updates)
    finally:
        printer.end()


def test_a_server_that_is_no_kubernetes():
    class Web(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>welcome</html>")

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    printer = Printer(f"http://127.0.0.1:{server.server_address[1]}")
    try:
        printer.wait_for_statistics(lambda s: "is no Kubernetes API server" in s["endpoints"]["last_error"])
        printer.wait_for_statistics(lambda s: "is this a Kubernetes API server?" in s["services"]["last_error"])
        assert printer.updates == []
    finally:
        printer.end()
        server.shutdown()
        server.server_close()
        thread.join()


def test_what_cannot_be_decoded_is_passed_over(run):
    server, printer = run()
    fill(server)
    printer.wait_for(lambda: printer.names("nodes") == ["n1"])
    wait_until_watched(server)
    server.send_to_watches("services", {"type": "ADDED", "object": {"kind": "Status", "apiVersion": "v1"}})
    server.set(service("new"))
    printer.wait_for(lambda: "shop/new" in printer.objects["services"])
    assert printer.statistics()["services"]["decode_errors"] == 1


def test_too_many_requests_in_the_middle_of_a_watch(run):
    server, printer = run()
    fill(server)
    printer.wait_for(lambda: printer.names("nodes") == ["n1"])
    wait_until_watched(server)
    server.send_to_watches("services", {"type": "ERROR", "object": status(429, "TooManyRequests", retryAfterSeconds=1)})
    server.set(service("new"))
    printer.wait_for(lambda: "shop/new" in printer.objects["services"])
    assert printer.statistics()["services"]["lists"] == 1


def test_many_changes_become_few_updates(run):
    server, printer = run()
    server.set(*(service(f"s{i}") for i in range(1000)))
    printer.wait_for(lambda: len(printer.objects["services"]) == 1000)
    wait_until_watched(server)
    before = len(printer.updates)
    with server.store.changed:
        for i in range(1000):
            server.set(service(f"s{i % 10}", f"10.0.1.{i % 250}"))  # the last: s9 with .249
    printer.wait_for(lambda: printer.objects["services"]["shop/s9"]["spec"]["clusterIP"] == "10.0.1.249")
    assert len(printer.updates) - before < 200
    assert printer.statistics()["services"]["events"] >= 1000


@pytest.mark.parametrize("protobuf", [True, False])
def test_a_slice_of_the_largest_size(run, protobuf):
    """1000 endpoints and 100 ports: pkg/apis/discovery/validation/validation.go."""
    server, printer = run(protobuf=protobuf)
    large = slice_of("web-1", *(f"10.1.{j // 250}.{j % 250}" for j in range(1000)))
    large["ports"] = [{"name": f"p{j}", "protocol": "TCP", "port": 8000 + j} for j in range(100)]
    server.set(large)
    printer.wait_for(lambda: printer.names("slices") == ["shop/web-1"])
    got = printer.objects["slices"]["shop/web-1"]
    assert [one["addresses"] for one in got["endpoints"]] == [one["addresses"] for one in large["endpoints"]]
    assert [one["port"] for one in got["ports"]] == [one["port"] for one in large["ports"]]
    assert printer.statistics()["endpoints"]["decode_errors"] == 0


def test_a_large_list(run):
    server = run(printer=False, streaming=False)
    server.set(*(slice_of(f"web-{i}", *(f"10.{i}.{j // 250}.{j % 250}" for j in range(1000))) for i in range(20)))
    printer = Printer(server.url)
    try:
        printer.wait_for(lambda: printer.updates)
        assert sum(len(s["endpoints"]) for s in printer.objects["slices"].values()) == 20000
        wait_until_watched(server)
        server.set(slice_of("web-0", *(f"10.200.{j // 250}.{j % 250}" for j in range(1000))))
        printer.wait_for(lambda: printer.objects["slices"]["shop/web-0"]["endpoints"][999]["addresses"] == ["10.200.3.249"])
    finally:
        printer.end()
