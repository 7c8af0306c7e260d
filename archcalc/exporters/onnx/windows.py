"""Attention inside the windows of an image."""

from __future__ import annotations

import math
from functools import reduce
from itertools import chain

import numpy as np

from archcalc.exporters.onnx.moving import rolled
from archcalc.exporters.onnx.part import Handler, Part, Value
from archcalc.exporters.onnx.products import Heads, mixed, projected
from archcalc.layers.window_attention import LARGEST, SHORTEST
from archcalc.layers.window_bias import LARGEST_BIAS, coordinates
from archcalc.layers.window_sides import Side, distances, seen_together, windows_first


def window_attention(part: Part) -> Value:
    """Windows side by side, attention in each of them, and the windows put together again."""
    layer = part.layer
    *places, features = part.known(part.shape, "an image")
    rank = len(places)
    sides = layer.sides(part.shape)
    windows, inside = [side.windows for side in sides], [side.w for side in sides]
    # An axis with one window is not shifted.
    shifts = [side.s if side.windows > 1 else 0 for side in sides]
    whole = [m * w for m, w in zip(windows, inside, strict=True)]
    x = part.x
    if whole != places:
        ends = (m - n for m, n in zip(whole, places, strict=True))
        x = part.op("Pad", x, part.file.numbers(*(0,) * (rank + 2), 0, *ends, 0))
    for axis, (n, shift) in enumerate(zip(whole, shifts, strict=True)):
        x = rolled(part, x, axis, n, -shift)
    count, tokens, heads = math.prod(windows), math.prod(inside), part.known((layer.heads,))[0]
    apart = [*chain.from_iterable(side.apart for side in sides)]
    order = [axis - 1 for axis in windows_first(sides)]
    x = part.reshape(x, (*whole, features), (*apart, features))
    x = part.transpose(x, *order, 2 * rank)
    x = part.reshape(x, (*windows, *inside, features), (count, tokens, features))
    width, features = part.known((layer.width(part.shape), layer.output(part.shape)[-1]))
    y = _attended(part, x, (count, tokens, heads, width), any(shifts))
    y = part.reshape(y, (count, tokens, features), (*windows, *inside, features))
    y = part.transpose(y, *map(order.index, range(2 * rank)), 2 * rank)
    y = part.reshape(y, (*apart, features), (*whole, features))
    for axis, (m, n, shift) in enumerate(zip(whole, places, shifts, strict=True)):
        y = rolled(part, y, axis, m, shift)
        y = part.slice(y, axis, 0, n) if m != n else y
    return y


def _attended(part: Part, x: Value, sizes: tuple[int, int, int, int], masked: bool) -> Value:
    """Attention of windows×tokens×features, in heads."""
    count, tokens, heads, width = sizes
    sides = part.layer.sides(part.shape)

    def headed(name: str) -> Value:
        y = part.reshape(projected(part, name, x), (count, tokens), (count, tokens, heads, width))
        return part.transpose(y, 0, 2, 1, 3)

    queries, keys, values = map(headed, ("query", "key", "value"))
    added: list[Value] = []
    if part.layer.relative == "queries":
        added.append(_of_queries(part, queries, sizes))
    elif part.layer.relative:
        rows = distances(np, sides)
        places = part.file.numbers(*map(int, rows.reshape(-1)))
        bias = part.op("Gather", _table(part, sides), places, axis=0)
        bias = part.op("Reshape", bias, part.file.numbers(tokens, tokens, heads))
        added.append(part.op("Transpose", bias, perm=(2, 0, 1)))
    if masked:
        seen = seen_together(np, sides, tuple(side.s if side.windows > 1 else 0 for side in sides))[:, None]
        added.append(part.constant(np.where(seen, 0, -np.inf)))

    def biased(scores: Value) -> Value:
        return reduce(lambda y, one: part.op("Add", y, one), added, scores)

    if part.layer.scores == "cosine":
        queries, keys = (_unit(part, y) for y in (queries, keys))
    pieces = Heads(queries, keys, values, _factor(part, width), 2)
    y = part.transpose(mixed(part, pieces, biased), 0, 2, 1, 3)
    return projected(part, "out", part.reshape(y, (count, tokens, heads, width), (count, tokens, heads * width)))


def _of_queries(part: Part, queries: Value, sizes: tuple[int, int, int, int]) -> Value:
    """The sum over the axes of what queries, which are windows×heads×places×values, add to their scores."""
    count, tokens, heads, width = sizes
    inside = [side.w for side in part.layer.sides(part.shape)]
    found: list[Value] = []
    for axis, w in enumerate(inside):
        before, after = count * heads * math.prod(inside[:axis]), math.prod(inside[axis + 1 :])
        # Places of the axis in front, each with a matrix of its rows: values×keys along the axis.
        y = part.reshape(queries, (count, heads, tokens, width), (before, w, after, width))
        y = part.reshape(part.transpose(y, 1, 0, 2, 3), (w, before, after, width), (w, before * after, width))
        apart = np.arange(w)[:, None] - np.arange(w) + w - 1
        places = part.file.numbers(*map(int, apart.reshape(-1)))
        rows = part.op("Gather", part.weight(f"position_{axis}"), places, axis=0)
        rows = part.op("Transpose", part.op("Reshape", rows, part.file.numbers(w, w, width)), perm=(0, 2, 1))
        y = part.reshape(part.op("MatMul", y, rows), (w, before * after, w), (w, before, after, w))
        y = part.transpose(y, 1, 0, 2, 3)
        keys = [w if at == axis else 1 for at in range(len(inside))]
        found.append(part.reshape(y, (before, w, after, w), (count, heads, tokens, *keys)))
    total = reduce(lambda y, one: part.op("Add", y, one), found)
    return part.reshape(total, (count, heads, tokens, *inside), (count, heads, tokens, tokens))


def _unit(part: Part, vectors: Value) -> Value:
    """Vectors along the last axis over their lengths."""
    squares = part.op("ReduceMean", part.op("Pow", vectors, part.constant(2.0)), axes=(-1,), keepdims=1)
    width = part.constant(float(part.layer.width(part.shape)))
    lengths = part.op("Sqrt", part.op("Mul", squares, width))
    return part.op("Div", vectors, part.op("Max", lengths, part.constant(SHORTEST)))


def _factor(part: Part, width: int) -> Value:
    """The number that scores are multiplied by: one for all, or one for each head."""
    if part.layer.scores != "cosine":
        return part.constant((width * (part.layer.heads if part.layer.scores == "features" else 1)) ** -0.5)
    heads = part.known((part.layer.heads,))[0]
    bounded = part.op("Min", part.weight("scale", (heads, 1, 1)), part.constant(math.log(LARGEST)))
    return part.op("Exp", bounded)


def _table(part: Part, sides: list[Side]) -> Value:
    """The biases of each distance and head, trained or made."""
    if part.layer.relative != "mlp":
        return part.weight("position_bias")
    hidden = part.op("MatMul", part.constant(coordinates(np, sides)), part.turned("position_hidden"))
    hidden = part.op("Relu", part.op("Add", hidden, part.weight("position_hidden_bias")))
    made = part.op("Sigmoid", part.op("MatMul", hidden, part.turned("position_out")))
    return part.op("Mul", made, part.constant(float(LARGEST_BIAS)))


HANDLERS: dict[str, Handler] = {"windowattention": window_attention}
