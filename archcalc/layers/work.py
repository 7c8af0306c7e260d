"""Raw operation counts of a layer."""

from __future__ import annotations

import msgspec
from msgspec.structs import astuple

from archcalc.symbols.dims import Dim


class Work(msgspec.Struct, frozen=True):
    """Raw operation counts of one layer for one sample.

    `macs` are multiply-accumulates of products with weights or between activations; the rest are operations outside
    them. `exponentials` holds every transcendental function: exp, log, tanh, erf, powers and square roots. `masked` are
    those of `macs` between positions that a mask hides from each other, which a dense kernel computes and throws away.
    """

    macs: Dim = 0
    additions: Dim = 0
    multiplications: Dim = 0
    comparisons: Dim = 0
    divisions: Dim = 0
    exponentials: Dim = 0
    masked: Dim = 0

    def __add__(self, other: Work) -> Work:
        if other is NOTHING:
            return self
        return Work(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def times(self, n: Dim) -> Work:
        """The work repeated n times.

        >>> Work(macs=3, divisions=1).times(4).macs
        12
        """
        if n == 1:
            return self
        return Work(*(n * count for count in astuple(self)))


NOTHING = Work()
