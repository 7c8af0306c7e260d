"""The memory that a run takes, estimated from shapes before any array is made."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.errors import SpecError
from archcalc.network.graph import Graph
from archcalc.network.parts import require_depths
from archcalc.symbols.dims import Dim, size


def require_memory(
    graph: Graph, batch: int, limit: int, positions: Iterable[int] | None = None, width: int = 4
) -> None:
    """Raise SpecError if a run would take more than about `limit` bytes, with values of `width` bytes each.

    The estimate holds the weights and buffers of all layers, and for the largest layer either another array of the
    size of its largest, from which that is made, or its inputs, its output, a temporary of that size, the values of all
    its windows, sorted and unsorted, and three copies of the arguments of exponentials, such as attention's scores.
    `positions` are those of the layers that run, by default all.
    """
    require_depths(graph)
    held: Dim = 0
    largest, name, place = 0, "", None
    for position in range(len(graph.nodes)) if positions is None else positions:
        node = graph.nodes[position]
        if not node.layer.runs:
            raise SpecError(f"{node.name} is an operator that is not known, and cannot be run", node.place)
        shapes = [graph.nodes[i].shape for i in node.inputs]
        arrays = [*node.layer.weights(*shapes).values(), *node.layer.buffers(*shapes).values()]
        held += 0 if node.share is not None else sum(map(size, arrays))
        windows = 2 * node.layer.im2col_size(*shapes)
        scores = 3 * node.layer.work(node.shape, *shapes).exponentials
        values = batch * (sum(map(size, shapes)) + 2 * size(node.shape) + windows + scores)
        working = [values, *map(size, arrays)]
        if not all(isinstance(n, int) for n in (held, *working)):
            raise SpecError(f"{node.name} has letters in its sizes", node.place, "a network runs only on numbers")
        if max(working) > largest:
            largest, name, place = max(working), node.name, node.place
    needed = width * (held + largest)
    if needed > limit:
        fact = f"the run would take about {needed:,} bytes, most at {name}, where {limit:,} are the limit"
        raise SpecError(fact, place, "try a smaller --input or --batch, or raise --limit")
