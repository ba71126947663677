"""What controller and gateway said to each other, from the bytes that passed between them.

HTTP/2 frames (RFC 9113 section 4.1), gRPC's messages in their data, the fields of proto/portico/v1:
all read here anew, so that what is measured is what was on the wire.
"""

import collections
import pickle
import struct

from control.relay import TO_CONTROLLER, TO_GATEWAY

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA = 0
STATE_DRAINING = 2  # Endpoint.State

Endpoint = collections.namedtuple("Endpoint", "service name address draining")


class Revision:
    """What was sent up to one Sync, and what came of it. Times are of time.monotonic()."""

    def __init__(self):
        self.number = None
        self.reset = False
        self.services = 0
        self.routes = 0
        self.endpoints = []  # Endpoint, those that were set
        self.deleted = []    # (service, name)
        self.acknowledged_at = None


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of a protobuf message; values are numbers and bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            length, at = _varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            raise ValueError(f"wire type {tag & 7}")
        yield tag >> 3, value


def messages(chunks, preface=b""):
    """(time, message) of each message of the one call there is, from (time, bytes)."""
    raw, body = bytearray(), bytearray()
    for time, chunk in chunks:
        raw += chunk
        at = 0
        if preface and len(raw) >= len(preface):
            assert raw.startswith(preface), bytes(raw[:32])
            at, preface = len(preface), b""
        while not preface and len(raw) - at >= 9:
            length = int.from_bytes(raw[at:at + 3], "big")
            if len(raw) - at < 9 + length:
                break
            if raw[at + 3] == DATA:
                assert raw[at + 4] & 8 == 0, "padded"
                body += raw[at + 9:at + 9 + length]
            at += 9 + length
        del raw[:at]
        at = 0
        while len(body) - at >= 5:
            compressed, length = struct.unpack_from(">?I", body, at)
            assert not compressed
            if len(body) - at < 5 + length:
                break
            yield time, bytes(body[at + 5:at + 5 + length])
            at += 5 + length
        del body[:at]


def _endpoint(data):
    found = dict(fields(data))
    return Endpoint(found[2].decode(), found[1].decode(), found[3].decode(),
                    found.get(6) == STATE_DRAINING)


def _set(revision, data):
    for number, value in fields(data):
        if number == 1:
            revision.services += 1
        elif number == 2:
            revision.endpoints.append(_endpoint(value))
        elif number == 3:
            revision.routes += 1


def _delete(revision, data):
    for number, value in fields(data):
        assert number == 2, f"a deletion of field {number}"
        found = dict(fields(value))
        revision.deleted.append((found[1].decode(), found[2].decode()))


# What there is to change, by the field that it is: alone in a PushRequest, or in a Change.
_ALONE = {3: _set, 4: _delete}
_AMONG_OTHERS = {1: _set, 2: _delete}


def _revisions(chunks):
    revision = Revision()
    for _, message in messages(chunks, PREFACE):
        (kind, value), = fields(message)  # PushRequest
        if kind == 2:
            revision.reset = True
        elif kind in _ALONE:
            _ALONE[kind](revision, value)
        elif kind == 5:
            revision.number = dict(fields(value))[1]
            yield revision
            revision = Revision()
        elif kind == 6:
            for _, change in fields(value):
                (kind, value), = fields(change)
                _AMONG_OTHERS[kind](revision, value)


def read(path):
    """All revisions of the conversation, in their order. ValueError when one was refused."""
    with open(path, "rb") as file:
        passed = pickle.load(file)
    ways = {way: [(time, data) for direction, time, data in passed if direction == way]
            for way in (TO_GATEWAY, TO_CONTROLLER)}
    revisions = list(_revisions(ways[TO_GATEWAY]))
    unanswered = iter(revisions)
    for time, message in messages(ways[TO_CONTROLLER]):
        (kind, value), = fields(message)  # PushResponse
        if kind == 3:
            raise ValueError(f"the gateway refused: {bytes(value)!r}")
        if kind == 2:
            revision = next(unanswered)
            assert dict(fields(value))[1] == revision.number
            revision.acknowledged_at = time
    return revisions
