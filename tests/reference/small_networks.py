"""Bundled networks at inputs small enough to run."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings

from archcalc.errors import SpecError
from archcalc.language import load

THOROUGH = settings().max_examples > 100


def small(name):
    """A bundled network with the smallest of some images that its layers take, or with few tokens."""
    graph = load(name)
    if graph.input_axes == ("tokens",):
        return load(name, input_shape=(8,))
    for side in range(64, 224, 4) if len(graph.input) == 3 else ():
        with suppress(SpecError):
            return load(name, input_shape=(graph.input[0], side, side))
    return graph
