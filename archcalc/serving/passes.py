"""The passes of a network that serves: one over all tokens of a text, and one over a few that come after the others."""

from __future__ import annotations

from archcalc.layers.work import NOTHING, Work
from archcalc.network.graph import Graph
from archcalc.serving.stream import Stream
from archcalc.symbols.dims import Dim, Shape


def decoding(graph: Graph, step: Graph, way: Stream, position: int) -> Work:
    """The work of a layer on the tokens of `step`, the last of those of `graph`, for one text: the layer's own count.

    What comes from no token was computed before; of such an input that a layer keeps, none is new, and all is there.
    """
    node, now = graph.nodes[position], step.nodes[position]
    if not way.flows[position]:
        return NOTHING if way.axes[position] is None else now.layer.work(now.shape, *_shapes(step, position))
    if not node.inputs:
        return NOTHING
    kept = {part.of for part in node.layer.cached(*_shapes(graph, position))}
    past: list[Dim] = []
    given: list[Shape] = []
    for at, source in enumerate(node.inputs):
        whole, part, along = graph.nodes[source].shape, step.nodes[source].shape, way.axes[source]
        if way.flows[source] and along is not None:
            past.append(whole[along] - part[along])
            given.append(part)
        elif at in kept:
            past.append(whole[0])
            given.append((0, *whole[1:]))
        else:
            past.append(0)
            given.append(part)
    return now.layer.work_after(tuple(past), now.shape, *given)


def _shapes(graph: Graph, position: int) -> list[Shape]:
    return [graph.nodes[i].shape for i in graph.nodes[position].inputs]
