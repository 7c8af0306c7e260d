"""What an optimiser keeps for each trained array."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from archcalc.dims import Dim, Shape, size
from archcalc.errors import SpecError, nearest


class Optimizer(msgspec.Struct, frozen=True):
    """A rule for training: its name, and how many values of state it keeps for an array of a shape."""

    name: str
    state: Callable[[Shape], Dim]


def _factored(shape: Shape) -> Dim:
    """A sum for each row and each column of the last two axes; for a vector one value each (Shazeer and Stern 2018)."""
    return size(shape) if len(shape) < 2 else size(shape[:-1]) + size((*shape[:-2], shape[-1]))


OPTIMIZERS = {
    rule.name: rule
    for rule in (
        Optimizer("sgd", lambda _: 0),
        Optimizer("momentum", size),
        # Both moments (Kingma and Ba 2014; Loshchilov and Hutter 2017).
        Optimizer("adam", lambda shape: 2 * size(shape)),
        Optimizer("adamw", lambda shape: 2 * size(shape)),
        Optimizer("adafactor", _factored),
    )
}


def optimizer(name: str) -> Optimizer:
    """The optimiser of that name; raises SpecError for a name that is not one.

    >>> optimizer("adafactor").state((64, 3, 7, 5))
    2304
    """
    if name not in OPTIMIZERS:
        known = list(OPTIMIZERS)
        raise SpecError(f"no optimizer '{name}'", None, nearest(name, known) or f"there are {', '.join(known)}")
    return OPTIMIZERS[name]
