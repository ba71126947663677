"""A plain client of a Kubernetes API server in one of the namespaces: JSON over HTTPS."""

import contextlib
import http.client
import json
import socket
import ssl
import urllib.parse

from testbed import netns

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_MERGE_PATCH = "application/strategic-merge-patch+json"


class ApiError(RuntimeError):
    """The server's answer was no; `status` is the one of HTTP."""

    def __init__(self, request, status, message):
        super().__init__(f"{request}: {status} {message}")
        self.status = status


class _Connection(http.client.HTTPConnection):
    """Its socket belongs to a namespace; with a `context` it speaks TLS."""

    def __init__(self, namespace, host, port, context, timeout):
        super().__init__(host, port, timeout=timeout)
        self._namespace, self._context = namespace, context

    def connect(self):
        self.sock = netns.open_socket(self._namespace, socket.AF_INET, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect((self.host, self.port))
        if self._context:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


class ApiClient:
    """Each request has a connection of its own, so that nothing outlives the server's restart."""

    def __init__(self, namespace, host, port, context=None, token=None, timeout=60.0):
        self._address = (namespace, host, port, context)
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout

    @contextlib.contextmanager
    def open(self, method, path, body=None, content_type="application/json", **query):
        """The response, once its status is below 400; else ApiError."""
        target = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = content_type
            body = json.dumps(body)
        with contextlib.closing(_Connection(*self._address, self._timeout)) as connection:
            connection.request(method, target, body, headers)
            with contextlib.closing(connection.getresponse()) as response:
                if response.status >= 400:
                    text = response.read().decode(errors="replace")
                    with contextlib.suppress(ValueError, KeyError, TypeError):
                        text = json.loads(text)["message"]
                    raise ApiError(f"{method} {target}", response.status, text)
                yield response

    def text(self, path, **query):
        with self.open("GET", path, **query) as response:
            return response.read().decode()

    def get(self, path, **query):
        with self.open("GET", path, **query) as response:
            return json.load(response)

    def post(self, path, body):
        with self.open("POST", path, body) as response:
            return json.load(response)

    def patch(self, path, body, content_type=STRATEGIC_MERGE_PATCH):
        with self.open("PATCH", path, body, content_type) as response:
            return json.load(response)

    def delete(self, path, **query):
        with self.open("DELETE", path, **query) as response:
            return json.load(response)

    def watch(self, path, **query):
        """Yields each event as it comes, until the server ends the watch."""
        with self.open("GET", path, watch="1", **query) as response:
            for line in response:  # this server writes one event a line
                yield json.loads(line)
