"""Attention, and products of branches."""

from __future__ import annotations

from archcalc.exporters.keras.registry import Placed, Use, kind, natural
from archcalc.exporters.source.code import Call, Code, given, plain
from archcalc.exporters.source.records import Unwritten


@kind("attention")
def _attention(use: Use) -> Placed:
    layer = use.layer
    for name, said in {
        "window": "in a window",
        "positions": "with rotary positions",
        "softcap": "with a softcap",
    }.items():
        if getattr(layer, name) is not None:
            raise Unwritten(said)
    if any(layer.lora) or layer.qk_norm is not None:
        raise Unwritten("with adapters" if any(layer.lora) else "with norms of queries and keys")
    if not isinstance(layer.bias, bool):
        raise Unwritten("with some biases")
    kv_heads, key, value = map(int, layer.widths(use.shapes[0]))
    heads, features, out = int(layer.heads), int(use.shapes[0][1]), int(use.output[1])
    bias = given("use_bias", layer.bias, default=True)
    if kv_heads == heads:
        sizes = plain("num_heads", heads), plain("key_dim", key), given("value_dim", value, default=key)
        call = Call("layers.MultiHeadAttention", (*sizes, given("output_shape", out, default=features), bias))
    elif value == key and out == features:
        sizes = plain("head_dim", key), plain("num_query_heads", heads), plain("num_key_value_heads", kv_heads)
        call = Call("layers.GroupQueryAttention", (*sizes, bias))
    else:
        raise Unwritten("with shared keys and heads of several widths")
    fed = [use.fed((0, 1), at) for at in range(len(use.shapes))]
    # Keras takes the values before the keys.
    query, keys, values = fed[0], fed[min(1, len(fed) - 1)], fed[-1]
    reads = ", ".join([query, values, *([keys] if keys != values else [])])
    causal = ", use_causal_mask=True" if layer.causal else ""
    return Placed(Code(f"$self({reads}{causal})", call), natural(2))


@kind("matmul")
def _product(use: Use) -> Placed:
    layer = use.layer
    heads = None if layer.heads is None else int(layer.heads)
    turned = [layer.transpose in {"both", which} for which in ("first", "second")]
    values = {}
    factors = []
    for at, (x, turn) in enumerate(zip(use.shapes, turned, strict=True)):
        rank = len(x)
        factor = use.fed(natural(rank), at)
        if heads is not None and rank == 2:
            values[f"heads_{at}"] = (int(x[0]), heads, int(x[1]) // heads)
            factor = f"layers.Reshape($heads_{at}, name=$heads_{at}_name)({factor})"
            factor = f"layers.Permute({(2, 3, 1) if turn else (2, 1, 3)}, name=$turned_{at}_name)({factor})"
        elif turn:
            moved = (*range(1, rank - 1), rank, rank - 1)
            factor = f"layers.Permute({moved}, name=$turned_{at}_name)({factor})"
        factors.append(factor)
    rows, columns = use.shapes[0][-2:]
    summed = int(rows if turned[0] else columns // heads if heads and len(use.shapes[0]) == 2 else columns)
    lines = [f"ops.matmul({factors[0]}, {factors[1]})"]
    if layer.scale:
        lines.append("$_ / $width**0.5")
    if heads is not None and len(use.shapes[1]) == 2 and not turned[1]:
        size = tuple(map(int, use.output))
        lines += ["layers.Permute((2, 1, 3), name=$turned_name)($_)", "$self($_)"]
        call = Call("layers.Reshape", (plain("shape", size),))
        return Placed(Code("\n".join(lines), call, {**values, "width": summed}), natural(2))
    return Placed(Code("\n".join(lines), values={**values, "width": summed}), natural(len(use.output)))
