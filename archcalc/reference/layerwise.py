"""A network run layer by layer, each by its own plain forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from archcalc.network.graph import Graph, Node
from archcalc.reference.given import given, samples


def outputs(graph: Graph, x: Any, arrays: Mapping[str, Mapping[str, Any]], xp: Any = np) -> Iterator[tuple[Node, Any]]:
    """Each node in order with its output for the batch x, which is freed after its last use; of several inputs by name.

    `arrays` holds the weights and buffers of each node by its name, as `seeded` makes them. The output of a layer
    without inputs is repeated for the batch, as a view.

    >>> from archcalc.language import load
    >>> from archcalc.reference import seeded
    >>> lenet = load("lenet5")
    >>> *_, (_, scores) = outputs(lenet, np.ones((2, 1, 32, 32)), seeded(lenet))
    >>> scores.shape
    (2, 10)
    """
    arrived = given(graph, x)
    # What an input is given stands before it, under a number that no node has.
    alive = {~position: array for position, array in arrived.items()}
    sources = {i: (~i,) if i in arrived else node.inputs for i, node in enumerate(graph.nodes)}
    last_use = {source: position for position, inputs in sources.items() for source in inputs}
    batch = samples(arrived)
    del x, arrived
    for position, node in enumerate(graph.nodes):
        y = node.layer.forward(xp, *(alive[source] for source in sources[position]), **arrays[node.name])
        if not sources[position]:
            y = xp.broadcast_to(y, (batch, *y.shape[1:]))
        for source in set(sources[position]):
            if last_use[source] == position:
                del alive[source]
        if position in last_use:
            alive[position] = y
        yield node, y
        del y
