"""Attention inside windows of an image, as Swin has it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, ClassVar, NamedTuple

from archcalc.layers.axes import each_axis
from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.projections import (
    attending,
    bias_variants,
    mixed,
    projected,
    projecting,
    require_biases_once,
    with_biases,
)
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_per_axis
from archcalc.layers.settings import Biases, Count, Offsets, Sizes
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import Window, whole_axis
from archcalc.layers.windows import MAX_LISTED, blocks
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, at_least, ceil_div, decided, divides, equal, minimum, quotient, size
from archcalc.symbols.shape import NamedShape


class Side(NamedTuple):
    """One axis of an image of n places in windows of w, which a shift moves by s."""

    n: Dim
    w: Dim
    s: Dim

    @property
    def windows(self) -> Dim:
        return ceil_div(self.n, self.w)

    @property
    def pairs(self) -> Dim:
        """The pairs of places in one window."""
        return self.windows * self.w * self.w

    @property
    def seen(self) -> Dim:
        """Those that see each other: the last window holds both ends of the axis, unless it is the only one."""
        return self.pairs - 2 * self.s * (self.w - self.s) * minimum(self.windows - 1, 1)

    @property
    def window(self) -> Window:
        """The window of a place over the axis."""
        several = decided(at_least(self.n, self.w + 1))
        if several is False:
            return whole_axis(self.n)
        if several is None or not isinstance(self.w, int) or not isinstance(self.s, int) or self.w > MAX_LISTED:
            return Window(1, ((1 - self.w, self.w - 1),), loose=True)
        if self.s == 0:
            return blocks(self.w, self.w, self.n)
        starts = (self.s - self.w if i < self.s else self.s for i in range(self.w))
        return Window(self.w, tuple((start, start + self.w - 1) for start in starts)).reduced()


class WindowAttention(Layer, frozen=True):
    """Multi-head attention inside each window of the places of an image (Liu et al. 2021, arXiv:2103.14030, section 3.2).

    The input has its channels last, as height×width×channels, and is padded at its ends to whole windows. `shift` moves
    the windows that far, around the ends; places that meet only by that are masked. `relative` adds a trained bias to
    each score by the distance of the two places, from a table of (2·window − 1)² for each head.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    layout: ClassVar[Layout] = "channels last"
    example: ClassVar[Example] = Example(
        {"heads": 3, "window": 7, "shift": 3, "relative": True},
        (NamedShape((56, 56, 96), ("height", "width", "channels")),),
    )

    heads: Count
    window: Sizes
    shift: Offsets = 0
    relative: bool = False
    bias: Biases = True

    def variants(self, _rank: int) -> Iterator[str]:
        yield from bias_variants(self.bias)

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        rank = len(x) - 1
        yield rank >= 1, "the input must be places×channels", ""
        yield from require_per_axis(rank, window=self.window, shift=self.shift)
        yield divides(self.heads, x[-1]), f"heads={self.heads} does not divide the {x[-1]} channels", "heads"
        for w, s in zip(each_axis(self.window, rank), each_axis(self.shift, rank), strict=True):
            yield at_least(w - 1, s), f"shift={s} must be less than window={w}", "shift"
        yield from require_biases_once(self.bias)

    def sides(self, x: Shape) -> list[Side]:
        """The axes of the image, in windows."""
        rank = len(x) - 1
        return [*map(Side, x[:-1], each_axis(self.window, rank), each_axis(self.shift, rank))]

    def weights(self, x: Shape) -> dict[str, Shape]:
        f = x[-1]
        weights = with_biases({"query": (f, f), "key": (f, f), "value": (f, f), "out": (f, f)}, self.bias)
        if self.relative:
            weights["position_bias"] = (size(tuple(2 * side.w - 1 for side in self.sides(x))), self.heads)
        return weights

    def buffers(self, x: Shape) -> dict[str, Shape]:
        # Which row of the table each pair of a window has. It follows from the window, but is kept with the weights.
        _, inside = self._counts(x)
        return {"position_index": (inside * inside,)} if self.relative else {}

    def _counts(self, x: Shape) -> tuple[Dim, Dim]:
        """The places of the padded image, and those of a window."""
        sides = self.sides(x)
        return size(tuple(side.windows * side.w for side in sides)), size(tuple(side.w for side in sides))

    def work(self, _output: Shape, x: Shape) -> Work:
        places, inside = self._counts(x)
        key = quotient(x[-1], self.heads)
        scores = self.heads * places * inside
        hidden = scores - self.heads * size(tuple(side.seen for side in self.sides(x)))
        work = projecting(dict.fromkeys(("query", "key", "value", "out"), places), self.weights(x))
        work += attending(scores, self.heads * places, key, key, hidden)
        return work + Work(additions=scores if self.relative else 0)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        windows = {axis: side.window for axis, side in enumerate(self.sides(x))}
        return ((pointwise_view(x, {**windows, len(x) - 1: whole_axis(x[-1])}),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        places, inside = self._counts(x)
        values = places * x[-1]
        # One window is the whole input; several are laid one after the other in a copy of it.
        one = all(equal(side.n, side.w) is True for side in self.sides(x))
        if {"query", "key", "value"} - use.frozen:
            yield SavedTensor(0) if one else SavedTensor("windows", values)
        yield from (SavedTensor(name, values) for name in ("queries", "keys", "values"))
        if "out" not in use.frozen:
            yield SavedTensor("mixed", values)
        # A mask or bias of its own needs the scores, which fused kernels do not have.
        yield SavedTensor("probabilities", self.heads * places * inside)

    def forward(self, xp: Any, x: Any, **weights: Any) -> Any:
        sides = self.sides(x.shape[1:])
        # An axis with one window is not shifted (torchvision, shifted_window_attention).
        shifts = tuple(side.s if side.windows > 1 else 0 for side in sides)
        axes = tuple(range(1, len(sides) + 1))
        ends = [(0, side.windows * side.w - side.n) for side in sides]
        padded = xp.pad(x, [(0, 0), *ends, (0, 0)])
        moved = xp.roll(padded, tuple(-s for s in shifts), axes)
        parts = _parted(moved, sides)
        n, windows, inside, f = parts.shape
        rows = parts.reshape(n * windows, inside, f)

        def headed(name: str) -> Any:
            return projected(xp, name, rows, weights).reshape(n, windows, inside, self.heads, -1)

        queries, keys, values = map(headed, ("query", "key", "value"))
        scores = xp.einsum("nwqhd,nwkhd->nwhqk", queries, keys, optimize=True) / queries.shape[-1] ** 0.5
        if self.relative:
            table = weights["position_bias"][distances(xp, sides)]
            scores = scores + table.transpose(2, 0, 1)
        seen = seen_together(xp, sides, shifts)[:, None] if any(shifts) else None
        y = mixed(xp, "nwhqk,nwkhd->nwqhd", scores, values, seen)
        y = projected(xp, "out", y.reshape(n * windows, inside, f), weights)
        back = xp.roll(_joined(y.reshape(n, windows, inside, f), sides), shifts, axes)
        return back[(slice(None), *(slice(side.n) for side in sides))]


def _parted(x: Any, sides: list[Side]) -> Any:
    """An array batch×places×values as batch×windows×places of one×values."""
    n, f, rank = len(x), x.shape[-1], len(sides)
    x = x.reshape(n, *chain.from_iterable((side.windows, side.w) for side in sides), f)
    x = x.transpose(0, *range(1, 2 * rank, 2), *range(2, 2 * rank + 1, 2), 2 * rank + 1)
    return x.reshape(n, math.prod(side.windows for side in sides), math.prod(side.w for side in sides), f)


def _joined(x: Any, sides: list[Side]) -> Any:
    """The inverse of `_parted`."""
    n, f, rank = len(x), x.shape[-1], len(sides)
    x = x.reshape(n, *(side.windows for side in sides), *(side.w for side in sides), f)
    x = x.transpose(0, *chain.from_iterable((1 + axis, 1 + rank + axis) for axis in range(rank)), 2 * rank + 1)
    return x.reshape(n, *(side.windows * side.w for side in sides), f)


def distances(xp: Any, sides: list[Side]) -> Any:
    """The row of the table for each pair of places of a window: their distance along each axis, from −(w − 1) on."""
    index = 0
    for side, places in zip(sides, _coordinates(xp, [side.w for side in sides]), strict=True):
        index = index * (2 * side.w - 1) + places[:, None] - places + side.w - 1
    return index


def seen_together(xp: Any, sides: list[Side], shifts: tuple[int, ...]) -> Any:
    """The mask of a shift: windows×queries×keys, true where both stood on one side of the end of each axis."""
    grid = _coordinates(xp, [side.windows * side.w for side in sides])
    ends = [
        places >= side.windows * side.w - s if s else places < 0
        for places, side, s in zip(grid, sides, shifts, strict=True)
    ]
    whole = xp.stack(ends, -1).reshape(1, *(side.windows * side.w for side in sides), len(sides))
    parts = _parted(whole, sides)[0]
    return (parts[:, :, None] == parts[:, None]).all(-1)


def _coordinates(xp: Any, shape: list[int]) -> Any:
    """The coordinates of all places of a grid along each of its axes."""
    return xp.indices(shape).reshape(len(shape), -1)
