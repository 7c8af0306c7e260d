"""The way of the tokens through a network: which layers have a row for each, and which need those of earlier tokens."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import msgspec

from archcalc.errors import SpecError
from archcalc.layers.base import Layer
from archcalc.layers.window import Window
from archcalc.network.graph import Graph, Node
from archcalc.serving.text import Text
from archcalc.symbols.dims import Shape, size

# What an output sees of a sequence: its own token, also those before it, or also those behind it.
Sight: TypeAlias = Literal["own", "back", "ahead"]
_ORDER: tuple[Sight, ...] = ("own", "back", "ahead")
# Tokens on which layers are tried.
_TRIED = 8


class Stream(msgspec.Struct, frozen=True):
    """For each node the axis of its output that grows with the tokens, if one does, and whether its values come from them.

    Nodes that come from no token, such as those of an encoder, are computed once for a whole text.
    """

    axes: tuple[int | None, ...]
    flows: tuple[bool, ...]


def stream(text: Text) -> Stream:
    """The way of the tokens through a network; raises SpecError where a layer cannot go on from what it kept.

    That is a layer that sees later tokens, or one that sees earlier ones without saying what it keeps of them.

    >>> from archcalc.importers import model_of, source_of
    >>> found = stream(Text(model_of(source_of("whisper_tiny"))))
    >>> sum(found.flows), len(found.flows)
    (49, 91)
    """
    fewer, graph = text.on(1), text.on(_TRIED)
    axes: list[int | None] = []
    flows: list[bool] = []
    seen: dict[tuple[Layer, tuple[Shape, ...], tuple[bool, ...]], Sight] = {}
    for position, node in enumerate(graph.nodes):
        flows.append(position == text.position or any(flows[i] for i in node.inputs))
        axes.append(_growing(fewer.nodes[position], node))
        if not flows[position] or not node.inputs:
            continue
        flowing = tuple(flows[i] for i in node.inputs)
        shapes = tuple(graph.nodes[i].shape for i in node.inputs)
        key = (node.layer, shapes, flowing)
        if key not in seen:
            seen[key] = _sight(graph, node, axes, flowing)
        _require(node, seen[key], shapes)
    return Stream(tuple(axes), tuple(flows))


def _growing(fewer: Node, more: Node) -> int | None:
    """The axis that grows with the tokens; raises SpecError for two of them."""
    pairs = zip(fewer.shape, more.shape, strict=True) if len(fewer.shape) == len(more.shape) else None
    if fewer.name != more.name or pairs is None:
        raise SpecError(f"{more.name}: another network on other numbers of tokens cannot be served", more.place)
    found = [axis for axis, (n, m) in enumerate(pairs) if n != m]
    if len(found) > 1:
        fact = f"{more.name}: {more.layer.kind} puts out a value for each pair of tokens, which no cache can hold"
        raise SpecError(fact, more.place, "the kind attention keeps keys and values instead of scores")
    return found[0] if found else None


def _sight(graph: Graph, node: Node, axes: list[int | None], flowing: tuple[bool, ...]) -> Sight:
    """The sight that each token of a layer's output has of the sequences that come in."""
    out = axes[-1]
    shapes = [graph.nodes[i].shape for i in node.inputs]
    worst: Sight = "own"
    for source, shape, views, flows in zip(
        node.inputs, shapes, node.layer.receptive_views(*shapes), flowing, strict=True
    ):
        along = axes[source]
        if not flows or along is None:
            continue
        for view in views:
            if out is None:
                found: Sight = "ahead"
            elif not view:
                found = "own" if size(shape[:along]) == size(node.shape[:out]) else "ahead"
            elif view[along].axis != out:
                found = "ahead"
            else:
                found = _seen(view[along].window, shape[along], node.shape[out])
            worst = max(worst, found, key=_ORDER.index)
    return worst


def _seen(window: Window, inputs: int, outputs: int) -> Sight:
    """The sight that outputs have of earlier and later tokens, each of which has as many inputs, and as many outputs."""
    if inputs % _TRIED or outputs % _TRIED:
        return "ahead"
    inside, outside = inputs // _TRIED, outputs // _TRIED
    found: Sight = "own"
    for output in range(outputs):
        lo, hi = window.at(output)
        first, last = max(0, math.ceil(lo)) // inside, min(inputs - 1, math.floor(hi)) // inside
        if hi < lo or last < first:
            continue
        if last > output // outside:
            return "ahead"
        if first < output // outside:
            found = "back"
    return found


def _require(node: Node, sight: Sight, shapes: tuple[Shape, ...]) -> None:
    """Raise SpecError where what a layer sees cannot be kept."""
    kind = node.layer.kind
    if sight == "ahead":
        fact = f"{node.name}: {kind} sees tokens that come later, so that nothing kept of earlier ones serves it"
        remedy = "attention that writes token by token has causal: true" if kind == "attention" else ""
        raise SpecError(fact, node.place, remedy)
    if sight == "back" and not any(True for _ in node.layer.cached(*shapes)):
        raise SpecError(
            f"{node.name}: {kind} sees earlier tokens, and it is not known what it keeps of them", node.place
        )
