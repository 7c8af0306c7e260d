"""Fields written once for all axes or once for each, and axes of arrays."""

from __future__ import annotations

from typing import Any

from archcalc.symbols.dims import Dim


def each_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """A field with an entry for each axis, from one for all or one for each.

    >>> each_axis(3, 2), each_axis((1, 2), 2)
    ((3, 3), (1, 2))
    """
    return value if isinstance(value, tuple) else (value,) * rank


def one_for_all(sizes: tuple[Any, ...]) -> Any:
    """The inverse: one number where those of all axes are equal, else as many as there are.

    >>> one_for_all((3, 3)), one_for_all((1, 2))
    (3, (1, 2))
    """
    return sizes[0] if len(set(sizes)) == 1 else sizes


def both_sides(value: Any, rank: int) -> tuple[tuple[Dim, Dim], ...]:
    """Margins before and after each axis, from any of the ways to write them.

    >>> both_sides(1, 2), both_sides((1, (0, 2)), 2)
    (((1, 1), (1, 1)), ((1, 1), (0, 2)))
    """
    return tuple(side if isinstance(side, tuple) else (side, side) for side in each_axis(value, rank))


def reshape_along(axis: int, vector: Any, x: Any) -> Any:
    """A vector reshaped to broadcast along an axis of an array."""
    return vector.reshape(-1, *(1 for _ in range(axis + 1, x.ndim)))


def in_batch(axis: int, x: Any) -> int:
    """The axis of a batch that is `axis` in each of its samples, counted from either end."""
    samples: int = x.ndim - 1
    return axis % samples + 1
