"""How an array lies in memory: for each axis, how many values apart its neighbours are.

The batch is left out: it comes before all axes and no layer moves it.
"""

from __future__ import annotations

from archcalc.symbols.dims import Dim, Shape, at_least, equal


def contiguous(shape: Shape) -> Shape:
    """The strides of an array whose values lie one after the other.

    >>> contiguous((64, 7, 5))
    (35, 5, 1)
    """
    strides: list[Dim] = []
    stride: Dim = 1
    for n in reversed(shape):
        strides.append(stride)
        stride *= n
    return tuple(reversed(strides))


def reshaped(x: Shape, strides: Shape, shape: Shape) -> Shape | None:
    """The strides under another shape of as many values; None where no strides read them in order, so that they are copied.

    It is numpy's and torch's rule: axes that lie closely one inside the other can be joined, and any can be cut.
    Where letters leave it open, the values are taken to be copied: axes in another order are in the same one where they are of 1.

    >>> reshaped((4, 6), (6, 1), (2, 12)), reshaped((4, 6), (1, 4), (24,))
    ((12, 1), None)
    """
    if strides == contiguous(x):
        return contiguous(shape)
    old = [(n, s) for n, s in zip(x, strides, strict=True) if n != 1]
    new = [n for n in shape if n != 1]
    found: list[Dim] = []
    while old and new:
        # As many axes of either as hold the same number of values.
        (held, inner), wanted, cut = old.pop(0), new.pop(0), []
        cut.append(wanted)
        while equal(held, wanted) is not True:
            # A letter that may be 1 is an axis that then lies anywhere, so what is no less goes on as what is more.
            more, less = at_least(wanted, held) is True, at_least(held, wanted) is True
            if not (old if more else less and new):
                return None
            if more:
                n, stride = old.pop(0)
                if equal(inner, n * stride) is not True:
                    return None
                held, inner = held * n, stride
            else:
                cut.append(new.pop(0))
                wanted *= cut[-1]
        found += [inner * step for step in contiguous(tuple(cut))]
    # An axis of one value lies anywhere.
    rest = iter(found)
    return tuple(1 if n == 1 else next(rest) for n in shape)
