"""Attention, and products of branches."""

from __future__ import annotations

from typing import Any

from archcalc.exporters.source.code import Call, Code, given, module, plain
from archcalc.exporters.source.records import Unwritten
from archcalc.exporters.torch.registry import kind
from archcalc.symbols.dims import Shape


@kind("attention")
def _attention(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    if any(layer.lora):
        raise Unwritten("with adapters")
    kv_heads, key, value = layer.widths(shapes[0])
    sizes = {name: tuple(map(int, matrix)) for name, matrix in layer.projections(*shapes).items()}
    features = sizes["query"][1]
    width = features // int(layer.heads)
    biases = layer.bias if isinstance(layer.bias, bool) else tuple(sorted(layer.bias))
    arguments = (
        plain("features", features),
        plain("heads", int(layer.heads)),
        given("kv_heads", int(kv_heads), default=int(layer.heads)),
        given("key", int(key), default=width),
        given("value", int(value), default=width),
        given("memory", sizes["key"][1], default=features),
        given("memory_values", sizes["value"][1], default=sizes["key"][1]),
        given("out", sizes["out"][0], default=features),
        given("bias", biases, default=True),
        given("causal", layer.causal, default=False),
        given("window", None if layer.window is None else int(layer.window), default=None),
        given("rotary", float(layer.base) if layer.positions else None, default=None),
        given("qk_norm", layer.qk_norm, default=None),
        given("softcap", None if layer.softcap is None else float(layer.softcap), default=None),
        given("sinks", layer.sinks, default=False),
    )
    parts = ("rotate", "Attention") if layer.positions else ("Attention",)
    return Code("$self($all)", Call("Attention", arguments), parts=parts)


@kind("matmul")
def _product(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    turned = [layer.transpose in {"both", which} for which in ("first", "second")]
    values: dict[str, Any] = {} if layer.heads is None else {"heads": int(layer.heads)}
    factors = []
    for at, (x, turn) in enumerate(zip(shapes, turned, strict=True)):
        split = layer.heads is not None and len(x) == 2
        factor = f"${at}.unflatten(2, ($heads, -1)).transpose(1, 2)" if split else f"${at}"
        factors.append(f"{factor}.transpose(-1, -2)" if turn else factor)
    rows, columns = shapes[0][-2:]
    summed = rows if turned[0] else columns // layer.heads if layer.heads and len(shapes[0]) == 2 else columns
    scaled = ""
    if layer.scale:
        values["width"] = int(summed)
        scaled = " / $width**0.5"
    expression = f"{factors[0]} @ {factors[1]}{scaled}"
    if layer.heads is not None and len(shapes[1]) == 2 and not turned[1]:
        return Code(f"({expression}).transpose(1, 2).flatten(2)", values=values)
    return Code(expression, values=values, operator=True)


@kind("windowattention")
def _window_attention(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    if len(shapes[0]) != 3 or not isinstance(layer.bias, bool):
        raise Unwritten("of other than height×width×channels, or with some biases")
    from_each = [value if isinstance(value, tuple) else (value, value) for value in (layer.window, layer.shift)]
    window, shift = (tuple(map(int, pair)) for pair in from_each)
    arguments = (
        plain("channels", int(shapes[0][2])),
        plain("heads", int(layer.heads)),
        plain("window", window[0] if window[0] == window[1] else window),
        given("key", None if layer.key is None else int(layer.key), default=None),
        given("out", None if layer.out is None else int(layer.out), default=None),
        given("shift", shift, default=(0, 0)),
        given("bias", layer.bias, default=True),
        given("relative", layer.relative, default=False),
        given("hidden", int(layer.hidden) if layer.relative == "mlp" else 512, default=512),
        given("scores", layer.scores, default="heads"),
        given("grid", layer.grid, default=False),
    )
    return module("WindowAttention", *arguments, parts=("WindowAttention",))


@kind("relativebias")
def _relative_bias(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    arguments = (
        plain("heads", int(shapes[0][0])),
        given("buckets", int(layer.buckets), default=32),
        given("distance", int(layer.distance), default=128),
        given("causal", layer.causal, default=False),
    )
    return module("RelativeBias", *arguments, parts=("RelativeBias",))


@kind("gridbias")
def _grid_bias(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    arguments = (
        plain("heads", int(shapes[0][0])),
        plain("grid", tuple(map(int, layer.grid))),
        given("class_token", layer.class_token, default=False),
    )
    return module("GridBias", *arguments, parts=("GridBias",))


@kind("scan")
def _scan(_layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    arguments = plain("features", int(shapes[0][1])), plain("states", int(shapes[2][1]))
    return Code("$self($all)", Call("SelectiveScan", arguments), parts=("SelectiveScan",))


@kind("ssd")
def _head_scan(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    arguments = plain("heads", int(shapes[1][1])), given("groups", int(layer.groups), default=1)
    return Code("$self($all)", Call("HeadScan", arguments), parts=("HeadScan",))


@kind("wkv")
def _weighted_mean(_layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    call = Call("WeightedKeyValue", (plain("features", int(shapes[0][1])),))
    return Code("$self($all)", call, parts=("WeightedKeyValue",))


@kind("latentattention")
def _latent_attention(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    arguments = (
        plain("features", int(shapes[0][1])),
        *(given(name, int(getattr(layer, name))) for name in ("heads", "latent", "key", "value", "rotary")),
        given("query_latent", None if layer.query_latent is None else int(layer.query_latent), default=None),
        given("base", float(layer.base)),
        given("causal", layer.causal, default=False),
    )
    return module("LatentAttention", *arguments, parts=("rotate", "LatentAttention"))
