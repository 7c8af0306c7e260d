"""Ways to put layers over sequences together: attention written out or not, recurrences, products of matrices."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.layers.axis_settings import divisors
from tests.layers.inputs import Draw
from tests.layers.products import fits_as_product
from tests.layers.strategies import layers
from tests.verify.plot import K, Plot


def attended(draw: Draw, plot: Plot) -> None:
    """Attention to itself, to another sequence, or with keys and values apart."""
    inputs = [plot.some(draw, lambda shape: len(shape) == 2) for _ in range(draw(st.integers(1, 3)))]
    plot.add(draw(layers("attention", *map(plot.shape, inputs))), *inputs)


def biased(draw: Draw, plot: Plot) -> None:
    """The scores of two sequences in heads, with a bias by distance, on a grid where it fits, or a table shared with the bias before it."""
    first = plot.some(draw, lambda shape: len(shape) == 2)
    second = plot.some(draw, lambda shape: len(shape) == 2 and shape[1] == plot.shape(first)[1])
    heads = draw(divisors(plot.shape(first)[1]))
    at = plot.add(K["matmul"](heads=heads, transpose="second"), first, second)
    _, queries, keys = plot.shape(at)
    kind = draw(st.sampled_from(["gridbias", "relativebias"])) if queries == keys else "relativebias"
    owner = at = plot.add(draw(layers(kind, plot.shape(at))), at)
    if draw(st.booleans()):
        at = plot.add(plot.builder.nodes[owner].layer, at, share=owner)
    plot.add(K["softmax"](axis=2), at)


def multiplied(draw: Draw, plot: Plot) -> None:
    """Two layers as matrices, in any way in which they fit."""
    first = plot.some(draw, lambda shape: len(shape) > 1)
    x = plot.shape(first)
    second = plot.some(
        draw, lambda shape: len(shape) == len(x) and shape[:-2] == x[:-2] and {*shape} & {*x[-2:]} != set()
    )
    if not fits_as_product(x, plot.shape(second)):
        second = first
    plot.add(draw(layers("matmul", x, plot.shape(second))), first, second)


def windowed(draw: Draw, plot: Plot) -> None:
    """Attention in windows of an image, or of whatever has places, with its channels last and back again."""
    source = plot.some(draw, lambda shape: len(shape) > 1)
    rank = len(plot.shape(source))
    last = plot.add(K["permute"](order=(*range(1, rank), 0)), source)
    at = plot.add(draw(layers("windowattention", plot.shape(last))), last)
    plot.add(K["permute"](order=(rank - 1, *range(rank - 1))), at)


def recurrent(draw: Draw, plot: Plot) -> None:
    """A recurrent layer joined with itself along its tokens or its features, then the largest of each two."""
    source = plot.some(draw, lambda shape: len(shape) == 2)
    at = plot.add(draw(layers(draw(st.sampled_from(["lstm", "gru", "rnn"])), plot.shape(source))), source)
    at = plot.add(K["concat"](axis=draw(st.integers(0, 1))), at, plot.add(K["relu"](), at))
    plot.add(K["maxout"](pieces=2), plot.add(K["permute"](order=(1, 0)), at))


def scanned(draw: Draw, plot: Plot) -> None:
    """A selective state space, whose step sizes, B and C are made of its input or come from elsewhere."""
    source = plot.some(draw, lambda shape: len(shape) == 2)
    tokens, features = plot.shape(source)
    steps = plot.add(K["softplus"](), plot.add(K["linear"](out=features), source))
    other = plot.some(draw, lambda shape: len(shape) == 2 and shape[0] == tokens)
    state = draw(st.integers(1, 4))
    b, c = (plot.add(K["linear"](out=state), i) for i in (source, other))
    plot.add(K["scan"](), source, steps, b, c)


def scanned_in_heads(draw: Draw, plot: Plot) -> None:
    """A state space whose step sizes are those of heads, and whose B and C are those of groups of them."""
    source = plot.some(draw, lambda shape: len(shape) == 2)
    heads = draw(divisors(plot.shape(source)[1]))
    steps = plot.add(K["softplus"](), plot.add(K["linear"](out=heads), source))
    groups = draw(divisors(heads))
    b, c = (plot.add(K["linear"](out=groups * 2), source) for _ in range(2))
    plot.add(K["ssd"](groups=groups), source, steps, b, c)


def weighted(draw: Draw, plot: Plot) -> None:
    """The mean of values so far, by keys that are made of the same."""
    source = plot.some(draw, lambda shape: len(shape) == 2)
    plot.add(K["wkv"](), plot.add(K["tanh"](), source), source)


def linearly_attended(draw: Draw, plot: Plot) -> None:
    """Linear attention to itself, or to another sequence with as many features."""
    source = plot.some(draw, lambda shape: len(shape) == 2)
    keys = plot.some(draw, lambda shape: len(shape) == 2 and shape[1] == plot.shape(source)[1])
    values = plot.some(draw, lambda shape: len(shape) == 2 and shape[0] == plot.shape(keys)[0])
    inputs = (source, keys, values)
    plot.add(draw(layers("linearattention", *map(plot.shape, inputs))), *inputs)
