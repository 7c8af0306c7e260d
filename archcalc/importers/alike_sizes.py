"""Sizes as a person writes them: one number where those of all axes are equal."""

from __future__ import annotations

from archcalc.layers.base import Layer

# The settings that may have a number for each axis, or one for all.
_FOR_AXES = ("kernel", "stride", "dilation", "padding", "size", "scale")


def with_one_size(layer: Layer) -> Layer:
    """The layer with one number in place of several that are equal.

    >>> from archcalc.layers.conv import Conv2d
    >>> with_one_size(Conv2d(out=8, kernel=(3, 3), stride=(2, 1))).settings()
    {'out': 8, 'kernel': 3, 'stride': (2, 1)}
    """
    found = {name: getattr(layer, name, None) for name in _FOR_AXES}
    alike = {
        name: sizes[0]
        for name, sizes in found.items()
        if isinstance(sizes, tuple) and sizes and all(isinstance(n, int) and n == sizes[0] for n in sizes)
    }
    return layer.changed(**alike)
