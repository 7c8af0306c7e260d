"""How much memory a run takes while its largest layer works, known from shapes before any array is made."""

from __future__ import annotations

from archcalc.dims import size
from archcalc.errors import SpecError
from archcalc.graph import Graph

# What no one is surprised by.
LIMIT = "8GiB"
_BYTES = 4


def within(graph: Graph, batch: int, limit: int) -> None:
    """Raise SpecError where a layer's arrays alone would take more than so many bytes, about.

    A layer has its inputs, its output, one more array of that size on the way to it, and the values of all its windows.
    """
    for node in graph.nodes:
        shapes = [graph.nodes[i].shape for i in node.inputs]
        values = sum(map(size, shapes)) + 2 * size(node.shape) + node.layer.columns(*shapes)
        weights = sum(map(size, node.layer.weights(*shapes).values()))
        needed = _BYTES * (batch * values + weights)
        if not isinstance(needed, int):
            raise SpecError(f"{node.name} has letters in its sizes", node.place, "a network runs only on numbers")
        if needed > limit:
            fact = f"{node.name} would take about {needed:,} bytes, where {limit:,} are the limit"
            raise SpecError(fact, node.place, "try a smaller --input or --batch, or raise --limit")
