"""The dependence of values by windows, checked against a run with NaN at an input position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from archcalc.network.graph import Graph
from archcalc.receptive_field.dependence import forward_mask
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import axes_of, receptive_fields
from archcalc.receptive_field.reach import AxisField
from archcalc.reference import outputs, seeded
from archcalc.reference.given import named
from archcalc.reference.random_arrays import Arrays, noises


class DependenceCheck(msgspec.Struct, frozen=True):
    """The numbers of a layer's values that see one input position by its windows, and that changed with it in a run."""

    name: str
    said: int
    moved: int
    # Values in only one of the two sets, or where windows are bounds only that changed unseen, or that changed outside the layer's receptive field.
    differing: int

    @property
    def differences(self) -> list[str]:
        """The disagreement, with both counts; empty if there is none."""
        if not self.differing:
            return []
        return [f"{self.name}: {self.said} values see the nudged place by their windows, {self.moved} moved with it"]


def seen(graph: Graph, seed: int = 0, arrays: Arrays | None = None) -> Iterator[DependenceCheck]:
    """Run a network with NaN at one position of the input in focus, and yield for each layer a check of what it reaches.

    NaN spreads through every sum and every maximum, so no weight and no other value hides a dependence.

    >>> from archcalc.language import load
    >>> [layer.moved for layer in seen(load("lenet5"))][:2]
    [1, 150]
    """
    place = tuple(int(i) for i in np.random.default_rng(seed).integers(graph.input))
    positions = axes_of(graph)
    # All the channels of an image; for tokens and features a single value.
    nudged: Any = tuple(slice(None) if len(place) > 2 and axis not in positions else i for axis, i in enumerate(place))
    touched = np.zeros(graph.input, bool)
    touched[nudged] = True
    # The second sample is nudged, the first is not.
    arrays = seeded(graph, seed) if arrays is None else arrays
    x = {position: np.repeat(array, 2, 0) for position, array in noises(graph, 1, seed).items()}
    numbers = graph.token_numbers
    arrays, beyond = extended(graph, arrays)
    x[graph.focus][1][touched] = beyond if graph.focus in numbers else np.nan
    fields, bounds = receptive_fields(graph), bounded(graph)
    for position, ((node, y), (_, said)) in enumerate(
        zip(outputs(graph, named(graph, x), arrays), forward_mask(graph, touched), strict=True)
    ):
        if position in numbers:
            moved = y[1] == beyond
        else:
            lost = ~np.isfinite(y[0])
            if lost.any():
                # Such as the largest value of a window that lies in the padding. It shows nothing, and must not spread.
                y[:, lost] = 0
                y[1][lost & said] = np.nan
            moved = np.isnan(y[1])
        differing = (moved & ~said if position in bounds else said != moved) | _outside(
            fields[node.name], place, list(positions), moved
        )
        yield DependenceCheck(node.name, int(said.sum()), int(moved.sum()), int(differing.sum()))


def bounded(graph: Graph) -> set[int]:
    """The nodes for which some window on the way is a bound, and holds more than they may see."""
    found: set[int] = set()
    for position, node in enumerate(graph.nodes):
        views = node.layer.receptive_views(*(graph.nodes[i].shape for i in node.inputs))
        loose = any(at.window.loose for each in views for view in each for at in view)
        if loose or found.intersection(node.inputs):
            found.add(position)
    return found


def extended(graph: Graph, arrays: Arrays) -> tuple[Arrays, int]:
    """The arrays with one more entry of NaN in the table of every embedding, and its token number."""
    tables = {node.name: arrays[node.name]["weight"] for node in graph.nodes if node.layer.entries is not None}
    most = max(map(len, tables.values()), default=0)
    longer = {
        name: {"weight": np.pad(table, ((0, most + 1 - len(table)), (0, 0)), constant_values=np.nan)}
        for name, table in tables.items()
    }
    return arrays | longer, most


def _outside(field: Field, place: tuple[int, ...], axes: list[int], moved: Any) -> Any:
    """A mask of the changed values that do not have an input position in their receptive field."""
    outside = np.zeros(field.output, bool)
    for axis, reach in zip(axes, field.reaches, strict=True):
        if reach is None:
            return moved
        # Values along other axes have the same field, and most did not change.
        rest = tuple(other for other in range(len(field.output)) if other not in reach.axes)
        changed = moved.any(rest, keepdims=True)
        first, last = _ends(reach, changed)
        outside |= changed & ~((first <= place[axis]) & (place[axis] <= last))
    return outside & moved


def _ends(reach: AxisField, chosen: Any) -> tuple[Any, Any]:
    """The first and the last input that the values at chosen indices see, infinite for nothing.

    Each strand is asked only along its own axes: together several have as many indices as a layer has values.
    """
    first, last = np.full(chosen.shape, np.inf), np.full(chosen.shape, -np.inf)
    for strand in reach.strands:
        along = chosen.any(tuple(axis for axis in range(chosen.ndim) if axis not in strand.axes), keepdims=True)
        lo, hi = np.full(along.shape, np.inf), np.full(along.shape, -np.inf)
        for index in zip(*np.nonzero(along), strict=True):
            ends = strand.at(tuple(map(int, index)))
            if ends[0] <= ends[1]:
                lo[index], hi[index] = ends
        first, last = np.minimum(first, lo), np.maximum(last, hi)
    return first, last
