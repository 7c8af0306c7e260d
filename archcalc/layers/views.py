"""The receptive views of a layer: for each axis of an input a window on an axis of the output."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from archcalc.layers.window import IDENTITY, Window, whole_axis
from archcalc.symbols.dims import Dim, Shape


class At(NamedTuple):
    """The view of one input axis: the output axis it follows, and the window.

    An axis that is seen whole may have an output axis together with one that moves, where none is left for it alone.
    With `ends`, nothing lies beyond the input's own positions, not even padding, because other inputs lie there. Only
    `outputs`, first and last (exclusive), look through the window, or all of them.
    """

    axis: int
    window: Window
    ends: bool = False
    outputs: tuple[Dim, Dim] | None = None


# The views of all axes of an input together; () for values that keep their order under another shape.
View: TypeAlias = tuple[At, ...]
Views: TypeAlias = tuple[View, ...]


def pointwise_view(x: Shape, axes: dict[int, Window] | None = None) -> View:
    """The view of the value at its own position, except through the given windows on some axes.

    >>> [at.window.at(2) for at in pointwise_view((3, 3, 3), {0: whole_axis(3)})]
    [(0, 2), (2, 2), (2, 2)]
    """
    own = axes or {}
    return tuple(At(axis, own.get(axis, IDENTITY)) for axis in range(len(x)))


def global_view(x: Shape, *axes: int) -> View:
    """The view of everything along some axes, and of the own position along the others."""
    return pointwise_view(x, {axis: whole_axis(x[axis]) for axis in axes})


def loose_view(x: Shape, *axes: int) -> View:
    """The view of at most everything along some axes, and of the own position along the others."""
    return pointwise_view(x, {axis: replace(whole_axis(x[axis]), loose=True) for axis in axes})
