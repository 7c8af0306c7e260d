"""Operators whose windows slide over an image, a signal or a volume: convolution, pooling, margins and interpolation."""

from __future__ import annotations

import math
from typing import Any

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import Made, makes
from archcalc.importers.pt2.operators.views import part, turned
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Batch, Value, from_start
from archcalc.layers.axes import one_for_all
from archcalc.layers.base import Layer
from archcalc.symbols.dims import Dim, divides, equal, quotient

_CONVOLUTIONS = tuple(f"conv{rank}d" for rank in (1, 2, 3))
_TRANSPOSED = tuple(f"conv_transpose{rank}d" for rank in (1, 2, 3))


def image(call: Call, rows: Rows, name: str = "input") -> Value:
    """The tensor that an operator takes with the batch as its first axis."""
    x = call.tensor(name, "self")
    if x.batch == Batch(0) or (x.batch is not None and x.batch.axis == 0 and x.batch.outer == 1):
        return x
    if x.full and equal(x.full[0], rows.samples) is True:
        return rows.view(call, x, x.full, Batch(0)) if x.origin == "computed" else x
    return x


@makes(*_CONVOLUTIONS, *_TRANSPOSED, "convolution")
def convolution(call: Call, rows: Rows) -> Made:
    """A convolution, or the transpose of one."""
    x, weight, bias = image(call, rows), call.tensor("weight"), call.maybe("bias")
    rank = len(weight.full) - 2
    if (
        not 1 <= rank <= 3
        or len(rows.own(x)) != rank + 1
        or any(each and each.origin == "computed" for each in (weight, bias))
    ):
        return None
    transposed = call.flag("transposed", default="transpose" in call.operator)
    groups = call.whole("groups", 1)
    padding = call.given("padding")
    out = weight.full[1] * groups if transposed else weight.full[0]
    if padding == "valid":
        padding = 0
    settings: dict[str, Any] = {
        "out": out,
        "kernel": one_for_all(weight.full[2:]),
        "stride": one_for_all(call.sizes("stride", (1,))),
        "padding": padding if padding == "same" else one_for_all(call.sizes("padding", (0,)) if padding != 0 else (0,)),
        "dilation": one_for_all(call.sizes("dilation", (1,))),
        "groups": groups,
        "bias": bias is not None,
    }
    if transposed:
        settings["output_padding"] = one_for_all(call.sizes("output_padding", (0,)))
    kind = f"convtranspose{rank}d" if transposed else f"conv{rank}d"
    return rows.add(call, Layer.kinds[kind](**settings), [x], batch=x.batch, trained=[weight, bias])


@makes(*(f"max_pool{rank}d{form}" for rank in (1, 2, 3) for form in ("", "_with_indices")))
def max_pool(call: Call, rows: Rows) -> Made:
    """The largest value of each window."""
    made = _pool(call, rows, "maxpool", {"dilation": one_for_all(call.sizes("dilation", (1,)))})
    return made and [made, *(Value(full, "fixed", name=name) for name, full in call.outputs[1:])]


@makes(*(f"avg_pool{rank}d" for rank in (1, 2, 3)))
def avg_pool(call: Call, rows: Rows) -> Made:
    """The mean of each window."""
    made = _pool(call, rows, "avgpool", {"count_include_pad": call.flag("count_include_pad", default=True)})
    divisor = call.whole("divisor_override", 0)
    if made is None or divisor == 0:
        return made
    kernel = call.sizes("kernel_size")
    values = math.prod(map(int, kernel)) ** (int(call.operator.partition("_pool")[2][0]) if len(kernel) == 1 else 1)
    return rows.add(call, Layer.kinds["times"](factor=values / divisor), [made], call.outputs[0][1], made.batch)


def _pool(call: Call, rows: Rows, kind: str, more: dict[str, Any]) -> Value | None:
    x = image(call, rows)
    rank = int(call.operator.partition("_pool")[2][0])
    if len(rows.own(x)) != rank + 1:
        return None
    kernel = call.sizes("kernel_size")
    settings = {
        "kernel": one_for_all(kernel),
        "stride": one_for_all(call.sizes("stride") or kernel),
        "padding": one_for_all(call.sizes("padding", (0,))),
        "ceil_mode": call.flag("ceil_mode", default=False),
        **more,
    }
    return rows.add(call, Layer.kinds[f"{kind}{rank}d"](**settings), [x], call.outputs[0][1], x.batch)


@makes(*(f"adaptive_{kind}_pool{rank}d" for kind in ("avg", "max") for rank in (1, 2, 3)), "_adaptive_avg_pool2d")
def adaptive_pool(call: Call, rows: Rows) -> Made:
    """The mean or the largest value of as many windows as are asked for."""
    x = image(call, rows)
    rank = int(call.operator.partition("_pool")[2][0])
    if len(rows.own(x)) != rank + 1:
        return None
    full = call.outputs[0][1]
    kind = f"adaptive{'max' if '_max_' in call.operator else 'avg'}pool{rank}d"
    made = rows.add(call, Layer.kinds[kind](size=one_for_all(full[-rank:])), [x], full, x.batch)
    return [made, *(Value(shape, "fixed", name=name) for name, shape in call.outputs[1:])]


@makes("mean", "amax")
def over_axes(call: Call, rows: Rows) -> Made:
    """One value for all along some axes."""
    x = call.tensor("self")
    axes = call.sizes("dim") or tuple(range(x.batch is not None, len(x.full)))
    rank = len(x.full)
    own = tuple(sorted(rows.axis(call, x, int(axis)) for axis in axes))
    if len(rows.own(x)) < 2:
        return None
    at = {from_start(int(axis), rank) for axis in axes}
    kept = tuple(1 if axis in at else n for axis, n in enumerate(x.full))
    layer = Layer.kinds["globalavgpool" if call.word == "mean" else "globalmaxpool"](axes=own)
    pooled = rows.add(call, layer, [x], kept, x.batch)
    if len(kept) == len(call.full):
        return pooled
    batch = None if x.batch is None else x.batch._replace(axis=x.batch.axis - sum(axis < x.batch.axis for axis in at))
    return rows.view(call, pooled, call.full, batch)


@makes(
    "pad", "constant_pad_nd", *(f"{mode}_pad{rank}d" for mode in ("reflection", "replication") for rank in (1, 2, 3))
)
def pad(call: Call, rows: Rows) -> Made:
    """Margins around the last axes."""
    x, sizes = call.tensor("self"), call.sizes("pad", call.sizes("padding"))
    if all(equal(n, 0) is True for n in sizes):
        return rows.view(call, x, call.full, x.batch)
    word = call.word.partition("_pad")[0] if "_pad" in call.operator else call.given("mode")
    mode = {"constant": "zeros", None: "zeros", "reflection": "reflect", "replication": "replicate"}.get(word, word)
    if mode == "zeros" and any(isinstance(n, int) and n < 0 for n in sizes):
        x, sizes = _cut(call, rows, x, sizes)
    own = rows.own(x)
    places = len(sizes) // 2
    if all(equal(n, 0) is True for n in sizes):
        return rows.view(call, x, call.full, x.batch)
    if mode not in {"zeros", "reflect", "replicate", "circular"} or places > len(own) or x.origin != "computed":
        return None
    if (
        any(isinstance(n, int) and n < 0 for n in sizes)
        or rows.axis(call, x, len(x.full) - places) != len(own) - places
    ):
        return None
    # torch begins with the last axis.
    pairs = [(0, 0)] * (len(own) - places) + [(sizes[at], sizes[at + 1]) for at in range(2 * places - 2, -1, -2)]
    if not any(pairs[0]):
        return rows.add(call, Layer.kinds["pad"](margin=tuple(pairs[1:]), mode=mode), [x], batch=x.batch)
    return _padded_first(call, rows, x, pairs, mode)


def _cut(call: Call, rows: Rows, x: Value, sizes: tuple[Dim, ...]) -> tuple[Value, tuple[Dim, ...]]:
    """A tensor without its entries in margins below zero, and the margins that remain."""
    for place, (before, after) in enumerate(zip(sizes[::2], sizes[1::2], strict=False)):
        axis = len(x.full) - 1 - place
        start, less = (max(0, -n) if isinstance(n, int) else 0 for n in (before, after))
        x = part(call, rows, x, axis, (start, x.full[axis] - less))
    return x, tuple(max(0, n) if isinstance(n, int) else n for n in sizes)


def _padded_first(call: Call, rows: Rows, x: Value, pairs: list[tuple[Any, Any]], mode: str) -> Made:
    """Margins along the first axis of a sample too, which a layer has behind another one that has none."""
    added, rank = len(x.full) - len(pairs), len(x.full)
    free = next((axis for axis, pair in enumerate(pairs) if not any(pair)), None)
    if free is None:
        return None
    own = [free, *(axis for axis in range(len(pairs)) if axis != free)]
    order = [*range(added), *(axis + added for axis in own)]
    first = turned(call, rows, x, order)
    layer = Layer.kinds["pad"](margin=tuple(pairs[axis] for axis in own[1:]), mode=mode)
    made = rows.add(call, layer, [first], tuple(call.full[axis] for axis in order), first.batch)
    return turned(call, rows, made, [order.index(axis) for axis in range(rank)])


_NEAREST = ("upsample_nearest1d", "upsample_nearest2d", "upsample_nearest3d", "_upsample_nearest_exact2d")
_LINEAR = ("upsample_linear1d", "upsample_bilinear2d", "upsample_trilinear3d")


@makes(*_NEAREST, *_LINEAR)
def upsample(call: Call, rows: Rows) -> Made:
    """Interpolation to another size."""
    x, full = image(call, rows), call.full
    sizes, before = full[2:], x.full[2:]
    mode = "nearest" if call.word in _NEAREST else "linear"
    if all(divides(n, m) is True for n, m in zip(before, sizes, strict=True)):
        scales = tuple(quotient(m, n) for n, m in zip(before, sizes, strict=True))
        return rows.add(call, Layer.kinds["upsample"](scale=one_for_all(scales), mode=mode), [x], batch=x.batch)
    return rows.add(call, Layer.kinds["resize"](size=one_for_all(sizes), mode=mode), [x], batch=x.batch)


@makes("pixel_shuffle", "pixel_unshuffle", "channel_shuffle")
def shuffle(call: Call, rows: Rows) -> Made:
    """Channels that become places or change their order."""
    x = image(call, rows)
    word = call.word.replace("_", "")
    factor = call.given("upscale_factor", "downscale_factor", "groups")
    layer = Layer.kinds[word](**{"groups" if word == "channelshuffle" else "factor": factor})
    return rows.add(call, layer, [x], batch=x.batch)
