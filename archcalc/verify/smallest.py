"""The smallest input on which a network can be proved."""

from __future__ import annotations

from typing import Any

from archcalc.dims import Shape
from archcalc.errors import SpecError
from archcalc.spec import load


def smallest(spec: str, **params: Any) -> Shape:
    """The smallest input, with its axes in proportion, that keeps every layer of a network alive."""
    whole = load(spec, **params).input
    channels, *space = whole
    longest = max(space, default=1)
    for n in range(1, longest):
        shape = (channels, *(-(-side * n // longest) for side in space))
        try:
            load(spec, input_shape=shape, **params)
        except SpecError:
            continue
        return shape
    return whole
