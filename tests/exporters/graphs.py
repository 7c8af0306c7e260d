"""Small graphs to write code of."""

from __future__ import annotations

from typing import Any

import numpy as np

from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph


def of_one(layer: Layer, shapes: tuple[tuple[int, ...], ...]) -> Graph:
    """A network of one layer."""
    builder = Builder()
    inputs = [
        builder.add(f"in{at}", Input(tuple(x), getattr(x, "axes", None) if all(getattr(x, "axes", ("",))) else None))
        for at, x in enumerate(shapes)
    ]
    builder.add("layer", layer, *inputs)
    return builder.graph("one")


def drawn(graph: Graph, batch: int, dtype: Any) -> dict[str, Any]:
    """Arrays for the inputs of a graph by their names, the same each time; numbers of tokens where it takes these."""
    random = np.random.default_rng(0)
    words = min((int(node.layer.entries) for node in graph.nodes if node.layer.entries is not None), default=1)
    return {
        graph.nodes[i].name: random.integers(0, words, (batch, *graph.nodes[i].shape))
        if i in graph.token_numbers
        else random.standard_normal((batch, *graph.nodes[i].shape), dtype)
        for i in graph.inputs
    }
