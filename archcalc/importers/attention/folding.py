"""A network with its attention as layers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from msgspec.structs import replace

from archcalc.errors import SpecError
from archcalc.importers.attention.net import Net
from archcalc.importers.attention.rows import Folded, attention_at, exact, module_of
from archcalc.importers.attention.windows import Relative, Window, windows_at
from archcalc.layers.base import Layer
from archcalc.layers.placing import Axis, Misplaced
from archcalc.layers.softmax import Softmax
from archcalc.layers.window_attention import WindowAttention
from archcalc.network.graph import Builder, Graph, Node
from archcalc.symbols.dims import Shape

_MASKED = "what masks its scores is not counted"


def _unknown(_at: int, _window: Window) -> bool:
    return False


def folded(
    graph: Graph, *, masked: Collection[int] = (), later: Collection[int] = (), relative: Relative = _unknown
) -> Graph:
    """A graph in which rows that are together exactly attention are one.

    `masked` are the positions of rows of whose outputs some are hidden from what reads them, `later` those where these are
    the scores of keys after the query. `relative` tells of an array whether it depends on the distance of places alone.
    """
    if not any(isinstance(node.layer, Softmax) for node in graph.nodes):
        return graph
    net = Net(graph)
    made: dict[int, Folded] = {}
    gone: set[int] = set()
    for at, node in enumerate(graph.nodes):
        if not isinstance(node.layer, Softmax):
            continue
        found = attention_at(net, at) or windows_at(net, at, relative)
        if found is not None and not found.rows & gone:
            gone |= found.rows
            made[found.last] = _hidden(net, found, masked, later)
    if not made:
        return graph
    renaming = {at for at in range(len(graph.nodes)) if net.renames(at)} - gone
    for left_out in (renaming, set[int]()):
        try:
            return _rebuilt(graph, net, made, gone | left_out)
        except SpecError:
            # Names of axes were guessed, and those of fewer rows may be at odds.
            continue
    return graph


def _hidden(net: Net, found: Folded, masked: Collection[int], later: Collection[int]) -> Folded:
    """The layer with what is hidden from it."""
    hidden = {at for at in found.rows if at in masked}
    if isinstance(found.layer, WindowAttention) and found.layer.shift != 0:
        # Places that meet only by the shift are masked.
        return found
    if not hidden and not found.masks:
        return found
    if hidden and not found.masks and all(at in later for at in hidden):
        causal = found._replace(layer=found.layer.changed(causal=True))
        if exact(net, causal):
            return causal
    return found._replace(note=_MASKED)


def _rebuilt(graph: Graph, net: Net, made: dict[int, Folded], gone: set[int]) -> Graph:
    """The graph with layers in place of rows."""
    builder = Builder()
    places: dict[int, int] = {}
    lost = _lost(net, gone, made)
    kept = {node.name for at, node in enumerate(graph.nodes) if at not in gone}
    for at, node in enumerate(graph.nodes):
        if at in made:
            found = made[at]
            module, blocks = module_of(net, found)
            if module and module not in kept:
                # The layer is all that the module is.
                name, blocks = module, blocks[:-1]
            else:
                name = node.name
            kept.add(name)
            inputs = [places[i] for i in found.inputs]
            places[at] = builder.add(name, found.layer, *inputs, blocks=blocks, note=found.note)
        elif at in gone and net.renames(at):
            places[at] = places.get(node.inputs[0], -1)
        elif at not in lost:
            places[at] = _again(builder, node, places)
    outputs = tuple(places[at] for at in graph.named_outputs)
    last = len(builder.nodes) - 1
    return replace(
        graph,
        nodes=tuple(builder.nodes),
        assumptions=tuple(builder.assumptions),
        named_outputs=() if outputs == (last,) else outputs,
        focus=places[graph.focus],
    )


def _again(builder: Builder, node: Node, places: Mapping[int, int]) -> int:
    """A row added as it is, with what it reads in new places."""
    inputs = [places[i] for i in node.inputs]
    return builder.add(
        node.name,
        _unplaced(node.layer, [builder.shape(i) for i in inputs]),
        *inputs,
        place=node.place,
        share=None if node.share is None else places[node.share],
        blocks=node.blocks,
        auxiliary=node.auxiliary,
        note=node.note,
        times=node.times,
    )


def _lost(net: Net, gone: set[int], made: dict[int, Folded]) -> set[int]:
    """The rows that are left out: those of layers, what hides scores in them alone, and what leads from them nowhere."""
    lost = set(gone)
    for at, node in enumerate(net.nodes):
        if at in net.dead and any(i in lost and i not in made and not net.renames(i) for i in node.inputs):
            lost.add(at)
    for found in made.values():
        for at in sorted(found.masks, reverse=True):
            if {*net.readers[at]} <= lost:
                lost.add(at)
    return lost


def _unplaced(layer: Layer, shapes: Sequence[Shape]) -> Layer:
    """A layer with the axes that it works on as positions, for those before it may have other names now.

    Axes that it chose by itself are left to it where it would choose the same again.
    """
    name = layer.axis_setting
    told = getattr(layer, name, None) if name else None
    axes = told if isinstance(told, tuple) else (told,)
    if not axes or not all(isinstance(axis, Axis) for axis in axes):
        return layer
    positions = tuple(map(int, axes))
    if not any(axis.stated for axis in axes):
        with suppress(Misplaced):
            left_open = replace(layer, **{name: None})
            again = getattr(left_open.placed(*shapes), name)
            if tuple(map(int, again if isinstance(again, tuple) else (again,))) == positions:
                return left_open
    return replace(layer, **{name: positions if isinstance(told, tuple) else positions[0]})
