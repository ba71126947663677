"""A cluster of any size, as its API server tells of it, and changes of one endpoint each.

Everything is encoded before anything is measured. Addresses and names follow from numbers: of n
endpoints a Service, Service s has s * n ... s * n + n - 1, and endpoint e runs on Node e % NODES.
"""

import dataclasses
import math

from api_server.store import Stored

NODES = 250
NAMESPACES = 100
UDP_EVERY = 4  # one Service in so many is of UDP, the others of TCP
SERVICE_PORT, POD_PORT = 80, 8080
STEP = 7919  # from one change's Service to the next one's: a prime, so that all have their turn
CREATED, CHANGED = "2026-01-05T08:00:00Z", "2026-01-05T09:00:00Z"


def node_address(node):
    return f"10.12.1.{node + 1}"


def service_address(service):
    number = service + 256
    return f"10.{96 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


def pod_address(endpoint, replaced=False):
    number = endpoint // NODES + (32768 if replaced else 1)
    return f"20.{endpoint % NODES}.{number >> 8}.{number & 255}"


def namespace_of(service):
    return f"namespace-{service % NAMESPACES}"


def service_name(service):
    """As the gateway knows it."""
    return f"{namespace_of(service)}/service-{service}"


def is_udp(service):
    return service % UDP_EVERY == 0


def _metadata(name, number, namespace=None, manager=None, fields=None, **more):
    """With what every object of a real server has, though Portico reads little of it."""
    made = {"name": name, "uid": f"6ba7b810-9dad-11d1-80b4-{number:012d}", "creationTimestamp": CREATED}
    if namespace:
        made["namespace"] = namespace
    if fields:
        made["managedFields"] = [{"manager": manager, "operation": "Update", "apiVersion": "v1",
                                  "time": CREATED, "fieldsType": "FieldsV1", "fieldsV1": fields}]
    return {**made, **more}


def _protocol(service):
    return "UDP" if is_udp(service) else "TCP"


def _node(node):
    return {"kind": "Node", "apiVersion": "v1", "metadata": _metadata(f"worker-{node}", node),
            "spec": {"podCIDR": f"20.{node}.0.0/16", "podCIDRs": [f"20.{node}.0.0/16"]},
            "status": {"addresses": [{"type": "InternalIP", "address": node_address(node)}]}}


_SERVICE_FIELDS = {"f:metadata": {"f:labels": {".": {}, "f:app.kubernetes.io/name": {}}}, "f:spec": {
    "f:ports": {".": {}, 'k:{"port":80,"protocol":"TCP"}': {
        ".": {}, "f:name": {}, "f:port": {}, "f:protocol": {}, "f:targetPort": {}}},
    "f:selector": {}, "f:sessionAffinity": {}, "f:type": {}}}
_SLICE_FIELDS = {"f:addressType": {}, "f:endpoints": {}, "f:metadata": {
    "f:generateName": {}, "f:labels": {
        ".": {}, "f:endpointslice.kubernetes.io/managed-by": {}, "f:kubernetes.io/service-name": {}},
    "f:ownerReferences": {".": {}, 'k:{"uid":"6ba7b810-9dad-11d1-80b4-00c04fd430c8"}': {}}},
    "f:ports": {}}


def _service(service):
    name, cluster_ip = f"service-{service}", service_address(service)
    return {"kind": "Service", "apiVersion": "v1", "metadata": _metadata(
                name, service, namespace_of(service), "kubectl-client-side-apply", _SERVICE_FIELDS,
                labels={"app.kubernetes.io/name": name}),
            "spec": {"type": "ClusterIP", "clusterIP": cluster_ip, "clusterIPs": [cluster_ip],
                     "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack",
                     "internalTrafficPolicy": "Cluster", "sessionAffinity": "None",
                     "selector": {"app.kubernetes.io/name": name},
                     "ports": [{"name": "main", "protocol": _protocol(service), "port": SERVICE_PORT,
                                "targetPort": POD_PORT}]}}


def _endpoint(endpoint, replaced, draining):
    number = endpoint + (500_000_000 if replaced else 0)
    return {"addresses": [pod_address(endpoint, replaced)],
            "conditions": {"ready": not draining, "serving": True, "terminating": draining},
            "nodeName": f"worker-{endpoint % NODES}", "zone": f"zone-{endpoint % 3}",
            "targetRef": {"kind": "Pod", "namespace": "default", "name": f"pod-{number}",
                          "uid": f"7cb8c920-aebe-22e2-91c5-{number:012d}"}}


@dataclasses.dataclass(frozen=True)
class Change:
    """What becomes of one endpoint: another Pod takes its place, or it terminates."""

    service: int
    endpoint: int
    replaced: bool  # else: it terminates

    @property
    def address(self):
        return pod_address(self.endpoint, self.replaced)


class Cluster:
    def __init__(self, services, endpoints_each):
        self.services, self.endpoints_each = services, endpoints_each
        assert math.gcd(STEP, services) == 1

    @property
    def endpoints(self):
        return self.services * self.endpoints_each

    def change(self, number):
        """Each Service is changed at most once, so that its message tells which change it is."""
        assert number < self.services
        service = STEP * number % self.services
        endpoint = service * self.endpoints_each + number // 2 % self.endpoints_each
        return Change(service, endpoint, number % 2 == 0)

    def objects(self):
        """All there is at first, as an API server's JSON."""
        yield from map(_node, range(NODES))
        yield from map(_service, range(self.services))
        yield from map(self._slice, range(self.services))

    def changed_slice(self, number):
        """What change `number` makes of a slice."""
        change = self.change(number)
        return self._slice(change.service, change)

    def _slice(self, service, change=None):
        name, first = f"service-{service}", service * self.endpoints_each
        metadata = _metadata(
            f"{name}-x7k2p", 10_000_000 + service, namespace_of(service), "kube-controller-manager",
            _SLICE_FIELDS, generateName=f"{name}-", generation=1 if change is None else 2,
            labels={"kubernetes.io/service-name": name,
                    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
            annotations={"endpoints.kubernetes.io/last-change-trigger-time":
                         CREATED if change is None else CHANGED},
            ownerReferences=[{"apiVersion": "v1", "kind": "Service", "name": name, "controller": True,
                              "blockOwnerDeletion": True,
                              "uid": f"6ba7b810-9dad-11d1-80b4-{service:012d}"}])
        return {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1", "addressType": "IPv4",
                "metadata": metadata,
                "endpoints": [_endpoint(one, *self._state(one, change))
                              for one in range(first, first + self.endpoints_each)],
                "ports": [{"name": "main", "protocol": _protocol(service), "port": POD_PORT}]}

    @staticmethod
    def _state(endpoint, change):
        """(replaced, draining)"""
        if change is None or change.endpoint != endpoint:
            return False, False
        return change.replaced, not change.replaced


def prepare(value, version, encoding, event="ADDED"):
    """An object as the API server stores it, encoded; what it was made of is not kept."""
    value["metadata"]["resourceVersion"] = str(version)
    stored = Stored(value)
    assert stored.event(event, encoding == "protobuf")
    stored.value = {"kind": value["kind"], "apiVersion": value["apiVersion"],
                    "metadata": {"resourceVersion": str(version)}}
    return stored
