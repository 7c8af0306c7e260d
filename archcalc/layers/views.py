"""Which values of its inputs a layer sees: for each axis of an input a window on an axis of the output."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from archcalc.layers.window import IDENTITY, Window, whole_axis
from archcalc.symbols.dims import Shape


class At(NamedTuple):
    """How an axis of an input is seen: along which axis of the output, through which window.

    With `ends` nothing lies beyond the input's own places, not even padding, for other inputs lie there.
    """

    axis: int
    window: Window
    ends: bool = False


# For each axis of an input how it is seen, all of them together; () where values keep their order under another shape.
View: TypeAlias = tuple[At, ...]
Views: TypeAlias = tuple[View, ...]


def pointwise_view(x: Shape, axes: dict[int, Window] | None = None) -> View:
    """The value at its own place, but for some of the axes what their windows see there.

    >>> [at.window.at(2) for at in pointwise_view((3, 3, 3), {0: whole_axis(3)})]
    [(0, 2), (2, 2), (2, 2)]
    """
    own = axes or {}
    return tuple(At(axis, own.get(axis, IDENTITY)) for axis in range(len(x)))


def global_view(x: Shape, *axes: int) -> View:
    """Everything along some axes, and along the others the value at its own place."""
    return pointwise_view(x, {axis: whole_axis(x[axis]) for axis in axes})
