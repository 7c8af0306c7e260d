"""Parts of a network: the layers that a layer depends on, and all but its auxiliary heads."""

from __future__ import annotations

import msgspec

from archcalc.errors import SpecError
from archcalc.network.graph import Graph
from archcalc.symbols.dims import format_dim


def needed(graph: Graph, *last: int) -> list[int]:
    """The positions that the nodes at `last` depend on, with themselves and the network's inputs, in order.

    >>> from archcalc.network.graph import Builder
    >>> builder = Builder()
    >>> from archcalc.layers.activation import ReLU
    >>> from archcalc.layers.rearrange import Input
    >>> start = builder.add("input", Input((3,)))
    >>> _, end = builder.add("aside", ReLU(), start), builder.add("relu", ReLU(), start)
    >>> needed(builder.graph(), end)
    [0, 2]
    """
    found = {*graph.inputs, *last}
    for position in range(max(last), -1, -1):
        if position in found:
            found.update(graph.nodes[position].inputs)
    return sorted(found)


def require_depths(graph: Graph) -> None:
    """Raise SpecError if a letter says how often a block of a network repeats, so that it has no number of layers."""
    for loop in graph.loops:
        fact = f"{format_dim(loop.times + 2)} repetitions have no number"
        raise SpecError(fact, graph.nodes[loop.first].place, "give the letter one with --set")


def proper(graph: Graph) -> Graph:
    """A network as it runs at inference: without its auxiliary heads."""
    kept = [position for position, node in enumerate(graph.nodes) if not node.auxiliary]
    if len(kept) == len(graph.nodes):
        return graph
    places = {position: place for place, position in enumerate(kept)}
    nodes = tuple(
        msgspec.structs.replace(
            graph.nodes[position],
            inputs=tuple(places[i] for i in graph.nodes[position].inputs),
            share=places.get(-1 if (owner := graph.nodes[position].share) is None else owner),
        )
        for position in kept
    )
    outputs = tuple(places[i] for i in graph.named_outputs)
    return msgspec.structs.replace(graph, nodes=nodes, named_outputs=outputs, focus=places[graph.focus])
