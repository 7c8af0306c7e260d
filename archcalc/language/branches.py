"""The layers of a network branch by branch, where a file has them by how deep they lie."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from archcalc.network.graph import Graph, Node


def branch_by_branch(graph: Graph) -> Graph | None:
    """The graph with each branch before the next, in the order in which they are joined; None if they hardly interleave.

    >>> from archcalc.language import load
    >>> branch_by_branch(load("inception_v3"))
    """
    if graph.loops:
        return None
    order = _order(graph)
    if 2 * _leaps(graph.nodes, order) >= _leaps(graph.nodes, range(len(order))):
        return None
    new = {position: at for at, position in enumerate(order)}

    def moved(node: Node) -> Node:
        share = None if node.share is None else new[node.share]
        return msgspec.structs.replace(node, inputs=tuple(new[i] for i in node.inputs), share=share)

    nodes = tuple(moved(graph.nodes[position]) for position in order)
    outputs = tuple(new[i] for i in graph.outputs)
    return msgspec.structs.replace(graph, nodes=nodes, named_outputs=outputs, focus=new[graph.focus])


def _order(graph: Graph) -> list[int]:
    """The positions of the layers, each after those that it reads, one of these with all behind it before the next."""
    found: dict[int, None] = {}
    ends = [i for i in range(len(graph.nodes)) if i in graph.ends]
    for start in (*graph.inputs, *ends):
        pending = [start]
        while pending:
            at = pending[-1]
            node = graph.nodes[at]
            before = (*node.inputs, *(() if node.share is None else (node.share,)))
            missing = next((i for i in before if i not in found), None)
            if missing is not None:
                pending.append(missing)
                continue
            found.setdefault(at)
            pending.pop()
    return [*found]


def _leaps(nodes: Sequence[Node], order: Sequence[int]) -> int:
    """The number of layers that do not read the one before them."""
    return sum(before not in nodes[at].inputs for before, at in pairwise(order))
