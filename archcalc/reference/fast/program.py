"""A whole network as a list of steps on buffers laid out beforehand, so that nothing large is allocated while it runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from archcalc.graph import Graph, Node, overwritable
from archcalc.reference.fast.arena import Scratch, Span, aligned, offsets
from archcalc.reference.fast.kernels import Place, step_of

# Layers that take a ReLU into their own last pass.
_FINISHING = {"conv2d", "linear", "add"}


class Program:
    """A network compiled for one batch size and one set of arrays; call it with a batch to get the last output.

    >>> from archcalc.spec import load
    >>> from archcalc.reference import seeded
    >>> lenet = load("lenet5")
    >>> Program(lenet, seeded(lenet), batch=2)(np.ones((2, 1, 32, 32))).shape
    (2, 10)
    """

    def __init__(
        self, graph: Graph, arrays: Mapping[str, Mapping[str, Any]], batch: int = 1, dtype: Any = np.float32
    ) -> None:
        nodes = {position: node for position, node in enumerate(graph.nodes) if not node.auxiliary}
        readers = _readers(nodes)
        norms = _folded(nodes, readers)
        relus = _finished(nodes, readers, norms)
        roots = _roots(nodes, overwritable(graph.nodes), {*norms.values(), *relus.values()})
        self._arena, views = _laid_out(nodes, roots, batch, np.dtype(dtype))
        scratch = Scratch(dtype)
        gone = {*norms.values(), *relus.values()}
        self._input, self._output = views[0], views[max(nodes)]
        self._steps = [
            step_of(
                Place(
                    node,
                    [views[source] for source in node.inputs],
                    views[position],
                    _of_type(arrays[node.name], dtype),
                    scratch,
                    _of_type(arrays[nodes[norms[position]].name], dtype) if position in norms else None,
                    position in relus or norms.get(position) in relus,
                ),
            )
            for position, node in nodes.items()
            if position and position not in gone and not (node.layer.stores == "view" and _same(views, node, position))
        ]
        self.nbytes = self._arena.nbytes + scratch.nbytes

    def __call__(self, x: Any) -> Any:
        """The last output for a batch; the array is the program's own and holds until the next call."""
        self._input[...] = x
        for step in self._steps:
            step()
        return self._output


def _of_type(arrays: Mapping[str, Any], dtype: Any) -> dict[str, Any]:
    return {name: np.ascontiguousarray(array, dtype) for name, array in arrays.items()}


def _same(views: dict[int, Any], node: Node, position: int) -> bool:
    """Whether a view already lies where its input does."""
    return bool(node.inputs) and np.shares_memory(views[position], views[node.inputs[0]])


def _readers(nodes: dict[int, Node]) -> dict[int, list[int]]:
    readers: dict[int, list[int]] = {position: [] for position in nodes}
    for position, node in nodes.items():
        for source in node.inputs:
            readers[source].append(position)
    return readers


def _folded(nodes: dict[int, Node], readers: dict[int, list[int]]) -> dict[int, int]:
    """The batch normalisation that alone reads a convolution, by the convolution's position."""
    found = {}
    for position, node in nodes.items():
        plain = node.layer.kind == "conv2d" and getattr(node.layer, "connections", None) is None
        if plain and len(readers[position]) == 1 and nodes[readers[position][0]].layer.kind == "batchnorm2d":
            found[position] = readers[position][0]
    return found


def _finished(nodes: dict[int, Node], readers: dict[int, list[int]], norms: dict[int, int]) -> dict[int, int]:
    """The ReLU that alone reads a layer which can take it into its last pass, by that layer's position."""
    found = {}
    normalised = set(norms.values())
    for position, node in nodes.items():
        able = (
            node.layer.kind in _FINISHING and getattr(node.layer, "connections", None) is None and position not in norms
        )
        if (able or position in normalised) and len(readers[position]) == 1:
            (reader,) = readers[position]
            if nodes[reader].layer.kind == "relu":
                found[position] = reader
    return found


def _roots(nodes: dict[int, Node], free: list[bool], inside: set[int]) -> dict[int, int]:
    """The node in whose buffer each node's output lies: its own, or that of the input which it overwrites or reshapes."""
    roots: dict[int, int] = {}
    for position, node in nodes.items():
        shares = position in inside
        if node.inputs and not shares:
            passes = node.layer.kind in {"flatten", "reshape", "identity"}
            shares = passes or (node.layer.stores == "in place" and free[node.inputs[0]])
        roots[position] = roots[node.inputs[0]] if shares else position
    return roots


def _laid_out(nodes: dict[int, Node], roots: dict[int, int], batch: int, dtype: Any) -> tuple[Any, dict[int, Any]]:
    """One block of memory, and each node's output as a view of it."""
    last = {root: root for root in roots.values()}
    for position, node in nodes.items():
        for used in (position, *node.inputs):
            last[roots[used]] = max(last[roots[used]], position)
    last[roots[max(nodes)]] = max(nodes) + 1
    shapes = {position: (batch, *node.shape) for position, node in nodes.items()}
    spans = {root: Span(aligned(math.prod(shapes[root]) * dtype.itemsize), root, end) for root, end in last.items()}
    places, total = offsets(spans)
    arena = np.empty(total, np.uint8)
    return arena, {
        position: arena[places[root] : places[root] + math.prod(shapes[position]) * dtype.itemsize]
        .view(dtype)
        .reshape(shapes[position])
        for position, root in roots.items()
    }
