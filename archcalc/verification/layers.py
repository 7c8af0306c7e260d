"""Every layer's shape, params, products and stored values, checked against a run of the network."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row
from archcalc.reference import CountingNumpy, Storing, noise, run_in_place, seeded
from archcalc.reference.random_arrays import Arrays
from archcalc.symbols.dims import Shape
from archcalc.verification.memory import Lying


class Observed(msgspec.Struct, frozen=True):
    """One layer in a run: the shape of its output, the size of its own arrays, its products, and its stored values."""

    output: Shape
    params: int
    macs: int
    activations: int


class LayerCheck(msgspec.Struct, frozen=True):
    """A row with the values observed when its layer ran on the same batch."""

    row: Row
    found: Observed

    @property
    def differences(self) -> list[str]:
        """The disagreements, with both values; empty if the row is confirmed."""
        return [
            f"{self.row.name}: {name} is {getattr(self.row, name)} by the formula, {getattr(self.found, name)} in the run"
            for name in self.found.__struct_fields__
            if getattr(self.row, name) != getattr(self.found, name)
        ]


def proofs(graph: Graph, batch: int = 1, seed: int = 0, arrays: Arrays | None = None) -> Iterator[LayerCheck]:
    """Run a network with seeded weights and yield, layer by layer, its row and the observed values.

    >>> from archcalc.language import load
    >>> sum(proof.found.macs for proof in proofs(load("lenet5")))
    326520
    """
    arrays = seeded(graph, seed) if arrays is None else arrays
    # A row stores what must be stored if everything overwrites its input that could.
    stores = [node.layer.stores for node in graph.nodes]
    counting, lying = CountingNumpy(), Lying(graph, arrays, stores)
    run = run_in_place(graph, noise(graph, batch, seed), arrays, counting, Storing(stores, lying.free))
    for (node, y, _), row in zip(run, profile(graph, batch).rows, strict=True):
        macs, counting.macs = counting.macs, 0
        owner = {} if node.share is None else arrays[graph.nodes[node.share].name]
        trained = node.layer.weights(*row.inputs)
        own = [array for name, array in arrays[node.name].items() if name in trained and array is not owner.get(name)]
        yield LayerCheck(row, Observed(tuple(y.shape[1:]), sum(array.size for array in own), macs, lying.add(y)))
        del y
