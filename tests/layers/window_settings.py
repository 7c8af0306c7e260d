"""Hypothesis strategies: the settings of windows and margins along each axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from archcalc.layers import Layer
from tests.layers.axis_settings import divisors
from tests.layers.inputs import Draw, Shape


def each(draw: Draw, entries: list[Any]) -> Any:
    """A field with these entries, written once where they are alike or as a list."""
    once = all(entry == entries[0] for entry in entries) and isinstance(entries[0], int)
    return entries[0] if once and draw(st.booleans()) else tuple(entries)


def margins(draw: Draw, sides: list[tuple[int, int]]) -> Any:
    """Margins before and after each axis, as pairs only where they differ."""
    return each(draw, [before if before == after else (before, after) for before, after in sides])


def every_axis(draw: Draw, x: Shape, axis: Callable[[Draw, int], Any]) -> list[Any]:
    """What `axis` draws for each axis but the first, or one answer for all of them."""
    if draw(st.booleans()):
        return [axis(draw, min(x[1:]))] * len(x[1:])
    return [axis(draw, n) for n in x[1:]]


def two_sides(draw: Draw, least: int, most: int) -> tuple[int, int]:
    """Margins before and after an axis, most of them alike."""
    before = draw(st.integers(least, most))
    return (before, draw(st.integers(least, most)) if draw(st.integers(0, 3)) == 0 else before)


def window(draw: Draw, x: Shape, *, dilated: bool, pooling: bool) -> dict[str, Any]:
    """Kernel, stride, padding and dilation of a window that finds room along every axis."""

    def axis(draw: Draw, n: int) -> tuple[int, int, int, tuple[int, int]]:
        k, s = draw(st.integers(1, 5)), draw(st.integers(1, 4))
        # What the window lacks must be padding on either side; pooling takes half a kernel at most.
        lacking = [max(0, -((n - d * (k - 1) - 1) // 2)) for d in (1, 2, 3)]
        d = draw(st.sampled_from([d for d in (1, 2, 3) if lacking[d - 1] <= k // 2 or not pooling])) if dilated else 1
        return k, s, d, two_sides(draw, lacking[d - 1], k // 2 if pooling else lacking[d - 1] + 2)

    kernel, stride, dilation, sides = map(list, zip(*every_axis(draw, x, axis), strict=True))
    fields = {"kernel": each(draw, kernel), "stride": each(draw, stride), "padding": margins(draw, sides)}
    if dilated:
        fields["dilation"] = each(draw, dilation)
    if draw(st.integers(0, 4)) == 0:
        fields["padding"] = "same"
    if pooling and draw(st.integers(0, 4)) == 0:
        fields["stride"] = None
    return fields


def filling(draw: Draw, x: Shape, fields: dict[str, Any]) -> str:
    """What fills the padding of a window with these settings, each axis having enough values for it."""
    sides = list(Layer.kinds[f"conv{len(x) - 1}d"](**fields).margins(x))
    spare = [n - max(margins) for n, margins in zip(x[1:], sides, strict=True)]
    fitting = ["reflect"] * (min(spare) > 0) + ["circular"] * (min(spare) >= 0)
    return draw(st.sampled_from(["zeros", "replicate", *fitting]))


def grouped(draw: Draw, x: Shape) -> dict[str, Any]:
    groups = draw(divisors(x[0]))
    return {"groups": groups, "out": groups * draw(st.integers(1, 4))}
