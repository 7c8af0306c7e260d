"""The network that a figure is about, and the networks that it may be about by mistake."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from archcalc.conventions import convention
from archcalc.errors import Source, SpecError, nearest
from archcalc.importers import parse
from archcalc.language import bundled, source_of
from archcalc.layers.base import Layer
from archcalc.network.figures import Term
from archcalc.network.graph import Builder, Graph, Node
from archcalc.network.measures import MEASURES
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import axes_of, places_of, with_sizes


class Network:
    """A spec's text, its graph at a given input and settings, and its profile."""

    def __init__(self, source: Source, input_shape: Shape = (), settings: tuple[tuple[str, str], ...] = ()) -> None:
        self.source = source
        self.graph = parse(source, dict(settings), input_shape=input_shape or None)
        self._others: dict[object, Network] = {}

    @cached_property
    def profile(self) -> Profile:
        """The profile of the graph."""
        return profile(self.graph)

    @cached_property
    def variants(self) -> list[tuple[str, Profile]]:
        """The slight variants that people mean by the same name, with the difference in words."""
        return [(said, profile(graph)) for said, graph in variants(self.graph)]

    @cached_property
    def counted(self) -> dict[object, list[Any]]:
        """A cache of the counts found for one figure, by measures and layer."""
        return {}

    @cached_property
    def siblings(self) -> list[Network]:
        """The bundled networks of the same family."""
        family = re.compile(rf"^family: *{re.escape(self.graph.family)} *$", re.MULTILINE)
        if not self.graph.family:
            return []
        # Searching the text first spares parsing all the other specs.
        sources = [
            source for name in bundled() if name != self.graph.name and family.search((source := source_of(name)).text)
        ]
        return list(map(Network, sources))

    def at(self, input_shape: Shape = (), settings: tuple[tuple[str, str], ...] = ()) -> Network:
        """The same network at another input, or with params set."""
        if not input_shape and not settings:
            return self
        key = input_shape, settings
        if key not in self._others:
            self._others[key] = Network(self.source, input_shape, settings)
        return self._others[key]

    def named(self, name: str) -> Network:
        """The network itself, or a bundled one by its name; raises SpecError for an unknown name."""
        if not name:
            return self
        if name not in self._others:
            if name not in bundled():
                raise SpecError(f"no network named '{name[:60]}' comes with archcalc", None, nearest(name, bundled()))
            self._others[name] = Network(source_of(name))
        return self._others[name]


def selected(result: Profile, layer: str) -> tuple[Row, ...]:
    """The rows of a layer or block, or of the network without auxiliary heads; raises SpecError for an unknown name."""
    if not layer:
        return tuple(row for row in result.rows if not row.auxiliary)
    rows = tuple(row for row in result.rows if row.name == layer or row.name.startswith(f"{layer}/"))
    if not rows:
        remedy = nearest(layer, [row.name for row in result.rows])
        raise SpecError(f"{result.graph.name} has no layer '{layer[:60]}'", None, remedy)
    return rows


def measured(result: Profile, term: Term, convention_name: str = "") -> Dim | Shape:
    """The exact value of a term, bytes being those of activations in single precision."""
    rows = selected(result, term.layer)
    if term.measure == "depth":
        return result.depth
    if term.measure == "output":
        return rows[-1].output
    if term.measure in {"macs", "flops"} and convention_name:
        return convention(convention_name).total(rows).value
    if term.measure == "rf":
        return result.fields[rows[-1].name].size
    value: Dim = MEASURES[term.measure].total(result.sum(rows))
    return value


def rebuilt(graph: Graph, change: Callable[[Node], Layer]) -> Graph | None:
    """The graph with some layers changed, or None if they no longer fit together or none has changed."""
    builder = Builder()
    changed = False
    for node in graph.nodes:
        layer = change(node)
        changed |= layer is not node.layer
        try:
            builder.add(node.name, layer, *node.inputs, blocks=node.blocks, auxiliary=node.auxiliary, share=node.share)
        except SpecError:
            return None
    kept = {key: getattr(graph, key) for key in ("family", "call_styles", "formats", "frozen")}
    return builder.graph(graph.name, **kept) if changed else None


def resized(graph: Graph, shape: Shape) -> Graph | None:
    """The graph with another input, or None if a layer cannot take it."""
    return rebuilt(graph, lambda node: node.layer.changed(shape=shape) if node.layer.comes_from_outside else node.layer)


def squared(graph: Graph, side: int) -> Graph | None:
    """The graph with a square image of another size; None if its input is no image, or a layer cannot take that."""
    sides = image_sides(graph.input)
    return resized(graph, with_sizes(graph.input, dict.fromkeys(sides, side))) if sides else None


def image_sides(shape: Shape) -> tuple[int, ...]:
    """The axes of the height and width of an image; none if it has other places than these."""
    axes = axes_of(shape)
    return places_of(shape) if sorted(axes[axis] for axis in places_of(shape)) == ["height", "width"] else ()


# The settings that Keras has otherwise than torch, by the kind of cell.
_KERAS: dict[str, dict[str, object]] = {
    "lstm": {"bias_mode": "single"},
    "rnn": {"bias_mode": "single"},
    "gru": {"bias_mode": "single", "reset_after": False},
}


def cells(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """The graph with recurrent cells as in Keras, with one bias vector where torch has two, each with a description."""
    for some, said in (
        (frozenset({"lstm", "rnn"}), "one bias vector in each cell, as Keras has them (bias_mode: single)"),
        (frozenset({"gru"}), "GRU cells with reset_after off and one bias vector"),
        (frozenset({"lstm", "rnn", "gru"}), "one bias vector in each cell, and GRU cells with reset_after off"),
    ):

        def kerass(node: Node, *, some: frozenset[str] = some) -> Layer:
            return node.layer.changed(**_KERAS[node.layer.kind]) if node.layer.kind in some else node.layer

        if other := rebuilt(graph, kerass):
            yield said, other


def variants(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """Variants of a graph: other inputs, pools that round the other way, strides in another convolution of a chain."""
    for side in (224, 227, 256):
        other = squared(graph, side)
        if other is not None and other.input != graph.input:
            yield f"input {side}×{side}", other
    for up in (True, False):

        def flipped(node: Node, *, up: bool = up) -> Layer:
            return node.layer.changed(ceil_mode=up)

        if other := rebuilt(graph, flipped):
            yield f"pools that round {'up' if up else 'down'}", other
    for later in (True, False):
        moves = dict(_moves(graph, later=later))

        def moved(node: Node, *, moves: dict[str, object] = moves) -> Layer:
            return node.layer.changed(stride=moves[node.name]) if node.name in moves else node.layer

        if moves and (other := rebuilt(graph, moved)):
            yield f"strides in the convolution {'after' if later else 'before'}", other


def _moves(graph: Graph, *, later: bool) -> Iterator[tuple[str, object]]:
    """The strides of neighbours in a chain exchanged, so that the later one strides if `later`, else the earlier."""
    nodes = graph.nodes
    # The convolution that each position continues, through layers that keep the size, and its stride.
    chain: dict[int, tuple[str, object]] = {}
    for position, node in enumerate(nodes):
        geometry = node.layer.geometry()
        before = chain.get(node.inputs[0]) if len(node.inputs) == 1 else None
        if geometry and node.layer.family == "conv":
            if before is not None:
                (owner, first), second = before, geometry.stride
                if (first, second) != (1, 1) and (second if later else first) == 1:
                    yield owner, second
                    yield node.name, first
            chain[position] = node.name, geometry.stride
        elif before is not None and node.shape == nodes[node.inputs[0]].shape and geometry is None:
            chain[position] = before
