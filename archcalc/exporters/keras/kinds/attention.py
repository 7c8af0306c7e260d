"""Attention, and products of branches."""

from __future__ import annotations

from archcalc.exporters.keras.registry import Placed, Use, kind, natural
from archcalc.exporters.source.code import Call, Code, given, plain
from archcalc.exporters.source.records import Unwritten


@kind("attention")
def _attention(use: Use) -> Placed:
    layer = use.layer
    if any(layer.lora):
        raise Unwritten("with adapters")
    fed = [use.fed((0, 1), at) for at in range(len(use.shapes))]
    known = _of_keras(use)
    if known is None:
        parts = ("rotate", "Attention") if layer.positions else ("Attention",)
        return Placed(Code(f"$self({', '.join(fed)})", _written_out(use), parts=parts), natural(2))
    # Keras takes the values before the keys.
    query, keys, values = fed[0], fed[min(1, len(fed) - 1)], fed[-1]
    reads = ", ".join([query, values, *([keys] if keys != values else [])])
    causal = ", use_causal_mask=True" if layer.causal else ""
    return Placed(Code(f"$self({reads}{causal})", known), natural(2))


def _of_keras(use: Use) -> Call | None:
    """The layer of Keras that an attention is; None if it is another sort."""
    layer = use.layer
    other = (layer.window, layer.positions, layer.softcap, layer.qk_norm)
    if any(one is not None for one in other) or not isinstance(layer.bias, bool):
        return None
    kv_heads, key, value = map(int, layer.widths(use.shapes[0]))
    heads, features, out = int(layer.heads), int(use.shapes[0][1]), int(use.output[1])
    bias = given("use_bias", layer.bias, default=True)
    if kv_heads == heads:
        sizes = plain("num_heads", heads), plain("key_dim", key), given("value_dim", value, default=key)
        return Call("layers.MultiHeadAttention", (*sizes, given("output_shape", out, default=features), bias))
    if value != key or out != features:
        return None
    sizes = plain("head_dim", key), plain("num_query_heads", heads), plain("num_key_value_heads", kv_heads)
    return Call("layers.GroupQueryAttention", (*sizes, bias))


def _written_out(use: Use) -> Call:
    """A call of the class for other sorts of attention."""
    layer = use.layer
    kv_heads, key, value = map(int, layer.widths(use.shapes[0]))
    heads, features = int(layer.heads), int(use.shapes[0][1])
    arguments = (
        plain("features", features),
        plain("heads", heads),
        given("kv_heads", kv_heads, default=heads),
        given("key", key, default=features // heads),
        given("value", value, default=key),
        given("out", int(use.output[1]), default=features),
        given("bias", layer.bias if isinstance(layer.bias, bool) else tuple(sorted(layer.bias)), default=True),
        given("causal", layer.causal, default=False),
        given("window", None if layer.window is None else int(layer.window), default=None),
        given("rotary", float(layer.base) if layer.positions else None, default=None),
        given("qk_norm", layer.qk_norm, default=None),
        given("softcap", None if layer.softcap is None else float(layer.softcap), default=None),
    )
    return Call("Attention", arguments)


@kind("relativebias")
def _relative_bias(use: Use) -> Placed:
    arguments = (
        plain("heads", int(use.shapes[0][0])),
        given("buckets", int(use.layer.buckets), default=32),
        given("distance", int(use.layer.distance), default=128),
        given("causal", use.layer.causal, default=False),
    )
    call = Call("RelativeBias", arguments)
    return Placed(Code(f"$self({use.fed(natural(3))})", call, parts=("RelativeBias",)), natural(3))


@kind("gridbias")
def _grid_bias(use: Use) -> Placed:
    arguments = (
        plain("heads", int(use.shapes[0][0])),
        plain("grid", tuple(map(int, use.layer.grid))),
        given("class_token", use.layer.class_token, default=False),
    )
    call = Call("GridBias", arguments)
    return Placed(Code(f"$self({use.fed(natural(3))})", call, parts=("GridBias",)), natural(3))


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
