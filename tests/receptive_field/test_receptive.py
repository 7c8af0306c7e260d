"""Receptive fields of networks, found out by running them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.network.shapes import infer
from archcalc.receptive_field.dependence import backward_counts, forward_mask
from archcalc.receptive_field.fields import axes_of, path, receptive_fields
from archcalc.reference import outputs, seeded
from tests.layers.inputs import Draw, ranks, suits
from tests.layers.strategies import layers
from tests.layers.torch_weights import put
from tests.reference.torch_networks import Network, networks

torch.set_num_threads(1)

# What is a weighted sum of its inputs whatever they are, so that one nudge shows all there is to see.
LINEAR = (
    *(f"{kind}{rank}d" for kind in ("conv", "convtranspose", "avgpool", "adaptiveavgpool") for rank in (1, 2)),
    *("linear", "upsample", "pad", "crop", "permute", "reshape", "flatten", "slice", "split", "channelshuffle"),
)
SLIDING = (
    *("conv1d", "conv1d", "maxpool1d", "avgpool1d", "convtranspose1d", "upsample", "relu"),
    *("split", "split", "channelshuffle", "maxout", "localresponsenorm"),
)
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
    x = np.random.default_rng(0).standard_normal((1, *graph.input), np.float32).repeat(2, axis=0)
    x[0][mask] = np.nan
    with np.errstate(all="ignore"):
        run = [(node, np.isnan(y)) for node, y in outputs(graph, x, seeded(graph))]
    # The largest of a window that holds padding alone is -inf, of which a layer may make what is no number by itself.
    assume(not any(found[1].any() for _, found in run))

    for (node, (found, _)), (_, said) in zip(run, forward_mask(graph, mask), strict=True):
        assert np.array_equal(found, said), node


@given(graph=networks(), data=st.data())
def test_what_a_value_sees_is_what_reaches_it(graph, data):
    """Going back from an output value gives the input values that go forward to it."""
    position = data.draw(st.integers(0, len(graph.nodes) - 1))
    shape = graph.nodes[position].shape
    place = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    seen = backward_counts(graph, position, touched(shape, place), [node.shape for node in graph.nodes])
    assume(seen.size <= 200)
    each = np.eye(seen.size, dtype=bool).reshape(-1, *seen.shape)
    forth = [list(forward_mask(graph, mask))[position][1][place] for mask in each]

    assert seen.flatten().tolist() == forth


@settings(max_examples=4 * settings().max_examples)
@given(graph=networks(), data=st.data())
def test_a_field_holds_all_that_is_seen(graph, data):
    """No output value sees an input outside of its layer's window, at any place of a random network."""
    fields = receptive_fields(graph)
    position = data.draw(st.integers(0, len(graph.nodes) - 1))
    shape = graph.nodes[position].shape
    place = tuple(data.draw(st.integers(0, n - 1)) for n in shape)
    seen = backward_counts(graph, position, touched(shape, place), [node.shape for node in graph.nodes])
    field = fields[graph.nodes[position].name]

    for axis, reach in zip(axes_of(graph), field.reaches, strict=True):
        rows = seen.any(tuple(other for other in range(seen.ndim) if other != axis)).nonzero()[0]
        ends = None if reach is None else reach.at(place)
        assert not len(rows) or (ends is not None and ends[0] <= rows[0] <= rows[-1] <= ends[1])


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
        kind = draw(st.sampled_from([*SLIDING, "add", "concat", "concat"]))
        if kind in SLIDING:
            layer, inputs = draw(layers(kind, builder.nodes[source].shape)), (source,)
        else:
            layer, inputs = K[kind](), (source, draw(st.sampled_from(alike)))
        shape = infer(layer, tuple(builder.nodes[i].shape for i in inputs)).shape
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
        for lo, hi in [reach.at((0, i)) or (0, -1)]
        if lo >= margin and hi < graph.input[1] - margin
    ]
    assume(inside)
    i = data.draw(st.sampled_from(inside))
    rows = backward_counts(graph, position, touched(shapes[position], (i,)), shapes).any(0).nonzero()[0]

    assert (rows[0], rows[-1]) == reach.at((0, i))


@st.composite
def weighted_sums(draw: Draw) -> Graph:
    """A random network with branches in which every value is a weighted sum of inputs, with positive weights."""
    builder = Builder()
    rank = draw(st.sampled_from([2, 3, 3]))
    builder.add("input", Input(tuple(draw(st.lists(st.integers(3, 6), min_size=rank, max_size=rank)))))
    for number in range(draw(st.integers(2, 8))):
        source = draw(st.just(len(builder.nodes) - 1) | st.integers(0, len(builder.nodes) - 1))
        x = builder.nodes[source].shape
        fits = [k for k in LINEAR if len(x) in ranks(k) and suits(K[k], x.axes)]
        kind = draw(st.sampled_from(fits * 2 + ["add", "concat"]))
        if kind in LINEAR:
            layer, inputs = draw(layers(kind, x)), (source,)
        else:
            alike = [i for i, node in enumerate(builder.nodes) if node.shape == x and node.shape.axes == x.axes]
            layer, inputs = K[kind](), (source, draw(st.sampled_from(alike)))
        if math.prod(infer(layer, tuple(builder.nodes[i].shape for i in inputs)).shape) <= 400:
            builder.add(f"layer{number}", layer, *inputs)
    return builder.graph()


def positive(graph: Graph) -> dict[str, dict[str, Any]]:
    """Weights among which nothing cancels, and biases of 0."""
    random = np.random.default_rng(0)
    shapes = {node.name: [graph.nodes[i].shape for i in node.inputs] for node in graph.nodes}
    return {
        node.name: {
            name: np.zeros(shape) if name == "bias" else 0.5 + random.random(shape)
            for name, shape in (node.layer.weights(*shapes[node.name]) | node.layer.buffers(*shapes[node.name])).items()
        }
        for node in graph.nodes
    }


@settings(max_examples=4 * settings().max_examples)
@given(graph=weighted_sums())
def test_every_value_of_a_network_of_sums_nudged_one_at_a_time(graph):
    """Each input value goes from 0 to 1 alone; the outputs of every layer that leave 0 are those that see it."""
    n = math.prod(graph.input)
    each = np.eye(n).reshape(n, *graph.input)
    after = [y for _, y in outputs(graph, each, positive(graph))]
    said = [[mask for _, mask in forward_mask(graph, one.astype(bool))] for one in each]

    for number in range(len(graph.nodes)):
        assert np.array_equal(after[number] != 0, [masks[number] for masks in said])


@given(graph=weighted_sums())
def test_torchs_gradient_of_a_network_of_sums(graph):
    """The derivatives of every output by every input value, from torch, are not zero where the output sees the value."""
    network, arrays = Network(graph).eval(), positive(graph)
    for node in graph.nodes[1:]:
        put(network.layers[node.name], node.layer, arrays[node.name])
    x = torch.zeros((1, *graph.input), dtype=torch.float64)
    slopes = torch.autograd.functional.jacobian(lambda x: network(x)[-1], x)[0].numpy()
    shapes = [node.shape for node in graph.nodes]
    last = len(shapes) - 1
    for place in np.ndindex(*shapes[last]):
        assert np.array_equal(slopes[place][0] != 0, backward_counts(graph, last, touched(shapes[last], place), shapes))


def test_channels_are_told_apart_until_they_are_summed():
    """Half of a concat sees what its own branch saw; shuffled, halves see both; a convolution over all of them sees all."""
    builder = Builder()
    last = builder.add("input", Input((2, 40)))
    wide = builder.add("wide", K["conv1d"](out=2, kernel=5, padding=2), last)
    both = builder.add("concat", K["concat"](), wide, last)
    depthwise = builder.add("depthwise", K["conv1d"](out=4, kernel=3, padding=1, groups=4), both)
    for part in (0, 1):
        builder.add(f"half{part}", K["split"](parts=2, part=part), depthwise)
    shuffled = builder.add("shuffle", K["channelshuffle"](groups=2), depthwise)
    builder.add("half2", K["split"](parts=2, part=1), shuffled)
    builder.add("one", K["slice"](start=1, stop=2), shuffled)
    builder.add("grouped", K["conv1d"](out=2, kernel=1, groups=2), depthwise)
    builder.add("half3", K["split"](parts=2, part=1), len(builder.nodes) - 1)
    builder.add("all", K["conv1d"](out=2, kernel=1), depthwise)
    builder.add("half4", K["split"](parts=2, part=1), len(builder.nodes) - 1)
    fields = receptive_fields(builder.graph())
    names = ["depthwise", "half0", "half1", "half2", "one", "grouped", "half3", "all", "half4"]

    assert {name: fields[name].size for name in names} == {
        name: (size,) for name, size in zip(names, [7, 7, 3, 7, 3, 7, 3, 7, 7], strict=True)
    }
    assert path(builder.graph(), fields, "half1", 0) == [("input", 1), ("concat", 1), ("depthwise", 3), ("half1", 3)]
