"""Which values depend on which, held against what moves in a run when an input place is no number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from archcalc.graph import Graph
from archcalc.influence import reached
from archcalc.receptive import Field, axes_of, receptive_fields
from archcalc.reference import noise, outputs, seeded


class Seen(msgspec.Struct, frozen=True):
    """How many of a layer's values see one input place by its windows, and how many moved with it when the network ran."""

    name: str
    said: int
    moved: int
    # Values that only one of the two names, or that moved outside of the layer's receptive field.
    differing: int


def seen(graph: Graph, seed: int = 0) -> Iterator[Seen]:
    """Run a network with one place of its input no number, and yield for each layer which values that reaches.

    What is no number spreads through every sum and every maximum, so no weight and no other value hides a dependence.

    >>> from archcalc.spec import load
    >>> [layer.moved for layer in seen(load("lenet5"))][:2]
    [1, 150]
    """
    place = tuple(int(i) for i in np.random.default_rng(seed).integers(graph.input))
    # All the channels of an image; of tokens and features a single value.
    nudged: Any = (slice(None), *place[1:]) if len(place) > 2 else place
    touched = np.zeros(graph.input, bool)
    touched[nudged] = True
    arrays, x = seeded(graph, seed), noise(graph, 1, seed)
    if x.dtype.kind == "i":
        x[0][touched] = 1
        for node in graph.nodes:
            if node.layer.kind == "embedding" and 0 in node.inputs:
                table = arrays[node.name]["weight"].copy()
                table[1:2] = np.nan
                arrays[node.name] = {"weight": table}
    else:
        x[0][touched] = np.nan
    fields = receptive_fields(graph)
    for (node, y), (_, said) in zip(outputs(graph, x, arrays), reached(graph, touched), strict=True):
        if np.isinf(y).any():
            # The largest value of a window that lies in the padding, say: sums of such are no numbers either.
            y[np.isinf(y)] = 0
        moved = touched if not node.inputs and node is graph.nodes[0] else np.isnan(y[0])
        differing = (said != moved) | (moved & ~_within(fields[node.name], place, list(axes_of(graph))))
        yield Seen(node.name, int(said.sum()), int(moved.sum()), int(differing.sum()))


def _within(field: Field, place: tuple[int, ...], axes: list[int]) -> Any:
    """Which values of a layer have an input place in their receptive field."""
    inside = np.ones(field.output, bool)
    for axis, reach in zip(axes, field.reaches, strict=True):
        if reach is None:
            inside[:] = False
        elif not reach.scattered:
            along = reach.axes[0] if reach.axes else 0
            ends = [reach.window.at(i if reach.axes else 0) for i in range(inside.shape[along])]
            holds = np.array([lo <= place[axis] <= hi for lo, hi in ends])
            inside &= holds.reshape(-1, *[1] * (inside.ndim - along - 1))
    return inside
