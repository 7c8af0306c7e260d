"""Raw operation counts of a layer."""

from __future__ import annotations

import msgspec

from archcalc.symbols.dims import Dim


class Work(msgspec.Struct, frozen=True):
    """Raw operation counts of one layer for one sample.

    `macs` are multiply-accumulates of products with weights or between activations; the rest are operations outside
    them. `exponentials` holds every transcendental function: exp, log, tanh, erf, powers and square roots.
    """

    macs: Dim = 0
    additions: Dim = 0
    multiplications: Dim = 0
    comparisons: Dim = 0
    divisions: Dim = 0
    exponentials: Dim = 0

    def times(self, n: Dim) -> Work:
        """The work repeated n times.

        >>> Work(macs=3, divisions=1).times(4).macs
        12
        """
        if n == 1:
            return self
        return Work(
            macs=n * self.macs,
            additions=n * self.additions,
            multiplications=n * self.multiplications,
            comparisons=n * self.comparisons,
            divisions=n * self.divisions,
            exponentials=n * self.exponentials,
        )


NOTHING = Work()
