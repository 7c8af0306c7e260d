"""Tensors of a program, and where the batch lies in them.

torch's shapes have the batch in them and archcalc's do not. It is one of the factors of an axis: of the first as a
rule, but `transpose` moves it, and a `view` may put it together with heads or windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from archcalc.symbols.dims import Dim, Shape, divides, equal, quotient, size

Origin = Literal["computed", "trained", "fixed"]


class Batch(NamedTuple):
    """The place of the batch: an axis, and how many values of this axis lie around it."""

    axis: int
    outer: Dim = 1


class Grid(NamedTuple):
    """Every so manieth entry of an axis, from a first on."""

    axis: int
    first: int
    step: int


class Value(msgspec.Struct, frozen=True):
    """A tensor: what a layer puts out, a trained array, or one that neither is trained nor depends on the input.

    `name` is that of an array, and `at` the position of a layer in the graph. Arrays become layers where they are used.
    """

    full: Shape
    origin: Origin = "computed"
    batch: Batch | None = None
    at: int = -1
    name: str = ""
    # True where it is to be repeated along axes of 1, which what joins it does by itself.
    repeated: bool = False
    # The entries that it has of the layer's output, whose shape is `source`; none where it is the output.
    grid: tuple[Grid, ...] = ()
    source: Shape = ()

    def own(self, samples: Dim) -> Shape:
        """The shape of one sample, at least one axis."""
        return without_batch(self.full, self.batch, samples)

    def axis(self, axis: int, samples: Dim) -> int:
        """The axis of one sample that an axis is; -1 for that of the batch alone."""
        axis = from_start(axis, len(self.full))
        if self.batch is None or quotient(self.full[self.batch.axis], samples) != 1:
            return axis
        return -1 if axis == self.batch.axis else axis - (axis > self.batch.axis)


def without_batch(full: Shape, batch: Batch | None, samples: Dim) -> Shape:
    """The shape of one sample."""
    if batch is None:
        return full or (1,)
    rest = quotient(full[batch.axis], samples)
    inside = () if rest == 1 else (rest,)
    return (*full[: batch.axis], *inside, *full[batch.axis + 1 :]) or (1,)


def from_start(axis: int, rank: int) -> int:
    """An axis counted from the start; raises IndexError if there is none such."""
    if not -max(rank, 1) <= axis < max(rank, 1):
        raise IndexError(axis)
    return axis % max(rank, 1)


def reshaped(batch: Batch | None, x: Shape, y: Shape, samples: Dim) -> Batch | None:
    """The place of the batch after a reshape from x to y; None if there is none.

    >>> reshaped(Batch(0), (2, 3, 8, 8), (2, 3, 64), 2), reshaped(Batch(1), (50, 2, 768), (50, 24, 64), 2)
    (Batch(axis=0, outer=1), Batch(axis=1, outer=1))
    >>> reshaped(Batch(1), (50, 2, 768), (100, 768), 2)
    Batch(axis=0, outer=50)
    """
    if batch is None:
        return None
    before = size(x[: batch.axis]) * batch.outer
    starts = [size(y[:axis]) for axis in range(len(y))]
    at = [axis for axis, start in enumerate(starts) if equal(start, before) is True]
    for axis in at:
        if equal(y[axis], samples) is True:
            return Batch(axis)
    for axis in at:
        if divides(samples, y[axis]) is True:
            return Batch(axis)
    for axis, start in enumerate(starts):
        outer = quotient(before, start) if divides(start, before) is True else 0
        if outer != 0 and divides(outer * samples, y[axis]) is True:
            return Batch(axis, outer)
    return None


def permuted(batch: Batch | None, order: Sequence[int]) -> Batch | None:
    """The place of the batch after a permutation of the axes."""
    return None if batch is None else Batch(order.index(batch.axis), batch.outer)
