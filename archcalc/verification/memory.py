"""The memory of a network, checked against the arrays of a run that overwrites where it may."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from archcalc.memory_plan.inference import memory_of, timeline
from archcalc.network.graph import Graph
from archcalc.network.parts import proper
from archcalc.network.storage import Manner, Overwrite, manners
from archcalc.reference import Storing, noise, run_in_place, seeded
from archcalc.reference.random_arrays import Arrays


class MemoryCheck(msgspec.Struct, frozen=True):
    """The bytes alive at a layer's output, by the plan and in the arrays of the run."""

    name: str
    planned: int
    found: int

    @property
    def differences(self) -> list[str]:
        """The disagreement, with both values; empty if there is none."""
        if self.planned == self.found:
            return []
        return [f"{self.name}: {self.planned} bytes are alive by the plan, {self.found} in the run"]


def held(
    graph: Graph,
    batch: int = 1,
    seed: int = 0,
    overwrite: Overwrite = "frameworks",
    arrays: Arrays | None = None,
) -> list[MemoryCheck]:
    """The memory of a network without its auxiliary heads, layer by layer, by the plan and in a run that overwrites.

    >>> from archcalc.language import load
    >>> max(step.found for step in held(load("lenet5")))
    37632
    """
    graph = proper(graph)
    plan = timeline(graph, memory_of(graph, overwrite=overwrite))
    arrays = seeded(graph, seed) if arrays is None else arrays
    ways = manners(graph, overwrite)
    lying = Lying(graph, arrays, ways)
    run = run_in_place(graph, noise(graph, batch, seed), arrays, storing=Storing(ways, lying.free))
    found = []
    for planned, (node, y, nbytes) in zip(plan.bytes(batch), run, strict=True):
        lying.add(y)
        found.append(MemoryCheck(node.name, planned, nbytes))
    return found


class Lying:
    """The storage of a run's outputs, read from its arrays: shared memory, and outputs that may be overwritten."""

    def __init__(self, graph: Graph, arrays: Mapping[str, Mapping[str, Any]], ways: Sequence[Manner]) -> None:
        self._ways = ways
        self._readers: list[set[int]] = [set() for _ in graph.nodes]
        for position, node in enumerate(graph.nodes):
            for source in node.inputs:
                self._readers[source].add(position)
        self._trained = {id(owner_of(array)) for own in arrays.values() for array in own.values()}
        # For each output its owner, and the outputs that are views of the same values.
        self._owners: list[weakref.ref[Any]] = []
        self._nodes = graph.nodes
        self._inputs = {*graph.inputs}
        # The caller reads the network's outputs, under a number that no node has.
        for position in graph.outputs:
            self._readers[position] |= {-1, -2}
        self._groups: list[set[int]] = []

    def add(self, y: Any) -> int:
        """Record the next output; returns the number of values that it adds to the memory in use."""
        position = len(self._owners)
        owner = owner_of(y)
        shares = [source for source in self._nodes[position].inputs if self._owners[source]() is owner]
        self._owners.append(weakref.ref(owner))
        # Overwritten values no longer exist.
        views = shares and self._ways[position] == "view"
        self._groups.append({position}.union(*(self._groups[source] for source in shares)) if views else {position})
        stored = not shares and (position in self._inputs or id(owner) not in self._trained)
        return int(y.size) if stored else 0

    def free(self, source: int) -> bool:
        """True if an output may be overwritten by its reader, the only one of memory that the run itself owns."""
        group = self._groups[source]
        readers = set[int]().union(*(self._readers[member] for member in group)) - group
        return len(readers) == 1 and not group & self._inputs and id(self._owners[source]()) not in self._trained


def owner_of(array: Any) -> Any:
    """The array that owns the memory of an array."""
    while array.base is not None:
        array = array.base
    return array
