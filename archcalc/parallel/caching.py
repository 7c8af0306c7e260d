"""The values that a device keeps of each token while a text is written."""

from __future__ import annotations

from math import ceil, floor
from typing import Literal

from archcalc.layers.cached import Cached
from archcalc.network.graph import Graph, Node
from archcalc.symbols.dims import minimum
from archcalc.symbols.shape import NamedShape
from archcalc.symbols.sums import sum_of


def writing(graph: Graph) -> list[bool]:
    """True for each node whose values come from the text that is written: the last input of tokens.

    What does not, such as an encoder, is computed once. None does where a token sees those after it: that writes nothing.
    """
    text = _text(graph)
    found: list[bool] = []
    # True where scores of later tokens are −∞, or shares of them 0.
    hidden: list[bool] = []
    for place, node in enumerate(graph.nodes):
        found.append(place == text or any(found[i] for i in node.inputs))
        hides = "as before" if node.layer.idle else node.layer.hides
        hidden.append(hides == "later" or (hides == "as before" and hidden[node.inputs[0]]))
        paired = {part.of for part in _kept(graph, node) if part.paired == "first input"}
        for which, source in enumerate(node.inputs):
            if found[source] and (
                not hidden[node.inputs[0]] if which in paired else _sees(graph, node, which, "later")
            ):
                return [False] * len(graph.nodes)
    return found


def _text(graph: Graph) -> int:
    return max((i for i in graph.inputs if "tokens" in graph.nodes[i].shape.axes), default=-1)


def _tokens(shape: NamedShape) -> int:
    return int(str(shape[shape.axes.index("tokens")]))


def _sees(graph: Graph, node: Node, which: int, what: Literal["earlier", "later"]) -> bool:
    """True if the last token of an output sees another one of an input, or the first one does."""
    shapes = [graph.nodes[i].shape for i in node.inputs]
    x, text = shapes[which], graph.nodes[_text(graph)].shape
    if not {"tokens"} <= {*x.axes} & {*node.shape.axes}:
        return False
    # Such as slots of experts, of which a token has several.
    each = _tokens(x) // _tokens(text)
    for view in filter(None, node.layer.receptive_views(*shapes)[which]):
        window = view[x.axes.index("tokens")].window
        if what == "later" and floor(window.at(0)[1]) >= each:
            return True
        if what == "earlier" and ceil(window.at(_tokens(node.shape) - 1)[0]) < _tokens(x) - each:
            return True
    return False


def cached_values(graph: Graph, node: Node) -> int:
    """The values that a layer keeps for all tokens of its inputs: of a window those in it, and of a state all of that."""
    shapes = [graph.nodes[i].shape for i in node.inputs]
    found = []
    for part in _kept(graph, node):
        if part.of is None:
            found.append(part.values)
        else:
            tokens = shapes[part.of][0]
            found.append(part.values * (tokens if part.last is None else minimum(tokens, part.last)))
    return int(str(sum_of(found)))


def uncounted(graph: Graph, writes: list[bool]) -> tuple[str, ...]:
    """The kinds of layer that see earlier tokens of the text that is written, and do not say what they keep of them."""
    found = set()
    for node, written in zip(graph.nodes, writes, strict=True):
        sees = (_sees(graph, node, which, "earlier") for which, i in enumerate(node.inputs) if writes[i])
        if written and not _kept(graph, node) and any(sees):
            found.add(node.layer.kind)
    return tuple(sorted(found))


def _kept(graph: Graph, node: Node) -> list[Cached]:
    return list(node.layer.cached(*(graph.nodes[i].shape for i in node.inputs))) if node.inputs else []
