"""Kubernetes objects (dictionaries, as in JSON) in Kubernetes' protobuf encoding.

Written from k8s.io/{api,apimachinery}'s generated.proto and the wire format of
https://protobuf.dev/programming-guides/encoding, not from proto/kubernetes: a second opinion.
"""

import datetime
import json
import struct

# message: {field in JSON: (number, type)}; [T] is a list, {} a map of texts, (T) any other message.
MESSAGES = {
    "ObjectMeta": {"name": (1, str), "generateName": (2, str), "namespace": (3, str), "uid": (5, str),
                   "resourceVersion": (6, str), "generation": (7, int), "creationTimestamp": (8, "Time"),
                   "labels": (11, {}), "annotations": (12, {}), "ownerReferences": (13, ["OwnerReference"]),
                   "managedFields": (17, ["ManagedFieldsEntry"])},
    "OwnerReference": {"kind": (1, str), "name": (3, str), "uid": (4, str), "apiVersion": (5, str),
                       "controller": (6, bool), "blockOwnerDeletion": (7, bool)},
    "ManagedFieldsEntry": {"manager": (1, str), "operation": (2, str), "apiVersion": (3, str),
                           "time": (4, "Time"), "fieldsType": (6, str), "fieldsV1": (7, "FieldsV1")},
    "ListMeta": {"selfLink": (1, str), "resourceVersion": (2, str), "continue": (3, str),
                 "remainingItemCount": (4, int)},
    "Status": {"metadata": (1, "ListMeta"), "status": (2, str), "message": (3, str),
               "reason": (4, str), "details": (5, "StatusDetails"), "code": (6, int)},
    "StatusDetails": {"name": (1, str), "kind": (3, str), "causes": (4, ["StatusCause"]),
                      "retryAfterSeconds": (5, int)},
    "StatusCause": {"reason": (1, str), "message": (2, str), "field": (3, str)},
    "ObjectReference": {"kind": (1, str), "namespace": (2, str), "name": (3, str), "uid": (4, str)},
    "Service": {"metadata": (1, "ObjectMeta"), "spec": (2, "ServiceSpec"), "status": (3, "ServiceStatus")},
    "ServiceSpec": {"ports": (1, ["ServicePort"]), "selector": (2, {}), "clusterIP": (3, str),
                    "type": (4, str), "externalIPs": (5, [str]), "sessionAffinity": (7, str),
                    "loadBalancerIP": (8, str), "loadBalancerSourceRanges": (9, [str]),
                    "externalName": (10, str), "externalTrafficPolicy": (11, str),
                    "healthCheckNodePort": (12, int), "publishNotReadyAddresses": (13, bool),
                    "sessionAffinityConfig": (14, "SessionAffinityConfig"),
                    "ipFamilyPolicy": (17, str), "clusterIPs": (18, [str]), "ipFamilies": (19, [str]),
                    "allocateLoadBalancerNodePorts": (20, bool), "loadBalancerClass": (21, str),
                    "internalTrafficPolicy": (22, str), "trafficDistribution": (23, str)},
    "ServicePort": {"name": (1, str), "protocol": (2, str), "port": (3, int),
                    "targetPort": (4, "IntOrString"), "nodePort": (5, int), "appProtocol": (6, str)},
    "SessionAffinityConfig": {"clientIP": (1, "ClientIPConfig")},
    "ClientIPConfig": {"timeoutSeconds": (1, int)},
    "ServiceStatus": {"loadBalancer": (1, "LoadBalancerStatus")},
    "LoadBalancerStatus": {"ingress": (1, ["LoadBalancerIngress"])},
    "LoadBalancerIngress": {"ip": (1, str), "hostname": (2, str), "ipMode": (3, str)},
    "Node": {"metadata": (1, "ObjectMeta"), "spec": (2, "NodeSpec"), "status": (3, "NodeStatus")},
    "NodeSpec": {"podCIDR": (1, str), "providerID": (3, str), "unschedulable": (4, bool),
                 "podCIDRs": (7, [str])},
    "NodeStatus": {"addresses": (5, ["NodeAddress"])},
    "NodeAddress": {"type": (1, str), "address": (2, str)},
    "Endpoints": {"metadata": (1, "ObjectMeta"), "subsets": (2, ["EndpointSubset"])},
    "EndpointSubset": {"addresses": (1, ["EndpointAddress"]),
                       "notReadyAddresses": (2, ["EndpointAddress"]), "ports": (3, ["SubsetPort"])},
    "EndpointAddress": {"ip": (1, str), "targetRef": (2, "ObjectReference"), "hostname": (3, str),
                        "nodeName": (4, str)},
    "SubsetPort": {"name": (1, str), "port": (2, int), "protocol": (3, str)},
    "EndpointSlice": {"metadata": (1, "ObjectMeta"), "endpoints": (2, ["Endpoint"]),
                      "ports": (3, ["SlicePort"]), "addressType": (4, str)},
    "Endpoint": {"addresses": (1, [str]), "conditions": (2, "EndpointConditions"),
                 "hostname": (3, str), "targetRef": (4, "ObjectReference"),
                 "deprecatedTopology": (5, {}), "nodeName": (6, str), "zone": (7, str),
                 "hints": (8, "EndpointHints")},
    # Of discovery.k8s.io/v1beta1.
    "EndpointSliceV1beta1": {"metadata": (1, "ObjectMeta"), "endpoints": (2, ["EndpointV1beta1"]),
                             "ports": (3, ["SlicePort"]), "addressType": (4, str)},
    "EndpointV1beta1": {"addresses": (1, [str]), "conditions": (2, "EndpointConditions"),
                        "hostname": (3, str), "targetRef": (4, "ObjectReference"),
                        "topology": (5, {}), "nodeName": (6, str), "hints": (7, "EndpointHints")},
    "EndpointConditions": {"ready": (1, bool), "serving": (2, bool), "terminating": (3, bool)},
    "EndpointHints": {"forZones": (1, ["Named"]), "forNodes": (2, ["Named"])},
    "Named": {"name": (1, str)},
    "SlicePort": {"name": (1, str), "protocol": (2, str), "port": (3, int), "appProtocol": (4, str)},
}


def varint(value):
    value &= 0xFFFFFFFFFFFFFFFF  # a negative number takes all ten bytes
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, payload):
    payload = payload.encode() if isinstance(payload, str) else payload
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def number_field(number, value):
    return varint(number << 3) + varint(int(value))


def encode_value(number, kind, value):
    if isinstance(kind, list):
        return b"".join(encode_value(number, kind[0], item) for item in value)
    if isinstance(kind, dict):
        return b"".join(field(number, field(1, key) + field(2, text)) for key, text in sorted(value.items()))
    if kind is str:
        return field(number, value)
    if kind in (int, bool):
        return number_field(number, value)
    if kind == "Time":
        return field(number, number_field(1, int(datetime.datetime.fromisoformat(value).timestamp())))
    if kind == "FieldsV1":  # JSON within protobuf
        return field(number, field(1, json.dumps(value, separators=(",", ":"))))
    if kind == "IntOrString":
        text = isinstance(value, str)
        return field(number, number_field(1, text) + (field(3, value) if text else number_field(2, value)))
    return field(number, encode(kind, value))


def encode(message, value):
    fields = MESSAGES[message]
    return b"".join(encode_value(*fields[name], part) for name, part in value.items()
                    if name in fields and part is not None)


def message_of(value):
    beta = value["apiVersion"] == "discovery.k8s.io/v1beta1"
    return value["kind"] + ("V1beta1" if beta else "")


def envelope(api_version, kind, raw):
    """runtime.Unknown, as every body and every watched object is wrapped."""
    unknown = field(1, field(1, api_version) + field(2, kind)) + field(2, raw) + field(3, "") + field(4, "")
    return b"k8s\0" + unknown


def wrap(value):
    return envelope(value["apiVersion"], value["kind"], encode(message_of(value), value))


def wrap_list(api_version, kind, metadata, encoded_items):
    raw = field(1, encode("ListMeta", metadata)) + b"".join(field(2, item) for item in encoded_items)
    return envelope(api_version, kind, raw)


def frame(event_type, wrapped):
    """A WatchEvent as a watch has it: with four bytes of length."""
    event = field(1, event_type) + field(2, field(1, wrapped))
    return struct.pack(">I", len(event)) + event
