"""The fast path gives what the plain one gives along whatever axis a layer works."""

from __future__ import annotations

import numpy as np
import pytest

from archcalc.errors import Source
from archcalc.language import parse
from archcalc.reference import outputs, seeded
from archcalc.reference.fast import Program

INPUTS = {
    "vector": "{features: 6}",
    "sequence": "{tokens: 5, features: 7}",
    "signal": "{channels: 5, length: 7}",
    "image": "{channels: 4, height: 5, width: 6}",
    "channels last": "{channels: 4, height: 5, width: 6}",
    "of four axes": "{channels: 2, depth: 3, height: 4, width: 5}",
}
AXES = [(name, axis) for name, text in INPUTS.items() for axis in range(text.count(",") + 1)]


def error(name: str, layers: str) -> float:
    """How far apart the two paths put out in double precision, for a batch of two."""
    turned = "permute: [height, width, channels], " if name == "channels last" else ""
    graph = parse(Source("x.yaml", f"input: {INPUTS[name]}\nlayers: [{turned}{layers}]"))
    arrays = seeded(graph, dtype=np.float64)
    x = np.random.default_rng(1).standard_normal((2, *graph.input))
    fast = Program(graph, arrays, 2, np.float64)(x)
    *_, (_, plain) = outputs(graph, x, arrays)
    return float(np.abs(fast - plain).max())


@pytest.mark.parametrize("then", ["", ", relu", ", relu, linear: {out: 2, axis: 0}"])
@pytest.mark.parametrize(("name", "axis"), AXES)
def test_a_dense_layer_along_any_axis(name, axis, then):
    """As a matrix product where the axis lies last in memory, else as it is defined, and clamped after either."""
    assert error(name, f"linear: {{out: 3, axis: {axis}}}{then}") < 1e-12


@pytest.mark.parametrize(
    "layer",
    [
        "softmax: {axis: AT}",
        "rmsnorm: {axis: AT}",
        "l2norm: {axis: AT}",
        "scale: {axis: AT}",
        "concat: {axis: AT, x: [], y: [relu]}",
        "layernorm: {axes: [AT]}",
        "permute: {order: ORDER}",
        "linear: {out: 3, axis: AT}, permute: {order: ORDER}",
        "add: {x: [globalavgpool: {axes: [AT]}], y: []}, relu",
        "add: {x: [relu], y: [globalmaxpool: {axes: [AT]}]}",
    ],
)
@pytest.mark.parametrize(("name", "axis"), [one for one in AXES if one[0] != "vector"])
def test_other_layers_along_any_axis(name, axis, layer):
    """Nothing is taken for channels last but what lies so, and what is repeated to fit is repeated."""
    axes = INPUTS[name].count(",") + 1
    order = [*range(axis, axes), *range(axis)]

    assert error(name, layer.replace("AT", str(axis)).replace("ORDER", str(order))) < 1e-12


@pytest.mark.parametrize("branch", ["globalavgpool", "globalmaxpool: {axes: [height]}"])
def test_a_sum_repeated_to_fit_is_not_fused_into_a_convolution(branch):
    """Neither where the convolution's output is the smaller one nor where it is the larger."""
    wide, small = "conv2d: {out: 4, kernel: 1}", f"{branch}, conv2d: {{out: 4, kernel: 1}}"

    assert error("image", f"add: {{x: [{branch}], y: [{wide}]}}") < 1e-12
    assert error("image", f"add: {{x: [], y: [{small}]}}") < 1e-12
