"""Convolution and pooling."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

from archcalc.exporters.onnx.filters import filters, surrounded
from archcalc.exporters.onnx.part import Handler, Part, Value
from archcalc.layers.axes import both_sides, each_axis
from archcalc.layers.sliding import span
from archcalc.symbols.dims import ceil_div


def _pads(sides: list[tuple[int, int]]) -> tuple[int, ...]:
    """Margins as ONNX has them: those before all axes, then those after."""
    return (*(before for before, _ in sides), *(after for _, after in sides))


def _sides(part: Part) -> list[tuple[int, int]] | None:
    """The margins of a window's axes; None where letters leave those of `same` open."""
    sides = list(part.layer.margins(part.shape))
    if part.layer.padding == "same" and not all(isinstance(n, int) for side in sides for n in side):
        return None
    return [(before, after) for before, after in sides]


def _windows(part: Part) -> dict[str, Any]:
    """The settings of a window that slides."""
    rank = part.layer.rank
    kernel, stride, _, dilation, _ = part.layer.geometry()
    found = {"kernel_shape": each_axis(kernel, rank), "strides": each_axis(stride, rank)}
    if any(n != 1 for n in each_axis(dilation, rank)):
        found["dilations"] = each_axis(dilation, rank)
    return {name: part.known(sizes, name) for name, sizes in found.items()}


def _padded(part: Part) -> dict[str, Any]:
    sides = _sides(part)
    return {"auto_pad": "SAME_UPPER"} if sides is None else {"pads": _pads(sides)}


def convolution(part: Part) -> Value:
    """A convolution; one with a table of connections is one for each row of it."""
    layer, settings, x = part.layer, _windows(part) | _padded(part), part.x
    bias = [part.weight("bias")] if layer.bias and layer.connections is None else []
    if layer.padding_mode != "zeros" and (sides := _sides(part)) is not None and any(map(any, sides)):
        x, settings = surrounded(part, x, sides, layer.padding_mode), _windows(part)
    if layer.connections is None:
        return part.main("Conv", x, filters(part), *bias, group=layer.groups, **settings)
    rows, values = [], part.values("weight")
    ends = [0, *accumulate(map(len, layer.connections))]
    for row, seen in enumerate(layer.connections):
        own = [part.made(f"weight_{row}", values[ends[row] : ends[row + 1]][None], of="weight")]
        if layer.bias:
            own.append(part.made(f"bias_{row}", part.values("bias")[row : row + 1], of="bias"))
        maps = part.op("Gather", x, part.file.numbers(*seen), axis=1)
        rows.append(part.op("Conv", maps, *own, **settings))
    return part.main("Concat", *rows, axis=1)


def transposed(part: Part) -> Value:
    """A transposed convolution."""
    layer, rank = part.layer, part.layer.rank
    settings = _windows(part) | {"pads": _pads(list(both_sides(layer.padding, rank)))}
    extra = each_axis(layer.output_padding, rank)
    bias = [part.weight("bias")] if layer.bias else []
    more = {"output_padding": extra} if any(extra) else {}
    return part.main("ConvTranspose", part.x, filters(part, rows=1), *bias, group=layer.groups, **settings, **more)


def _beyond(part: Part) -> list[int]:
    """The places after the padding that the last windows reach where sizes are rounded up."""
    places = part.known(part.layer.places(part.shape), "an output")
    sides = list(part.layer.margins(part.shape))
    return [
        max(0, (m - 1) * s + span(k, d) - n - before - after)
        for m, (n, k, s, _, d), (before, after) in zip(places, part.layer.axes(part.shape), sides, strict=True)
    ]


def maximum(part: Part) -> Value:
    """Max pooling."""
    layer, settings = part.layer, _windows(part)
    if not layer.ceil_mode:
        return part.main("MaxPool", part.x, **settings, **_padded(part))
    if not all(isinstance(n, int) for n in part.shape):
        return part.main("MaxPool", part.x, **settings, **_padded(part), ceil_mode=1)
    # Runtimes differ on windows that begin in the padding, so it is written how far they reach.
    sides = [(before, after + more) for (before, after), more in zip(_sides(part) or [], _beyond(part), strict=True)]
    return part.main("MaxPool", part.x, **settings, pads=_pads(sides))


def mean(part: Part) -> Value:
    """Average pooling, in whose means padding counts if the layer says so; what is beyond the padding never does."""
    layer, settings = part.layer, _windows(part)
    counts = int(layer.count_include_pad)
    if not layer.ceil_mode:
        return part.main("AveragePool", part.x, **settings, **_padded(part), count_include_pad=counts)
    x, sides = part.x, _sides(part) or []
    if counts and any(n for side in sides for n in side):
        x = part.op("Pad", x, part.file.numbers(0, 0, *(n for n, _ in sides), 0, 0, *(n for _, n in sides)))
        sides = [(0, 0)] * layer.rank
    ends = [(before, after + more) for (before, after), more in zip(sides, _beyond(part), strict=True)]
    return part.main("AveragePool", x, **settings, pads=_pads(ends), count_include_pad=0)


def everywhere(kind: str, reduction: str) -> Handler:
    """Pooling of all places of some axes."""

    def write(part: Part) -> Value:
        axes = tuple(axis % len(part.shape) for axis in part.layer.axes)
        if sorted(axes) == list(range(1, len(part.shape))):
            return part.main(kind, part.x)
        return part.main(reduction, part.x, axes=tuple(axis + 1 for axis in axes), keepdims=1)

    return write


def adaptive(kind: str, pool: str, reduction: str) -> Handler:
    """Pooling to a size: windows of one size where it divides the input's, else each interval by itself."""

    def write(part: Part) -> Value:
        rank = part.layer.rank
        sizes = each_axis(part.layer.size, rank)
        if all(m == 1 for m in sizes):
            return part.main(kind, part.x)
        places = part.known(part.shape[1:], "an input")
        if all(n % m == 0 for n, m in zip(places, sizes, strict=True)):
            kernel = tuple(n // m for n, m in zip(places, sizes, strict=True))
            return part.main(pool, part.x, kernel_shape=kernel, strides=kernel)
        x = part.x
        for axis, (n, m) in enumerate(zip(places, sizes, strict=True), start=1):
            if n != m:
                runs = [part.slice(x, axis, i * n // m, ceil_div((i + 1) * n, m)) for i in range(m)]
                ones = [part.op(reduction, run, axes=(axis + 1,), keepdims=1) for run in runs]
                x = part.op("Concat", *ones, axis=axis + 1) if m > 1 else ones[0]
        return x

    return write


def subsampled(part: Part) -> Value:
    """LeNet's trained pooling: the mean times the trained factor of a sum, plus a trained offset."""
    kernel = each_axis(part.layer.kernel, 2)
    y = part.op("AveragePool", part.x, kernel_shape=kernel, strides=kernel)
    factors = part.made("weight", part.values("weight").reshape(-1, 1, 1) * math.prod(kernel))
    return part.op("Add", part.main("Mul", y, factors), part.along(0, "bias"))


def blurred(part: Part) -> Value:
    """A fixed filter over each channel alone."""
    (channels,) = part.known(part.shape[:1], "the channels")
    fixed = part.constant(part.values("filter"))
    return part.main("Conv", part.x, fixed, group=channels, **_windows(part), **_padded(part))


HANDLERS: dict[str, Handler] = {
    **{f"conv{rank}d": convolution for rank in (1, 2, 3)},
    **{f"convtranspose{rank}d": transposed for rank in (1, 2, 3)},
    **{f"maxpool{rank}d": maximum for rank in (1, 2, 3)},
    **{f"avgpool{rank}d": mean for rank in (1, 2, 3)},
    **{f"adaptiveavgpool{rank}d": adaptive("GlobalAveragePool", "AveragePool", "ReduceMean") for rank in (1, 2, 3)},
    **{f"adaptivemaxpool{rank}d": adaptive("GlobalMaxPool", "MaxPool", "ReduceMax") for rank in (1, 2, 3)},
    "globalavgpool": everywhere("GlobalAveragePool", "ReduceMean"),
    "globalmaxpool": everywhere("GlobalMaxPool", "ReduceMax"),
    **{f"blurpool{rank}d": blurred for rank in (1, 2, 3)},
    "subsample2d": subsampled,
}
