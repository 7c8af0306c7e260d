"""Networks of Darknet against the table that the original programs print: each convolution's output and billions of operations."""

from __future__ import annotations

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.specs.tables import by_network

# pjreddie/darknet f6afaab and AlexeyAB/darknet 59596d7, built and run on the files of these names in their cfg/.
NETWORKS = by_network("darknet_rows")
SIDES = {"yolov3": 608, "yolov3_spp": 608}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_convolution_has_its_line(name):
    """In order, at the size that the file of the original has."""
    shape = (3, SIDES[name], SIDES[name]) if name in SIDES else None
    rows = profile(load(name, input_shape=shape)).rows
    ours = [("x".join(map(str, row.output)), f"{2 * row.macs / 1e9:.3f}") for row in rows if row.kind == "conv2d"]

    assert ours == [(row["output"], row["bflops"]) for row in NETWORKS[name]]
