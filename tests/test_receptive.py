"""Receptive fields of networks: found out by running them, and against an algebra of plain sets."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Draw, layers
from test_networks_against_torch import Network, networks
from torch import nn
from torch_weights import put

from archcalc.boxes import box, effective
from archcalc.graph import Builder, Graph
from archcalc.influence import reached, sources
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.receptive import Field, axes_of, path, receptive_fields, reordered
from archcalc.reference import outputs, seeded
from archcalc.window import HERE, Window, everything, stacked

torch.set_num_threads(1)

# What is a weighted sum of its inputs whatever they are, so that one nudge shows all there is to see.
LINEAR = (
    "conv",
    "convtranspose",
    "avgpool",
    "adaptiveavgpool",
    "linear",
    "upsample",
    "pad",
    "crop",
    "permute",
    "reshape",
)
SLIDING = ("conv1d", "conv1d", "maxpool1d", "avgpool1d", "convtranspose1d", "upsample", "relu")
K = Layer.kinds


def touched(shape: tuple[int, ...], place: tuple[int, ...]) -> Any:
    """The values of one place of an image, in all its channels; of a sequence or a vector, one value."""
    mask = np.zeros(shape, bool)
    mask[(slice(None), *place) if len(place) < len(shape) else place] = True
    return mask


def places(draw: Draw, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(draw(st.integers(0, n - 1)) for n in (shape[1:] if len(shape) > 2 else shape))


@settings(max_examples=4 * settings().max_examples)
@given(graph=networks(), data=st.data())
def test_a_nudged_pixel_moves_exactly_what_sees_it_in_a_random_network(graph, data):
    """What is no number spreads to every value that depends on it, whatever weights and maxima hide: all layers, all values."""
    mask = touched(graph.input, places(data.draw, graph.input))
    x = np.random.default_rng(0).standard_normal((1, *graph.input), np.float32)
    x[0][mask] = np.nan
    with np.errstate(all="ignore"):
        run = [(node, np.isnan(y[0])) for node, y in outputs(graph, x, seeded(graph))]

    for (node, found), (_, said) in zip(run, reached(graph, mask), strict=True):
        assert np.array_equal(found, said), node


@given(graph=networks(), data=st.data())
def test_what_a_value_sees_is_what_reaches_it(graph, data):
    """Going back from an output value gives the input values that go forward to it."""
    position = data.draw(st.integers(0, len(graph.nodes) - 1))
    shape = graph.nodes[position].shape
    place = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    seen = sources(graph, position, touched(shape, place), [node.shape for node in graph.nodes])
    assume(seen.size <= 200)
    each = np.eye(seen.size, dtype=bool).reshape(-1, *seen.shape)
    forth = [list(reached(graph, mask))[position][1][place] for mask in each]

    assert seen.flatten().tolist() == forth


@settings(max_examples=4 * settings().max_examples)
@given(graph=networks(), data=st.data())
def test_a_field_holds_all_that_is_seen(graph, data):
    """No output value sees an input outside of its layer's window, at any place of a random network."""
    fields = receptive_fields(graph)
    position = data.draw(st.integers(0, len(graph.nodes) - 1))
    shape = graph.nodes[position].shape
    place = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    seen = sources(graph, position, touched(shape, place), [node.shape for node in graph.nodes])
    field = fields[graph.nodes[position].name]

    for axis, reach in zip(axes_of(graph), field.reaches, strict=True):
        rows = seen.any(tuple(other for other in range(seen.ndim) if other != axis)).nonzero()[0]
        if reach is None:
            assert not len(rows)
        elif len(rows) and reach.scattered:
            assert rows[-1] - rows[0] < reach.window.size
        elif len(rows):
            lo, hi = reach.window.at(place[reach.axes[0]] if reach.axes else 0)
            assert lo <= rows[0] <= rows[-1] <= hi


@st.composite
def signals(draw: Draw) -> Graph:
    """A network over a long signal in which nothing is cut off: its middle is as if there were no ends."""
    builder = Builder()
    builder.add(
        "slides",
        K["conv1d"](out=3, kernel=2, stride=draw(st.sampled_from([1, 1, 2]))),
        builder.add("input", Input((2, 120))),
    )
    for number in range(draw(st.integers(1, 7))):
        source = draw(st.just(len(builder.nodes) - 1) | st.integers(0, len(builder.nodes) - 1))
        alike = [i for i, node in enumerate(builder.nodes) if node.shape == builder.nodes[source].shape]
        kind = draw(st.sampled_from([*SLIDING, "add", "concat"]))
        if kind in SLIDING:
            layer, inputs = draw(layers(kind, builder.nodes[source].shape)), (source,)
        else:
            layer, inputs = K[kind](), (source, draw(st.sampled_from(alike)))
        shape = layer.output(*(builder.nodes[i].shape for i in inputs))
        if 8 <= shape[1] <= 300 and shape[0] <= 8:
            builder.add(f"layer{number}", layer, *inputs)
    return builder.graph()


@settings(max_examples=8 * settings().max_examples)
@given(graph=signals(), data=st.data())
def test_in_the_middle_of_a_signal_a_field_is_exactly_what_is_seen(graph, data):
    """Where no window meets an end, the first and the last input seen are those of the field."""
    fields = receptive_fields(graph)
    shapes = [node.shape for node in graph.nodes]
    position = data.draw(st.integers(0, len(graph.nodes) - 1))
    (reach,) = fields[graph.nodes[position].name].reaches
    margin = 30
    inside = [
        i
        for i in range(shapes[position][1])
        for lo, hi in [reach.window.at(i)]
        if lo >= margin and hi < graph.input[1] - margin
    ]
    assume(inside)
    i = data.draw(st.sampled_from(inside))
    rows = sources(graph, position, touched(shapes[position], (i,)), shapes).any(0).nonzero()[0]
    lo, hi = reach.window.at(i)

    assert (rows[0], rows[-1]) == (lo, hi) if hi >= lo else not len(rows)
