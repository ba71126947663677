"""A scripted API server over HTTP/1.1: lists, watches, and the faults that a test asks for."""

import collections
import gzip
import http.server
import json
import socket
import threading
import time
import urllib.parse

from . import wire
from .store import PLURALS, Store

KINDS = {plural: kind for kind, plural in PLURALS.items()}
PROTOBUF = "application/vnd.kubernetes.protobuf"

Request = collections.namedtuple("Request", "verb plural path query headers")


def status(code, reason, message="for a reason", **details):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code,
            "reason": reason, "message": message, "details": details}


class ApiServer:
    """Serves until stop(). Of what it can do, a test takes away what an older server has not.

    slices: the version of discovery.k8s.io that there is ("v1", "v1beta1", None: Endpoints only)
    protobuf, streaming, field_selectors: whether it can do that
    bookmark_every: seconds between bookmarks; cut: bytes a chunk; page: most items of a list
    token: what requests must bear
    """

    def __init__(self, slices="v1", protobuf=True, streaming=True, field_selectors=True,
                 bookmark_every=60.0, cut=None, page=None, token=None, port=0, tls=None):
        self.slices, self.protobuf, self.streaming = slices, protobuf, streaming
        self.field_selectors, self.bookmark_every = field_selectors, bookmark_every
        self.cut, self.page, self.token = cut, page, token
        self.store = Store()
        self.requests = []  # Request, in the order of their arrival
        self.faults = []  # (verb, plural, what to do), each for one request
        self.watches = []  # Watch, those that are open
        self._http = _HttpServer(("127.0.0.1", port), _Handler)
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._http.api = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def port(self):
        return self._http.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def stop(self):
        """Nobody listens any more, and all connections are gone."""
        self._http.shutdown()
        self._http.server_close()
        self.end_watches(abruptly=True)
        self._http.drop_connections()

    def set(self, *values):
        for value in values:
            self.store.set(value)

    def delete(self, kind, name, namespace=""):
        self.store.delete(kind, name, namespace)

    def fail_next(self, verb, plural, code, reason, times=1, headers=None, **details):
        """The next requests of that verb ("list", "watch", "get") are refused."""
        answer = (code, status(code, reason, **details), headers or {})
        self.faults += [(verb, plural, answer)] * times

    def hold_next(self, verb, plural):
        """The next such request is not answered before the event that is returned is set."""
        released = threading.Event()
        self.faults.append((verb, plural, released))
        return released

    def send_to_watches(self, plural, data):
        """Bytes, or {"type": ..., "object": ...} as an event, into the watches that are open."""
        with self.store.changed:
            for watch in self.watches:
                if watch.plural == plural:
                    watch.extra.append(data)
            self.store.changed.notify_all()

    def end_watches(self, plural=None, abruptly=False):
        """In order, as a server that goes away does, or by a reset."""
        with self.store.changed:
            for watch in self.watches:
                if plural in (None, watch.plural):
                    watch.ending = "abruptly" if abruptly else "in order"
            self.store.changed.notify_all()

    def wait_for(self, condition, timeout=20):
        """Waits until condition() is true; it is asked after each request and change."""
        with self.store.changed:
            if not self.store.changed.wait_for(condition, timeout):
                raise TimeoutError("the API server did not see what the test waits for")

    def asked(self, verb, plural=None):
        return [r for r in list(self.requests) if r.verb == verb and plural in (None, r.plural)]


class Watch:
    def __init__(self, plural, version):
        self.plural, self.version = plural, version
        self.extra = []  # what a test wants to be sent
        self.ending = None


class _HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.connections = set()

    def drop_connections(self):
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself

    def handle_error(self, request, client_address):
        pass  # clients go when they like


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self):
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *args):
        pass

    def do_GET(self):  # noqa: N802, the name is the library's
        self.api, self.store = self.server.api, self.server.api.store
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        plural = url.path.rsplit("/", 1)[-1]
        verb = "get" if plural not in KINDS else "watch" if "watch" in query else "list"
        self.as_protobuf = self.api.protobuf and PROTOBUF in self.headers.get("Accept", "")
        with self.store.changed:
            self.api.requests.append(Request(verb, plural, url.path, query, dict(self.headers)))
            self.store.changed.notify_all()
            fault = next((f for f in self.api.faults if f[:2] == (verb, plural)), None)
            if fault is not None:
                self.api.faults.remove(fault)
        if self.api.token and self.headers.get("Authorization") != f"Bearer {self.api.token}":
            return self.refuse(401, "Unauthorized")
        if fault is not None and isinstance(fault[2], threading.Event):
            fault[2].wait()
        elif fault is not None:
            return self.answer(fault[2][0], fault[2][1], fault[2][2])
        if verb == "get":
            return self.discover(url.path)
        if url.path != self.path_of(plural):
            return self.refuse(404, "NotFound")
        if "fieldSelector" in query and not self.api.field_selectors:
            return self.refuse(400, "BadRequest")
        return self.watch(plural, query) if verb == "watch" else self.list(plural, query)

    def path_of(self, plural):
        if plural != "endpointslices":
            return f"/api/v1/{plural}"
        return f"/apis/discovery.k8s.io/{self.api.slices}/endpointslices"

    def api_version(self, plural):
        return "v1" if plural != "endpointslices" else f"discovery.k8s.io/{self.api.slices}"

    # Answers

    def refuse(self, code, reason):
        self.answer(code, status(code, reason))

    def answer(self, code, value, headers=None):
        binary = self.as_protobuf and value["kind"] == "Status"
        body = wire.wrap(value) if binary else json.dumps(value).encode()
        self.send_body(code, body, PROTOBUF if binary else "application/json", headers or {})

    def send_body(self, code, body, content_type, headers=None):
        if len(body) > 1 << 17 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            headers = {**(headers or {}), "Content-Encoding": "gzip"}
        self.send_response(code)
        for name, text in {"Content-Type": content_type, "Content-Length": len(body), **(headers or {})}.items():
            self.send_header(name, str(text))
        self.end_headers()
        self.wfile.write(body)

    def discover(self, path):
        if path == "/apis/discovery.k8s.io" and self.api.slices:
            version = {"groupVersion": f"discovery.k8s.io/{self.api.slices}", "version": self.api.slices}
            return self.answer(200, {"kind": "APIGroup", "apiVersion": "v1", "name": "discovery.k8s.io",
                                     "versions": [version], "preferredVersion": version})
        if path == "/api":
            return self.answer(200, {"kind": "APIVersions", "versions": ["v1"]})
        return self.refuse(404, "NotFound")

    # Lists: the token of a page is "version:first item".

    def list(self, plural, query):
        with self.store.changed:
            version, stored = self.store.version, list(self.store.objects[plural].values())
            oldest = self.store.oldest
        begin = 0
        if "continue" in query:
            asked, begin = map(int, query["continue"].split(":"))
            if asked < oldest:
                return self.refuse(410, "Expired")
            version = asked
        end = min(len(stored), begin + min(int(query.get("limit", len(stored))), self.api.page or len(stored)))
        metadata = {"resourceVersion": str(version)}
        if end < len(stored) and "limit" in query:
            metadata["continue"] = f"{version}:{end}"
        else:
            end = len(stored)
        api_version, kind, page = self.api_version(plural), KINDS[plural] + "List", stored[begin:end]
        if self.as_protobuf:
            return self.send_body(200, wire.wrap_list(api_version, kind, metadata, [s.protobuf for s in page]),
                                  PROTOBUF)
        head = json.dumps({"kind": kind, "apiVersion": api_version, "metadata": metadata})
        body = head[:-1].encode() + b',"items":[' + b",".join(s.json for s in page) + b"]}"
        return self.send_body(200, body, "application/json")

    # Watches

    def watch(self, plural, query):
        streams = query.get("sendInitialEvents") == "true"
        if "resourceVersionMatch" in query and not (streams and self.api.streaming):
            return self.refuse(422, "Invalid")
        self.send_response(200)
        self.send_header("Content-Type", PROTOBUF + ";stream=watch" if self.as_protobuf else "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with self.store.changed:
            initial = list(self.store.objects[plural].values()) if streams else []
            begin = self.store.version if streams else int(query["resourceVersion"])
            watch = Watch(plural, begin)
            self.api.watches.append(watch)
            self.store.changed.notify_all()
        try:
            if initial or streams:
                events = b"".join(stored.event("ADDED", self.as_protobuf) for stored in initial)
                self.send_chunk(events + self.bookmark(plural, begin, {"k8s.io/initial-events-end": "true"}))
            self.follow(watch, time.monotonic() + float(query.get("timeoutSeconds", 1800)))
        finally:
            with self.store.changed:
                self.api.watches.remove(watch)
                self.store.changed.notify_all()
        if watch.ending == "abruptly":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def follow(self, watch, deadline):
        bookmark_at = time.monotonic() + self.api.bookmark_every
        while time.monotonic() < deadline and not watch.ending:
            with self.store.changed:
                data = self.take_next(watch)
                if not data and not watch.ending:
                    self.store.changed.wait(max(0.0, min(deadline, bookmark_at) - time.monotonic()))
                    data = self.take_next(watch)
            if not data and not watch.ending and time.monotonic() >= bookmark_at:
                bookmark_at = time.monotonic() + self.api.bookmark_every
                data = self.bookmark(watch.plural, watch.version)
            if data:
                self.send_chunk(data)

    def take_next(self, watch):
        """What there is to be sent now, the store's lock being held."""
        if watch.version < self.store.oldest:
            watch.ending = watch.ending or "in order"
            return self.raw({"type": "ERROR", "object": status(410, "Expired", "too old resource version")})
        events = self.store.history[watch.plural]
        first = len(events)
        while first > 0 and events[first - 1][0] > watch.version:
            first -= 1
        watch.version = max(watch.version, self.store.version)
        extra, watch.extra = watch.extra, []
        return b"".join([stored.event(kind, self.as_protobuf) for _, kind, stored in events[first:]] +
                        [self.raw(part) for part in extra])

    def raw(self, extra):
        if isinstance(extra, bytes):
            return extra
        if self.as_protobuf:
            return wire.frame(extra["type"], wire.wrap(extra["object"]))
        return json.dumps(extra).encode()

    def bookmark(self, plural, version, annotations=None):
        metadata = {"resourceVersion": str(version), "annotations": annotations or {}}
        return self.raw({"type": "BOOKMARK", "object": {
            "kind": KINDS[plural], "apiVersion": self.api_version(plural), "metadata": metadata}})

    def send_chunk(self, data):
        size = self.api.cut or len(data)
        for begin in range(0, len(data), size):
            part = data[begin:begin + size]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
