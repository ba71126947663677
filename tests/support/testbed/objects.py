"""Kubernetes objects as people and kubelets write them, for a cluster that has no kubelets."""

from testbed.scenario import FAMILIES

APP = {"app": "hello-world"}


def addresses(*pods):
    """Those of Pods of the scenario, in both families."""
    return {pod.address.of(family) for pod in pods for family in FAMILIES}


def node(one):
    """As the kubelet of the scenario's Node registers it."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": one.name},
            "spec": {"podCIDRs": [one.pod_network.of(family) for family in FAMILIES],
                     "podCIDR": one.pod_network.v4},
            "status": {"addresses": [{"type": "InternalIP", "address": one.address.of(family)}
                                     for family in FAMILIES],
                       "conditions": [{"type": "Ready", "status": "True"}]}}


def pod(one):
    """What a Deployment and a scheduler would make: it has a node, and no address yet."""
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": one.name, "namespace": "default", "labels": APP},
            "spec": {"nodeName": one.node.name,
                     "containers": [{"name": "hello-world", "image": "hello-world"}]}}


def pod_status(one, ready=True):
    """What the kubelet says of a Pod that runs."""
    return {"phase": "Running", "podIP": one.address.v4,
            "podIPs": [{"ip": one.address.of(family)} for family in FAMILIES],
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"name": "hello-world", "ready": ready, "restartCount": 0,
                                   "image": "hello-world", "imageID": "", "state": {"running": {}}}]}


def service(name, address, port=80, target_port=8080, protocol="TCP", annotations=None):
    """A Service of both families before the Pods of the scenario."""
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "default", "annotations": annotations or {}},
            "spec": {"selector": APP, "ipFamilyPolicy": "RequireDualStack",
                     "ipFamilies": ["IPv4", "IPv6"], "clusterIP": address.v4,
                     "clusterIPs": [address.v4, address.v6],
                     "ports": [{"name": "http", "protocol": protocol, "port": port,
                                "targetPort": target_port}]}}
