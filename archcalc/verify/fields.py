"""Which values depend on which, held against what moves in a run when an input place is no number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from archcalc.network.graph import Graph
from archcalc.receptive_field.dependence import forward_mask
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import axes_of, receptive_fields
from archcalc.reference import noise, outputs, seeded


class DependenceCheck(msgspec.Struct, frozen=True):
    """How many of a layer's values see one input place by its windows, and how many moved with it when the network ran."""

    name: str
    said: int
    moved: int
    # Values that only one of the two names, or that moved outside of the layer's receptive field.
    differing: int

    @property
    def differences(self) -> list[str]:
        """What disagrees, with both counts; empty where nothing does."""
        if not self.differing:
            return []
        return [f"{self.name}: {self.said} values see the nudged place by their windows, {self.moved} moved with it"]


def seen(graph: Graph, seed: int = 0) -> Iterator[DependenceCheck]:
    """Run a network with one place of its input no number, and yield for each layer which values that reaches.

    What is no number spreads through every sum and every maximum, so no weight and no other value hides a dependence.

    >>> from archcalc.language import load
    >>> [layer.moved for layer in seen(load("lenet5"))][:2]
    [1, 150]
    """
    place = tuple(int(i) for i in np.random.default_rng(seed).integers(graph.input))
    # All the channels of an image; of tokens and features a single value.
    nudged: Any = (slice(None), *place[1:]) if len(place) > 2 else place
    touched = np.zeros(graph.input, bool)
    touched[nudged] = True
    # Beside the sample that is nudged, one that is not.
    arrays, x = seeded(graph, seed), np.repeat(noise(graph, 1, seed), 2, 0)
    numbers = graph.token_numbers
    beyond = extended(graph, arrays)
    x[1][touched] = beyond if numbers else np.nan
    fields = receptive_fields(graph)
    for position, ((node, y), (_, said)) in enumerate(
        zip(outputs(graph, x, arrays), forward_mask(graph, touched), strict=True)
    ):
        if position in numbers:
            moved = y[1] == beyond
        else:
            lost = ~np.isfinite(y[0])
            if lost.any():
                # Such as the largest value of a window that lies in the padding. It shows nothing, and is not to spread.
                y[:, lost] = 0
                y[1][lost & said] = np.nan
            moved = np.isnan(y[1])
        differing = (said != moved) | _outside(fields[node.name], place, list(axes_of(graph)), moved)
        yield DependenceCheck(node.name, int(said.sum()), int(moved.sum()), int(differing.sum()))


def extended(graph: Graph, arrays: dict[str, dict[str, Any]]) -> int:
    """Give the table of every embedding one more entry, which is no number; the token number of that entry."""
    tables = {node.name: arrays[node.name]["weight"] for node in graph.nodes if node.layer.entries is not None}
    most = max(map(len, tables.values()), default=0)
    for name, table in tables.items():
        arrays[name] = {"weight": np.pad(table, ((0, most + 1 - len(table)), (0, 0)), constant_values=np.nan)}
    return most


def _outside(field: Field, place: tuple[int, ...], axes: list[int], moved: Any) -> Any:
    """Which of the values that moved do not have an input place in their receptive field."""
    outside = np.zeros(field.output, bool)
    for axis, reach in zip(axes, field.reaches, strict=True):
        if reach is None:
            return moved
        # Places see alike whatever else they are, and most did not move.
        rest = tuple(other for other in range(len(field.output)) if other not in reach.axes)
        wrong = moved.any(rest, keepdims=True)
        for index in zip(*np.nonzero(wrong), strict=True):
            ends = reach.at(tuple(map(int, index)))
            wrong[index] = ends is None or not ends[0] <= place[axis] <= ends[1]
        outside |= wrong
    return outside & moved
