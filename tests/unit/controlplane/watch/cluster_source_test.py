"""ClusterSource against a scripted API server, over loopback: what there is, and what changes."""

import pytest

from cluster_printer import Printer, fill, service, slice_of, wait_until_watched


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
