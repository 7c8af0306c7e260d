"""Effective fields: the paths from an input to an output, counted."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.receptive_field.effective import box, effective
from archcalc.reference import outputs
from tests.layers.inputs import Draw
from tests.receptive_field.asked import K


@st.composite
def single_channels(draw: Draw) -> Graph:
    """A network of one channel whose values are sums of values before, so that with weights of 1 they count paths."""
    builder = Builder()
    builder.add("input", Input((1, 7, 6)))
    for number in range(draw(st.integers(1, 6))):
        source = draw(st.just(len(builder.nodes) - 1) | st.integers(0, len(builder.nodes) - 1))
        layer = draw(
            st.sampled_from(
                [
                    K["conv2d"](out=1, kernel=3, padding=1),
                    K["conv2d"](out=1, kernel=(1, 3), padding=(0, 2), dilation=2),
                    K["conv2d"](out=1, kernel=2, stride=2, padding=1),
                    K["convtranspose2d"](out=1, kernel=3, stride=2, padding=1),
                    K["pad"](margin=((1, 0), (0, 2))),
                    K["relu"](),
                    K["upsample"](scale=2),
                    K["add"](),
                ]
            )
        )
        alike = [i for i, node in enumerate(builder.nodes) if node.shape == builder.nodes[source].shape]
        inputs = (source, draw(st.sampled_from(alike))) if layer.kind == "add" else (source,)
        builder.add(f"layer{number}", layer, *inputs)
        if max(builder.nodes[-1].shape) > 30:
            builder.nodes.pop()
    return builder.graph()


@given(graph=single_channels(), data=st.data())
def test_paths_are_counted_as_a_network_of_ones_counts_them(graph, data):
    """With all weights 1, what an output becomes when one input alone is 1 is the number of paths between them."""
    ones = {
        node.name: {
            name: np.zeros(shape) if name == "bias" else np.ones(shape)
            for name, shape in node.layer.weights(*(graph.nodes[i].shape for i in node.inputs)).items()
        }
        for node in graph.nodes
    }
    node = graph.nodes[data.draw(st.integers(0, len(graph.nodes) - 1))]
    place = tuple(data.draw(st.integers(0, n - 1)) for n in node.shape[1:])
    n = math.prod(graph.input)
    paths = next(y for other, y in outputs(graph, np.eye(n).reshape(n, *graph.input), ones) if other == node)
    paths = paths[(slice(None), 0, *place)].reshape(graph.input[1:])
    if not paths.any():
        with pytest.raises(archcalc.SpecError, match="sees nothing of the input"):
            effective(graph, node.name, place)
        return
    found = effective(graph, node.name, place)
    rows, across = paths.nonzero()

    assert found.corner == (rows.min(), across.min())
    assert (found.counts == paths[rows.min() : rows.max() + 1, across.min() : across.max() + 1]).all()
    assert found.within(found.radius + 60) == 1
    seen = box(graph, node.name, place)
    assert (seen.clipped, seen.seen) == (((rows.min(), rows.max()), (across.min(), across.max())), len(rows))


def test_the_effective_field_of_a_deep_stack_is_a_gaussian():
    """40 layers of 3 taps spread like the sum of 40 draws from −1, 0, 1, whose variance is 80/3 (Luo et al. 2016, section 2.3)."""
    builder = Builder()
    last = builder.add("input", Input((1, 99)))
    for number in range(40):
        last = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=3, padding=1), last)
    found = effective(builder.graph(), "conv39")
    variance = sum((i - 40) ** 2 * count for i, count in enumerate(found.counts.tolist())) / Fraction(found.total)

    assert variance == Fraction(80, 3)
    assert found.total == 3**40
    # Where a Gaussian has fallen to 4.55 % of its peak: √(2·ln(1/0.0455)) deviations on either side.
    assert found.size == pytest.approx(2 * math.sqrt(2 * math.log(1 / 0.0455) * 80 / 3), abs=1)
    # Within one deviation lie 68 % of it, in whole steps.
    assert float(found.within(5)) == pytest.approx(math.erf(5.5 / math.sqrt(2 * 80 / 3)), abs=0.005)
