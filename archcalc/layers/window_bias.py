"""Biases of the scores in a window, by the distance of its places: from a table, made by two dense layers (Swin V2), or of queries (MViTv2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.layers.base import SavedTensor
from archcalc.layers.functions import sigmoid
from archcalc.layers.gradients import projection_backward
from archcalc.layers.window_sides import Side, distances
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, size

# Biases that dense layers make lie between 0 and this (Swin V2's code).
LARGEST_BIAS = 16
# Distances are measured in eighths of the largest before their logarithm is taken.
_EIGHTHS = 8


def spans(sides: list[Side]) -> tuple[Dim, ...]:
    """The number of distances along each axis, from −(w − 1) to w − 1."""
    return tuple(2 * side.w - 1 for side in sides)


def from_table(sides: list[Side], heads: Dim) -> dict[str, Shape]:
    """The trained table of biases: a row for each distance."""
    return {"position_bias": (size(spans(sides)), heads)}


def from_layers(sides: list[Side], heads: Dim, hidden: Dim) -> dict[str, Shape]:
    """The weights of the dense layers from the coordinates of a distance to a bias for each head."""
    return {
        "position_hidden": (hidden, len(sides)),
        "position_hidden_bias": (hidden,),
        "position_out": (heads, hidden),
    }


def from_queries(sides: list[Side], key: Dim) -> dict[str, Shape]:
    """For each axis the trained rows that queries are multiplied by, one for each distance along it."""
    return {f"position_{axis}": (2 * side.w - 1, key) for axis, side in enumerate(sides)}


def making(sides: list[Side], heads: Dim, hidden: Dim) -> Work:
    """The work of the dense layers for all distances, and of the sigmoid of each bias."""
    values = size(spans(sides)) * hidden
    biases = heads * size(tuple(side.w * side.w for side in sides))
    return Work(
        macs=values * (len(sides) + heads),
        additions=values + biases,
        multiplications=biases,
        comparisons=values,
        divisions=biases,
        exponentials=biases,
    )


def made_backward(sides: list[Side], heads: Dim, hidden: Dim, frozen: frozenset[str]) -> Work:
    """The products of the gradients of the dense layers, whose coordinates have none."""
    values = size(spans(sides)) * hidden
    first = not {"position_hidden", "position_hidden_bias"} <= frozen
    work = projection_backward(values * len(sides), weights="position_hidden" not in frozen, inputs=False)
    return work + projection_backward(values * heads, weights="position_out" not in frozen, inputs=first)


def kept_of_making(sides: list[Side], heads: Dim, hidden: Dim, frozen: frozenset[str]) -> Iterator[SavedTensor]:
    """The tensors that training keeps of the dense layers, once for a batch."""
    if set(from_layers(sides, heads, hidden)) - frozen:
        yield SavedTensor("position hidden", size(spans(sides)) * hidden, once=True)
        yield SavedTensor("position biases", heads * size(tuple(side.w * side.w for side in sides)), once=True)


def kept_of_queries(sides: list[Side], values: Dim, key: Dim, frozen: frozenset[str]) -> Iterator[SavedTensor]:
    """The tensors that training keeps of biases of queries, of which there are `values`.

    Rows are looked up for each pair of places along an axis. Their gradients are of queries with that axis in front, which are a copy for
    all axes but the last (torch.einsum).
    """
    for axis, side in enumerate(sides):
        yield SavedTensor(f"rows {axis}", side.w * side.w * key, once=True)
        if f"position_{axis}" not in frozen:
            yield SavedTensor(f"places {axis}", side.w * side.w, "int64", once=True)
            if axis < len(sides) - 1:
                yield SavedTensor(f"queries {axis}", values)


def table_biases(xp: Any, sides: list[Side], weights: dict[str, Any]) -> Any:
    """The biases of a window as heads×queries×keys, from a table."""
    return weights["position_bias"][distances(xp, sides)].transpose(2, 0, 1)


def made_biases(xp: Any, sides: list[Side], weights: dict[str, Any]) -> Any:
    """The biases of a window as heads×queries×keys, by dense layers."""
    places = xp.asarray(coordinates(xp, sides), weights["position_hidden"].dtype)
    hidden = xp.einsum("tc,hc->th", places, weights["position_hidden"]) + weights["position_hidden_bias"]
    rows = xp.einsum("th,oh->to", xp.maximum(hidden, 0), weights["position_out"])
    return LARGEST_BIAS * sigmoid(xp, rows[distances(xp, sides)]).transpose(2, 0, 1)


def query_biases(xp: Any, sides: list[Side], queries: Any, weights: dict[str, Any]) -> Any:
    """The biases of batch×windows×queries×heads×values, as batch×windows×heads×queries×keys: a sum over the axes."""
    n, windows, tokens, heads, key = queries.shape
    inside = [side.w for side in sides]
    queries = queries.reshape(n * windows, *inside, heads, key)
    total: Any = 0
    for axis, w in enumerate(inside):
        apart = xp.arange(w)[:, None] - xp.arange(w) + w - 1
        first = xp.moveaxis(queries, axis + 1, 1).reshape(n * windows, w, tokens // w, heads, key)
        biases = xp.einsum("nqrhd,qkd->nqrhk", first, weights[f"position_{axis}"][apart], optimize=True)
        others = [side for at, side in enumerate(inside) if at != axis]
        biases = xp.moveaxis(biases.reshape(n * windows, w, *others, heads, w), 1, axis + 1)
        keys = [w if at == axis else 1 for at in range(len(inside))]
        total = total + xp.moveaxis(biases.reshape(n, windows, tokens, heads, *keys), 3, 2)
    return total.reshape(n, windows, heads, tokens, tokens)


def coordinates(xp: Any, sides: list[Side]) -> Any:
    """The coordinates of each distance along each axis: sign(d)·log₂(1 + 8|d|/(w − 1)) / 3, from −1 to 1."""
    grid = xp.indices(spans(sides)).reshape(len(sides), -1)
    apart = xp.stack([(row - (side.w - 1)) / (side.w - 1) for row, side in zip(grid, sides, strict=True)], -1)
    return xp.sign(apart) * xp.log2(1 + _EIGHTHS * xp.abs(apart)) / 3
