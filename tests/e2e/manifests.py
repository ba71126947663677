"""Changes to the manifests that the controller watches, as an editor or a controller makes them."""

import re

from testbed.scenario import FAMILIES

READY = "{ready: true, serving: true, terminating: false}"
TERMINATING = "{ready: false, serving: true, terminating: true}"
DONE = "{ready: false, serving: false, terminating: true}"


def replace(path, text):
    """As an editor does: the file is never seen half written."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text)
    beside.rename(path)


def without_endpoint(text, address):
    """The manifest without the block of the endpoint that has this address."""
    shorter, count = re.subn(rf'  - addresses: \["?{re.escape(address)}"?\]\n(    .*\n)*', "", text)
    assert count == 1, f"{count} endpoints with the address {address}"
    return shorter


def without_pod(text, pod):
    for family in FAMILIES:
        text = without_endpoint(text, pod.address.of(family))
    return text


def with_conditions(text, pod, conditions):
    """The manifest with other conditions of the Pod's endpoints, in both families."""
    for family in FAMILIES:
        head = rf'(  - addresses: \["?{re.escape(pod.address.of(family))}"?\]\n    conditions: )'
        text, count = re.subn(rf"{head}\{{.*\}}", rf"\g<1>{conditions}", text)
        assert count == 1, f"{count} endpoints with an address of {pod.name}"
    return text
