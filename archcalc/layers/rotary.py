"""Rotary positions."""

from __future__ import annotations

from typing import Any

from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim


def rotated(xp: Any, x: Any, base: float, first: int = 0) -> Any:
    """Each pair of values of a head turned by an angle that grows with its token (Su et al. 2021, arXiv:2104.09864, eq. 34).

    `x` is batch×tokens×heads×values. Pair i of d values turns by base^(−2i/d) for each token, counted from `first`.
    """
    tokens, values = x.shape[1], x.shape[-1]
    speeds = base ** (-xp.arange(0, values, 2) / values)
    angles = (xp.arange(first, first + tokens)[:, None] * speeds)[:, None]
    cos, sin = (xp.asarray(turn(angles), x.dtype) for turn in (xp.cos, xp.sin))
    even, odd = x[..., ::2], x[..., 1::2]
    return xp.stack([even * cos - odd * sin, odd * cos + even * sin], -1).reshape(x.shape)


def rotation(values: Dim) -> Work:
    """The work to turn so many values, whose angles are known beforehand: two products and a sum for each."""
    return Work(multiplications=2 * values, additions=values)
