"""A network with its attention as layers."""

from __future__ import annotations

from collections.abc import Collection
from os.path import commonprefix

from msgspec.structs import replace

from archcalc.errors import SpecError
from archcalc.importers.attention.net import Net
from archcalc.importers.attention.rows import Folded, attention_at, name_of
from archcalc.layers.base import Layer
from archcalc.layers.placing import Axis
from archcalc.layers.softmax import Softmax
from archcalc.network.graph import Builder, Graph

_MASKED = "what masks its scores is not counted"


def folded(graph: Graph, masked: Collection[int] = ()) -> Graph:
    """A graph in which rows that are together exactly attention are one; `masked` are those that a mask was added to."""
    if not any(isinstance(node.layer, Softmax) for node in graph.nodes):
        return graph
    net = Net(graph)
    made: dict[int, Folded] = {}
    gone: set[int] = set()
    for at, node in enumerate(graph.nodes):
        found = attention_at(net, at) if isinstance(node.layer, Softmax) else None
        if found is not None and not found.rows & gone:
            gone |= found.rows
            made[found.last] = found._replace(note=_MASKED) if found.rows & {*masked} else found
    if not made:
        return graph
    try:
        return _rebuilt(graph, net, gone, made)
    except SpecError:
        # Names of axes were guessed, and those of fewer rows may be at odds.
        return graph


def _rebuilt(graph: Graph, net: Net, gone: set[int], made: dict[int, Folded]) -> Graph:
    """The graph with layers in place of rows."""
    builder = Builder()
    places: dict[int, int] = {}
    kept = {node.name for at, node in enumerate(graph.nodes) if at not in gone}
    for at, node in enumerate(graph.nodes):
        if at in made:
            found = made[at]
            blocks = commonprefix([list(net.nodes[row].blocks) for row in found.rows])
            name = next((one for one in name_of(net, found) if one not in kept), node.name)
            kept.add(name)
            inputs = [places[i] for i in found.inputs]
            places[at] = builder.add(name, found.layer, *inputs, blocks=tuple(blocks), note=found.note)
        elif at not in gone:
            details = {"blocks": node.blocks, "auxiliary": node.auxiliary, "note": node.note, "times": node.times}
            share = None if node.share is None else places[node.share]
            inputs = [places[i] for i in node.inputs]
            places[at] = builder.add(node.name, _unplaced(node.layer), *inputs, place=node.place, share=share, **details)
    outputs = tuple(places[at] for at in graph.named_outputs)
    last = len(builder.nodes) - 1
    return replace(
        graph,
        nodes=tuple(builder.nodes),
        assumptions=tuple(builder.assumptions),
        named_outputs=() if outputs == (last,) else outputs,
        focus=places[graph.focus],
    )


def _unplaced(layer: Layer) -> Layer:
    """A layer with the axis that it was told as a position, for axes before it may have other names now."""
    name = layer.axis_setting
    told = getattr(layer, name, None) if name else None
    axes = told if isinstance(told, tuple) else (told,)
    if not axes or not all(isinstance(axis, Axis) for axis in axes):
        return layer
    positions = tuple(int(axis) for axis in axes) if any(axis.stated for axis in axes) else None
    return replace(layer, **{name: positions[0] if positions and not isinstance(told, tuple) else positions})
