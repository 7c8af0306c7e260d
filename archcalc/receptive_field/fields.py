"""Receptive fields: the inputs that the outputs of every layer see, along each axis, over every path.

The field of a layer is the hull of the windows of all paths to it (Araujo et al. 2019). Windows are composed and joined
node by node, so time is linear in the number of layers however many paths there are. A field is that of a position with
all its channels; channels with different fields, such as those of a concat, are kept apart until a layer sums them.
"""

from __future__ import annotations

from typing import Any

from archcalc.layers.views import Views
from archcalc.network.graph import Graph
from archcalc.receptive_field.field import Field, Reaches, extreme
from archcalc.receptive_field.reach import of_input
from archcalc.receptive_field.spans import span
from archcalc.receptive_field.step import Propagation
from archcalc.symbols.dims import Ratio


def receptive_fields(graph: Graph) -> dict[str, Field]:
    """The receptive field of every node of a graph, by its name, on the input in focus.

    >>> from archcalc.language import load
    >>> fields = receptive_fields(load("vgg16"))
    >>> fields["pool5"].size, fields["pool5"].jump, fields["pool5"].start, fields["pool5"].padding
    ((212, 212), (32, 32), (Fraction(31, 2), Fraction(31, 2)), (90, 90))
    """
    names = axes_of(graph)
    whole = tuple(graph.input[axis] for axis in names)
    known: dict[Any, tuple[Views, ...]] = {}
    fields: list[Field] = []
    own: Reaches = tuple(of_input(graph.input, axis) for axis in names)
    none: Reaches = (None,) * len(names)
    for position, node in enumerate(graph.nodes):
        shapes = tuple([graph.nodes[i].shape for i in node.inputs])
        # Repeated blocks bring the same layer on the same shapes again and again.
        views = known.get((node.layer, shapes))
        if views is None:
            views = known[node.layer, shapes] = node.layer.receptive_views(*shapes)
        about = (node.name, node.layer.kind, node.shape, tuple(names.values()), whole)
        if node.layer.comes_from_outside:
            # Of several inputs one is in focus.
            fields.append(Field(*about, own if position == graph.focus else none))
            continue
        step = Propagation(node, shapes, views, [fields[i] for i in node.inputs], whole)
        reaches, parts = step.seen()
        fields.append(Field(*about, reaches, parts, step.mixed(), step.picked()))
    return {field.name: field for field in fields}


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
