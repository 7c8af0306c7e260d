"""The values that operators take and make: arrays of the file, and what layers put out for one sample."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from archcalc.symbols.dims import Dim, Shape, equal, quotient, size

# A number of an array: a size, with letters or without, or one with a point.
Number: TypeAlias = "Dim | float"
# What exporters call the weights and biases of a layer, that is behind its path.
_TRAINED = re.compile(r"\.(\w+_)?(weight|bias|magnitude)(_l?\d+(_reverse)?)?$")


class Known(msgspec.Struct, frozen=True):
    """An array that depends on no input. Its numbers, one after the other, are known where they are few.

    `owner` names the array of the file that it comes from, of the shape `source`; `trained` holds where that may be trained.
    """

    shape: Shape
    content: tuple[Number, ...] | None = None
    floating: bool = True
    owner: str = ""
    source: Shape = ()
    trained: bool = False
    # The trained lengths of its filters, where only their directions are its own.
    magnitude: Known | None = None

    @property
    def wholes(self) -> tuple[Dim, ...] | None:
        """Its numbers if they are whole and known."""
        if self.content is None or any(isinstance(n, float) and not math.isfinite(n) for n in self.content):
            return None
        return tuple(int(n) if isinstance(n, float) else n for n in self.content)

    @property
    def only(self) -> float | None:
        """Its number if it has one, which is known and without letters."""
        found = self.content[0] if self.content is not None and len(self.content) == 1 else None
        return float(found) if isinstance(found, int | float) else None

    @property
    def repeated(self) -> bool:
        """True if one number of the file was repeated to it, which is no trained array."""
        return self.source != () and size(self.source) == 1 and (size(self.shape) != 1 or not self.owner)

    @property
    def single(self) -> bool:
        """True if it has one number, known or not."""
        return size(self.shape) == 1


# How the axis of the samples is one of a sample's own too: the samples outside, as windows are put into a batch, or inside.
Merged: TypeAlias = Literal["", "outer", "inner"]


class Flow(msgspec.Struct, frozen=True):
    """The output of the layer at a position, under the shape that it has for one sample.

    `batch` is the axis of the file's array that the samples lie along; without it all samples have the same.
    """

    at: int
    shape: Shape
    batch: int | None = 0
    merged: Merged = ""
    # The operator that gave it this shape.
    label: str = ""
    blocks: tuple[str, ...] = ()

    @property
    def rank(self) -> int:
        """The number of axes of the file's array."""
        return len(self.shape) + (self.batch is not None and not self.merged)

    @property
    def alone(self) -> int | None:
        """The axis of the file's array that only the samples lie along."""
        return None if self.merged else self.batch

    @property
    def before(self) -> Dim:
        """The number of values of one sample before the axis of the samples."""
        at = self.batch or 0
        return size(self.shape[: at + (self.merged == "inner")])

    def whole(self, batch: int) -> Shape:
        """The shape of the file's array for a number of samples."""
        if self.batch is None:
            return self.shape
        if self.merged:
            at = self.batch
            return (*self.shape[:at], self.shape[at] * batch, *self.shape[at + 1 :])
        return (*self.shape[: self.batch], batch, *self.shape[self.batch :])

    def own(self, axis: int) -> int | None:
        """The axis of a sample that is one of the file's array; None for that of the samples."""
        alone = self.alone
        if alone is None or axis < alone:
            return axis
        return None if axis == alone else axis - 1


# The value that an operator takes or makes.
Operand: TypeAlias = Known | Flow
Sample: TypeAlias = tuple[Shape, int, Merged]


def one_sample(shape: Shape, near: int, samples: int, before: Dim) -> Sample | None:
    """The shape of one sample in an array of several: its shape, the axis of the samples, and how that is merged.

    `before` is the number of values before the samples; of axes of 1, which leave their place open, one near `near` is
    taken. None if the samples are nowhere.

    >>> one_sample((1, 8, 4), 0, 1, 1), one_sample((64, 8, 4), 0, 1, 1), one_sample((6, 4), 0, 2, 1)
    (((8, 4), 0, ''), ((64, 8, 4), 0, 'outer'), ((3, 4), 0, 'outer'))
    >>> one_sample((10, 4), 0, 2, 5)
    ((5, 4), 0, 'inner')
    """
    axes = sorted(range(len(shape)), key=lambda axis: (axis != near, axis))
    for axis in axes:
        if equal(size(shape[:axis]), before) is True and equal(shape[axis], samples) is True:
            return (*shape[:axis], *shape[axis + 1 :]), axis, ""
    for axis in axes:
        n = shape[axis]
        if samples == 1 or (isinstance(n, int) and n % samples == 0):
            passed, own = size(shape[:axis]), quotient(n, samples)
            outer = equal(passed, before) is True
            if outer or equal(passed * own, before) is True:
                return (*shape[:axis], own, *shape[axis + 1 :]), axis, "outer" if outer else "inner"
    return None


def broadcast(shapes: Sequence[Shape]) -> Shape | None:
    """The shape that arrays of several shapes are repeated to together; None if they do not fit.

    >>> broadcast([(3, 1), (4,)]), broadcast([(2,), (3,)])
    ((3, 4), None)
    """
    rank = max(map(len, shapes), default=0)
    found: list[Dim] = []
    for sizes in zip(*((1,) * (rank - len(shape)) + tuple(shape) for shape in shapes), strict=True):
        wide = [n for n in dict.fromkeys(sizes) if n != 1]
        if len([n for n in wide if isinstance(n, int)]) > 1:
            return None
        found.append(next((n for n in wide if isinstance(n, int)), wide[0] if wide else 1))
    return tuple(found)


def says_trained(name: str) -> bool:
    """True for an array that is called as those that are trained, which a single number is only then taken for.

    >>> says_trained("act.weight"), says_trained("onnx::Mul_12")
    (True, False)
    """
    return _TRAINED.search(name) is not None
