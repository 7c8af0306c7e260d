"""The bytes that a layer has to move to and from memory: what it reads of its inputs and weights, and what it writes, each once.

Layers stand apart, as kernels that each read their inputs from memory and write their outputs there. Or elementwise layers are fused:
a layer each of whose values depends on one value of an input of the same shape, as an activation's, a sum's or a normalisation's by
running statistics, is computed by whoever writes or reads that input, and moves nothing but its other inputs and its weights.

What is never moved: a view, a layer that does nothing at inference, the network's input, which whoever reads it moves, and a
trained array that stands alone, likewise. An input is read as far as any output depends on it, by `touched`. Of a table of
embeddings one row is read at least, of experts those that one token goes to. Statistics of a normalisation that is fused are
folded into the weights before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.devices.touched import touched
from archcalc.layers.window import IDENTITY
from archcalc.memory_plan.sizes import whole_bytes
from archcalc.memory_plan.weights import Dtypes
from archcalc.network.dtypes import Format, bits
from archcalc.network.graph import Graph, Node
from archcalc.network.parameters import format_of, owner_of
from archcalc.network.storage import manners, stored
from archcalc.symbols.dims import Dim, Shape, size
from archcalc.symbols.sums import sum_of


class Moved(NamedTuple):
    """The bytes that a layer moves: of its inputs, of its weights and of its output."""

    reads: Dim = 0
    weights: Dim = 0
    writes: Dim = 0

    @property
    def bytes(self) -> Dim:
        """All of them."""
        return self.reads + self.weights + self.writes


class Traffic:
    """The bytes that the layers of a network move for a batch, and `varies`: true for each that depends on the network's inputs.

    What depends on none is computed once for all samples.

    >>> from archcalc.language import load
    >>> Traffic(load("lenet5"), 1, Dtypes()).moved[1]
    Moved(reads=4096, weights=624, writes=18816)
    """

    def __init__(self, graph: Graph, batch: Dim, dtypes: Dtypes, *, fused: bool = False) -> None:
        self._graph = graph
        self._dtypes = dtypes
        self._narrow = bits(dtypes.activations)
        self._batch = batch
        self.varies = _varying(graph)
        ways = manners(graph, "frameworks")
        roots = stored(graph, manners=ways).roots
        self._views = [
            way == "view" and (root != position or not graph.nodes[position].inputs)
            for position, (way, root) in enumerate(zip(ways, roots, strict=True))
        ]
        # For each layer the one that its values are read from: itself, or what it is a view of or computed from on the way.
        self._origins: list[int] = []
        self._arrays: dict[tuple[str, str], Dim] = {}
        self._read: dict[int, Dim] = {}
        # Repeated blocks bring the same layer on the same shapes again and again.
        self._touched: dict[Any, list[Dim]] = {}
        self.moved = [self._of(position, fused=fused) for position in range(len(graph.nodes))]

    @property
    def compulsory(self) -> Dim:
        """The bytes that the whole network moves at least: what is read of its inputs, every weight, and its outputs."""
        nodes = self._graph.nodes
        given = [n for origin, n in self._read.items() if self._is_given(origin)]
        outputs = [self._values(i, size(nodes[i].shape)) for i in self._graph.outputs]
        return whole_bytes(sum_of([*given, *self._arrays.values(), *outputs]))

    def _of(self, position: int, *, fused: bool) -> Moved:
        node = self._graph.nodes[position]
        if self._views[position] and node.inputs:
            self._origins.append(self._origins[node.inputs[0]])
            return Moved()
        main = self._main(node) if fused and node.inputs else None
        self._origins.append(position if main is None else self._origins[node.inputs[main]])
        if not node.inputs and (self._views[position] or node.layer.comes_from_outside):
            return Moved()
        reads = self._reads(node, main)
        for origin, n in reads.items():
            # Who reads the same may read as much of it again.
            self._read[origin] = _larger(self._read.get(origin, 0), n)
        weights = self._weights(node, folded=main is not None)
        unwritten = main is not None and not self._is_given(self._origins[position])
        writes = 0 if unwritten or (main is not None and position not in self._graph.outputs) else size(node.shape)
        read = sum_of(list(reads.values()))
        return Moved(whole_bytes(read), whole_bytes(weights), whole_bytes(self._values(position, writes)))

    def _is_given(self, origin: int) -> bool:
        """True for values that no layer writes: an input of the network, or a trained array."""
        return not self._graph.nodes[origin].inputs

    def _main(self, node: Node) -> int | None:
        """The place among its inputs of the one that an elementwise layer is computed along with; None if it is no such layer."""
        shapes = [self._graph.nodes[i].shape for i in node.inputs]
        fitting = [
            place
            for place, views in enumerate(node.layer.receptive_views(*shapes))
            if shapes[place] == node.shape
            and len(views) == 1
            and views[0]
            and all(at.axis == axis and at.window == IDENTITY for axis, at in enumerate(views[0]))
        ]
        varying = [place for place in fitting if self.varies[node.inputs[place]]]
        return next(iter(varying or fitting), None)

    def _reads(self, node: Node, main: int | None) -> dict[int, Dim]:
        """The bits read of each origin, of the one computed along with nothing."""
        nodes = self._graph.nodes
        shapes = [nodes[i].shape for i in node.inputs]
        along = None if main is None else self._origins[node.inputs[main]]
        found: dict[int, Dim] = {}
        key = (node.layer, *shapes)
        seen = self._touched.get(key)
        if seen is None:
            seen = self._touched[key] = touched(node.layer, node.shape, shapes)
        for i, n in zip(node.inputs, seen, strict=True):
            origin = self._origins[i]
            if origin != along:
                most = self._values(origin, size(nodes[origin].shape))
                found[origin] = _at_most(found.get(origin, 0), self._values(origin, n, of=i), most)
        return found

    def _values(self, position: int, n: Dim, of: int | None = None) -> Dim:
        """The bits of n values of an output for each sample, or for all where it depends on no input."""
        varies = self.varies[position if of is None else of]
        return n * self._width(position) * (self._batch if varies else 1)

    def _width(self, position: int) -> int:
        node = self._graph.nodes[position]
        if position in self._graph.token_numbers:
            return 64
        if node.inputs or node.layer.comes_from_outside:
            return self._narrow
        name = next(iter([*node.layer.weights(), *node.layer.buffers()]), "")
        return bits(self._format(node, name, node.shape).dtype)

    def _format(self, node: Node, array: str, shape: Shape) -> Format:
        owner = owner_of(self._graph, node, array)
        stated = format_of(self._graph, owner.name, array, shape) if self._dtypes.stated else None
        return stated or Format(self._dtypes.weights)

    def _weights(self, node: Node, *, folded: bool) -> Dim:
        """The bits of the trained arrays and the statistics that a layer uses."""
        shapes = [self._graph.nodes[i].shape for i in node.inputs]
        kept = node.layer.buffers(*shapes)
        if folded and kept:
            return 0
        used = {name: self._used(node, x) for name, x in node.layer.active_weights(*shapes).items()}
        total: Dim = 0
        for name, shape in (used | kept).items():
            n = self._format(node, name, shape).bits(shape)
            key = (owner_of(self._graph, node, name).name, name)
            self._arrays[key] = _larger(self._arrays.get(key, 0), n * node.times)
            total = total + n
        return total

    @staticmethod
    def _used(node: Node, shape: Shape) -> Shape:
        """A table that is looked up in has one row that is read."""
        entries = node.layer.entries
        return (1, *shape[1:]) if entries is not None and len(shape) > 1 and shape[0] == entries else shape


def _varying(graph: Graph) -> list[bool]:
    found: list[bool] = []
    for node in graph.nodes:
        found.append(node.layer.comes_from_outside or any(found[i] for i in node.inputs))
    return found


def _larger(a: Dim, b: Dim) -> Dim:
    """The larger of two numbers of bits; of formulas the second, unless that is 0."""
    return max(a, b) if isinstance(a, int) and isinstance(b, int) else (a if b == 0 else b)


def _at_most(before: Dim, more: Dim, most: Dim) -> Dim:
    """The bits read of a tensor by way of several views of it: no more than there are, and of formulas those of the first."""
    numbers: Sequence[Dim] = (before, more, most)
    if all(isinstance(n, int) for n in numbers):
        return min(before + more, most)
    return more if before == 0 else before
