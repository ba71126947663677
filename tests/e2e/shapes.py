"""The shapes a gateway comes in, and the two families, as parameters of tests."""

import pytest

from testbed.scenario import FAMILIES

SHAPES = {
    "two-armed": {},
    "one-armed": {"one_armed": True},
    "two-workers": {"workers": 2},
    "one-armed-two-workers": {"one_armed": True, "workers": 2},
}
in_every_shape = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES, indirect=True)
in_both_families = pytest.mark.parametrize("family", FAMILIES, ids="ipv{}".format)
