"""The engine that computes the profile of a graph, in one pass over the nodes."""

from __future__ import annotations

import msgspec

from archcalc.conventions import convention
from archcalc.errors import SpecError, together
from archcalc.layers.base import Layer
from archcalc.layers.work import Work
from archcalc.network.calls import calls_of
from archcalc.network.graph import Graph, Node
from archcalc.network.measures import MEASURES
from archcalc.network.parameters import frozen_values, stored_bytes
from archcalc.network.storage import stored
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, Shape, format_dim, quotient, size
from archcalc.symbols.sums import sum_of
from archcalc.symbols.traces import mark, memory

# Of the stated numbers that are wrong, as many are told as of a spec's other mistakes.
_MAX_WRONG = 10


class LayerCosts(msgspec.Struct, frozen=True):
    """The costs of a layer on inputs of given shapes, wherever it stands in the network."""

    weights: dict[str, Dim]
    active: dict[str, Dim]
    buffers: Dim
    activations: Dim
    work: Work


def profile(graph: Graph, batch: Dim = 1, *, convention_name: str = "macs", in_place: bool = True) -> Profile:
    """The profile of a graph for a batch: the costs of every layer, with FLOPs priced by the named convention.

    A layer that may overwrite its input stores nothing; with `in_place` false its output counts like any other. Raises
    SpecError for a number stated in the spec that differs from the computed one.

    >>> from archcalc.language import load
    >>> profile(load("vgg16")).totals.params
    138357544
    """
    nodes = graph.nodes
    storage = stored(graph)
    calls = calls_of(graph)
    measured: dict[tuple[Layer, tuple[Shape, ...]], LayerCosts] = memory()
    rows = []
    for position, (node, call) in enumerate(zip(nodes, calls, strict=True)):
        mark("row", position)
        layer = node.layer
        shapes = tuple([nodes[i].shape for i in node.inputs])
        # Repeated blocks bring the same layer on the same shapes again and again.
        costs = measured.get((layer, shapes))
        if costs is None:
            costs = measured[layer, shapes] = costs_of(layer, shapes, node.shape, batch)
        own = own_weights(node, nodes, costs.weights)
        overwrites = layer.stores == "in place" and storage.free[node.inputs[0]]
        weights, biases = split(own)
        # A view whose values are not in order must be copied.
        views = layer.stores == "view" and (storage.roots[position] != position or not node.inputs)
        rows.append(
            Row(
                name=node.name,
                sources=tuple([nodes[i].name for i in node.inputs]),
                inputs=shapes,
                output=node.shape,
                weights=weights,
                biases=biases,
                active=(weights + biases)
                if costs.active == costs.weights
                else sum_of([costs.active[name] for name in own]),
                buffers=costs.buffers if node.share is None else 0,
                activations=0 if views or (overwrites and in_place) else costs.activations,
                work=costs.work,
                layer=layer,
                call=call,
                batch=batch,
                in_place=overwrites,
                auxiliary=node.auxiliary,
                shared="" if node.share is None else nodes[node.share].name,
                blocks=node.blocks,
                note=node.note,
                tokens=position in graph.token_numbers,
                frozen=frozen_values(graph, node, own),
                weight_bytes=stored_bytes(graph, node, own, costs.buffers),
                times=node.times,
            ),
        )
    result = Profile(graph, batch, convention(convention_name), tuple(rows))
    mark("whole")
    _check(result, in_place=in_place)
    return result


def costs_of(layer: Layer, shapes: tuple[Shape, ...], output: Shape, batch: Dim) -> LayerCosts:
    """The costs of a layer on inputs of these shapes, whatever else is in the network."""
    return LayerCosts(
        weights={name: size(shape) for name, shape in layer.weights(*shapes).items()},
        active={name: size(shape) for name, shape in layer.active_weights(*shapes).items()},
        buffers=sum_of(size(shape) for shape in layer.buffers(*shapes).values()),
        activations=batch * size(output),
        work=layer.work_for(batch, output, *shapes),
    )


def split(sizes: dict[str, Dim]) -> tuple[Dim, Dim]:
    """The weights and the biases among trained arrays of these names and sizes.

    >>> split({"weight": 1728, "bias": 64})
    (1728, 64)
    """
    biases = sum_of([n for name, n in sizes.items() if "bias" in name])
    return sum_of([n for name, n in sizes.items() if "bias" not in name]), biases


def own_weights(node: Node, nodes: tuple[Node, ...], weights: dict[str, Dim]) -> dict[str, Dim]:
    """The weights that a node has of its own beside those it shares."""
    if node.share is None:
        return weights
    owner = nodes[node.share]
    shared = owner.layer.weights(*[nodes[i].shape for i in owner.inputs])
    return {name: n for name, n in weights.items() if name not in shared}


def _check(result: Profile, *, in_place: bool) -> None:
    """Raise SpecError for the stated numbers, which are for one sample, that differ from the computed ones."""
    wrong = []
    for stated in result.graph.assertions:
        if stated.measure == "activations" and not in_place:
            continue
        rows = result.rows[stated.first : stated.last]
        if not all(row.auxiliary for row in rows):
            rows = tuple(row for row in rows if not row.auxiliary)
        known = MEASURES[stated.measure]
        computed = known.total(result.sum(rows))
        samples = result.batch if known.batched else 1
        if computed != samples * stated.expected:
            single = quotient(computed, samples)
            fact = f"{stated.measure} is {format_dim(single)}, not {format_dim(stated.expected)}"
            wrong.append(
                SpecError(fact, stated.place, f"the difference is {format_dim(abs(single - stated.expected))}")
            )
            if len(wrong) == _MAX_WRONG:
                break
    if wrong:
        raise together(wrong, more=len(wrong) == _MAX_WRONG)
