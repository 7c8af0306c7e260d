"""Random networks, and each as torch builds it."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import note
from hypothesis import strategies as st
from torch import nn

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder, Graph
from archcalc.symbols.shape import INPUTS, axes_of
from tests.layers.axis_settings import said
from tests.layers.inputs import BY_VALUE, Draw, axes, ranks, suits
from tests.layers.strategies import layers
from tests.layers.torch_twins import TWINS

MAX_LAYERS = 12

# Kinds with one input that can stand anywhere: embeddings take token numbers, which no layer puts out.
# torch's 3-D average pooling leaves the padding out when it asks whether the kernel fits.
CHAIN = sorted(kind for kind in TWINS if Layer.kinds[kind].arity[0] == 1 and kind not in {"embedding", "avgpool3d"})
WORKING = ("conv", "linear", "attention", "lstm", "gru", "rnn")
# An unrolled network must stay small enough to run hundreds of.
MAX_VALUES = 4096


@st.composite
def networks(draw: Draw, starts: int = 1) -> Graph:
    """A graph whose layers follow the last node, or an earlier one, or join two, or share an earlier one's weights.

    Where it has several inputs, it names several outputs too, which others may read.
    """
    builder = Builder()
    rank = draw(st.sampled_from([3, 3, 3, 2, 2, 4, 1]))
    shape = tuple(draw(st.lists(st.integers(4, 9), min_size=rank, max_size=rank)))
    # The orders that a spec may state; layers bring about the others.
    names = [axes for axes in INPUTS if len(axes) == rank and axes != ("tokens",)]
    # Two axes have names in a spec, by which layers find theirs.
    called = draw(st.sampled_from(names) if rank == 2 else st.none() | st.sampled_from(names))
    for number in range(starts):
        builder.add("input" if starts == 1 else f"input{number}", Input(shape, called))
    for number in range(draw(st.integers(4, MAX_LAYERS))):
        step = draw(st.sampled_from(["follow", "follow", "branch", "join", "share", "go on"]))
        layer, inputs, share = STEPS[step](draw, builder)
        try:
            builder.add(f"layer{number}", layer, *inputs, share=share)
        except SpecError:
            continue
        if any(n > MAX_VALUES for n in builder.nodes[-1].shape):
            builder.nodes.pop()
    # A graph prints on one line, which says too little of one that fails a test.
    note("\n".join(map(str, builder.nodes)))
    ends = draw(st.lists(st.sampled_from(range(len(builder.nodes))), max_size=3, unique=True)) if starts > 1 else []
    return builder.graph("random", named_outputs=tuple(ends))


def follow(draw: Draw, builder: Builder) -> tuple[Layer, tuple[int, ...], None]:
    return single(draw, builder, len(builder.nodes) - 1)


def branch(draw: Draw, builder: Builder) -> tuple[Layer, tuple[int, ...], None]:
    return single(draw, builder, draw(st.integers(0, len(builder.nodes) - 1)))


def single(draw: Draw, builder: Builder, source: int) -> tuple[Layer, tuple[int, ...], None]:
    x = builder.nodes[source].shape
    fits = [kind for kind in CHAIN if len(x) in ranks(kind) and suits(Layer.kinds[kind], axes_of(x))]
    # Half of all layers multiply, or there would be little to count.
    working = [kind for kind in fits if kind.startswith(WORKING)] or fits
    kind = draw(st.sampled_from(working) | st.sampled_from(fits))
    return draw(layers(kind, x)), (source,), None


def join(draw: Draw, builder: Builder) -> tuple[Layer, tuple[int, ...], None]:
    """A residual, a product or a concatenation of any earlier nodes, many of which do not match and are dropped."""
    position = st.integers(0, len(builder.nodes) - 1)
    fits = [i for i, node in enumerate(builder.nodes) if node.shape == builder.nodes[-1].shape]
    other = draw(st.sampled_from(fits) | position)
    kind = draw(st.sampled_from([*BY_VALUE, "concat"]))
    x = builder.nodes[-1].shape
    layer = Layer.kinds[kind](axis=said(draw, x, draw(axes(x)) % len(x))) if kind == "concat" else Layer.kinds[kind]()
    return layer, (other, len(builder.nodes) - 1), None


def share(draw: Draw, builder: Builder) -> tuple[Layer, tuple[int, ...], int | None]:
    """The same layer as an earlier one with its weights, on a node of the same shape as the earlier one's input."""
    owners = [i for i, node in enumerate(builder.nodes) if node.share is None and weights(builder, i)]
    if not owners:
        return follow(draw, builder)
    owner = draw(st.sampled_from(owners))
    shapes = [builder.nodes[i].shape for i in builder.nodes[owner].inputs]
    inputs = tuple(draw(st.sampled_from([i for i, n in enumerate(builder.nodes) if n.shape == x])) for x in shapes)
    return builder.nodes[owner].layer, inputs, owner


def go_on(draw: Draw, builder: Builder) -> tuple[Layer, tuple[int, ...], None]:
    """A selective scan, the mean of RWKV or linear attention over any earlier sequence, of which the scan takes sizes of steps as they are."""
    kind = draw(st.sampled_from(["scan", "linearattention", "wkv"]))
    fits = [i for i, node in enumerate(builder.nodes) if len(node.shape) == 2]
    fits = [i for i in fits if suits(Layer.kinds[kind], axes_of(builder.nodes[i].shape))]
    if not fits:
        return follow(draw, builder)
    inputs = (draw(st.sampled_from(fits)),) * Layer.kinds[kind].arity[0]
    return draw(layers(kind, *(builder.nodes[i].shape for i in inputs))), inputs, None


STEPS = {"follow": follow, "branch": branch, "join": join, "share": share, "go on": go_on}


def weights(builder: Builder, position: int) -> dict[str, Any]:
    node = builder.nodes[position]
    return node.layer.weights(*(builder.nodes[i].shape for i in node.inputs))


class Network(nn.Module):
    """A graph in torch: one module for each node that owns its weights."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.layers = nn.ModuleDict()
        for node in graph.nodes:
            if node.share is None and not node.layer.comes_from_outside:
                self.layers[node.name] = TWINS[node.layer.kind](
                    node.layer, *(graph.nodes[i].shape for i in node.inputs)
                )

    def forward(self, *given: torch.Tensor) -> list[torch.Tensor]:
        outputs = list(given)
        for node in self.graph.nodes[len(given) :]:
            owner = node if node.share is None else self.graph.nodes[node.share]
            outputs.append(self.layers[owner.name](*(outputs[i] for i in node.inputs)))
        return outputs
