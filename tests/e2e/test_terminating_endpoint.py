"""A Pod is told to end: it goes on with what it has, and gets nothing new."""

import contextlib
import hashlib
import http.client

from manifests import DONE, TERMINATING, replace, with_conditions
from shapes import in_both_families
from testbed import content, wait
from testbed.gateway import MANIFESTS
from testbed.scenario import HELLO, PODS

HELLO_MANIFEST = MANIFESTS / "hello-world-service.yaml"
BYTES = 100_000_000


def states(gateway, pod):
    """The states of the Pod's endpoints of the Service, or nothing."""
    addresses = (pod.address.v4, pod.address.v6)
    return {view["state"]
            for one in gateway.services() if one["service"]["name"] == "default/hello-world-service"
            for view in one["endpoints"] if view["address"] in addresses}


@contextlib.contextmanager
def keep_alive(client, address):
    """An HTTP connection that lasts for several requests."""
    connection = http.client.HTTPConnection("hello")
    connection.sock = client.connect(address, timeout=60)
    with contextlib.closing(connection):
        yield connection


def pod_behind(connection):
    """Asks who is at the other end."""
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    return next(pod for pod in PODS if f"<p>Hi from {pod.name}</p>" in page)


class Download:
    """So many bytes, read as far as one likes."""

    def __init__(self, connection):
        connection.request("GET", f"/bytes?n={BYTES}&seed=7")
        self._response = connection.getresponse()
        self._whole = hashlib.sha256()
        self.received = 0

    def read(self, count=BYTES):
        while count > 0 and (chunk := self._response.read(min(count, 1 << 18))):
            self._whole.update(chunk)
            self.received += len(chunk)
            count -= len(chunk)

    def digest(self):
        return self._whole.hexdigest()


@in_both_families
def test_a_download_survives_the_end_of_its_endpoint(gateway, client, family):
    text = HELLO_MANIFEST.read_text()
    with keep_alive(client, HELLO.of(family)) as connection:
        leaving = pod_behind(connection)
        download = Download(connection)
        download.read(1_000_000)
        assert states(gateway, leaving) == {"STATE_ACTIVE"}

        replace(HELLO_MANIFEST, with_conditions(text, leaving, TERMINATING))
        wait.until(lambda: states(gateway, leaving) == {"STATE_DRAINING"}, 5,
                   "the endpoint to drain")
        assert leaving.name not in {one.pod for one in client.get_many(HELLO.of(family), 100)}
        download.read(20_000_000)

        # It serves no more, which for the gateway is its end; what it has, it may still finish.
        replace(HELLO_MANIFEST, with_conditions(text, leaving, DONE))
        wait.until(lambda: states(gateway, leaving) == set(), 5, "the endpoint to be gone")
        assert leaving.name not in {one.pod for one in client.get_many(HELLO.of(family), 100)}
        download.read()
    assert download.received == BYTES
    assert download.digest() == content.digest(BYTES, 7)


@in_both_families
def test_endpoints_that_terminate_serve_when_there_is_no_other(gateway, client, family):
    text = HELLO_MANIFEST.read_text()
    for pod in PODS[1:]:
        text = with_conditions(text, pod, TERMINATING)
    replace(HELLO_MANIFEST, text)
    wait.until(lambda: states(gateway, PODS[1]) == {"STATE_DRAINING"}, 5, "endpoints to drain")
    assert {one.pod for one in client.get_many(HELLO.of(family), 50)} == {PODS[0].name}

    replace(HELLO_MANIFEST, with_conditions(text, PODS[0], TERMINATING))
    wait.until(lambda: states(gateway, PODS[1]) == {"STATE_ACTIVE"}, 5, "endpoints to serve again")
    assert {one.pod for one in client.get_many(HELLO.of(family), 100)} == {pod.name for pod in PODS}

    # The least that is ready is better than all that end.
    replace(HELLO_MANIFEST, with_conditions(text, PODS[0], DONE))
    wait.until(lambda: states(gateway, PODS[0]) == set(), 5, "the endpoint to be gone")
    assert {one.pod for one in client.get_many(HELLO.of(family), 100)} == {
        pod.name for pod in PODS[1:]}
