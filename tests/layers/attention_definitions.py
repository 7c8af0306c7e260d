"""Attention of each kind as its definition has it, query by query, on numbers that count what is done with them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from archcalc.layers import Layer
from tests.layers.counted import GUARD, numbers, sigmoid, softmax, standard


def attention(layer: Layer, q: Any, k: Any = None, v: Any = None, **weights: Any) -> None:
    """Query by query and head by head; only products with weights and between activations are left to einsum."""
    k = q if k is None else k
    v = k if v is None else v
    shifted({"query": q, "key": k, "value": v, "out": q}, weights)
    kv_heads, width, _ = layer.widths(q.shape[1:])
    for name, x, heads in (("query", q, layer.heads), ("key", k, kv_heads)):
        for _ in range(heads * x.shape[1]):
            head = numbers(np.arange(width) + 0.5)
            if layer.qk_norm:
                head = normed(layer.qk_norm, head) * weights[f"{name}_norm"]
            if layer.qk_norm == "layer":
                head = head + weights[f"{name}_norm_bias"]
            if layer.positions:
                turned(head)
    for _ in range(layer.heads * q.shape[1]):
        scores = 0.35 * numbers(np.ones(k.shape[1]))
        if layer.softcap is not None:
            scores = 1.7 * np.tanh(scores / 1.7)
        softmax(np, np.concatenate([scores, numbers(np.ones(1))]) if layer.sinks else scores, 0)


def shifted(tokens: dict[str, Any], weights: dict[str, Any]) -> None:
    """The biases of projections, and what adapters beside them add, where there are any."""
    for name, x in tokens.items():
        if f"{name}_bias" in weights:
            numbers(np.ones((x.shape[1], len(weights[name])))) + weights[f"{name}_bias"]
        if f"{name}_lora_b" in weights:
            numbers(np.ones((x.shape[1], len(weights[name])))) + 0.5


def normed(sort: str, x: Any) -> Any:
    if sort == "layer":
        return standard(np, x, 0, GUARD)
    return x / np.sqrt((x**2).mean(keepdims=True) + GUARD)


def turned(x: Any) -> None:
    """Each pair of values by the cosine and sine of an angle."""
    for a, b in zip(x[::2], x[1::2], strict=True):
        a * 0.8 - b * 0.6, b * 0.8 + a * 0.6


def latent_attention(layer: Layer, x: Any, **_: Any) -> None:
    """Token by token, the part of a key that turns once for all heads."""
    tokens = x.shape[1]
    widths = [layer.latent, *([layer.query_latent] if layer.query_latent else [])]
    for _ in range(tokens):
        for width in widths:
            normed("rms", numbers(np.arange(width) + 0.5)) * (1.5 * np.ones(width))
        for _ in range(layer.heads + 1):
            turned(numbers(np.ones(layer.rotary)))
    for _ in range(layer.heads * tokens):
        softmax(np, 0.35 * numbers(np.ones(tokens)), 0)


def window_attention(layer: Layer, x: Any, **weights: Any) -> None:
    """Window by window, each full of places, those of the padding too."""
    places = x.shape[1:-1]
    windows = layer.window if isinstance(layer.window, tuple) else (layer.window,) * len(places)
    inside = math.prod(windows)
    for _ in range(math.prod(-(-n // w) for n, w in zip(places, windows, strict=True))):
        inner = weights["out"].shape[1]
        shifted(dict.fromkeys(("query", "key", "value"), np.ones((1, inside, inner))), weights)
        shifted({"out": np.ones((1, inside, len(weights["out"])))}, weights)
        for _ in range(layer.heads * inside):
            scores = 0.35 * numbers(np.ones(inside))
            for _ in range(len(places) if layer.relative == "queries" else bool(layer.relative)):
                scores = scores + 0.25 * np.ones(inside)
            softmax(np, scores, 0)
        for _ in range(2 * layer.heads * inside if layer.scores == "cosine" else 0):
            vector = numbers(np.ones(inner // layer.heads))
            vector / np.maximum(np.sqrt((vector**2).sum(keepdims=True)), 1e-9)
    if layer.scores == "cosine":
        np.exp(np.minimum(numbers(np.ones(layer.heads)), 4.6))
    if layer.relative == "mlp":
        for _ in range(math.prod(2 * w - 1 for w in windows)):
            np.maximum(numbers(np.ones(layer.hidden)) + 0.5, 0)
        16 * sigmoid(np, numbers(np.ones(inside * inside * layer.heads)))


def pooling_attention(layer: Layer, x: Any, **weights: Any) -> None:
    """Head by head, and query by query; products are left to einsum."""
    shifted(dict.fromkeys(("query", "key", "value"), x), weights)
    (queries, _), width = layer.output(x.shape[1:]), layer.width(x.shape[1:])
    shifted({"out": np.ones((1, queries, 1))}, weights)
    pools = layer.pools(x.shape[1:])
    for pool in pools:
        for _ in range(layer.heads * pool.tokens if pool.convolution else 0):
            normed("layer", numbers(np.arange(width) + 0.5)) * (1.5 * np.ones(width)) + 0.5
    for query in range(layer.heads * queries):
        scores = 0.35 * numbers(np.ones(pools[1].tokens))
        if query >= layer.heads:
            # Of places, and not of the class token.
            for _ in pools[1].places if layer.relative else ():
                scores = np.concatenate([scores[:1], scores[1:] + 0.25])
            numbers(np.ones(width)) + 0.5 if layer.residual else None
        softmax(np, scores, 0)
