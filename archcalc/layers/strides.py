"""The strides of arrays: for each axis, the distance of neighbours in values.

The batch is left out: it comes before all axes and no layer moves it.
"""

from __future__ import annotations

from archcalc.symbols.dims import Dim, Shape, at_least, equal


def contiguous(shape: Shape) -> Shape:
    """The strides of a contiguous array.

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
    """The strides under another shape of the same size; None if the values must be copied.

    It is numpy's and torch's rule: adjacent axes that are contiguous can be merged, and any axis can be split. If
    letters leave it open, the values are taken to be copied: permuted axes keep their order only if some are of size 1.

    >>> reshaped((4, 6), (6, 1), (2, 12)), reshaped((4, 6), (1, 4), (24,))
    ((12, 1), None)
    """
    if strides == contiguous(x):
        return contiguous(shape)
    old = [(n, s) for n, s in zip(x, strides, strict=True) if n != 1]
    new = [n for n in shape if n != 1]
    found: list[Dim] = []
    while old and new:
        # The shortest runs of axes on both sides with the same number of values.
        (held, inner), wanted, cut = old.pop(0), new.pop(0), []
        cut.append(wanted)
        while equal(held, wanted) is not True:
            # A letter that may be 1 makes an axis with an arbitrary stride, so only a proven order goes on.
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
    # An axis of one value has an arbitrary stride.
    rest = iter(found)
    return tuple(1 if n == 1 else next(rest) for n in shape)
