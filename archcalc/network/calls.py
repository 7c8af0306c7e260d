"""The way the reference implementation of a network calls its layers, and where it puts their outputs."""

from __future__ import annotations

from archcalc.network.graph import Graph, Node
from archcalc.network.wildcards import fits

# A module of its own, a function of the framework, an operator or method of its arrays, attention that is written out
# with a module for each projection and torch.matmul for its products, or absent; and beside that whether it overwrites
# its input (inplace=True, +=) or not, if that differs from most of its kind.
_WAYS = ("module", "function", "operator")
CALLS = (*_WAYS, "matmul", "absent", *(f"{way} in place" for way in _WAYS), *(f"{way} out of place" for way in _WAYS))


def calls_of(graph: Graph) -> list[str]:
    """The call style of each layer in the reference implementation: module, function, operator, matmul or absent."""
    return [_called(graph, node).partition(" ")[0] or node.layer.call_style for node in graph.nodes]


def places_of(graph: Graph) -> list[str]:
    """The storage of each output that a spec declares: in place, out of place, or "" if it declares none."""
    return (
        [_called(graph, node).partition(" ")[2] for node in graph.nodes]
        if graph.call_styles
        else [""] * len(graph.nodes)
    )


def _called(graph: Graph, node: Node) -> str:
    return next((call for pattern, call in reversed(graph.call_styles) if fits(node.name, pattern)), "")
