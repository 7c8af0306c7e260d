"""Attention inside windows of an image, as Swin has it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

import msgspec

from archcalc.layers.axes import each_axis
from archcalc.layers.base import Core, Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.gradients import Flows, projection_backward
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
from archcalc.layers.window import whole_axis
from archcalc.layers.window_bias import (
    from_layers,
    from_queries,
    from_table,
    kept_of_making,
    kept_of_queries,
    made_backward,
    made_biases,
    making,
    query_biases,
    spans,
    table_biases,
)
from archcalc.layers.window_sides import Side, joined, parted, seen_together
from archcalc.layers.work import NOTHING, Work
from archcalc.symbols.dims import Dim, Shape, at_least, divides, equal, quotient, size
from archcalc.symbols.shape import NamedShape

# The bound of the trained scale of cosines, and of the length that they are divided by (Swin V2's code).
LARGEST, SHORTEST = 100, 1e-12

Bias: TypeAlias = Annotated[
    bool | Literal["mlp", "queries"],
    msgspec.Meta(description="true, false, mlp or queries"),
]


class WindowAttention(Layer, frozen=True):
    """Multi-head attention inside each window of the places of an image (Liu et al. 2021, arXiv:2103.14030, section 3.2).

    The input has its channels last, as height×width×channels, and is padded at its ends to whole windows. `shift` moves
    the windows that far, around the ends; places that meet only by that are masked. With `grid` the places of a window
    lie evenly over the whole image (Tu et al. 2022, arXiv:2204.01697, section 3.2).

    `relative` adds a bias to each score by the distance of the two places: from a trained table of (2·window − 1)² for
    each head, or with `mlp` by two dense layers with `hidden` values between them, from the logarithms of distances
    (Liu et al. 2021, arXiv:2111.09883, section 3.3). With `queries` it is, for each axis, the product of the query with a
    trained row of the distance along it (Li et al. 2021, arXiv:2112.01526; the encoder of SAM).

    `key` is the width of one head and defaults to channels / heads; `out` defaults to channels.

    Scores are products of queries and keys over the root of the values of a head, or with `features` of those of all
    heads. With `cosine` they are cosines times a trained scale of each head, at most 100 (section 3.2 of the latter).
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
    key: Count | None = None
    out: Count | None = None
    shift: Offsets = 0
    grid: bool = False
    relative: Bias = False
    hidden: Count = 512
    scores: Literal["heads", "features", "cosine"] = "heads"
    bias: Biases = True

    @property
    def filters(self) -> Dim | None:
        return self.out

    def variants(self, _rank: int) -> Iterator[str]:
        yield from bias_variants(self.bias)

    def output(self, x: Shape) -> Shape:
        return x if self.out is None else (*x[:-1], self.out)

    def width(self, x: Shape) -> Dim:
        """The values of one head's queries, of its keys and of its values."""
        return quotient(x[-1], self.heads) if self.key is None else self.key

    def requires(self, x: Shape) -> Iterator[Requirement]:
        rank = len(x) - 1
        yield rank >= 1, "the input must be places×channels", ""
        yield from require_per_axis(rank, window=self.window, shift=self.shift)
        if self.key is None:
            yield divides(self.heads, x[-1]), f"heads={self.heads} does not divide the {x[-1]} channels", "heads"
        for w, s in zip(each_axis(self.window, rank), each_axis(self.shift, rank), strict=True):
            yield at_least(w - 1, s), f"shift={s} must be less than window={w}", "shift"
            if self.grid:
                yield equal(s, 0), f"shift={s} would move a grid, which has no place of its own", "shift"
            if self.relative == "mlp":
                yield at_least(w, 2), f"window={w} has one place, and so no distances", "window"
        yield from require_biases_once(self.bias)

    def sides(self, x: Shape) -> list[Side]:
        """The axes of the image, in windows."""
        rank = len(x) - 1
        each = zip(x[:-1], each_axis(self.window, rank), each_axis(self.shift, rank), strict=True)
        return [Side(n, w, s, self.grid) for n, w, s in each]

    def weights(self, x: Shape) -> dict[str, Shape]:
        inner = self.heads * self.width(x)
        matrices: dict[str, Shape] = dict.fromkeys(("query", "key", "value"), (inner, x[-1])) | {
            "out": (self.output(x)[-1], inner)
        }
        weights = with_biases(matrices, self.bias)
        if self.scores == "cosine":
            weights["scale"] = (self.heads,)
        if self.relative == "mlp":
            return weights | from_layers(self.sides(x), self.heads, self.hidden)
        if self.relative == "queries":
            return weights | from_queries(self.sides(x), self.width(x))
        return weights | (from_table(self.sides(x), self.heads) if self.relative else {})

    def buffers(self, x: Shape) -> dict[str, Shape]:
        # Which distance each pair of a window has, and its coordinates. They follow from the window, but are kept with the weights.
        _, inside = self._counts(x)
        indexed = self.relative and self.relative != "queries"
        buffers: dict[str, Shape] = {"position_index": (inside * inside,)} if indexed else {}
        if self.relative == "mlp":
            sides = self.sides(x)
            buffers["position_coordinates"] = (*spans(sides), len(sides))
        return buffers

    def _counts(self, x: Shape) -> tuple[Dim, Dim]:
        """The places of the padded image, and those of a window."""
        sides = self.sides(x)
        return size(tuple(side.windows * side.w for side in sides)), size(tuple(side.w for side in sides))

    def core(self, x: Shape) -> Core:
        places, inside = self._counts(x)
        key = self.width(x)
        scores = self.heads * places * inside
        hidden = scores - self.heads * size(tuple(side.seen for side in self.sides(x)))
        return Core(scores, key, key, hidden)

    def work(self, _output: Shape, x: Shape) -> Work:
        places, _ = self._counts(x)
        core = self.core(x)
        key, scores = core.key, core.scores
        work = projecting(dict.fromkeys(("query", "key", "value", "out"), places), self.weights(x))
        work += attending(scores, self.heads * places, key, core.value, core.hidden)
        if self.scores == "cosine":
            vectors = 2 * self.heads * places
            values = vectors * key
            work += Work(
                additions=values - vectors,
                multiplications=values,
                comparisons=vectors,
                divisions=values,
                exponentials=vectors,
            )
        if self.relative == "queries":
            sides = self.sides(x)
            along = sum(side.w for side in sides)
            return work + Work(macs=places * self.heads * key * along, additions=scores * len(sides))
        return work + Work(additions=scores if self.relative else 0)

    def work_once(self, x: Shape) -> Work:
        made = making(self.sides(x), self.heads, self.hidden) if self.relative == "mlp" else NOTHING
        if self.scores != "cosine":
            return made
        return made + Work(comparisons=self.heads, exponentials=self.heads)

    def backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Work:
        (given,), trained = use.grads, self.weights(x).keys() - use.frozen
        queries, keys, values = (given or bool({name, f"{name}_bias"} & trained) for name in ("query", "key", "value"))
        # A bias or a scale of the scores has the gradient of the shares.
        flows = Flows(queries, keys, values, sinks=any(name.startswith(("position", "scale")) for name in trained))
        work = self.core(x).backward(flows)
        places, inner = self._counts(x)[0], self.heads * self.width(x)
        for name in ("query", "key", "value", "out"):
            ends, inputs = (self.output(x), any(flows)) if name == "out" else (x, given)
            work += projection_backward(places * inner * ends[-1], weights=name in trained, inputs=inputs)
        for axis, side in enumerate(self.sides(x) if self.relative == "queries" else []):
            rows = f"position_{axis}" in trained
            work += projection_backward(places * inner * side.w, weights=rows, inputs=queries)
        return work

    def backward_once(self, use: TrainingContext, x: Shape) -> Work:
        return made_backward(self.sides(x), self.heads, self.hidden, use.frozen) if self.relative == "mlp" else NOTHING

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        windows = {axis: side.window for axis, side in enumerate(self.sides(x))}
        return ((pointwise_view(x, {**windows, len(x) - 1: whole_axis(x[-1])}),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        places, inside = self._counts(x)
        values = places * self.heads * self.width(x)
        # One window is the whole input; several are laid one after the other in a copy of it.
        one = all(equal(side.n, side.w) is True for side in self.sides(x))
        if {"query", "key", "value"} - use.frozen:
            yield SavedTensor(0) if one else SavedTensor("windows", places * x[-1])
        yield from (SavedTensor(name, values) for name in ("queries", "keys", "values"))
        if self.scores == "cosine":
            # Queries and keys before their lengths are 1, as views of one array with the values hold all of it.
            yield SavedTensor("projected", 3 * values)
            for name in ("query", "key"):
                yield from (SavedTensor(f"{name} {which}", self.heads * places) for which in ("lengths", "divisors"))
            yield SavedTensor("powers", self.heads, once=True)
            if "scale" not in use.frozen:
                yield SavedTensor("cosines", self.heads * places * inside)
        if self.relative == "mlp":
            yield from kept_of_making(self.sides(x), self.heads, self.hidden, use.frozen)
        if self.relative == "queries":
            yield from kept_of_queries(self.sides(x), values, self.width(x), use.frozen)
            if self.scores != "cosine":
                yield SavedTensor("scaled queries", values)
        if "out" not in use.frozen:
            yield SavedTensor("mixed", values)
        scores = self.heads * places * inside
        # A mask or bias of its own needs the scores, which fused kernels do not have.
        if use.scores != "recomputed":
            yield SavedTensor("probabilities", scores)
        if use.scores == "dropout":
            yield SavedTensor("mask of dropout", scores, "bool")
            yield SavedTensor("probabilities left by dropout", scores)

    def forward(self, xp: Any, x: Any, **weights: Any) -> Any:
        sides = self.sides(x.shape[1:])
        # An axis with one window is not shifted (torchvision, shifted_window_attention).
        shifts = tuple(side.s if side.windows > 1 else 0 for side in sides)
        axes = tuple(range(1, len(sides) + 1))
        ends = [(0, side.windows * side.w - side.n) for side in sides]
        padded = xp.pad(x, [(0, 0), *ends, (0, 0)])
        moved = xp.roll(padded, tuple(-s for s in shifts), axes)
        parts = parted(moved, sides)
        n, windows, inside, f = parts.shape
        rows = parts.reshape(n * windows, inside, f)

        def headed(name: str) -> Any:
            return projected(xp, name, rows, weights).reshape(n, windows, inside, self.heads, -1)

        queries, keys, values = map(headed, ("query", "key", "value"))
        scores = self._scored(xp, queries, keys, weights)
        if self.relative == "queries":
            scores = scores + query_biases(xp, sides, queries, weights)
        elif self.relative:
            scores = scores + (made_biases if self.relative == "mlp" else table_biases)(xp, sides, weights)
        seen = seen_together(xp, sides, shifts)[:, None] if any(shifts) else None
        y = mixed(xp, "nwhqk,nwkhd->nwqhd", scores, values, seen)
        y = projected(xp, "out", y.reshape(n * windows, inside, -1), weights)
        back = xp.roll(joined(y.reshape(n, windows, inside, -1), sides), shifts, axes)
        return back[(slice(None), *(slice(side.n) for side in sides))]

    def _scored(self, xp: Any, queries: Any, keys: Any, weights: dict[str, Any]) -> Any:
        """The scores as batch×windows×heads×queries×keys, before any bias."""
        if self.scores != "cosine":
            width = queries.shape[-1] * (self.heads if self.scores == "features" else 1)
            return xp.einsum("nwqhd,nwkhd->nwhqk", queries, keys, optimize=True) / width**0.5
        queries, keys = (_unit(xp, vectors) for vectors in (queries, keys))
        scale = xp.exp(xp.minimum(weights["scale"], math.log(LARGEST)))[:, None, None]
        return xp.einsum("nwqhd,nwkhd->nwhqk", queries, keys, optimize=True) * scale


def _unit(xp: Any, vectors: Any) -> Any:
    """Vectors along the last axis over their lengths."""
    return vectors / xp.maximum(xp.sqrt((vectors**2).sum(-1, keepdims=True)), SHORTEST)
