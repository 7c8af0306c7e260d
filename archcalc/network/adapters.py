"""Low-rank adapters beside layers whose own weights are frozen (LoRA: Hu et al. 2021, arXiv:2106.09685)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.errors import Place, SpecError
from archcalc.layers.attention import Attention
from archcalc.layers.base import Layer
from archcalc.layers.conv import Conv1d, Conv2d, Conv3d
from archcalc.layers.linear import Linear
from archcalc.layers.merge import Add
from archcalc.network.facts import Loop
from archcalc.network.graph import Builder, Graph, Node
from archcalc.network.parameters import DOWN, NOT, UP, fits_array
from archcalc.symbols.dims import Dim, Shape, at_least, divides, format_dim, format_shape

CONVOLUTIONS = (Conv1d, Conv2d, Conv3d)

# The name of the sum of a layer and its adapter, after the layer's own.
SUM = "_lora"


class Adapter(msgspec.Struct, frozen=True):
    """An adapter of the layers that a pattern fits: y = x·Wᵀ + x·Aᵀ·Bᵀ, with A rank×inputs and B outputs×rank.

    Beside a convolution A is one of `rank` filters with its window, and B one of 1×1. The constant alpha/rank before the
    second product can be a part of B.
    """

    pattern: str
    rank: Dim
    place: Place | None = None


def matrices_of(node: Node, nodes: Sequence[Node]) -> dict[str, Shape]:
    """The arrays of a layer that adapters may stand beside, each outputs×inputs; none for most kinds."""
    shapes = [nodes[i].shape for i in node.inputs]
    if isinstance(node.layer, Linear):
        return {"weight": node.layer.weights(*shapes)["weight"]}
    if isinstance(node.layer, CONVOLUTIONS):
        whole = node.layer.connections is None
        return {"weight": (node.layer.out, node.layer.window_size(*shapes))} if whole else {}
    return node.layer.projections(*shapes) if isinstance(node.layer, Attention) else {}


def fitting(graph: Graph, adapter: Adapter) -> list[str]:
    """The names of the layers whose own matrices an adapter's pattern fits."""
    owners = [node for node in graph.nodes if node.share is None]
    return [node.name for node in owners if any(_ranks(node, graph.nodes, [adapter]))]


def _ranks(node: Node, nodes: Sequence[Node], adapters: Sequence[Adapter]) -> tuple[Dim, ...]:
    """The rank of the last adapter that fits each matrix of a layer, 0 for one without; checked against its sides."""
    found: list[Dim] = []
    for name, shape in matrices_of(node, nodes).items():
        adapter = next((one for one in reversed(adapters) if fits_array(one.pattern, node.name, name)), None)
        found.append(0 if adapter is None else adapter.rank)
        if adapter is not None and False in [at_least(side, adapter.rank) for side in shape]:
            fact = f"rank {format_dim(adapter.rank)} is above the shorter side of {node.name}.{name}"
            raise SpecError(fact, adapter.place, f"the matrix is {format_shape(shape)}")
        if adapter is not None and divides(node.layer.filter_groups, adapter.rank) is False:
            fact = f"rank {format_dim(adapter.rank)} cannot be split between the groups of {node.name}"
            raise SpecError(fact, adapter.place, f"it has groups={format_dim(node.layer.filter_groups)}")
    return tuple(found)


def adapted(graph: Graph, adapters: Sequence[Adapter]) -> Graph:
    """The graph with adapters, in which nothing else is trained but what its `frozen` excepts.

    A dense layer, or a convolution, is followed by those of its adapter, and attention has the arrays of its own. Of several adapters that
    fit a matrix the last holds. A layer that shares the weights of another shares its adapter. Raises SpecError for a
    rank that is above a side of the matrix.

    >>> from archcalc.layers.rearrange import Input
    >>> builder = Builder()
    >>> _ = builder.add("head", Linear(out=10), builder.add("input", Input((512,))))
    >>> [node.name for node in adapted(builder.graph(), [Adapter("head", 8)]).nodes]
    ['input', 'head', 'head_lora_a', 'head_lora_b', 'head_lora']
    """
    taken = {node.name: node for node in graph.nodes}
    builder = Builder()
    # For each old position that of the layer itself, and that of its output.
    places: list[int] = []
    ends: list[int] = []
    for node in graph.nodes:
        owner = node if node.share is None else graph.nodes[node.share]
        ranks = _ranks(owner, graph.nodes, adapters)
        layer = node.layer.changed(lora=ranks) if any(rank != 0 for rank in ranks) else node.layer
        share = None if node.share is None else places[node.share]
        inputs = [ends[i] for i in node.inputs]
        own = builder.add(node.name, layer, *inputs, share=share, note=node.note, **_about(node))
        beside = isinstance(layer, (Linear, *CONVOLUTIONS)) and ranks not in {(), (0,)}
        for name in [f"{node.name}{suffix}" for suffix in (DOWN, UP, SUM)] if beside else ():
            if name in taken:
                fact = f"'{name}' is also the name of a layer of {node.name}'s adapter"
                raise SpecError(fact, taken[name].place, "give it another")
        places.append(own)
        ends.append(_beside(builder, own, owner.name, ranks[0]) if beside else own)
    starts = [*places, len(builder.nodes)]
    return msgspec.structs.replace(
        graph,
        nodes=tuple(builder.nodes),
        assumptions=(*graph.assumptions, *builder.assumptions),
        assertions=tuple(
            msgspec.structs.replace(one, first=starts[one.first], last=starts[one.last]) for one in graph.assertions
        ),
        loops=tuple(
            Loop(starts[one.first], starts[one.last], one.times, ends[one.entry], ends[one.end]) for one in graph.loops
        ),
        named_outputs=tuple(ends[i] for i in graph.named_outputs),
        focus=places[graph.focus],
        frozen=("*", *graph.frozen, f"{NOT}*{DOWN}", f"{NOT}*{UP}"),
    )


def _about(node: Node) -> dict[str, Any]:
    return {"place": node.place, "blocks": node.blocks, "auxiliary": node.auxiliary, "times": node.times}


def _beside(builder: Builder, own: int, owner: str, rank: Dim) -> int:
    """The position of the sum of a layer's output and its adapter's, both added behind it."""
    node = builder.nodes[own]

    def add(suffix: str, added: Layer, *inputs: int) -> int:
        share = builder.position(f"{owner}{suffix}") if owner != node.name and suffix != SUM else None
        return builder.add(f"{node.name}{suffix}", added, *inputs, share=share, **_about(node))

    down, up = _factors(node.layer, rank)
    return add(SUM, Add(), own, add(UP, up, add(DOWN, down, *node.inputs)))


def _factors(layer: Layer, rank: Dim) -> tuple[Layer, Layer]:
    """The two layers of an adapter, with a rank's outputs and with the layer's own."""
    plain = layer.changed(bias=False, norm=None, magnitudes="filters")
    if isinstance(layer, Linear):
        return plain.changed(out=rank), plain
    # The window is that of A, which reads all channels; B has the groups.
    pointwise = {"kernel": 1, "stride": 1, "padding": 0, "dilation": 1, "padding_mode": "zeros"}
    return plain.changed(out=rank, groups=1), plain.changed(**pointwise)
