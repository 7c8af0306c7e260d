"""The closed forms of a network held against what happens when it runs."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np

from archcalc.dims import Shape
from archcalc.engine import profile
from archcalc.errors import SpecError
from archcalc.graph import Graph, proper
from archcalc.influence import reached
from archcalc.memory.inference import memory_of, timeline
from archcalc.receptive import Field, axes_of, receptive_fields
from archcalc.reference import CountingNumpy, lean, noise, outputs, seeded
from archcalc.rows import Row
from archcalc.spec import load


class Found(msgspec.Struct, frozen=True):
    """What one layer did: the shape it put out, the sizes of its own arrays, the products it added up, the values it stored."""

    output: Shape
    params: int
    macs: int
    activations: int


class Proof(msgspec.Struct, frozen=True):
    """A row beside what was found when its layer ran on the same batch."""

    row: Row
    found: Found

    @property
    def differences(self) -> list[str]:
        """What disagrees, with both values; empty where the row is proved."""
        return [
            f"{self.row.name}: {name} is {getattr(self.row, name)} by the formula, {getattr(self.found, name)} in the run"
            for name in self.found.__struct_fields__
            if getattr(self.row, name) != getattr(self.found, name)
        ]


def proofs(graph: Graph, batch: int = 1, seed: int = 0) -> Iterator[Proof]:
    """Run a network with seeded weights and yield, layer by layer, what its row says and what was found.

    >>> sum(proof.found.macs for proof in proofs(load("lenet5")))
    326520
    """
    arrays = seeded(graph, seed)
    counting = CountingNumpy()
    memory = _Memory(graph)
    run = outputs(graph, noise(graph, batch, seed), arrays, counting)
    for position, ((node, y), row) in enumerate(zip(run, profile(graph, batch).rows, strict=True)):
        macs, counting.macs = counting.macs, 0
        owner = {} if node.share is None else arrays[graph.nodes[node.share].name]
        trained = node.layer.weights(*row.inputs)
        own = [array for name, array in arrays[node.name].items() if name in trained and array is not owner.get(name)]
        stored = memory.stored(position, y, set(map(id, arrays[node.name].values())))
        yield Proof(row, Found(tuple(y.shape[1:]), sum(array.size for array in own), macs, stored))
        del y


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
    with np.errstate(all="ignore"):
        for (node, y), (_, said) in zip(outputs(graph, x, arrays), reached(graph, touched), strict=True):
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


class Held(msgspec.Struct, frozen=True):
    """The bytes alive when a layer put out: as the plan has them, and as they were found in the arrays."""

    name: str
    planned: int
    found: int

    @property
    def differences(self) -> list[str]:
        """What disagrees, with both values; empty where it does not."""
        if self.planned == self.found:
            return []
        return [f"{self.name}: {self.planned} bytes are alive by the plan, {self.found} in the run"]


def held(graph: Graph, batch: int = 1, seed: int = 0) -> list[Held]:
    """The memory of a network without its auxiliary heads, layer by layer, by the plan and in a run that overwrites.

    >>> max(step.found for step in held(load("lenet5")))
    23520
    """
    graph = proper(graph)
    plan = timeline(graph, memory_of(graph))
    run = lean(graph, noise(graph, batch, seed), seeded(graph, seed))
    return [Held(node.name, planned, found) for planned, (node, _, found) in zip(plan.bytes(batch), run, strict=True)]


class _Memory:
    """Which outputs lie in the same memory, seen from the arrays themselves."""

    def __init__(self, graph: Graph) -> None:
        self._nodes = graph.nodes
        self._bases: list[weakref.ref[Any]] = []
        self._groups: list[set[int]] = []
        # Memory that is not the run's own to overwrite: the input, and trained arrays put out as they are.
        self._foreign: list[bool] = []
        self._readers: list[set[int]] = [set() for _ in graph.nodes]
        for position, node in enumerate(graph.nodes):
            for source in node.inputs:
                self._readers[source].add(position)

    def stored(self, position: int, y: Any, arrays: set[int]) -> int:
        """How many values an output adds to memory: none where it lies in its input's, or may take its input's place."""
        node = self._nodes[position]
        base = y
        while base.base is not None:
            base = base.base
        viewed = next((source for source in node.inputs if self._bases[source]() is base), None)
        self._bases.append(weakref.ref(base))
        replaces = node.layer.stores == "in place" and self._alone(node.inputs[0], position)
        group = {position} if viewed is None else self._groups[viewed] | {position}
        self._groups.append(group)
        self._foreign.append(not node.inputs or (viewed is not None and self._foreign[viewed] and not replaces))
        if node.layer.stores == "in place":
            return 0 if replaces else y.size
        trained = not node.inputs and position > 0 and id(base) in arrays
        return 0 if viewed is not None or trained else y.size

    def _alone(self, source: int, reader: int) -> bool:
        """Whether nothing but one reader reads the memory that an output lies in."""
        readers = {r for member in self._groups[source] for r in self._readers[member]} - self._groups[source]
        return not self._foreign[source] and readers == {reader}


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
