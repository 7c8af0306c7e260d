"""A network run by the fast path, from arrays to an array."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archcalc.errors import SpecError, nearest
from archcalc.network.graph import Graph
from archcalc.reference.fast import Program
from archcalc.reference.given import given, samples
from archcalc.reference.random_arrays import seeded


def run(
    graph: Graph,
    x: Any,
    arrays: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    layer: str = "",
    dtype: Any = np.float32,
) -> Any:
    """A network's output for the batch x, or that of a named layer; with seeded arrays if none are given.

    Several inputs, and several outputs, are arrays by name.

    `arrays` holds the weights and buffers of each layer by its name, as `seeded` and `trained` make them. A network
    that runs more than once is better compiled once, as a `Program`. Raises SpecError for an unknown name.

    >>> from archcalc.language import load
    >>> run(load("lenet5"), np.ones((2, 1, 32, 32))).shape
    (2, 10)
    >>> run(load("lenet5"), np.ones((2, 1, 32, 32)), layer="S2").shape
    (2, 6, 14, 14)
    """
    last = position_of(graph, layer) if layer else None
    arrays = seeded(graph) if arrays is None else arrays
    return Program(graph, arrays, samples(given(graph, x)), dtype, last=last)(x)


def position_of(graph: Graph, layer: str = "") -> int:
    """The position of a named layer; without a name, the network's output, the last of several."""
    names = [node.name for node in graph.nodes]
    if not layer:
        return graph.outputs[-1]
    if layer not in names:
        raise SpecError(f"{graph.name} has no layer '{layer[:60]}'", None, nearest(layer, names))
    return names.index(layer)
