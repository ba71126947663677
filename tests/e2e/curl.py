"""Who answers behind an address, by curl(1) in the client's namespace."""

from testbed import netns, wait
from testbed.scenario import FAMILIES

# Of three Pods one is missed by chance once in 5000 times, and then they are asked again.
REQUESTS = 24


def get(address, count=1):
    """The pages of `count` requests, each on a connection of its own. RuntimeError when one fails."""
    host = f"[{address}]" if ":" in address else address
    return netns.run("client", "curl", "--silent", "--show-error", "--fail", "--fail-early",
                     "--max-time", "20", "--header", "Connection: close",
                     f"http://{host}/?[1-{count}]").splitlines()


def wait_for_pods(address, *pods):
    """Returns when just these Pods answer, in both families."""
    pages = {f"<p>Hi from {pod.name}</p>" for pod in pods}
    for family in FAMILIES:
        wait.until(lambda family=family: set(get(address.of(family), REQUESTS)) == pages, 120,
                   f"{address.of(family)} to be answered by {[pod.name for pod in pods]}")
