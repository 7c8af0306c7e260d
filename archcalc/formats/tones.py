"""The tones of layers in tables: one for each family, in whose colour a terminal shows it, and dim for what is in place."""

from __future__ import annotations

from typing import get_args

from archcalc.document.tones import DIM, FIRST, Toned
from archcalc.layers.base import Layer
from archcalc.layers.registry import Family

# The sign of each family's tone.
FAMILIES: dict[Family, str] = {family: chr(FIRST + place) for place, family in enumerate(get_args(Family))}


def kind(name: str, *, in_place: bool = False) -> Toned:
    """A kind of layer in the tone of its family."""
    return Toned(name, DIM if in_place else FAMILIES[Layer.kinds[name].family])
