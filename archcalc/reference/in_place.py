"""A network run in as little memory as its layers allow, with the memory measured on the arrays."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from archcalc.network.graph import Graph, Node
from archcalc.network.storage import Manner, manners, overwritable
from archcalc.reference.given import given, samples


class Storing(NamedTuple):
    """The storage of each node's output, and a function that is true if the output at a position may be overwritten."""

    manners: Sequence[Manner]
    free: Callable[[int], bool]


def run_in_place(
    graph: Graph,
    x: Any,
    arrays: Mapping[str, Mapping[str, Any]],
    xp: Any = np,
    storing: Storing | None = None,
) -> Iterator[tuple[Node, Any, int]]:
    """Each node in order with its output for the batch x and the bytes of all arrays alive at that time.

    Outputs that may be overwritten are, so an output holds only until the next is asked for; `storing` selects them, by
    default as frameworks do. An output is freed after its last reader, and one that nothing reads is held to the end.
    The bytes are those of the arrays that own memory and were not yet collected, without weights and without the
    workspace of layers.

    >>> from archcalc.language import load
    >>> from archcalc.reference import seeded
    >>> lenet = load("lenet5")
    >>> max(nbytes for _, _, nbytes in run_in_place(lenet, np.ones((1, 1, 32, 32), np.float32), seeded(lenet)))
    37632
    """
    last_use = {source: position for position, node in enumerate(graph.nodes) for source in node.inputs}
    # The caller reads the network's outputs.
    last_use |= dict.fromkeys(graph.outputs, len(graph.nodes))
    if storing is None:
        ways = manners(graph, "frameworks")
        storing = Storing(ways, overwritable(graph, ways).__getitem__)
    trained = {id(_owner(array)) for own in arrays.values() for array in own.values()}
    # Each input is the run's own copy, made when its turn comes, so that it can be freed; the caller may hold the given
    # one.
    arrived = given(graph, x)
    batch = samples(arrived)
    alive: dict[int, Any] = {}
    del x
    taken: list[weakref.ref[Any]] = []
    for position, node in enumerate(graph.nodes):
        inputs = [np.array(arrived.pop(position))] if position in arrived else [alive[i] for i in node.inputs]
        manner = storing.manners[position]
        if manner == "in place" and not storing.free(node.inputs[0]):
            manner = "output"
        y = _put_out(xp, node, inputs, arrays[node.name], manner)
        if not node.inputs and not node.layer.comes_from_outside:
            y = np.broadcast_to(y, (batch, *y.shape[1:]))
        alive[position] = y
        taken.append(weakref.ref(_owner(y)))
        owners = {id(owner): owner.nbytes for ref in taken if (owner := ref()) is not None and id(owner) not in trained}
        yield node, y, sum(owners.values())
        del y, inputs
        for source in set(node.inputs):
            if last_use[source] == position:
                del alive[source]
        taken = [ref for ref in taken if ref() is not None]


def _put_out(xp: Any, node: Node, inputs: list[Any], weights: Mapping[str, Any], manner: Manner) -> Any:
    """A layer's output where it is stored: over its input, as a view of it, or in memory of its own, contiguously."""
    y = node.layer.forward(xp, *inputs, **weights)
    if manner == "view" or node.layer.comes_from_outside:
        return y
    if manner == "in place":
        inputs[0][...] = y
        return inputs[0]
    return y if y.base is None and y.flags.c_contiguous and y is not inputs[0] else np.array(y, order="C")


def _owner(array: Any) -> Any:
    """The array that owns the memory of an array."""
    while array.base is not None:
        array = array.base
    return array
