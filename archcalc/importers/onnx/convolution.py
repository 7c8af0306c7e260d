"""Convolution, pooling and normalisation: operators on channels and their places."""

from __future__ import annotations

import math
from typing import Any

from msgspec.structs import replace

from archcalc.importers.onnx.model import Operator
from archcalc.importers.onnx.values import Flow, Known
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.layers import Layer
from archcalc.layers.axes import both_sides
from archcalc.layers.geometry import Geometry
from archcalc.layers.local_response_norm import LocalResponseNorm
from archcalc.layers.margins import Pad
from archcalc.layers.norm import GroupNorm
from archcalc.symbols.dims import Dim, Shape, ceil_div, equal, maximum, size
from archcalc.symbols.shape import AXES


def _kind(name: str, rank: int) -> Any:
    return Layer.kinds[f"{name}{rank}d"]


def _image(walk: Walk, op: Operator, place: int = 0) -> Flow | None:
    """An input of channels and places whose first axis is that of the samples; None if it is of another make."""
    x = walk.flow(op, place)
    if x.batch is None and len(x.shape) > 1 and x.shape[0] == 1:
        x = walk.view(op, x, x.shape[1:], 0)
    return x if x.alone == 0 and len(x.shape) >= 1 else None


def plain(sizes: tuple[Any, ...]) -> Any:
    """One number in place of a list of equal ones; pairs stay a list, since one alone would be of two axes."""
    return sizes[0] if sizes and not isinstance(sizes[0], tuple) and all(n == sizes[0] for n in sizes) else sizes


def _each(op: Operator, name: str, rank: int, default: int = 1) -> tuple[int, ...]:
    found = op.wholes(name)
    return found if found is not None and len(found) == rank else (default,) * rank


def _sides(walk: Walk, op: Operator, x: Shape, window: Geometry) -> Any:
    """The padding of a window that slides; None where no setting says the same."""
    kernel: Any = window.kernel
    rank = len(kernel)
    auto = op.word("auto_pad", "NOTSET")
    if auto == "SAME_UPPER":
        return "same"
    if auto == "SAME_LOWER":
        lacking: list[Dim] = [
            maximum(0, (ceil_div(n, s) - 1) * s + d * (k - 1) + 1 - n)
            for n, k, s, d in zip(x[1:], kernel, window.stride, window.dilation, strict=True)  # type: ignore[arg-type]
        ]
        if not all(isinstance(n, int) for n in lacking):
            return "same"
        return plain(tuple((n - n // 2, n // 2) if n % 2 else n // 2 for n in lacking))
    if auto == "VALID":
        return 0
    pads = op.wholes("pads") or (0,) * 2 * rank
    if len(pads) != 2 * rank:
        raise walk.error(op, f"{len(pads)} pads for {rank} axes")
    if min(pads) < 0:
        return None
    pairs = zip(pads[:rank], pads[rank:], strict=True)
    return plain(tuple(before if before == after else (before, after) for before, after in pairs))


def convolution(walk: Walk, op: Operator) -> Made:
    """A convolution, whose weights say how many filters it has and how large they are."""
    weight, x = walk.known(op, 1), _image(walk, op)
    rank = len(weight.shape) - 2 if weight else 0
    if weight is None or x is None or rank not in AXES or len(x.shape) != rank + 1:
        return walk.unknown(op)
    kernel: Any = weight.shape[2:]
    stride, dilation = _each(op, "strides", rank), _each(op, "dilations", rank)
    groups = op.whole("group", 1)
    padding = _sides(walk, op, x.shape, Geometry(kernel, stride, 0, dilation))
    if padding is None:
        return walk.unknown(op)
    bias = _offsets(walk, op)
    window = {"kernel": plain(kernel), "stride": plain(stride), "padding": padding}
    if _is_filter(walk, weight, x.shape[0], groups) and bias is None and set(dilation) == {1}:
        return [walk.add(op, _kind("blurpool", rank)(**window), x)]
    layer = _kind("conv", rank)(
        out=weight.shape[0],
        **window,
        dilation=plain(dilation),
        groups=groups,
        bias=bias is not None,
        **_norm(weight),
    )
    return [walk.trained(op, layer, x, weight=weight, bias=bias, magnitude=weight.magnitude)]


def _offsets(walk: Walk, op: Operator) -> Known | None:
    """The bias of an operator; none where it is one number throughout, which exporters write for want of one."""
    bias = walk.known(op, 2)
    return None if bias is None or bias.repeated else bias


def _norm(weight: Known) -> dict[str, Any]:
    """The settings of a layer whose filters have lengths of their own, those of taps where each tap has one."""
    if weight.magnitude is None:
        return {}
    taps = equal(weight.magnitude.shape[0], weight.shape[0]) is not True
    return {"norm": "weight", **({"magnitudes": "taps"} if taps else {})}


def _is_filter(walk: Walk, weight: Known, channels: Dim, groups: int) -> bool:
    """True for one filter for each channel that is a constant of its own, where the weights of others are not."""
    alone = weight.shape[:2] == (groups, 1) and equal(channels, groups) is True
    return alone and weight.owner in walk.constants and weight.owner not in walk.arrays and not walk.held_apart


def transposed(walk: Walk, op: Operator) -> Made:
    """A transposed convolution."""
    weight, x = walk.known(op, 1), _image(walk, op)
    rank = len(weight.shape) - 2 if weight else 0
    if weight is None or x is None or rank not in AXES or len(x.shape) != rank + 1:
        return walk.unknown(op)
    kernel: Any = weight.shape[2:]
    stride, dilation = _each(op, "strides", rank), _each(op, "dilations", rank)
    extra = _each(op, "output_padding", rank, 0)
    wanted = op.wholes("output_shape")
    auto = op.word("auto_pad", "NOTSET")
    pads = op.wholes("pads") or (0,) * 2 * rank
    if len(pads) != 2 * rank:
        raise walk.error(op, f"{len(pads)} pads for {rank} axes")
    sides: list[Any] = list(zip(pads[:rank], pads[rank:], strict=True))
    if wanted is not None or auto.startswith("SAME"):
        ends = wanted[-rank:] if wanted else tuple(n * s for n, s in zip(x.shape[1:], stride, strict=True))
        whole = zip(x.shape[1:], kernel, stride, dilation, extra, ends, strict=True)
        surplus = [(n - 1) * s + d * (k - 1) + 1 + e - end for n, k, s, d, e, end in whole]
        surplus = [n if isinstance(n, int) else 0 for n in surplus]
        extra = tuple(e + max(0, -n) for e, n in zip(extra, surplus, strict=True))
        surplus = [max(0, n) for n in surplus]
        upper = auto == "SAME_UPPER"
        sides = [(n // 2, n - n // 2) if upper else (n - n // 2, n // 2) for n in surplus]
    elif auto == "VALID":
        sides = [(0, 0)] * rank
    if any(min(side) < 0 for side in sides):
        return walk.unknown(op)
    groups = op.whole("group", 1)
    bias = _offsets(walk, op)
    layer = _kind("convtranspose", rank)(
        out=weight.shape[1] * groups,
        kernel=plain(kernel),
        stride=plain(stride),
        padding=plain(tuple(a if a == b else (a, b) for a, b in sides)),
        output_padding=plain(extra),
        dilation=plain(dilation),
        groups=groups,
        bias=bias is not None,
        **_norm(weight),
    )
    return [walk.trained(op, layer, x, weight=weight, bias=bias, magnitude=weight.magnitude)]


def pooling(kind: str) -> Handler:
    """Pooling over a window that slides."""

    def handle(walk: Walk, op: Operator) -> Made:
        x, kernel = _image(walk, op), op.wholes("kernel_shape")
        rank = len(kernel or ())
        if x is None or not kernel or rank not in AXES or len(x.shape) != rank + 1 or min(kernel) < 1:
            return walk.unknown(op)
        stride, dilation = _each(op, "strides", rank), _each(op, "dilations", rank)
        padding = _sides(walk, op, x.shape, Geometry(kernel, stride, 0, dilation))
        dilated = any(n != 1 for n in dilation)
        if padding is None or (dilated and kind == "avgpool"):
            return walk.unknown(op)
        sides = [side for pair in both_sides(padding, rank) for side in pair] if padding != "same" else []
        if any(2 * side > k for side, k in zip(sides, (k for k in kernel for _ in range(2)), strict=False)):
            # Wider than a layer has them.
            x, padding = walk.add(op, Pad(margin=padding), x, name=f"{op.label}/pad"), 0
        further = {"dilation": plain(dilation)} if dilated else {}
        if kind == "avgpool":
            further["count_include_pad"] = bool(op.whole("count_include_pad", 0))
        layer = _kind(kind, rank)(
            kernel=plain(kernel),
            stride=None if stride == kernel else plain(stride),
            padding=padding,
            ceil_mode=bool(op.whole("ceil_mode", 0)),
            **further,
        )
        return [walk.add(op, layer, x)]

    return handle


def everywhere(kind: str) -> Handler:
    """Pooling of all places."""

    def handle(walk: Walk, op: Operator) -> Made:
        x = _image(walk, op)
        if x is None or len(x.shape) < 2:
            return walk.unknown(op)
        return [walk.add(op, Layer.kinds[kind](axes=tuple(range(1, len(x.shape)))), x)]

    return handle


def batch_norm(walk: Walk, op: Operator) -> Made:
    """Batch normalisation; the running statistics are no params."""
    x, scale = _image(walk, op), walk.known(op, 1)
    rank = len(x.shape) - 1 if x else 9
    if x is None or scale is None or rank > 3:
        return walk.unknown(op, walk.whole(walk.value(op, 0)))
    eps = op.number("epsilon", 1e-5)
    bias, mean = walk.known(op, 2), walk.known(op, 3)
    # One number repeated for all channels is no trained factor.
    scaled, shifted = (array is None or array.trained or not array.repeated for array in (scale, bias))
    settings = {"affine": scaled or shifted, "scale": scaled or not shifted}
    layer = _kind("batchnorm", max(rank, 1))(eps=eps if eps > 0 else 1e-5, **settings)
    weight, offset = (scale if scaled else None), (bias if shifted else None)
    return [walk.trained(op, layer, x, weight=weight, bias=offset, running_mean=mean)]


def instance_norm(walk: Walk, op: Operator) -> Made:
    """Instance normalisation."""
    x, scale = _image(walk, op), walk.known(op, 1)
    rank = len(x.shape) - 1 if x else 0
    if x is None or scale is None or rank not in AXES:
        return walk.unknown(op, walk.whole(walk.value(op, 0)))
    eps = op.number("epsilon", 1e-5)
    layer = _kind("instancenorm", rank)(
        affine=scale.trained or (scale.single and scale.owner != ""), eps=eps if eps > 0 else 1e-5
    )
    return [walk.trained(op, layer, x, weight=scale, bias=walk.known(op, 2))]


def group_norm(walk: Walk, op: Operator) -> Made:
    """Group normalisation, with a factor for each channel or, before version 21, for each group."""
    x, scale, bias, groups = _image(walk, op), walk.known(op, 1), walk.known(op, 2), op.whole("num_groups", 1)
    given = [array for array in (scale, bias) if array is not None]
    if x is None or groups < 1 or any(equal(size(array.shape), x.shape[0]) is not True for array in given):
        return walk.unknown(op, walk.whole(walk.value(op, 0)))
    # Of one written out, the shape that its groups are given at last.
    after = walk.known(op, 3)
    sizes = zip((after.wholes or ()) if after else (), walk.whole(x), strict=False)
    if any(isinstance(n, int) and n > 0 and equal(n, m) is False for n, m in sizes):
        return walk.unknown(op)
    eps = op.number("epsilon", 1e-5)
    layer = GroupNorm(groups, affine=scale is not None, eps=eps if eps > 0 else 1e-5)
    return [walk.trained(op, layer, x, weight=scale, bias=bias)]


def response_norm(walk: Walk, op: Operator) -> Made:
    """Normalisation by neighbouring channels."""
    x, count = _image(walk, op), op.whole("size", 5)
    if x is None or len(x.shape) < 2 or count < 1:
        return walk.unknown(op, walk.whole(walk.value(op, 0)))
    numbers = (op.number("alpha", 1e-4), op.number("beta", 0.75), op.number("bias", 1.0))
    if not all(map(math.isfinite, numbers)):
        raise walk.error(op, "its settings are no numbers")
    return [walk.add(op, LocalResponseNorm(count, *numbers), x)]


def quantized(walk: Walk, op: Operator) -> Made:
    """A convolution of whole numbers, each array with a factor and an offset beside it, or only an offset."""
    arrays = (op.given(3), op.given(8)) if op.kind == "QLinearConv" else (op.given(1),)
    return convolution(walk, replace(op, inputs=(op.given(0), *arrays)))


HANDLERS: dict[str, Handler] = {
    "Conv": convolution,
    **dict.fromkeys(("QLinearConv", "ConvInteger"), quantized),
    "ConvTranspose": transposed,
    "MaxPool": pooling("maxpool"),
    "AveragePool": pooling("avgpool"),
    "GlobalAveragePool": everywhere("globalavgpool"),
    "GlobalMaxPool": everywhere("globalmaxpool"),
    "BatchNormalization": batch_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
    "LRN": response_norm,
}
