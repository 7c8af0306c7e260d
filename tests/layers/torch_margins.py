"""Margins of windows as torch takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn
from torch.nn import functional

from archcalc.layers import Layer
from tests.layers.torch_function import Function

Shape = tuple[int, ...]


def per_axis(value: Any, rank: int) -> list[Any]:
    """One entry for each axis; a list of another length is refused."""
    return [entry for entry, _ in zip(value if isinstance(value, tuple) else [value] * rank, range(rank), strict=True)]


def margins(value: Any, rank: int) -> list[tuple[int, int]]:
    """Before and after each axis."""
    return [(before, after) for before, after in (m if isinstance(m, tuple) else (m, m) for m in per_axis(value, rank))]


def pad(sides: list[tuple[int, int]], value: float = 0, mode: str = "zeros") -> nn.Module:
    """F.pad lists the last axis first; negative sides cut."""
    flat = [side for pair in reversed(sides) for side in pair]
    if mode == "zeros":
        return Function(lambda t: functional.pad(t, flat, value=value))
    return Function(lambda t: functional.pad(t, flat, mode=mode))


def around(k: Layer, x: Shape, stride: Any) -> Iterator[tuple[int, int]]:
    """The padding before and after each axis; `same` makes windows at 0, s, 2s, ... fit, the odd one going after."""
    rank = k.rank
    if k.padding != "same":
        yield from margins(k.padding, rank)
        return
    dilations = per_axis(getattr(k, "dilation", 1), rank)
    for n, size, s, d in zip(x[1:], per_axis(k.kernel, rank), per_axis(stride, rank), dilations, strict=True):
        last = max(range(0, n, s)) + d * (size - 1)
        lacking = max(0, last - (n - 1))
        yield lacking // 2, lacking - lacking // 2
