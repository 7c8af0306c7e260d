"""The keys and values that a device keeps of each token while a text is written."""

from __future__ import annotations

from typing import cast

from archcalc.layers.attention import Attention
from archcalc.layers.latent_attention import LatentAttention
from archcalc.network.graph import Graph, Node
from archcalc.symbols.dims import minimum

# Kinds that keep something from token to token of which nothing is said here.
_OTHERS = ("matmul", "scan", "linearattention", "lstm", "gru", "rnn")


def cached_values(graph: Graph, node: Node) -> int:
    """The values that attention keeps for all tokens of its input: of a window those in it, of latent attention the latents."""
    layer = node.layer
    if isinstance(layer, LatentAttention):
        # Of all heads the same, so that no device has fewer (DeepSeek-AI 2024, arXiv:2405.04434, table 1).
        return cast("int", node.shape[0] * (layer.latent + layer.rotary))
    if not isinstance(layer, Attention):
        return 0
    shapes = [graph.nodes[i].shape for i in node.inputs]
    tokens = shapes[min(1, len(shapes) - 1)][0]
    if layer.window is not None:
        tokens = minimum(tokens, layer.window)
    heads, key, value = layer.widths(shapes[0])
    return cast("int", tokens * heads * (key + value))


def uncounted(graph: Graph) -> tuple[str, ...]:
    """The kinds of layer whose cache is not counted."""
    return tuple(sorted({node.layer.kind for node in graph.nodes} & set(_OTHERS)))
