"""What a node sees of one axis of the input, seen through one more layer and joined where branches meet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from archcalc.dims import Dim, Shape, same, size
from archcalc.layers.base import View
from archcalc.window import HERE, Window, everything, longer, number_text


class Reach(msgspec.Struct, frozen=True):
    """What a node sees of one axis of the input, through one window.

    The window moves along the output's axis in `axes`, or along none where every place sees the same. `scattered` says that the
    places, `count` of them, lie along these axes in another order or among others, as after a flatten. `shortest` and `longest`
    are the windows of single paths; the longest comes from the node at `via`, and there from the channels of `part` where not
    all see alike. `exact` is false where the window is only known to hold all that is seen.
    """

    window: Window
    axes: tuple[int, ...]
    count: Dim
    shortest: Window
    longest: Window
    via: int = -1
    part: int = -1
    scattered: bool = False
    exact: bool = True
    # What joined branches do not agree on, in words.
    apart: str = ""

    def each(self, change: Callable[[Window], Window], **fields: Any) -> Reach:
        """The same with all its windows changed alike."""
        window = change(self.window)
        shortest = window if self.shortest is self.window else change(self.shortest)
        longest = window if self.longest is self.window else change(self.longest)
        return msgspec.structs.replace(self, window=window, shortest=shortest, longest=longest, **fields)


def through(reach: Reach, view: View, x: Shape, y: Shape) -> Reach:
    """What is seen through one more layer, of input x and output y."""
    if not reach.axes:
        return reach
    if not view:
        axes = reordered(reach.axes, x, y)
        alone = len(axes) == len(reach.axes) == 1 and same(x[reach.axes[0]], y[axes[0]]) is True
        scattered = reach.scattered or not alone
        return msgspec.structs.replace(reach, axes=axes, scattered=scattered)
    if reach.scattered:
        # Windows of one place pick among the places, and do not widen what any of them sees.
        ats = [view[axis] for axis in reach.axes]
        if all(at.window.size == 1 for at in ats):
            axes = tuple(dict.fromkeys(at.axis for at in ats if at.window.moves))
            return msgspec.structs.replace(reach, axes=axes)
        exact = reach.exact and all(not at.window.moves for at in ats)
        return _everywhere(msgspec.structs.replace(reach, exact=exact))
    at = view[reach.axes[0]]
    outputs = y[at.axis]
    if at.window == HERE:
        return msgspec.structs.replace(reach, axes=(at.axis,), count=outputs)
    changed = reach.each(lambda window: at.window.after(window, outputs), axes=(at.axis,), count=outputs)
    return changed if _moves(changed) else msgspec.structs.replace(changed, axes=())


def _moves(reach: Reach) -> bool:
    return reach.window.moves or reach.shortest.moves or reach.longest.moves


def _everywhere(reach: Reach) -> Reach:
    """What all the places together see."""
    if not reach.axes:
        return reach
    return reach.each(lambda window: everything(reach.count).after(window, 1), axes=(), scattered=False)


def reordered(axes: tuple[int, ...], x: Shape, y: Shape) -> tuple[int, ...]:
    """The axes of a shape y along which the places of some axes of x lie when the same values are put under it in order.

    >>> reordered((1,), (8, 14, 14), (8, 196)), reordered((1,), (8, 4), (2, 4, 4))
    ((1,), (2,))
    """
    found: list[int] = []
    i = j = 0
    while i < len(x) or j < len(y):
        # The fewest axes of either shape that hold as many values as each other.
        left, right = [i], [j]
        i, j = i + 1, j + 1
        while True:
            a, b = size(x[left[0] : i]), size(y[right[0] : j])
            if same(a, b) is True or (i >= len(x) and j >= len(y)):
                break
            if j >= len(y) or (i < len(x) and isinstance(a, int) and isinstance(b, int) and a < b):
                i += 1
            elif i >= len(x) or (isinstance(a, int) and isinstance(b, int)):
                j += 1
            else:
                i, j = len(x), len(y)
        if any(axis in range(left[0], i) for axis in axes):
            found += [axis for axis in range(right[0], j) if axis < len(y) and y[axis] != 1]
    return tuple(found)


def joined(reaches: Sequence[Reach], y: Shape) -> Reach:
    """What is seen through any of several views or branches, without a word on how they lie to each other."""
    first, *others = reaches
    for other in others:
        a, b = first, other
        if a.axes and b.axes and (a.axes, a.scattered) != (b.axes, b.scattered):
            a, b = (msgspec.structs.replace(_everywhere(reach), exact=False) for reach in (a, b))
        axes = a.axes or b.axes
        scattered = a.scattered or b.scattered
        count = a.count if a.axes else b.count
        outputs = y[axes[0]] if axes and not scattered else count
        most = b if longer(a.longest, b.longest) is False else a
        first = Reach(
            a.window.joined(b.window, outputs),
            axes,
            count,
            b.shortest if longer(b.shortest, a.shortest) is False else a.shortest,
            most.longest,
            most.via,
            most.part,
            scattered,
            a.exact and b.exact,
        )
    return first


def apart(branches: Sequence[Reach]) -> str:
    """What branches that are joined do not agree on, or an empty text."""
    # A window with a jump of 0 moves by no rule, or not at all.
    moving = [reach.window for reach in branches if reach.axes and not reach.scattered and reach.window.jump != 0]
    for name, values in (("jumps", [w.jump for w in moving]), ("centres", [w.middle for w in moving])):
        different = list(dict.fromkeys(values))
        if len(different) > 1:
            return f"{name} {' and '.join(map(number_text, different))}"
    return ""
