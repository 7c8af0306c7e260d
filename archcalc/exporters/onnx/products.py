"""Dense layers, look-ups, trained arrays, and products of branches with attention among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from archcalc.exporters.onnx.filters import filters
from archcalc.exporters.onnx.part import Handler, Part, Value
from archcalc.symbols.dims import Shape, quotient


class Heads(NamedTuple):
    """Queries, keys and values of heads, the factor of scores, and the axes of each sample before tokens and values."""

    queries: Value
    keys: Value
    values: Value
    factor: Value
    before: int = 1


# What is done to scores before their softmax.
Masking: TypeAlias = Callable[[Value], Value]


def linear(part: Part) -> Value:
    """A dense layer along an axis: one operator on a vector, a product and a sum on several axes."""
    layer, rank = part.layer, len(part.shape)
    axis = layer.axis % rank
    if rank == 1:
        bias = [part.weight("bias")] if part.has("bias") else []
        return part.main("Gemm", part.x, filters(part), *bias, transB=1)
    order = [*(n for n in range(rank) if n != axis), axis]
    x = part.x if axis == rank - 1 else part.transpose(part.x, *order)
    weight = part.turned() if layer.norm is None else part.op("Transpose", filters(part), perm=(1, 0))
    y = part.main("MatMul", x, weight)
    if part.has("bias"):
        y = part.op("Add", y, part.weight("bias"))
    return y if axis == rank - 1 else part.transpose(y, *(order.index(n) for n in range(rank)))


def embedding(part: Part) -> Value:
    """A look-up of rows."""
    return part.main("Gather", part.weight(), part.x, axis=0)


def learned(part: Part) -> Value:
    """A trained array: for joins value by value as it is, for all else once for each sample."""
    weight = part.weight("weight", (1, *part.known(tuple(part.node.shape))))
    graph = part.file.graph
    at = graph.nodes.index(part.node)
    readers = [node for node in graph.nodes if at in node.inputs]
    if at not in graph.outputs and all(
        node.layer.joins_by and any(not isinstance(graph.nodes[i].layer, type(part.layer)) for i in node.inputs)
        for node in readers
    ):
        return weight
    if not graph.inputs:
        raise part.refused("a network without inputs has no number of samples")
    samples = part.samples(part.file.outputs[graph.inputs[0]])
    whole = part.op("Concat", samples, part.file.numbers(*part.known(tuple(part.node.shape))), axis=0)
    return part.main("Expand", weight, whole)


def projected(part: Part, name: str, x: Value) -> Value:
    """A sequence through one of a layer's dense layers."""
    y = part.op("MatMul", x, part.turned(name))
    return part.op("Add", y, part.weight(f"{name}_bias")) if part.has(f"{name}_bias") else y


def product(part: Part) -> Value:
    """The product of two branches, with their features split into heads where it has some."""
    layer = part.layer
    factors = [_factor(part, which) for which in (0, 1)]
    y = part.main("MatMul", *factors)
    if layer.scale:
        summed = part.shape[-2 if layer.transpose in {"first", "both"} else -1]
        if layer.heads is not None and len(part.shape) == 2:
            summed = quotient(summed, layer.heads)
        y = part.op("Mul", y, part.constant(part.known((summed,))[0] ** -0.5))
    if layer.heads is not None and len(part.node.shape) == 2:
        rows, features = part.node.shape
        y = part.transpose(y, 1, 0, 2)
        return part.reshape(y, (rows, layer.heads, quotient(features, layer.heads)), (rows, features))
    return y


def _factor(part: Part, which: int) -> Value:
    layer, x, shape = part.layer, part.inputs[which], part.shapes[which]
    if layer.heads is not None and len(shape) == 2:
        x = heads_of(part, x, shape, layer.heads)
        shape = (layer.heads, *shape)
    if layer.transpose in {"both", ("first", "second")[which]}:
        rank = len(shape)
        x = part.transpose(x, *range(rank - 2), rank - 1, rank - 2)
    return x


def heads_of(part: Part, x: Value, shape: Shape, heads: int) -> Value:
    """Tokens×features as heads×tokens×values."""
    tokens, features = shape
    x = part.reshape(x, shape, (tokens, heads, quotient(features, heads)))
    return part.transpose(x, 1, 0, 2)


def attention(part: Part) -> Value:
    """Multi-head attention in products, sums and a softmax."""
    layer = part.layer
    if layer.lora and any(layer.lora):
        raise part.refused("an adapter inside attention is not written", "fold it into the weights first")
    if layer.sinks:
        raise part.refused("a sink of attention is not written")
    q, k, v = (part.shapes[min(which, len(part.shapes) - 1)] for which in range(3))
    x = [part.inputs[min(which, len(part.inputs) - 1)] for which in range(3)]
    kv_heads, key, value = part.known(layer.widths(q), "the widths of heads")
    heads = part.known((layer.heads,))[0]
    each = heads // kv_heads
    queries = part.reshape(projected(part, "query", x[0]), (q[0],), (q[0], heads, key))
    keys = part.reshape(projected(part, "key", x[1]), (k[0],), (k[0], kv_heads, key))
    values = part.reshape(projected(part, "value", x[2]), (v[0],), (v[0], kv_heads, value))
    queries, keys = (_positioned(part, name, y) for name, y in (("query", queries), ("key", keys)))
    queries, keys, values = (part.transpose(y, 1, 0, 2) for y in (queries, keys, values))
    if each > 1:
        # Some heads of queries read one head of keys: their tokens one after the other are those of one head.
        queries = part.reshape(queries, (heads, q[0]), (kv_heads, each * q[0], key))
    y = mixed(part, Heads(queries, keys, values, part.constant(key**-0.5)), _masking(part, q, k, (kv_heads, each)))
    if each > 1:
        y = part.reshape(y, (kv_heads, each * q[0]), (heads, q[0], value))
    y = part.reshape(part.transpose(y, 1, 0, 2), (q[0], heads, value), (q[0], heads * value))
    return projected(part, "out", y)


def mixed(part: Part, heads: Heads, masking: Masking) -> Value:
    """Softmax of the scores times the values."""
    queries, keys, values, factor, before = heads
    turned = part.transpose(keys, *range(before), before + 1, before)
    scores = part.op("Mul", part.op("MatMul", queries, turned), factor)
    cap = getattr(part.layer, "softcap", None)
    if cap is not None:
        small = part.op("Tanh", part.op("Div", scores, part.constant(float(cap))))
        scores = part.op("Mul", small, part.constant(float(cap)))
    return part.op("MatMul", part.op("Softmax", masking(scores), axis=-1), values)


def _masking(part: Part, q: Shape, k: Shape, heads: tuple[int, int]) -> Masking:
    """The addition of −∞ to the scores of pairs that do not see each other."""
    band = part.layer.band
    if band.before is None and band.after is None:
        return lambda scores: scores
    queries, keys = part.known((q[0], k[0]), "a mask")
    mask = part.constant(np.where(band.mask(np, queries, keys), 0, -np.inf))
    if heads[1] == 1:
        return lambda scores: part.op("Add", scores, mask)
    together, apart = (heads[0], heads[1] * queries, keys), (*heads, queries, keys)

    def masked(scores: Value) -> Value:
        seen = part.op("Add", part.reshape(scores, together, apart), mask)
        return part.reshape(seen, apart, together)

    return masked


def _positioned(part: Part, name: str, x: Value) -> Value:
    """Queries or keys, as tokens×heads×values, with what their places do to them."""
    layer = part.layer
    if layer.qk_norm is not None:
        raise part.refused("a norm of queries and keys is not written")
    return rotated(part, x, name) if layer.positions else x


def rotated(part: Part, x: Value, name: str) -> Value:
    """Pairs of values turned by angles that grow with the token."""
    layer, which = part.layer, 0 if name == "query" else min(1, len(part.shapes) - 1)
    kv_heads, values, _ = part.known(layer.widths(part.shape), "the widths of heads")
    (tokens,) = part.known((part.shapes[which][0],), "the tokens")
    heads = layer.heads if name == "query" else kv_heads
    speeds = layer.base ** (-np.arange(0, values, 2) / values)
    angles = (np.arange(tokens)[:, None] * speeds)[:, None]
    cos, sin = part.constant(np.cos(angles)), part.constant(np.sin(angles))
    even, odd = (part.slice(x, 2, first, values, 2) for first in (0, 1))
    first = part.op("Sub", part.op("Mul", even, cos), part.op("Mul", odd, sin))
    second = part.op("Add", part.op("Mul", odd, cos), part.op("Mul", even, sin))
    last = part.file.numbers(4)
    both = part.op("Concat", *(part.op("Unsqueeze", y, last) for y in (first, second)), axis=4)
    return part.reshape(both, (tokens, heads, values // 2, 2), (tokens, heads, values))


def relative_bias(part: Part) -> Value:
    """Scores with a trained bias by the distance of their places."""
    layer = part.layer
    heads, queries, keys = part.known(part.shape, "the scores")
    apart = np.arange(keys) - np.arange(queries)[:, None]
    rows = layer.bucket(np, apart)
    places = part.file.numbers(*map(int, rows.reshape(-1)))
    bias = part.op("Gather", part.weight(), places, axis=0)
    bias = part.op("Reshape", bias, part.file.numbers(1, queries, keys, heads))
    y = part.main("Add", part.x, part.op("Transpose", bias, perm=(0, 3, 1, 2)))
    return part.op("Add", y, part.constant(np.where(apart > 0, -np.inf, 0))) if layer.causal else y


def grid_bias(part: Part) -> Value:
    """Scores with a trained bias by the distance of their places on a grid."""
    heads, queries, keys = part.known(part.shape, "the scores")
    places = part.file.numbers(*map(int, part.layer.rows(np).reshape(-1)))
    bias = part.op("Gather", part.weight(), places, axis=0)
    bias = part.op("Reshape", bias, part.file.numbers(1, queries, keys, heads))
    return part.main("Add", part.x, part.op("Transpose", bias, perm=(0, 3, 1, 2)))


HANDLERS: dict[str, Handler] = {
    "linear": linear,
    "embedding": embedding,
    "learned": learned,
    "matmul": product,
    "attention": attention,
    "relativebias": relative_bias,
    "gridbias": grid_bias,
}
