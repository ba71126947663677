"""ClusterSource against a scripted API server, over loopback: what goes wrong between them."""

import http.server
import threading

import pytest

from cluster_printer import Printer, fill, service, slice_of, wait_until_watched
from tests.support.api_server.server import status


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
