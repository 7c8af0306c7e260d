"""Products of matrices from two branches."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any, ClassVar, Literal, Self

from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.placing import require_sequence
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import At, View, Views
from archcalc.layers.window import IDENTITY, whole_axis
from archcalc.layers.windows import blocks
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, divides, equal, format_shape, quotient, size
from archcalc.symbols.shape import axes_of

_NAMES = ("first", "second")


class MatMul(Layer, frozen=True):
    """The product of two branches as matrices of their last two axes, one for each entry of the axes before (Vaswani et al. 2017).

    `transpose` swaps the last two axes of an input. `heads` splits the features of an input that is tokens×features, so
    that it is heads×tokens×features; where the columns of the product are features of the second, they are put together
    again. `scale` divides by the root of the number of values that are summed.
    """

    called: ClassVar[tuple[str, ...]] = ("bmm", "dot")
    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    example: ClassVar[Example] = Example({"transpose": "second", "heads": 8, "scale": True}, ((128, 512), (128, 512)))

    transpose: Literal["first", "second", "both"] | None = None
    heads: Count | None = None
    scale: bool = False

    @property
    def product_heads(self) -> Dim | None:
        return self.heads

    def placed(self, *inputs: Shape) -> Self:
        if self.heads is not None:
            for x in inputs:
                if len(x) == 2:
                    require_sequence(x)
        return self

    def _turned(self, which: int) -> bool:
        return self.transpose in {"both", _NAMES[which]}

    def _matrix(self, which: int, x: Shape) -> tuple[Dim, Dim]:
        """The rows and columns of an input as a factor."""
        rows, columns = x[-2:]
        if self.heads is not None and len(x) == 2:
            columns = quotient(columns, self.heads)
        return (columns, rows) if self._turned(which) else (rows, columns)

    def _together(self, b: Shape) -> bool:
        """True if the columns are features of the second, which are put together again."""
        return self.heads is not None and len(b) == 2 and not self._turned(1)

    def output(self, a: Shape, b: Shape) -> Shape:
        rows, columns = self._matrix(0, a)[0], self._matrix(1, b)[1]
        if self.heads is None:
            return (*a[:-2], rows, columns)
        return (rows, b[1]) if self._together(b) else (self.heads, rows, columns)

    def output_axes(self, output: Shape, a: Shape, b: Shape) -> tuple[str, ...]:
        rows = axes_of(a)[-1 if self._turned(0) else -2]
        columns = axes_of(b)[-2 if self._turned(1) else -1]
        before = axes_of(a)[:-2]
        if self.heads is not None and len(output) == 3:
            before = next((axes_of(x)[:1] for x in (a, b) if len(x) == 3 and axes_of(x)[0]), ("heads",))
        elif self.heads is not None:
            before = ()
        # The keys of attention were tokens too.
        taken = columns in {*before, rows} - {""}
        return (*before, rows, ("" if self.heads is None else "keys") if taken else columns)

    def requires(self, a: Shape, b: Shape) -> Iterator[Requirement]:
        if self.heads is None:
            for x in (a, b):
                yield len(x) >= 2, f"an input of {format_shape(x)} is no matrix, which has at least two axes", ""
            yield len(a) == len(b), f"inputs of {_both(a, b)} have different numbers of axes", ""
            for one, other in zip(a[:-2], b[:-2], strict=True):
                yield equal(one, other), f"inputs of {_both(a, b)} differ in an axis before their last two", ""
        else:
            yield from self._splits(self.heads, a, b)
        first, second = self._matrix(0, a), self._matrix(1, b)
        message = f"{format_shape(first)} by {format_shape(second)} is no product, for rows have {first[1]} values and columns {second[0]}"
        fits = self.transpose is None and equal(first[1], second[1]) is True
        yield equal(first[1], second[0]), message + ("; `transpose: second` turns the second" if fits else ""), ""

    def _splits(self, heads: Dim, a: Shape, b: Shape) -> Iterator[Requirement]:
        first = self.transpose in {"first", "both"}
        yield not first, "with heads only the second can be transposed, for heads are split off features", "transpose"
        yield 2 in {len(a), len(b)}, f"heads={heads} splits tokens×features, and no input has two axes", "heads"
        for name, x in zip(_NAMES, (a, b), strict=True):
            yield len(x) in {2, 3}, f"the {name} input must be tokens×features or heads×rows×columns", ""
            if len(x) == 2:
                message = f"heads={heads} does not divide the {x[1]} features of the {name} input"
                yield divides(heads, x[1]), message, "heads"
            else:
                yield equal(x[0], heads), f"heads={heads} and the {name} input has {x[0]} heads", "heads"

    def work(self, output: Shape, a: Shape, _b: Shape) -> Work:
        return Work(macs=size(output) * self._matrix(0, a)[1], multiplications=size(output) if self.scale else 0)

    def cached(self, _a: Shape, b: Shape) -> Iterator[Cached]:
        # Of scores the keys, of what they mix the values.
        if len(b) == 2 and not self._turned(0):
            turned = self._turned(1)
            yield Cached("keys" if turned else "values", b[1], 1, paired="output" if turned else "first input")

    def receptive_views(self, a: Shape, b: Shape) -> tuple[Views, ...]:
        row = 0 if self._together(b) else len(a) - 2 if self.heads is None else 1
        # Heads that are put together leave no axis but that of the rows.
        other = row if self._together(b) and len(a) == 3 else row + 1
        return (self._view(0, a, b, row, other),), (self._view(1, b, b, row + 1, row),)

    def _view(self, which: int, x: Shape, b: Shape, along: int, other: int) -> View:
        """The view of an input whose own axis lies along one of the output; `other` is that for the one summed over."""
        last_summed = self._turned(which) == (which == 1)
        own, summed = At(along, IDENTITY), At(other, whole_axis(x[-1 if last_summed else -2]))
        ends = (own, summed) if last_summed else (summed, own)
        if self.heads is None:
            return (*(At(axis, IDENTITY) for axis in range(len(x) - 2)), *ends)
        if len(x) == 3:
            return (self._heads(1, b), *ends)
        return (own, self._heads(quotient(x[1], self.heads), b)) if last_summed else ends

    def _heads(self, width: Dim, b: Shape) -> At:
        """The view of the heads of an input, each of so many values."""
        heads: Any = self.heads
        if self._together(b):
            return At(1, blocks(width, quotient(b[1], heads), heads * width))
        return At(0, blocks(width, 1, heads * width))

    def saved_for_backward(self, use: TrainingContext, _output: Shape, _a: Shape, _b: Shape) -> Iterator[SavedTensor]:
        # The gradient of a factor needs the other factor.
        for which in (0, 1):
            if use.grads[1 - which]:
                yield SavedTensor(which)

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, a, b)

    def forward_after(self, xp: Any, cache: Cache, a: Any, b: Any) -> Any:
        b = cache.grown(xp, "keys" if self._turned(1) else "values", b)
        summed = self._matrix(0, a.shape[1:])[1]
        together = self._together(b.shape[1:])
        a, b = (self._factor(which, x) for which, x in enumerate((a, b)))
        each = ascii_lowercase[: a.ndim - 2]
        y = xp.einsum(f"{each}RS,{each}SC->{each}RC", a, b, optimize=True)
        y = y * summed**-0.5 if self.scale else y
        return y.swapaxes(1, 2).reshape(len(y), y.shape[2], -1) if together else y

    def _factor(self, which: int, x: Any) -> Any:
        if self.heads is not None and x.ndim == 3:
            x = x.reshape(*x.shape[:2], self.heads, -1).swapaxes(1, 2)
        return x.swapaxes(-1, -2) if self._turned(which) else x


def _both(a: Shape, b: Shape) -> str:
    return f"{format_shape(a)} and {format_shape(b)}"
