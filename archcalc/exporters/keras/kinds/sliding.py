"""Convolutions, and margins around their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.exporters.keras.registry import EITHER, Placed, Use, channels_last, kind
from archcalc.exporters.source.code import Argument, Call, Code, Word, given, plain
from archcalc.exporters.source.records import Unwritten
from archcalc.layers.axes import both_sides, each_axis
from archcalc.layers.sliding import span

_MODES = {"reflect": "reflect"}


def alike(values: Any) -> Any:
    """One number for a setting that is the same along each axis."""
    values = tuple(map(int, values)) if isinstance(values, (tuple, list)) else int(values)
    return values[0] if isinstance(values, tuple) and len(set(values)) == 1 else values


def margins(sides: Sequence[tuple[Any, Any]]) -> Any:
    """Margins as layers of Keras take them: one number, one for each axis, or two."""
    pairs = tuple((int(before), int(after)) for before, after in sides)
    if all(before == after for before, after in pairs):
        return alike(tuple(before for before, _ in pairs))
    return pairs[0] if len(pairs) == 1 else pairs


def padded_alike(use: Use, sides: Sequence[tuple[Any, Any]]) -> bool:
    """True where `padding="same"` of Keras puts windows at the places where these margins do."""
    layer = use.layer
    rank = len(sides)
    stride = layer.kernel if layer.stride is None else layer.stride
    dilations = each_axis(getattr(layer, "dilation", 1), rank)
    settings = zip(each_axis(layer.kernel, rank), each_axis(stride, rank), dilations, strict=True)
    for (before, _), (k, s, d), n, m in zip(sides, settings, use.shapes[0][1:], use.output[1:], strict=True):
        wanted = max((int(m) - 1) * int(s) + int(span(k, d)) - int(n), 0)
        if m != -(-int(n) // int(s)) or before != wanted // 2:
            return False
    return True


def require_one_pace(layer: Any, rank: int) -> None:
    """Raise Unwritten where windows are dilated and have a stride, which Keras excludes."""
    if max(each_axis(layer.stride, rank)) > 1 and max(each_axis(layer.dilation, rank)) > 1:
        raise Unwritten("with a stride and dilated")


@kind("conv1d", "conv2d", "conv3d")
def _convolution(use: Use) -> Placed:
    layer, rank = use.layer, use.layer.rank
    if layer.connections is not None and (rank != 2 or not layer.bias):
        raise Unwritten("with connections along other axes than an image's, or without biases")
    require_one_pace(layer, rank)
    order = channels_last(rank + 1)
    sides = list(layer.margins(use.shapes[0]))
    padded = any(map(any, sides))
    same = padded_alike(use, sides) and (layer.padding_mode == "zeros" or not padded)
    way = EITHER if same and not padded else Word("same" if same else "valid")
    options: list[Argument] = [
        given("strides", alike(layer.stride), default=1),
        given("padding", way, default=Word("valid")),
        given("dilation_rate", alike(layer.dilation), default=1),
    ]
    channels, filters, groups = int(use.shapes[0][0]), int(layer.out), int(layer.groups)
    kernel, bias = plain("kernel_size", alike(layer.kernel)), given("use_bias", layer.bias, default=True)
    parts: tuple[str, ...] = ()
    # TensorFlow has no strides of several sizes for these.
    if layer.connections is not None:
        parts = ("TableConv2D",)
        call = Call("TableConv2D", (kernel, given("table", layer.connections), *options))
    elif 1 < groups == channels and rank < 3 and isinstance(alike(layer.stride), int):
        deep = given("depth_multiplier", filters // channels, default=1)
        call = Call(f"layers.DepthwiseConv{rank}D", (kernel, *options, deep, bias))
    else:
        options.append(given("groups", groups, default=1))
        call = Call(f"layers.Conv{rank}D", (plain("filters", filters), kernel, *options, bias))
    if not padded or same:
        return Placed(Code(f"$self({use.fed(order)})", call, parts=parts), order)
    margin, values = padding(sides, use.fed(order), layer.padding_mode)
    return Placed(Code(f"{margin}\n$self($_)", call, values, parts=parts), order)


def padding(sides: Sequence[tuple[Any, Any]], x: str, mode: str = "zeros") -> tuple[str, dict[str, Any]]:
    """The line that pads an image or a signal, and its numbers."""
    rank = len(sides)
    if mode == "zeros":
        return f"layers.ZeroPadding{rank}D($margin, name=$pad_name)({x})", {"margin": margins(sides)}
    if mode not in _MODES:
        raise Unwritten(f"with {mode} margins")
    if rank > 2:
        # On torch Keras reflects along the last two axes of space, with the channels, and no others.
        raise Unwritten(f"with {mode} margins along three axes")
    pairs = ((0, 0), *((int(before), int(after)) for before, after in sides), (0, 0))
    return f'ops.pad({x}, $margin, mode="{_MODES[mode]}")', {"margin": pairs}


@kind("convtranspose1d", "convtranspose2d", "convtranspose3d")
def _transposed(use: Use) -> Placed:
    layer, rank = use.layer, use.layer.rank
    if int(layer.groups) != 1:
        raise Unwritten("in groups")
    require_one_pace(layer, rank)
    order = channels_last(rank + 1)
    call = Call(
        f"layers.Conv{rank}DTranspose",
        (
            plain("filters", int(layer.out)),
            plain("kernel_size", alike(layer.kernel)),
            given("strides", alike(layer.stride), default=1),
            given("dilation_rate", alike(layer.dilation), default=1),
            given("use_bias", layer.bias, default=True),
        ),
    )
    settings = [each_axis(one, rank) for one in (layer.kernel, layer.stride, layer.dilation)]
    cut = []
    for n, m, k, s, d, (before, _) in zip(
        use.shapes[0][1:], use.output[1:], *settings, both_sides(layer.padding, rank), strict=True
    ):
        # Keras puts out all places that a window covers, and as many as the strides make.
        whole = (int(n) - 1) * int(s) + max(int(span(k, d)), int(s))
        cut.append((int(before), whole - int(before) - int(m)))
    if min(after for _, after in cut) < 0:
        raise Unwritten("with more places behind than its windows reach")
    code = Code(f"$self({use.fed(order)})", call)
    if any(map(any, cut)):
        crop = f"layers.Cropping{rank}D($cut, name=$crop_name)($_)"
        code = Code(f"{code.expression}\n{crop}", call, {"cut": margins(cut)})
    return Placed(code, order)


@kind("pad")
def _pad(use: Use) -> Placed:
    sides = [(int(before), int(after)) for before, after in use.layer.sides(use.shapes[0])]
    order, rank = channels_last(len(use.shapes[0])), len(sides)
    if use.layer.mode == "zeros" and rank <= 3:
        call = Call(f"layers.ZeroPadding{rank}D", (plain("margin", margins(sides)),))
        return Placed(Code(f"$self({use.fed(order)})", call), order)
    if not any(map(any, sides)):
        # On torch Keras pads by reflection only what has a margin.
        return Placed(Code(use.fed(order)), order)
    line, values = padding(sides, use.fed(order), use.layer.mode)
    return Placed(Code(line, values=values), order)


@kind("crop")
def _crop(use: Use) -> Placed:
    rank = len(use.output) - 1
    sizes = list(zip(use.shapes[0][1:], use.output[1:], strict=True))
    if use.layer.margin is None:
        before = [(int(n) - int(m)) // 2 for n, m in sizes]
    else:
        before = [int(side) for side, _ in both_sides(use.layer.margin, rank)]
    sides = [(first, int(n) - int(m) - first) for first, (n, m) in zip(before, sizes, strict=True)]
    order = channels_last(rank + 1)
    call = Call(f"layers.Cropping{rank}D", (plain("margin", margins(sides)),))
    at = "$0" if use.order == order else use.fed(order)
    return Placed(Code(f"$self({at})", call), order)
