"""Margins around an axis that are filled with zeros or with values of the axis itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from archcalc.layers.requirements import Requirement
from archcalc.layers.views import At
from archcalc.layers.window import Window
from archcalc.layers.windows import MAX_LISTED
from archcalc.symbols.dims import Dim, Shape, at_least, ceil_div, maximum, minimum

# `reflect` mirrors the axis at its first and last value, `replicate` repeats these, `circular` goes on at the other end.
Filling: TypeAlias = Literal["zeros", "reflect", "replicate", "circular"]

# The words of numpy.
NUMPY_MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class Slide(NamedTuple):
    """A window of `kernel` taps, `dilation` apart, that moves by `stride` to `places` places along an axis."""

    places: Dim
    kernel: Dim = 1
    stride: Dim = 1
    dilation: Dim = 1


def require_filling(
    filling: Filling, x: Shape, margins: Iterable[tuple[Dim, Dim]], setting: str, field: str
) -> Iterator[Requirement]:
    """The requirement that each axis but the first has enough values for the margins before and after it."""
    if filling in {"reflect", "circular"}:
        most = "less than" if filling == "reflect" else "no more than"
        for n, sides in zip(x[1:], margins, strict=True):
            for side in sides:
                message = f"with {setting} {filling} a margin must be {most} the axis, and {side} is not for one of {n}"
                yield at_least(n, side + int(filling == "reflect")), message, field


def filled_views(axis: int, n: Dim, sides: tuple[Dim, Dim], filling: Filling, slide: Slide) -> list[At]:
    """The views of an axis of n values, and of those that fill its margins, through a window that slides over all."""
    places, kernel, stride, dilation = slide
    before, _ = sides
    reach = dilation * (kernel - 1)

    def onwards(first: Dim) -> Window:
        return Window(stride, ((first, first + reach),), dilation)

    def backwards(last: Dim) -> Window:
        return Window(-stride, ((last - reach, last),), dilation)

    if filling == "zeros" or sides == (0, 0):
        return [At(axis, onwards(-before))]
    own = At(axis, onwards(-before), ends=True)
    # The places with a tap in the margin before, and those with one in that after.
    early = (0, minimum(places, ceil_div(before, stride)))
    late = (ceil_div(maximum(0, before + n - reach), stride), places)
    if filling == "reflect":
        windows = (backwards(before), backwards(before + 2 * n - 2))
    elif filling == "circular":
        windows = (onwards(n - before), onwards(-before - n))
    else:
        windows = (_held(0, early, stride), _held(n - 1, late, stride))
    margins = zip(windows, (early, late), sides, strict=True)
    return [
        own,
        *(
            At(axis, window, ends=True, outputs=at)
            for window, at, side in margins
            if side != 0 and at_least(at[1], at[0] + 1) is not False
        ),
    ]


def _held(value: Dim, outputs: tuple[Dim, Dim], stride: Dim) -> Window:
    """The window in which all of these outputs see one input; it moves at the pace of the others."""
    first, count = outputs[0], outputs[1] - outputs[0]
    listed = all(isinstance(n, int) for n in (value, first, count, stride)) and 0 < count <= MAX_LISTED
    if not listed:
        return Window(0, ((value, value),))
    rounds = (divmod(first + (r - first) % count, count) for r in range(count))
    ends = [value - stride * count * a for a, _ in rounds]
    return Window(stride * count, tuple((end, end) for end in ends))
