"""Receptive fields: the inputs that the outputs of every layer see, along each axis, over every path.

The field of a layer is the hull of the windows of all paths to it (Araujo et al. 2019). Windows are composed and joined
node by node, so time is linear in the number of layers however many paths there are. A field is that of a position with
all its channels; channels with different fields, such as those of a concat, are kept apart until a layer sums them.
"""

from __future__ import annotations

from typing import Any

from archcalc.layers.views import Views
from archcalc.network.facts import Loop
from archcalc.network.graph import Graph
from archcalc.receptive_field.field import Field, Reaches, extreme
from archcalc.receptive_field.reach import of_input
from archcalc.receptive_field.repeated import continued
from archcalc.receptive_field.spans import span
from archcalc.receptive_field.step import Propagation
from archcalc.symbols.dims import Ratio
from archcalc.symbols.traces import memory


def receptive_fields(graph: Graph) -> dict[str, Field]:
    """The receptive field of every node of a graph, by its name, on the input in focus.

    >>> from archcalc.language import load
    >>> fields = receptive_fields(load("vgg16"))
    >>> fields["pool5"].size, fields["pool5"].jump, fields["pool5"].start, fields["pool5"].padding
    ((212, 212), (32, 32), (Fraction(31, 2), Fraction(31, 2)), (90, 90))
    """
    return {field.name: field for field in _Walk(graph).fields}


class _Walk:
    """A walk over the nodes of a graph in order, which gives each its field."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        names = axes_of(graph)
        self.axes = tuple(names.values())
        self.whole = tuple(graph.input[axis] for axis in names)
        self.own: Reaches = tuple(of_input(graph.input, axis) for axis in names)
        self.known: dict[Any, tuple[Views, ...]] = memory()
        self.fields: list[Field] = []
        self.loops = {loop.first: loop for loop in graph.loops}
        self._along(0, len(graph.nodes))

    def _along(self, first: int, last: int, around: Loop | None = None) -> None:
        """Give the nodes from a first up to a last their fields, through each loop among them but the one around."""
        position = first
        while position < last:
            loop = self.loops.get(position)
            if loop is None or loop is around:
                self.fields.append(self._field(position))
                position += 1
            else:
                self._through(loop)
                position = loop.last

    def _through(self, loop: Loop) -> None:
        """Give the nodes of a loop the fields of its last repetition."""
        entry = self.fields[loop.entry]
        passes = []
        for _ in range(3):
            self._along(loop.first, loop.last, loop)
            passes.append(self.fields[loop.first :])
            self.fields[loop.entry] = self.fields[loop.end]
            del self.fields[loop.first :]
        self.fields[loop.entry] = entry
        for position, (one, two, three) in enumerate(zip(*passes, strict=True), start=loop.first):
            # What is read on must be right where there are two repetitions too, and none between.
            before = entry if position == loop.end else None
            self.fields.append(continued(one, two, three, loop.times - 1, before))

    def _field(self, position: int) -> Field:
        node = self.graph.nodes[position]
        shapes = tuple([self.graph.nodes[i].shape for i in node.inputs])
        about = (node.name, node.layer.kind, node.shape, self.axes, self.whole)
        if node.layer.comes_from_outside:
            # Of several inputs one is in focus.
            return Field(*about, self.own if position == self.graph.focus else (None,) * len(self.own))
        # Repeated blocks bring the same layer on the same shapes again and again.
        views = self.known.get((node.layer, shapes))
        if views is None:
            views = self.known[node.layer, shapes] = node.layer.receptive_views(*shapes)
        step = Propagation(node, shapes, views, [self.fields[i] for i in node.inputs], self.whole)
        reaches, parts = step.seen()
        return Field(*about, reaches, parts, step.mixed(), step.picked())


def on_every_input(graph: Graph) -> dict[str, tuple[Graph, dict[str, Field]]]:
    """The receptive fields on each input, with the graph seen from it."""
    views = {name: graph.seen_from(name) for name in graph.input_shapes}
    return {name: (view, receptive_fields(view)) for name, view in views.items()}


def axes_of(graph: Graph) -> dict[int, str]:
    """The axes of the input that have positions, with their names: all but the channels, or the features of tokens."""
    names = graph.input_axes
    return {axis: name for axis, name in enumerate(names) if len(names) == 1 or name not in {"channels", "features"}}


def path(graph: Graph, fields: dict[str, Field], name: str, axis: int) -> list[tuple[str, Ratio]]:
    """The layers along the single path with the largest field of a layer, each with its field on that path."""
    found: list[tuple[str, Ratio]] = []
    reach, route = fields[name].reaches[axis], None
    while reach is not None:
        if route is None:
            route = extreme(reach, longest=True)[0]
        found.append((name, span(route.strands, reach.output)[0]))
        if route.via < 0:
            break
        name = graph.nodes[route.via].name
        before = fields[name]
        reach = (before.parts[route.part].reaches if route.part >= 0 else before.reaches)[axis]
        route = None if reach is None else reach.long[route.number]
    return found[::-1]
