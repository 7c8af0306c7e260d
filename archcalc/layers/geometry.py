"""The geometry of sliding windows, and the divisions that it rounds."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.layers.settings import Padding, Sizes
from archcalc.symbols.dims import Dim


class Geometry(NamedTuple):
    """The geometry of a sliding window, as written in the fields; `rounds_up` is true for ceil mode."""

    kernel: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1
    rounds_up: bool = False


class Rounding(NamedTuple):
    """A division in the size of an output axis, numerator / divisor + 1 positions, which may leave a remainder."""

    axis: int
    numerator: Dim
    divisor: Dim
