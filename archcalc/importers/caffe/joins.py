"""Layers that join blobs, or take them apart."""

from __future__ import annotations

from itertools import pairwise

from archcalc.errors import SpecError
from archcalc.importers.caffe.rows import Rows
from archcalc.importers.caffe.text import Message
from archcalc.layers.arithmetic import Times
from archcalc.layers.margins import Crop
from archcalc.layers.merge import Add, Concat, Maximum, Multiply, Subtract
from archcalc.layers.rearrange import Slice, Split

_JOINS = {"prod": Multiply, "0": Multiply, "sum": Add, "1": Add, "max": Maximum, "2": Maximum}


def concat(rows: Rows, *inputs: int) -> int:
    """Blobs one after the other along an axis."""
    param = rows.param("concat_param")
    axis = rows.axis(param, inputs[0], key=_axis_key(param, "concat_dim"))
    return rows.add(Concat(axis=axis), *inputs) if len(inputs) > 1 else inputs[0]


def _axis_key(param: Message, older: str) -> str:
    return older if older in param.fields and "axis" not in param.fields else "axis"


def eltwise(rows: Rows, *inputs: int) -> int:
    """The sum, product or maximum of blobs, value by value; each term of a sum may have a factor."""
    param = rows.param("eltwise_param")
    kind = _JOINS[param.word("operation", tuple(_JOINS), "sum")]
    if len(inputs) == 1:
        return inputs[0]
    factors = param.numbers("coeff") if kind is Add else []
    if factors and len(factors) != len(inputs):
        raise SpecError(f"{len(factors)} values of coeff for {len(inputs)} blobs", param.where("coeff"))
    if factors == [1, *[-1] * (len(inputs) - 1)]:
        return rows.add(Subtract(), *inputs)
    terms = [
        x if factor == 1 else rows.add(Times(factor), x, part="scaled")
        for x, factor in zip(inputs, factors or [1] * len(inputs), strict=True)
    ]
    return rows.add(kind(), *terms)


def slices(rows: Rows, x: int) -> list[int]:
    """The parts of a blob along an axis, cut where the layer says or into equal ones, each named like its blob."""
    param = rows.param("slice_param")
    axis = rows.axis(param, x, key=_axis_key(param, "slice_dim"))
    points, tops = param.wholes("slice_point", 1), rows.step.tops
    if not points:
        return [
            rows.add(Split(len(tops), part, axis=axis), x, part=top) if len(tops) > 1 else x
            for part, top in enumerate(tops)
        ]
    if len(points) != len(tops) - 1:
        raise SpecError(f"{len(points)} values of slice_point for {len(tops)} blobs", param.where("slice_point"))
    ends = [0, *points, rows.shape(x)[axis]]
    return [
        rows.add(Slice(start, stop, axis), x, part=top, param="slice_param", fields={"stop": "slice_point"})
        for (start, stop), top in zip(pairwise(ends), tops, strict=True)
    ]


def split(rows: Rows, x: int) -> list[int]:
    """A blob under several names."""
    return [x] * len(rows.step.tops)


def axpy(rows: Rows, factors: int, x: int, y: int) -> int:
    """One blob times a factor for each channel, plus another."""
    return rows.add(Add(), rows.add(Multiply(), x, rows.like(factors, x, 0), part="product"), y)


def crop(rows: Rows, x: int, like: int) -> int:
    """A blob cut to the sizes of another, from an axis on."""
    param = rows.param("crop_param")
    axis = rows.axis(param, x, default=2)
    shape, wanted, offsets = rows.shape(x), rows.shape(like), param.wholes("offset", 0)
    if len(shape) != len(wanted):
        raise rows.step.error("its two blobs have different numbers of axes")
    if len(offsets) not in {0, 1, len(shape) - axis}:
        raise SpecError(f"{len(offsets)} values of offset for {len(shape) - axis} axes", param.where("offset"))
    offsets = [0] * axis + (offsets if len(offsets) > 1 else (offsets or [0]) * (len(shape) - axis))
    if axis == 0:
        x = rows.add(Slice(offsets[0], offsets[0] + wanted[0], 0), x, part="channels")
    margins = [
        (0, 0) if place < axis else (o, n - m - o)
        for place, (n, m, o) in enumerate(zip(shape, wanted, offsets, strict=True))
    ]
    if any(isinstance(after, int) and after < 0 for _, after in margins[1:]):
        raise rows.step.error(f"its input of {_times(shape)} does not hold {_times(wanted)} at its offset")
    return rows.add(Crop(tuple(margins[1:])), x)


def _times(shape: tuple[object, ...]) -> str:
    return "×".join(map(str, shape))
