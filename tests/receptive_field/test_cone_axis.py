"""The axis of a cone: the one that is asked for, or the one on which fields are largest."""

from __future__ import annotations

import numpy as np
import pytest

from archcalc.receptive_field.cone import cone, topmost
from archcalc.receptive_field.fields import receptive_fields
from archcalc.reference import outputs
from tests.receptive_field.asked import run, spec

OBLONG = """
input: {channels: 1, height: 12, width: 20}
layers:
  - conv2d: {name: a, out: 1, kernel: [3, 5], padding: [1, 0]}
  - conv2d: {name: b, out: 1, kernel: [2, 3], stride: [2, 3]}
"""


@pytest.mark.parametrize(
    ("axis", "whole", "sizes", "jumps"),
    # By hand: kernels of 3 and 2 make 3 and 4 along the height, those of 5 and 3 make 5 and 7 along the width.
    [
        ("height", 12, [1, 3, 4], [1, 1, 2]),
        ("width", 20, [1, 5, 7], [1, 1, 3]),
        (None, 20, [1, 5, 7], [1, 1, 3]),
    ],
)
def test_a_cone_goes_along_the_axis_that_is_asked_for(axis, whole, sizes, jumps, tmp_path):
    """By default along the one on which fields are largest; the picture says which."""
    graph = spec(OBLONG)
    fields = receptive_fields(graph)
    found = cone(graph, fields, topmost(graph, fields, axis), axis)
    (tmp_path / "s.yaml").write_text(OBLONG)
    asked = () if axis is None else ("--axis", axis)
    done = run(str(tmp_path / "s.yaml"), "--plot", str(tmp_path / "x.svg"), *asked)

    assert (found.axis, found.whole) == (axis or "width", whole)
    assert [level.size for level in found.levels] == sizes
    assert [level.jump for level in found.levels] == jumps
    assert done.exit_code == 0
    assert f"place on the input along its {axis or 'width'};" in (tmp_path / "x.svg").read_text()


@pytest.mark.parametrize(("axis", "name"), [(1, "height"), (2, "width")])
def test_an_output_depends_on_the_inputs_of_either_axis_that_move_it_when_nudged(axis, name):
    """With all weights 1, the rows or columns of the input that reach the output if they alone are 1."""
    graph = spec(OBLONG)
    found = cone(graph, receptive_fields(graph), "b", name)
    ones = {
        node.name: {
            key: np.zeros(shape) if key == "bias" else np.ones(shape)
            for key, shape in node.layer.weights(*(graph.nodes[i].shape for i in node.inputs)).items()
        }
        for node in graph.nodes
    }
    n = graph.input[axis]
    nudged = np.zeros((n, *graph.input))
    for place in range(n):
        nudged[place].swapaxes(0, axis)[place] = 1
    *_, (_, y) = outputs(graph, nudged, ones)
    moved = [place for place in range(n) if y[place].swapaxes(0, axis)[found.place].any()]

    assert list(found.levels[0].seen) == moved
    assert moved


def test_the_cone_of_a_sequence_of_tokens_ends_at_the_tokens():
    """An LSTM sees all tokens up to its own, and a kernel of 3 one on each side of that; the tokens are the lowest row."""
    graph = spec(
        "input: {tokens: 9}\nlayers:\n  - embedding: {vocabulary: 5, out: 4}\n  - lstm: {name: read, hidden: 3}\n"
        "  - permute: {order: [features, tokens]}\n  - conv1d: {name: near, out: 2, kernel: 3, padding: 1}\n"
    )
    fields = receptive_fields(graph)

    assert [(level.name, level.seen) for level in cone(graph, fields, "read").levels] == [
        ("input", (0, 1, 2, 3, 4)),
        ("read", (4,)),
    ]
    assert [(level.name, level.seen) for level in cone(graph, fields, "near").levels] == [
        ("input", (0, 1, 2, 3, 4, 5)),
        ("read", (3, 4, 5)),
        ("near", (4,)),
    ]
