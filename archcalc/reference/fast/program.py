"""A whole network as a list of steps on buffers planned ahead, so that nothing large is allocated while it runs."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from archcalc.memory_plan.arena import placed
from archcalc.network.graph import Graph, Node
from archcalc.network.parts import needed
from archcalc.network.storage import overwritable
from archcalc.reference.fast.fuse import Chain, chains
from archcalc.reference.fast.kernels import Slot, channels_first, step_of
from archcalc.reference.fast.scratch import Scratch
from archcalc.reference.fast.sliding_op import Step
from archcalc.reference.fast.workers import Crew, available
from archcalc.reference.given import given
from archcalc.symbols.dims import Shape

# Vectors of the machine's widest registers are aligned to this.
_ALIGNMENT = 64


class Program:
    """A network compiled for one batch size and one set of arrays; call it with a batch to get its output.

    That is the output at position `last`, by default the network's, of several by name. Only the layers that it depends
    on are run, on `workers` cores.

    >>> from archcalc.language import load
    >>> from archcalc.reference import seeded
    >>> lenet = load("lenet5")
    >>> Program(lenet, seeded(lenet), batch=2)(np.ones((2, 1, 32, 32))).shape
    (2, 10)
    """

    def __init__(  # noqa: PLR0913 - what it is compiled from and for
        self,
        graph: Graph,
        arrays: Mapping[str, Mapping[str, Any]],
        batch: int = 1,
        dtype: Any = np.float32,
        *,
        last: int | None = None,
        workers: int | None = None,
    ) -> None:
        ends = graph.outputs if last is None else (last,)
        nodes = {position: graph.nodes[position] for position in needed(graph, *ends)}
        readers = _readers(nodes, ends)
        worked = chains(nodes, readers)
        roots = _roots(nodes, overwritable(graph), worked)
        self._arena, views = _laid_out(nodes, roots, ends, batch, np.dtype(dtype))
        scratch = Scratch(dtype)
        self._crew = Crew(available() if workers is None else workers)
        self._graph = graph
        self._inputs = {position: channels_first(views[position]) for position in graph.inputs}
        self._outputs = {graph.nodes[position].name: channels_first(views[position]) for position in ends}
        self._steps: list[Step] = [
            step_of(_place(chain, nodes, views, arrays, scratch, self._crew.workers, dtype))
            for position, chain in worked.items()
            if position not in self._inputs and not _passes(nodes[position], roots, position)
        ]
        scratch.allot()
        self.nbytes = self._arena.nbytes + scratch.nbytes

    def __call__(self, x: Any) -> Any:
        """The output for a batch, or several by name; arrays are the program's own and hold until the next call."""
        for position, array in given(self._graph, x).items():
            self._inputs[position][...] = array
        with self._crew as crew:
            for step in self._steps:
                for parts in step:
                    crew.run(parts)
        return self._outputs if len(self._outputs) > 1 else next(iter(self._outputs.values()))


def _readers(nodes: dict[int, Node], ends: Collection[int]) -> dict[int, list[int]]:
    """The nodes that read each output; the caller, who has no position, stands there as often as any two."""
    readers: dict[int, list[int]] = {position: [-1, -1] * (position in ends) for position in nodes}
    for position, node in nodes.items():
        for source in node.inputs:
            readers[source].append(position)
    return readers


def _place(  # noqa: PLR0913, PLR0917 - what the program knows
    chain: Chain,
    nodes: dict[int, Node],
    views: dict[int, Any],
    arrays: Mapping[str, Mapping[str, Any]],
    scratch: Scratch,
    workers: int,
    dtype: Any,
) -> Slot:
    """The slot of a chain: its first node with the arrays it works on."""

    def of(position: int) -> dict[str, Any]:
        return {name: np.ascontiguousarray(a, dtype) for name, a in arrays[nodes[position].name].items()}

    return Slot(
        nodes[chain.first],
        [views[source] for source in nodes[chain.first].inputs],
        views[chain.last],
        of(chain.first),
        scratch,
        workers,
        chain,
        None if chain.norm is None else (nodes[chain.norm], of(chain.norm)),
        None if chain.other is None else views[chain.other],
    )


def _passes(node: Node, roots: dict[int, int], position: int) -> bool:
    """True if a node's output already lies in its buffer."""
    alike = node.layer.idle or node.layer.stores == "view"
    return alike and roots[position] != position


def _roots(nodes: dict[int, Node], free: list[bool], worked: dict[int, Chain]) -> dict[int, int]:
    """The node in whose buffer each node's output lies: its own, its chain's, or that of the input it overwrites."""
    inside = {position: first for first, chain in worked.items() for position in chain.positions[1:]}
    roots: dict[int, int] = {}
    for position, node in nodes.items():
        if position in inside:
            roots[position] = roots[inside[position]]
            continue
        shares = False
        if node.inputs:
            source = nodes[node.inputs[0]]
            shares = (node.layer.keeps_order and _alike(source.shape, node.shape)) or (
                node.layer.stores == "in place" and free[node.inputs[0]]
            )
        roots[position] = roots[node.inputs[0]] if shares else position
    return roots


def _alike(shape: Shape, other: Shape) -> bool:
    """True if values lie in the same order under both shapes, as they do unless one of three axes is turned."""
    return shape == other or all(len(s) != 3 or 1 in {s[0], s[1] * s[2]} for s in (shape, other))


def _laid_out(
    nodes: dict[int, Node], roots: dict[int, int], ends: Collection[int], batch: int, dtype: Any
) -> tuple[Any, dict[int, Any]]:
    """One block of memory, and each node's output as a view of it, arrays of three axes as they lie."""
    last = {root: root for root in roots.values()}
    for position, node in nodes.items():
        for used in (position, *node.inputs):
            last[roots[used]] = max(last[roots[used]], position)
    last |= {roots[end]: max(nodes) + 1 for end in ends}
    shapes = {position: (batch, *_as_it_lies(node.shape)) for position, node in nodes.items()}
    buffers = {root: (math.prod(shapes[root]) * dtype.itemsize, root, stop) for root, stop in last.items()}
    places, total = placed(buffers, _ALIGNMENT)
    arena = np.empty(total, np.uint8)
    return arena, {
        position: arena[places[root] : places[root] + math.prod(shapes[position]) * dtype.itemsize]
        .view(dtype)
        .reshape(shapes[position])
        for position, root in roots.items()
    }


def _as_it_lies(shape: Shape) -> Shape:
    """A shape as it lies in memory: one of three axes with the first last, as images do best, whatever its names."""
    return (*shape[1:], shape[0]) if len(shape) == 3 else shape
