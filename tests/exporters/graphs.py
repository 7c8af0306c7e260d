"""Small graphs to write code of."""

from __future__ import annotations

from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph


def of_one(layer: Layer, shapes: tuple[tuple[int, ...], ...]) -> Graph:
    builder = Builder()
    inputs = [
        builder.add(f"in{at}", Input(tuple(x), getattr(x, "axes", None) if all(getattr(x, "axes", ("",))) else None))
        for at, x in enumerate(shapes)
    ]
    builder.add("layer", layer, *inputs)
    return builder.graph("one")
