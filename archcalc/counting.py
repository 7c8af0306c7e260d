"""What a layer does, counted raw, and the named conventions that say what each operation is worth."""

from __future__ import annotations

from typing import Literal

import msgspec

from archcalc.dims import Dim
from archcalc.errors import SpecError, nearest


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
        """The same work done n times.

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


class Convention(msgspec.Struct, frozen=True):
    """A named rule that prices raw counts; `unit` says whether its total is in MACs or in FLOPs."""

    name: str
    unit: Literal["MACs", "FLOPs"]
    rule: str
    mac: int
    other: int

    def price(self, work: Work) -> Dim:
        """What the work is worth, in `unit`.

        >>> CONVENTIONS["flops"].price(Work(macs=5, additions=1))
        10
        """
        if not self.other:
            return self.mac * work.macs
        other = work.additions + work.multiplications + work.comparisons + work.divisions + work.exponentials
        return self.mac * work.macs + self.other * other

    def flops(self, work: Work) -> Dim:
        """The work in FLOPs: the price itself, or twice the price where the unit is MACs."""
        return self.price(work) if self.unit == "FLOPs" else 2 * self.price(work)


CONVENTIONS = {
    c.name: c
    for c in (
        Convention("macs", "MACs", "multiply-accumulates only; FLOPs are 2 × MACs", mac=1, other=0),
        Convention("flops", "FLOPs", "2 for each multiply-accumulate, nothing else", mac=2, other=0),
        Convention(
            "textbook", "FLOPs", "every raw operation: 2 for each multiply-accumulate, 1 for any other", mac=2, other=1
        ),
    )
}


def convention(name: str) -> Convention:
    """The convention of that name; raises SpecError for a name that is not one."""
    if name not in CONVENTIONS:
        known = list(CONVENTIONS)
        raise SpecError(
            f"no convention '{name}'", None, nearest(name, known) or f"the conventions are {', '.join(known)}"
        )
    return CONVENTIONS[name]
