"""A network without branches in torch."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from archcalc.network.graph import Graph
from tests.layers.torch_twins import TWINS, Function


def fused(x: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:  # noqa: ARG001 - torch's signature
    """Dropout with a mask of bools, as on a GPU; what runs here without values would keep floats."""
    return torch.native_dropout(x, p, train=training)[0] if p else x


def chain(graph: Graph) -> nn.Sequential:
    """A network without branches in torch, layer by layer, ReLU overwriting its input."""
    modules: list[nn.Module] = []
    with torch.device("meta"):
        for node in graph.nodes[1:]:
            kind = node.layer.kind
            twin = (
                nn.ReLU(inplace=True)
                if kind == "relu"
                else TWINS[kind](node.layer, *(graph.nodes[i].shape for i in node.inputs))
            )
            # The twins of convolutions first pad by nothing, which copies.
            modules.append(
                twin[1]
                if kind == "conv2d"
                else Function(lambda t: functional.softmax(t, -1))
                if kind == "softmax"
                else twin
            )
    return nn.Sequential(*modules)
