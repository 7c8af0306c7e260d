"""The bytes of the weights that one pass over a few tokens reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archcalc.memory_plan.sizes import whole_bytes
from archcalc.memory_plan.weights import Dtypes
from archcalc.network.dtypes import Format
from archcalc.network.graph import Graph, Node
from archcalc.network.parameters import format_of, owner_of
from archcalc.symbols.dims import Dim, Shape, minimum, size
from archcalc.symbols.sums import sum_of


def read(graph: Graph, position: int, dtypes: Dtypes, tokens: Dim, idle: frozenset[str] = frozenset()) -> Dim:
    """The bytes of its arrays that a layer reads in a pass over so many tokens of all texts together, but for `idle` ones.

    Of experts it reads at most those that the tokens choose, each its own. A table that is looked up is not read but for its rows.
    """
    node = graph.nodes[position]
    if node.layer.entries is not None:
        return 0
    shapes = [graph.nodes[i].shape for i in node.inputs]
    used = node.layer.active_weights(*shapes)
    found: list[Dim] = []
    for name, whole, form in _arrays(graph, node, shapes, dtypes):
        if name in idle:
            continue
        every, some = form.bits(whole), form.bits(used.get(name, whole))
        found.append(every if some == every else minimum(every, tokens * some))
    return _bytes(found)


def needed(graph: Graph, position: int, dtypes: Dtypes, idle: frozenset[str] = frozenset()) -> Dim:
    """The bytes of its arrays that a layer reads at least: of experts those of one token, and none that another layer read before it."""
    owner = graph.nodes[position].share
    again = owner is not None and graph.nodes[owner].layer.entries is None
    return 0 if again else read(graph, position, dtypes, 1, idle)


def read_at_least(graph: Graph, dtypes: Dtypes) -> Dim:
    """The bytes of weights that a pass over a whole text reads at least.

    >>> from archcalc.language import load
    >>> read_at_least(load("llama3_8b"), Dtypes("bf16", "bf16")) == 2 * (8030261248 - 128256 * 4096)
    True
    """
    return sum_of(needed(graph, position, dtypes) for position in range(len(graph.nodes)))


def looked_up(graph: Graph, position: int, dtypes: Dtypes, tokens: Dim) -> Dim:
    """The bytes of the rows that so many tokens look up in a layer's table."""
    node = graph.nodes[position]
    if node.layer.entries is None:
        return 0
    shapes = [graph.nodes[i].shape for i in node.inputs]
    return _bytes(tokens * form.bits((1, *whole[1:])) for _, whole, form in _arrays(graph, node, shapes, dtypes))


def _arrays(graph: Graph, node: Node, shapes: Sequence[Shape], dtypes: Dtypes) -> Iterator[tuple[str, Shape, Format]]:
    """The arrays that a layer uses, also those of another, with their formats."""
    for name, shape in (node.layer.weights(*shapes) | node.layer.buffers(*shapes)).items():
        owner = owner_of(graph, node, name).name
        stated = format_of(graph, owner, name, shape) if dtypes.stated else None
        yield name, shape, stated or Format(dtypes.weights)


def values_in_bytes(shape: Shape, dtypes: Dtypes) -> Dim:
    """The bytes of values in the dtype of weights of which nothing else is stated."""
    return _bytes([Format(dtypes.weights).bits(shape)] if size(shape) != 0 else [])


def _bytes(every: Iterable[Dim]) -> Dim:
    return whole_bytes(sum_of(every))
