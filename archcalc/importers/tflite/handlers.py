"""Operators of TensorFlow Lite with settings that ONNX has not, on the walk over a graph."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from archcalc.importers.onnx.convolution import plain, transposed
from archcalc.importers.onnx.dense import dense as dense_layer
from archcalc.importers.onnx.dense import gather
from archcalc.importers.onnx.folding import wholes
from archcalc.importers.onnx.model import Operator
from archcalc.importers.onnx.picking import slices
from archcalc.importers.onnx.values import Flow, Known
from archcalc.importers.onnx.walk import Handler, Made, Walk, same
from archcalc.layers.linear import Embedding
from archcalc.layers.recurrent import LSTM
from archcalc.layers.resample import Upsample
from archcalc.layers.resize import Resize
from archcalc.symbols.dims import Dim, equal, size

_END = 2**62


def dense(walk: Walk, op: Operator) -> Made:
    """A dense layer along an axis, with a row of weights for each output."""
    x, weight = walk.value(op, 0), walk.known(op, 1)
    if not isinstance(x, Flow) or weight is None or len(weight.shape) != 2:
        return walk.unknown(op)
    made = dense_layer(walk, op, x, op.whole("axis", 1), weight.shape[0])
    return walk.unknown(op) if made is None else [made]


def lookup(walk: Walk, op: Operator) -> Made:
    """Rows of a table for tokens, which may be a list without the axis of the samples."""
    table, tokens = walk.value(op, 0), walk.value(op, 1)
    merged = isinstance(tokens, Flow) and tokens.alone is None
    fits = isinstance(table, Known) and table.trained and len(table.shape) == 2 and walk.lookups
    if not merged or not fits or not isinstance(tokens, Flow) or not isinstance(table, Known):
        return gather(walk, op)
    count, width = table.shape
    flat = walk.view(op, tokens, (size(tokens.shape),), tokens.batch, tokens.merged)
    rows = walk.trained(op, Embedding(count, width), flat, weight=table)
    return [walk.view(op, rows, (*tokens.shape, width), tokens.batch, tokens.merged)]


def transposed_to_size(walk: Walk, op: Operator) -> Made:
    """A transposed convolution to a size that an input says."""
    wanted, x, weight = walk.known(op, 3), walk.flow(op, 0), walk.known(op, 1)
    sizes = None if wanted is None else wanted.wholes
    inputs = op.inputs[:3] if op.given(2) else op.inputs[:2]
    attributes = dict(op.attributes)
    if sizes is None or len(sizes) != 4 or weight is None or len(x.shape) != 3 or x.alone != 0:
        return walk.unknown(op)
    if all(isinstance(n, int) for n in sizes):
        attributes["output_shape"] = tuple(int(n) for n in sizes[1:3])
    else:
        stride, same = op.wholes("strides") or (1, 1), op.word("auto_pad") != "VALID"
        lacking = [int(k) - s if same else min(0, int(k) - s) for k, s in zip(weight.shape[2:], stride, strict=True)]
        ends = [
            n * s + (0 if same else max(0, k - s))
            for n, s, k in zip(x.shape[1:], stride, weight.shape[2:], strict=True)
        ]
        if not all(equal(n, end) is True for n, end in zip(sizes[1:3], ends, strict=True)):
            return walk.unknown(op)
        margins = [max(0, n) for n in lacking]
        attributes |= {
            "auto_pad": "NOTSET",
            "pads": (*(n // 2 for n in margins), *(n - n // 2 for n in margins)),
            "output_padding": tuple(max(0, -n) for n in lacking),
        }
    return transposed(walk, replace(op, inputs=inputs, attributes=attributes))


def resize(walk: Walk, op: Operator) -> Made:
    """An image of a size that an input says."""
    x, wanted = walk.flow(op, 0), walk.known(op, 1)
    sizes = None if wanted is None else wanted.wholes
    if sizes is None or len(sizes) != 2 or x.alone != 0 or len(x.shape) != 3:
        return walk.unknown(op)
    if same(sizes, x.shape[1:]):
        return [x]
    mode: Any = op.word("mode")
    times: list[Any] = [_times(n, m) for n, m in zip(x.shape[1:], sizes, strict=True)]
    if all(times):
        return [walk.add(op, Upsample(plain(tuple(times)), mode), x)]
    return [walk.add(op, Resize(plain(sizes), mode), x)]


def _times(n: Dim, m: Dim) -> int:
    """How many times as long an axis becomes; 0 where that is no whole number."""
    return m // n if isinstance(n, int) and isinstance(m, int) and 0 < n <= m and m % n == 0 else 0


def shape_in_order(walk: Walk, op: Operator) -> Made:
    """The shape of a value in the order of the file's axes."""
    whole = walk.whole(walk.value(op, 0))
    axes = op.wholes("axes") or ()
    return [wholes(*(whole[axes.index(axis)] for axis in range(len(axes))))]


def sized_slice(walk: Walk, op: Operator) -> Made:
    """So many entries of each axis from a first one on; -1 stands for all that follow."""
    starts, sizes = walk.known(op, 1), walk.known(op, 2)
    first, count, axes = starts and starts.wholes, sizes and sizes.wholes, op.wholes("axes") or ()
    if not first or not count or not len(first) == len(count) == len(axes):
        return walk.unknown(op)
    stops = tuple(_END if n == -1 else at + n for at, n in zip(first, count, strict=True))
    places = tuple(axes.index(axis) for axis in range(len(axes)))
    return _cut(walk, op, first, stops, places, (1,) * len(axes))


def strided_slice(walk: Walk, op: Operator) -> Made:
    """Some entries of axes, some steps apart; masks say where all from the first or up to the last are meant."""
    given = [walk.known(op, place) for place in (1, 2, 3)]
    numbers = [x.wholes for x in given if x is not None]
    specs = op.wholes("specs") or ()
    if len(numbers) != 3 or any(one is None or len(one) != len(specs) for one in numbers):
        return walk.unknown(op)
    begin, end, step = (one or () for one in numbers)
    starts, stops, places, steps = [], [], [], []
    for at, place in enumerate(specs):
        if place == -1:
            continue
        stride = step[at]
        forwards = not isinstance(stride, int) or stride > 0
        single = op.whole("single", 0) >> at & 1
        start: Dim = (0 if forwards else _END) if op.whole("begin_mask", 0) >> at & 1 and not single else begin[at]
        stop: Dim = (_END if forwards else -_END) if op.whole("end_mask", 0) >> at & 1 else end[at]
        if single:
            # One entry, whatever its end.
            start, stop, stride = begin[at], _END if begin[at] == -1 else begin[at] + 1, 1
        starts.append(start)
        stops.append(stop)
        places.append(place)
        steps.append(stride)
    return _cut(walk, op, tuple(starts), tuple(stops), tuple(places), tuple(steps))


def _cut(walk: Walk, op: Operator, *numbers: tuple[Dim, ...]) -> Made:
    """Entries of axes, by the first of each, the one after the last, the axes, and the steps."""
    names = [f"{op.outputs[0]}@{part}" for part in ("starts", "stops", "axes", "steps")]
    walk.values.update({name: wholes(*given) for name, given in zip(names, numbers, strict=True)})
    return slices(walk, replace(op, inputs=(op.inputs[0], *names), attributes={}))


def cells_over_sequence(walk: Walk, op: Operator) -> Made:
    """An LSTM: what it puts out at each step."""
    x = walk.flow(op, 0)
    if x.alone != (1 if op.whole("time_first", 0) else 0) or len(x.shape) != 2:
        return walk.unknown(op)
    proj = op.whole("proj", 0)
    layer = LSTM(hidden=op.whole("hidden", 1), bias_mode="single", proj=proj or None)
    return [walk.add(op, layer, x)]


HANDLERS: dict[str, Handler] = {
    "Dense": dense,
    "Lookup": lookup,
    "SizedTransposedConvolution": transposed_to_size,
    "SizedResize": resize,
    "ShapeInOrder": shape_in_order,
    "SizedSlice": sized_slice,
    "StridedSlice": strided_slice,
    "CellsOverSequence": cells_over_sequence,
}
