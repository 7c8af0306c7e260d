"""The outputs of a network that are token numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.errors import SpecError


def token_numbers(nodes: Sequence[Any]) -> frozenset[int]:
    """The positions that put out token numbers: inputs and kept arrays that embeddings look up, and layers that move them.

    Raises SpecError if a layer computes with them, or an embedding looks up anything else.

    >>> from archcalc.network.graph import Builder
    >>> from archcalc.layers.linear import Embedding
    >>> from archcalc.layers.rearrange import Input, Slice
    >>> builder = Builder()
    >>> cut = builder.add("cut", Slice(start=0, stop=2), builder.add("input", Input((3,))))
    >>> _ = builder.add("words", Embedding(vocabulary=9, out=4), cut)
    >>> sorted(token_numbers(builder.nodes))
    [0, 1]
    """
    if not any(node.layer.entries is not None for node in nodes):
        return frozenset()
    found = _tokens_given(nodes)
    for position, node in enumerate(nodes):
        numbers = [i in found for i in node.inputs]
        if node.layer.entries is not None:
            if not all(numbers):
                fact = f"{node.layer.kind}: {nodes[node.inputs[0]].name} puts out values, not token numbers"
                raise SpecError(fact, node.place, "token numbers come from an input of the network, as they are")
        elif any(numbers):
            if not all(numbers) or not (node.layer.moves or node.layer.stores == "view"):
                fact = f"{node.layer.kind}: token numbers can be looked up and moved, not computed with"
                raise SpecError(fact, node.place, "put an embedding before it")
            found.add(position)
    return frozenset(found)


def _tokens_given(nodes: Sequence[Any]) -> set[int]:
    """The inputs and kept arrays from which embeddings read, at once or through layers that move what they get."""
    read = {node.inputs[0] for node in nodes if node.layer.entries is not None}
    for position in reversed(range(len(nodes))):
        if position in read and (nodes[position].layer.moves or nodes[position].layer.stores == "view"):
            read.update(nodes[position].inputs)
    return {i for i in read if nodes[i].layer.comes_from_outside or nodes[i].layer.is_kept}
