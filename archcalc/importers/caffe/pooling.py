"""Pooling, whose sizes Caffe rounds up, and layers that make images larger."""

from __future__ import annotations

from archcalc.importers.caffe.rows import Rows
from archcalc.importers.caffe.text import Message
from archcalc.layers.adaptive import GlobalAvgPool, GlobalMaxPool
from archcalc.layers.axes import one_for_all
from archcalc.layers.margins import Pad
from archcalc.layers.pool import AvgPool2d, MaxPool2d
from archcalc.layers.resample import Upsample
from archcalc.layers.resize import Resize
from archcalc.symbols.dims import ceil_div

_FIELDS = {"kernel": "kernel_size", "stride": "stride", "padding": "pad"}


def pooling(rows: Rows, x: int) -> int:
    """Max or average pooling over windows or over all places."""
    param = rows.param("pooling_param")
    method = param.word("pool", ("max", "ave", "stochastic", "0", "1", "2"), "max")
    average = method in {"ave", "1"}
    if param.flag("global_pooling"):
        return rows.add(GlobalAvgPool() if average else GlobalMaxPool(), x)
    kernel = rows.spatial(param, x, "kernel_size", ("kernel_h", "kernel_w"))
    if not kernel:
        raise rows.step.error("it has no kernel_size")
    stride = rows.spatial(param, x, "stride", ("stride_h", "stride_w")) or (1,) * len(kernel)
    padding = rows.spatial(param, x, "pad", ("pad_h", "pad_w")) or (0,) * len(kernel)
    up = _rounds_up(param)
    if up and not any(padding):
        x = _extended(rows, x, kernel, stride)
    kind = AvgPool2d if average else MaxPool2d
    layer = kind(one_for_all(kernel), one_for_all(stride), one_for_all(padding), ceil_mode=up)
    return rows.add(layer, x, param="pooling_param", fields=_FIELDS)


def _rounds_up(param: Message) -> bool:
    """True unless a later version's setting says otherwise."""
    if "ceil_mode" in param.fields:
        return param.flag("ceil_mode")
    return param.word("round_mode", ("ceil", "floor", "0", "1"), "ceil") in {"ceil", "0"}


def _extended(rows: Rows, x: int, kernel: tuple[int, ...], stride: tuple[int, ...]) -> int:
    """The position of an input with room for a last window that starts beyond it.

    Caffe has such a window where strides are longer than the kernel and nothing is padded.
    """
    beyond = []
    for n, k, s in zip(rows.shape(x)[1:], kernel, stride, strict=False):
        last = ceil_div(n - k, s) * s
        beyond.append(last + k - n if k < s and isinstance(n, int) and last >= n else 0)
    return rows.add(Pad(tuple((0, n) for n in beyond)), x, part="pad") if any(beyond) else x


def upsample(rows: Rows, x: int, *_others: int) -> int:
    """Values repeated by a factor, or up to a size."""
    param = rows.param("upsample_param")
    sizes = tuple(param.whole(key, 0, 0) for key in ("upsample_h", "upsample_w"))
    if all(sizes):
        return rows.add(Resize(sizes), x)
    return rows.add(Upsample(param.whole("scale", 2, 1)), x, param="upsample_param", fields={"scale": "scale"})


def interp(rows: Rows, x: int, *others: int) -> int:
    """Interpolation to a size, by factors, or to the size of a second blob."""
    param = rows.param("interp_param")
    if others:
        return rows.add(Resize(mode="linear"), x, others[0])
    zoom, shrink = param.whole("zoom_factor", 0, 0), param.whole("shrink_factor", 0, 0)
    # Values below 0 are what is cut off.
    margin = param.whole("pad_beg", 0) + param.whole("pad_end", 0)
    sizes = []
    for n, key in zip(rows.shape(x)[1:], ("height", "width"), strict=False):
        size = n + margin
        size = (size - 1) // shrink + 1 if shrink else size
        size = size + (size - 1) * (zoom - 1) if zoom else size
        sizes.append(param.whole(key, 0, 0) or size)
    return rows.add(Resize(tuple(sizes), mode="linear"), x)
