"""The way of the tokens through a network: which layers have a row for each, and which need those of earlier tokens."""

from __future__ import annotations

import math
from typing import Literal, NoReturn, TypeAlias

import msgspec

from archcalc.errors import SpecError
from archcalc.layers.base import Layer
from archcalc.layers.cached import Cached
from archcalc.layers.window import Window
from archcalc.network.graph import Graph, Node
from archcalc.serving.text import Text
from archcalc.symbols.dims import Dim, Shape, size
from archcalc.symbols.shape import NamedShape, axes_of

# What an output sees of a sequence: its own token, also those before it, or also those behind it.
Sight: TypeAlias = Literal["own", "back", "ahead"]
_ORDER: tuple[Sight, ...] = ("own", "back", "ahead")
# Tokens on which layers are tried.
_TRIED = 8


class Stream(msgspec.Struct, frozen=True):
    """For each node the axis of its output that grows with the tokens, if one does, and whether its values come from them.

    Nodes that come from no token, such as those of an encoder, are computed once for a whole text. Scores have a second axis that
    grows, of the tokens that each of its own is paired with: `pairs` has that.
    """

    axes: tuple[int | None, ...]
    flows: tuple[bool, ...]
    pairs: tuple[int | None, ...]


def stream(text: Text) -> Stream:
    """The way of the tokens through a network; raises SpecError where a layer cannot go on from what it kept.

    That is a layer that sees later tokens, or one that sees earlier ones without saying what it keeps of them.

    >>> from archcalc.importers import model_of, source_of
    >>> found = stream(Text(model_of(source_of("whisper_tiny"))))
    >>> sum(found.flows), len(found.flows)
    (49, 91)
    """
    return _Streaming(text).done()


class _Streaming:
    """The axes that grow, of the nodes gone through so far."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.fewer, self.graph = text.on(1), text.on(_TRIED)
        self.axes: list[int | None] = []
        self.flows: list[bool] = []
        self.pairs: list[int | None] = []
        # True where scores of later tokens are −∞, or shares of them 0.
        self.hidden: list[bool] = []
        self.seen: dict[tuple[Layer, tuple[Shape, ...], tuple[bool, ...]], Sight] = {}

    def done(self) -> Stream:
        for position, node in enumerate(self.graph.nodes):
            self.flows.append(position == self.text.position or any(self.flows[i] for i in node.inputs))
            growing = _growing(self.fewer.nodes[position], node)
            self.axes.append(growing[0] if growing else None)
            self.pairs.append(None)
            self.hidden.append(False)
            if not self.flows[position] or not node.inputs:
                continue
            if len(growing) > 1:
                self._pair(node, growing)
            elif growing and node.shape[growing[0]] % _TRIED:
                fact = f"{node.name}: of {_TRIED} tokens {node.layer.kind} makes {node.shape[growing[0]]}, not as many of each"
                raise SpecError(fact, node.place, "serving goes on token by token from what each layer keeps")
            paired = len(growing) > 1 or any(self.pairs[i] is not None for i in node.inputs)
            _require(node, self._paired_sight(node) if paired else self._plain_sight(node), self._shapes(node))
        for i in self.graph.outputs:
            if self.pairs[i] is not None:
                _refuse_pairs(self.graph.nodes[i])
        return Stream(tuple(self.axes), tuple(self.flows), tuple(self.pairs))

    def _shapes(self, node: Node) -> tuple[Shape, ...]:
        return tuple(self.graph.nodes[i].shape for i in node.inputs)

    def _pair(self, node: Node, growing: list[int]) -> None:
        """Tell an output's own tokens from those that they are paired with; raises SpecError where these are not kept."""
        first = node.inputs[0]
        made = any(
            part.paired == "output" and self._keeps(node, part) for part in node.layer.cached(*self._shapes(node))
        )
        goes_on = self.pairs[first] in growing and self.graph.nodes[first].shape == node.shape
        if len(growing) > 2 or not (made or goes_on):
            _refuse_pairs(node)
        self.pairs[-1] = len(node.shape) - 1 if made else self.pairs[first]
        self.axes[-1] = next(axis for axis in growing if axis != self.pairs[-1])
        hides = "as before" if node.layer.idle else node.layer.hides
        self.hidden[-1] = hides == "later" or (hides == "as before" and self.hidden[first])

    def _keeps(self, node: Node, part: Cached) -> bool:
        """True for a part of which a layer keeps the rows of tokens."""
        source = None if part.of is None else node.inputs[part.of]
        return source is not None and self.flows[source] and self.axes[source] == 0

    def _paired_sight(self, node: Node) -> Sight:
        """The sight of a layer that reads or makes scores: of what they pair a token with it sees what they do not hide."""
        kept = {part.of: part.paired for part in node.layer.cached(*self._shapes(node)) if self._keeps(node, part)}
        summed = "first input" in kept.values()
        worst: Sight = "back" if kept else "own"
        for which, source in enumerate(node.inputs):
            if which in kept or not self.flows[source]:
                continue
            if self.pairs[source] is not None and self.pairs[-1] is None and not (summed and self.hidden[source]):
                return "ahead"
            worst = max(worst, self._sight(node, which), key=_ORDER.index)
        return worst

    def _plain_sight(self, node: Node) -> Sight:
        """The sight of a layer without scores, the worst of what it has of each sequence that comes in."""
        flowing = tuple(self.flows[i] for i in node.inputs)
        key = (node.layer, self._shapes(node), flowing)
        if key not in self.seen:
            every = [self._sight(node, which) for which, flows in enumerate(flowing) if flows]
            self.seen[key] = max(every, key=_ORDER.index)
        return self.seen[key]

    def _sight(self, node: Node, which: int) -> Sight:
        """The sight that each token of a layer's output has of one of the sequences that come in."""
        out, along = self.axes[-1], self.axes[node.inputs[which]]
        if along is None:
            return "own"
        shapes = self._shapes(node)
        shape = shapes[which]
        worst: Sight = "own"
        for view in node.layer.receptive_views(*shapes)[which]:
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


def passing(text: Text, way: Stream, tokens: Dim, context: Dim) -> Graph:
    """The network on so many tokens of a text that come last of `context`, with which scores pair them all.

    >>> from archcalc.importers import model_of, source_of
    >>> text = Text(model_of(source_of("t5_small")))
    >>> node = next(node for node in passing(text, stream(text), 1, 100).nodes if node.name == "decoder/0/self/scores")
    >>> node.shape
    (8, 1, 100)
    """
    graph = text.on(tokens)
    if tokens == context or all(axis is None for axis in way.pairs):
        return graph
    every = text.on(context).nodes
    nodes = list(graph.nodes)
    for position, axis in enumerate(way.pairs):
        if axis is not None:
            node = nodes[position]
            sizes = (*node.shape[:axis], every[position].shape[axis], *node.shape[axis + 1 :])
            nodes[position] = msgspec.structs.replace(node, shape=NamedShape(sizes, axes_of(node.shape)))
    return msgspec.structs.replace(graph, nodes=tuple(nodes))


def _growing(fewer: Node, more: Node) -> list[int]:
    """The axes that grow with the tokens."""
    pairs = zip(fewer.shape, more.shape, strict=True) if len(fewer.shape) == len(more.shape) else None
    if fewer.name != more.name or pairs is None:
        raise SpecError(f"{more.name}: another network on other numbers of tokens cannot be served", more.place)
    return [axis for axis, (n, m) in enumerate(pairs) if n != m]


def _refuse_pairs(node: Node) -> NoReturn:
    fact = f"{node.name}: {node.layer.kind} puts out a value for each pair of tokens, which no cache can hold"
    raise SpecError(fact, node.place, "the kind attention keeps keys and values instead of scores")


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
    parts = list(node.layer.cached(*shapes))
    if sight == "ahead":
        fact = f"{node.name}: {kind} sees tokens that come later, so that nothing kept of earlier ones serves it"
        remedy = "attention that writes token by token has causal: true" if kind == "attention" else ""
        if any(part.paired for part in parts):
            remedy = "scores of later tokens have to be −∞, as relativebias makes them with causal: true"
        raise SpecError(fact, node.place, remedy)
    if sight == "back" and not parts:
        raise SpecError(
            f"{node.name}: {kind} sees earlier tokens, and it is not known what it keeps of them", node.place
        )
