"""Token numbers given to a network, each checked against the vocabulary in which it is looked up."""

from __future__ import annotations

from typing import Any

import numpy as np

from archcalc.errors import SpecError
from archcalc.network.graph import Graph


def looked_up(graph: Graph, x: Any, source: str) -> Any:
    """A batch of token numbers for the input in focus, as whole numbers.

    Raises SpecError, with its index, for one outside a vocabulary.

    >>> from archcalc.network.graph import Builder
    >>> from archcalc.layers.linear import Embedding
    >>> from archcalc.layers.rearrange import Input
    >>> builder = Builder()
    >>> _ = builder.add("words", Embedding(vocabulary=9, out=4), builder.add("input", Input((2,))))
    >>> looked_up(builder.graph(), np.array([[0, 8.0]]), "x.npy")
    array([[0, 8]])
    >>> looked_up(builder.graph(), np.array([[0, 9]]), "x.npy")
    Traceback (most recent call last):
    archcalc.errors.SpecError: x.npy: 9 at [0, 1] is no token number
      = words has 9, from 0 to 8
    """
    whole = np.isfinite(x) & (x == np.floor(x)) if x.dtype.kind == "f" else np.ones(x.shape, bool)
    _refuse(x, ~whole | (x < 0), source, "token numbers are whole, from 0 on")
    # The input positions that every embedding reads, counted from 1 and moved as the token numbers are.
    alive: dict[int, Any] = {graph.focus: np.arange(1, x[0].size + 1).reshape(1, *x.shape[1:])}
    for position, node in enumerate(graph.nodes):
        entries: Any = node.layer.entries
        if entries is not None and node.inputs[0] in alive:
            read = np.zeros(x[0].size + 1, bool)
            read[alive[node.inputs[0]]] = True
            wrong = (x >= entries) & read[1:].reshape(x.shape[1:])
            _refuse(x, wrong, source, f"{node.name} has {entries:,}, from 0 to {entries - 1:,}")
        elif position in graph.token_numbers and alive.keys() & node.inputs:
            # Those of other inputs stand for no position of this one.
            zero = {i: np.zeros((1, *graph.nodes[i].shape), int) for i in node.inputs if i not in alive}
            alive[position] = node.layer.forward(np, *((alive | zero)[i] for i in node.inputs))
    return x.astype(np.int64)


def _refuse(x: Any, wrong: Any, source: str, remedy: str) -> None:
    if wrong.any():
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise SpecError(f"{source}: {x[place]} at {list(place)} is no token number", None, remedy)
