"""The axes of shapes and arrays: what they are called, and fields that are written once for all of them or once for each."""

from __future__ import annotations

from typing import Any

from archcalc.symbols.dims import Dim

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

# The ways to name the axes of a network's input, in their order.
INPUTS = (
    *(("channels", *axes) for axes in AXES.values()),
    ("tokens", "features"),
    ("tokens",),
    ("features",),
)


def each_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """A field written once for all axes, or once for each.

    >>> each_axis(3, 2), each_axis((1, 2), 2)
    ((3, 3), (1, 2))
    """
    return value if isinstance(value, tuple) else (value,) * rank


def both_sides(value: Any, rank: int) -> tuple[tuple[Dim, Dim], ...]:
    """Margins before and after each axis, from any of the ways to write them.

    >>> both_sides(1, 2), both_sides((1, (0, 2)), 2)
    (((1, 1), (1, 1)), ((1, 1), (0, 2)))
    """
    return tuple(side if isinstance(side, tuple) else (side, side) for side in each_axis(value, rank))


def reshape_along(axis: int, vector: Any, x: Any) -> Any:
    """A vector shaped to lie along an axis of an array, so that it can be added to it or multiply it."""
    return vector.reshape(-1, *(1 for _ in range(axis + 1, x.ndim)))


def in_batch(axis: int, x: Any) -> int:
    """The axis of a batch that in each of its samples is `axis`, counted from either end."""
    samples: int = x.ndim - 1
    return axis % samples + 1
