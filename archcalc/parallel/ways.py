"""The way in which each layer is divided over the tensor group: Megatron's table, and patterns of one's own.

Shoeybi et al. 2019 (arXiv:1909.08053), section 3: attention by heads, or where it is written out its query, key and value by
outputs (column) and its last layer by inputs (row); of two dense layers with work value by value between them the first by
column and the second by row; the table of words, and the head that scores them, by the words.
"""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import SpecError, nearest
from archcalc.network.graph import Graph, Node
from archcalc.network.wildcards import fits
from archcalc.parallel.plan import Plan, Way


def ways_of(graph: Graph, plan: Plan) -> list[Way]:
    """The way of each layer; raises SpecError for a pattern that fits nothing or a kind that cannot be divided so."""
    if plan.tensor == 1:
        ways: list[Way] = ["whole"] * len(graph.nodes)
    else:
        ways = list(_usual(graph))
    for pattern, way in plan.split:
        fitting = [place for place, node in enumerate(graph.nodes) if fits(node.name, pattern)]
        if not fitting:
            names = [node.name for node in graph.nodes]
            plan.refuse(f"split/{pattern}", f"no layer fits '{pattern[:60]}'", nearest(pattern, names))
        for place in fitting:
            kind, splits = graph.nodes[place].layer.kind, graph.nodes[place].layer.splits
            if way != "whole" and way not in splits:
                known = f"it can be {' or '.join((*splits, 'whole'))}"
                fact = f"'{pattern[:60]}' fits {graph.nodes[place].name[:60]}, and {kind} cannot be split by {way}"
                plan.refuse(f"split/{pattern}", fact, known)
            if plan.tensor > 1:
                ways[place] = way
    _require_alike(graph, plan, ways)
    return ways


def _usual(graph: Graph) -> Iterator[Way]:
    """Megatron's way of each layer."""
    nodes = graph.nodes
    columns: set[int] = set()
    rows: set[int] = set()
    for place, node in enumerate(nodes):
        if _projects(node, nodes):
            found = _before(nodes, node.inputs[0])
            if found and not found & rows:
                rows.add(place)
                columns |= found
    words = max((node.layer.entries for node in nodes if isinstance(node.layer.entries, int)), default=0)
    tables = {place for place, node in enumerate(nodes) if node.layer.entries == words and words}
    for place, node in enumerate(nodes):
        if "heads" in node.layer.splits:
            yield "heads"
        elif place in tables or ("vocabulary" in node.layer.splits and _scores(node, words, tables)):
            yield "vocabulary"
        else:
            yield "row" if place in rows else "column" if place in columns else "whole"


def _scores(node: Node, words: int, tables: set[int]) -> bool:
    """True for a head that scores the words of the table."""
    return bool(tables) and (node.share in tables or node.layer.filters == words)


def _projects(node: Node, nodes: tuple[Node, ...]) -> bool:
    """True for a dense layer over the last axis of its input."""
    return "column" in node.layer.splits and node.layer.projected_axis in {-1, len(nodes[node.inputs[0]].shape) - 1}


def _before(nodes: tuple[Node, ...], place: int, *, mixed: bool = False) -> set[int]:
    """The dense layers from which alone values come to a place, value by value or as queries, keys and values of heads.

    None if they come from anything else too. With `mixed` it is below the product of shares and values.
    """
    node = nodes[place]
    if _projects(node, nodes):
        return {place}
    layer = node.layer
    heads = layer.product_heads is not None
    by_value = layer.nonlinear or layer.value_by_value
    if not node.inputs or not (by_value or heads or (mixed and layer.head_by_head)):
        return set()
    found = [_before(nodes, source, mixed=mixed or heads) for source in node.inputs]
    return set().union(*found) if all(found) else set()


def _require_alike(graph: Graph, plan: Plan, ways: list[Way]) -> None:
    """Raise SpecError for a layer that shares the weights of one that is divided in another way."""
    for place, node in enumerate(graph.nodes):
        if node.share is not None and ways[place] != ways[node.share]:
            owner = graph.nodes[node.share].name
            fact = (
                f"{node.name} is split by {ways[place]} and shares the weights of {owner}, split by {ways[node.share]}"
            )
            raise SpecError(fact, plan.places.get("split"), "one array is divided in one way")
