"""Layers of detectors: what they cost is said or named as uncounted, and what they put out is a paper's or counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from archcalc.conventions.named import CONVENTIONS
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers import Layer
from archcalc.profiling.engine import profile
from archcalc.receptive_field.fields import receptive_fields

K = Layer.kinds
DEFORMED = """input: {channels: 64, height: 56, width: 56}
layers:
  - conv2d: {name: offsets, out: 18, kernel: 3, padding: 1}
  - deformconv2d: {name: deformed, out: 64, kernel: 3, padding: 1, from: [input, offsets]}
"""
BOXES = """input: {boxes: 100, sides: 4}
layers:
  - linear: {name: scores, out: 1, axis: sides}
  - flatten
  - nms: {keep: 10, from: [input, flatten]}
"""


def test_a_deformable_convolution_and_its_offsets_are_counted() -> None:
    """Weights 64·64·9 + 64, and for the offsets 64·18·9 + 18; as many MACs as two convolutions."""
    rows = profile(parse(Source("a.yaml", DEFORMED))).rows

    assert [(row.name, row.params) for row in rows] == [("input", 0), ("offsets", 10_386), ("deformed", 36_928)]
    assert [row.macs for row in rows] == [0, 64 * 18 * 9 * 56 * 56, 64 * 64 * 9 * 56 * 56]


def test_what_a_deformable_convolution_sees_is_a_bound() -> None:
    """Offsets may point anywhere, so all places of the map are the bound, and it is not called exact."""
    field = receptive_fields(parse(Source("a.yaml", DEFORMED)))["deformed"]

    assert min(field.size) >= 56
    assert not field.exact


@pytest.mark.parametrize("name", CONVENTIONS)
def test_what_depends_on_values_is_named_and_not_counted(name: str) -> None:
    """Under every convention the total is a lower bound that names the layer, and all else is counted as before."""
    with_nms = profile(parse(Source("a.yaml", BOXES)), convention_name=name).totals.counted
    without = profile(parse(Source("a.yaml", BOXES[: BOXES.index("  - nms")])), convention_name=name).totals.counted

    assert with_nms.uncovered == (*without.uncovered, "nms")
    assert with_nms.value == without.value
    assert with_nms.bounded().startswith("≥ ")


def test_offsets_of_nothing_are_a_convolution() -> None:
    """And a mask of a half halves what it puts out."""
    random = np.random.default_rng(0)
    x, weight = random.standard_normal((2, 4, 6, 5)), random.standard_normal((6, 2, 3, 3))
    fields = {"out": 6, "kernel": 3, "padding": 1, "stride": 2, "groups": 2, "bias": False}
    still = np.zeros((2, 18, 3, 3))
    plain = K["conv2d"](**fields).forward(np, x, weight=weight)

    found = K["deformconv2d"](**fields).forward(np, x, still, np.full((2, 9, 3, 3), 0.5), weight=weight)

    np.testing.assert_allclose(found, plain / 2, atol=1e-12)


def test_boxes_that_cover_a_better_one_are_dropped() -> None:
    """Of three boxes of 10×10, the second covers the first by 90 of 110, more than a half; the third by nothing."""
    boxes = np.array([[[0, 0, 10, 10], [1, 0, 11, 10], [20, 20, 30, 30]]], float)
    scores = np.array([[0.9, 0.8, 0.7]])

    kept = K["nms"](keep=3).forward(np, boxes, scores)
    all_three = K["nms"](keep=3, threshold=0.9).forward(np, boxes, scores)

    assert kept.tolist() == [[[0, 0, 10, 10], [20, 20, 30, 30], [0, 0, 0, 0]]]
    assert all_three.tolist() == boxes.tolist()


def test_anchors_are_those_of_the_paper() -> None:
    """One of side 16 around the first place: squares and, of the same area, boxes half and twice as high as wide."""
    found = K["anchors"](sizes=(16,), stride=16).forward(np, np.zeros((1, 8, 1, 2)))

    assert found[0, :3].tolist() == [[-11, -6, 11, 6], [-8, -8, 8, 8], [-6, -11, 6, 11]]
    assert found[0, 3:].tolist() == (found[0, :3] + [16, 0, 16, 0]).tolist()
