"""What a scripted API server has: objects, their history, and one version that counts all changes."""

import copy
import json
import threading

from . import wire

# kind: the resource's name in paths.
PLURALS = {"Service": "services", "EndpointSlice": "endpointslices", "Endpoints": "endpoints",
           "Node": "nodes"}


class Stored:
    """An object at one of its versions, with its encodings, which are made once."""

    def __init__(self, value):
        self.value = value
        self.key = (value["metadata"].get("namespace", ""), value["metadata"]["name"])
        self._protobuf = None
        self._json = None
        self._events = {}

    @property
    def protobuf(self):
        if self._protobuf is None:
            self._protobuf = wire.encode(wire.message_of(self.value), self.value)
        return self._protobuf

    @property
    def json(self):
        if self._json is None:
            self._json = json.dumps(self.value, separators=(",", ":")).encode()
        return self._json

    def event(self, kind, as_protobuf):
        """"ADDED", "MODIFIED" or "DELETED", as a watch tells of it."""
        if (kind, as_protobuf) not in self._events:
            self._events[kind, as_protobuf] = self._make_event(kind, as_protobuf)
        return self._events[kind, as_protobuf]

    def _make_event(self, kind, as_protobuf):
        if not as_protobuf:
            return b'{"type":"%s","object":%s}\n' % (kind.encode(), self.json)
        return wire.frame(kind, wire.envelope(self.value["apiVersion"], self.value["kind"], self.protobuf))


class Store:
    """All methods may be called by any thread. `changed` is notified of every change."""

    def __init__(self):
        self.changed = threading.Condition()
        self.version = 1
        self.oldest = 0  # a watch can't begin at an older version
        self.objects = {plural: {} for plural in PLURALS.values()}
        self.history = {plural: [] for plural in PLURALS.values()}  # (version, type, Stored)

    def set(self, value):
        """Adds or replaces an object; its resource version."""
        value = copy.deepcopy(value)
        with self.changed:
            value["metadata"]["resourceVersion"] = str(self.version + 1)
            return self.put(Stored(value))

    def put(self, stored):
        """The same for one that was made beforehand and says its version, the next one."""
        plural = PLURALS[stored.value["kind"]]
        with self.changed:
            known = stored.key in self.objects[plural]
            self.version = int(stored.value["metadata"]["resourceVersion"])
            self.objects[plural][stored.key] = stored
            self.history[plural].append((self.version, "MODIFIED" if known else "ADDED", stored))
            self.changed.notify_all()
            return self.version

    def delete(self, kind, name, namespace=""):
        with self.changed:
            value = copy.deepcopy(self.objects[PLURALS[kind]].pop((namespace, name)).value)
            self.version += 1
            value["metadata"]["resourceVersion"] = str(self.version)
            self.history[PLURALS[kind]].append((self.version, "DELETED", Stored(value)))
            self.changed.notify_all()
            return self.version

    def tick(self):
        """A change of something that nobody here watches."""
        with self.changed:
            self.version += 1
            self.changed.notify_all()

    def lose(self, kind):
        """As if etcd had been emptied: the objects are gone without an event."""
        with self.changed:
            self.objects[PLURALS[kind]].clear()
            self.version += 1
            self.compact()

    def compact(self):
        """The history is gone: a watch from before gets 410."""
        with self.changed:
            self.oldest = self.version
            for events in self.history.values():
                events.clear()
            self.changed.notify_all()
