"""The values of a layer's inputs that its output depends on, at least: an average over windows with gaps between them reads less than all.

They are found from the views that receptive fields are made of. What depends on the values themselves, such as where a deformable
convolution looks, is not known before the run, and counts as nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod

from archcalc.layers.base import Layer
from archcalc.layers.views import At, View
from archcalc.layers.window import IDENTITY, Window
from archcalc.symbols.dims import Dim, Shape, size


def touched(layer: Layer, output: Shape, inputs: Sequence[Shape]) -> list[Dim]:
    """The values of each input that are read, of one sample; where sizes are letters, all that a window can lie over.

    >>> from archcalc.layers.pool import MaxPool2d
    >>> touched(MaxPool2d(kernel=1, stride=2), (3, 4, 4), [(3, 8, 8)])
    [48]
    """
    return [_of_views(views, x, output) for views, x in zip(layer.receptive_views(*inputs), inputs, strict=True)]


def _of_views(views: tuple[View, ...], x: Shape, output: Shape) -> Dim:
    if any(view == () for view in views):
        # The values in their order, under another shape.
        return size(x)
    if any(at.window.loose for view in views for at in view):
        return 0
    if not all(isinstance(n, int) for n in (*x, *output)):
        return size(x)
    seen = [[_positions(at, n, output) for at, n in zip(view, x, strict=True)] for view in views]
    apart = [axis for axis in range(len(x)) if len({masks[axis] for masks in seen}) > 1]
    if len(apart) == 1:
        # Parts of one axis that are seen apart.
        together = list(seen[0])
        for masks in seen[1:]:
            together[apart[0]] |= masks[apart[0]]
        return _values(views[0], together)
    return max((_values(view, masks) for view, masks in zip(views, seen, strict=True)), default=0)


def _values(view: View, masks: list[int]) -> int:
    """The values at these positions; axes that move together give at least as many as one of them."""
    moving: dict[int, int] = {}
    still = 1
    for at, mask in zip(view, masks, strict=True):
        count = mask.bit_count()
        if at.window.moves and at.axis >= 0:
            moving[at.axis] = max(moving.get(at.axis, 0), count)
        else:
            still *= count
    return still * prod(moving.values())


def _positions(at: At, n: Dim, output: Shape) -> int:
    """The positions of an axis that any output sees, as a number with a bit for each."""
    count = int(n)
    places = int(output[at.axis]) if 0 <= at.axis < len(output) else 1
    first, last = (0, places) if at.outputs is None else (int(at.outputs[0]), int(at.outputs[1]))
    return _seen(at.window, count, first, last)


@lru_cache(maxsize=4096)
def _seen(window: Window, n: int, first: int, last: int) -> int:
    if window == IDENTITY:
        return _run(first, max(first, min(last, n)))
    found = 0
    # The run of positions that the last outputs saw, which the next mostly goes on with.
    start = stop = 0
    for i in range(first, last) if window.moves else range(first, min(first + 1, last)):
        seen = window.seen(i, n)
        if seen.step != 1:
            for place in seen:
                found |= 1 << place
        elif seen and start <= seen.start <= stop:
            stop = max(stop, seen.stop)
        elif seen:
            found |= _run(start, stop)
            start, stop = seen.start, seen.stop
    return found | _run(start, stop)


def _run(start: int, stop: int) -> int:
    """The positions from one up to another (exclusive)."""
    return ((1 << (stop - start)) - 1) << start
