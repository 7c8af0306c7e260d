"""Operators that join, repeat or reduce, and those that make arrays."""

from __future__ import annotations

import math
from typing import Any

from msgspec.structs import replace

from archcalc.importers.onnx.folding import cast, joined, picked, small
from archcalc.importers.onnx.model import Array, Operator
from archcalc.importers.onnx.pointwise import aligned, beside
from archcalc.importers.onnx.shaping import axis_of, numbers
from archcalc.importers.onnx.values import Flow, Known, broadcast, says_trained
from archcalc.importers.onnx.walk import Handler, Made, Walk, same
from archcalc.layers.activation import Dropout
from archcalc.layers.adaptive import GlobalAvgPool, GlobalMaxPool
from archcalc.layers.maxout import Maxout
from archcalc.layers.merge import Concat
from archcalc.layers.softmax import Softmax
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import Dim, Shape, equal, size


def array_value(array: Array, *, trained: bool) -> Known:
    """An array of the file as a value."""
    # Of weights no value is read; a few numbers with a point are factors.
    few = not array.floating or math.prod(array.shape) <= 16
    own = trained and (math.prod(array.shape) != 1 or says_trained(array.name))
    return Known(array.shape, array.content if few else None, array.floating, array.name, array.shape, own)


def constant(walk: Walk, op: Operator) -> Made:
    """An array that stands in the operator itself."""
    array = op.array("value")
    if array is not None:
        named = Array(op.outputs[0] if op.outputs else "", array.shape, array.type, array.parts)
        return [array_value(named, trained=False)]
    found: Any = next((value for name, value in op.attributes.items() if name.startswith("value_")), None)
    if isinstance(found, tuple):
        return [Known((len(found),), found, any(isinstance(n, float) for n in found))]
    if isinstance(found, int | float):
        return [Known((), (found,), isinstance(found, float))]
    return walk.unknown(op)


def filled(walk: Walk, op: Operator) -> Made:
    """An array of one number. It is trained if it has a point: networks without their weights are written so."""
    shape = walk.known(op, 0)
    wanted = None if shape is None else shape.wholes
    if wanted is None:
        return walk.unknown(op)
    value = op.array("value")
    number = 0.0 if value is None or not value.content else value.content[0]
    floating = value is None or value.floating
    count = size(wanted)
    few = small(wanted) and (not floating or count <= 16)
    content = (number,) * int(count) if few else None
    own = floating and op.given(0) in walk.constants and (count != 1 or says_trained(op.outputs[0]))
    return [Known(wanted, content, floating, op.outputs[0] if own else "", wanted, trained=own)]


def counted(walk: Walk, op: Operator) -> Made:
    """Whole numbers from one to another."""
    given = [x.content for place in range(3) if (x := walk.known(op, place)) is not None]
    if len(given) == 3 and all(content and isinstance(content[0], int | float) for content in given):
        start, stop, step = (content[0] for content in given if content)
        if all(isinstance(n, int) for n in (start, stop, step)) and step:
            run = range(start, stop, step)  # type: ignore[arg-type]
            return [Known((len(run),), tuple(run) if small((len(run),)) else None, floating=False)]
    elif len(given) == 3 and given[0] == (0,) and given[2] == (1,) and given[1]:
        end: Any = given[1][0]
        return [Known((end,), None, floating=False)]
    return walk.unknown(op)


def casting(walk: Walk, op: Operator) -> Made:
    """The same numbers as those of another type."""
    x = walk.value(op, 0)
    return [cast(op, x) if isinstance(x, Known) else x]


def same_value(walk: Walk, op: Operator) -> Made:
    """The same values. An array under a name of its own is one of its own: exporters write one for all that are equal."""
    x = walk.value(op, 0)
    if isinstance(x, Known) and x.owner and op.outputs:
        return [replace(x, owner=op.outputs[0])]
    return [x]


def dropout(walk: Walk, op: Operator) -> Made:
    """Dropout, which does nothing at inference."""
    x = walk.value(op, 0)
    ratio = walk.known(op, 1)
    rate = op.number("ratio", 0.5) if ratio is None or ratio.only is None else ratio.only
    return [walk.add(op, Dropout(rate if 0 <= rate <= 1 else 0.5), x) if isinstance(x, Flow) else x]


def concat(walk: Walk, op: Operator) -> Made:
    """Values one after the other along an axis."""
    values = [walk.value(op, place) for place, name in enumerate(op.inputs) if name]
    # What has an axis of 0 adds nothing to the others.
    values = [x for x in values if not isinstance(x, Known) or 0 not in x.shape] or values
    known = [x for x in values if isinstance(x, Known)]
    usual = 1 if walk.opset < 4 else 0
    if len(known) == len(values):
        found = joined(known, op.whole("axis", usual)) if known else None
        if found is None:
            raise walk.error(op, "its inputs have different numbers of axes")
        return [found]
    if len(values) == 1:
        return values
    rank = len(walk.whole(values[0]))
    axis = axis_of(walk, op, op.whole("axis", usual), rank)
    if any(len(walk.whole(x)) != rank for x in values):
        raise walk.error(op, "its inputs have different numbers of axes")
    total: Dim = sum((walk.whole(x)[axis] for x in values[1:]), start=walk.whole(values[0])[axis])
    whole: Shape = (*walk.whole(values[0])[:axis], total, *walk.whole(values[0])[axis + 1 :])
    beside = next(x for x in values if isinstance(x, Flow))
    flows = [x if isinstance(x, Flow) else _beside(walk, op, x, beside) for x in values]
    found_flows = aligned(*flows, batch=walk.batch)
    held = next((x for x in found_flows or () if x.batch is not None), flows[0])
    own = held.own(axis)
    if found_flows is None or own is None or walk.across(held, axis):
        return walk.unknown(op, whole)
    made = walk.add(op, Concat(axis=own), *found_flows)
    return [replace(made, batch=held.batch, merged=held.merged)]


def _beside(walk: Walk, op: Operator, array: Known, flow: Flow) -> Flow:
    """An array of the file as a branch beside another: trained, or of numbers that it only holds."""
    if array.trained:
        return beside(walk, op, array, flow)
    shape = array.shape
    alone = flow.alone if len(shape) == flow.rank else None
    if alone is not None and shape[alone] in {1, walk.batch}:
        shape = (*shape[:alone], *shape[alone + 1 :])
    else:
        alone = None
    made = walk.add(op, Unknown("Constant", tuple(shape) or (1,)), flow)
    return replace(made, shape=shape, batch=alone, merged="")


def repeated(walk: Walk, op: Operator) -> Made:
    """Values repeated along axes."""
    x, wanted = walk.value(op, 0), numbers(walk, op, 1, "shape")
    if wanted is None:
        return walk.unknown(op)
    if op.kind == "Tile":
        whole = walk.whole(x)
        shape: Shape | None = tuple(n * times for n, times in zip(whole, wanted, strict=False))
    else:
        shape = broadcast([walk.whole(x), wanted])
    if shape is None:
        raise walk.error(op, "its shapes do not fit")
    if isinstance(x, Known):
        x = replace(x, trained=False, owner="", source=(1,)) if x.single else x
        lack = len(shape) - len(x.shape)
        if op.kind == "Tile" and x.content is not None and small(shape):
            return [picked(x, shape, lambda at: tuple(i % n for i, n in zip(at, x.shape, strict=True)))]
        one = x.shape
        return [picked(x, shape, lambda at: tuple(0 if n == 1 else i for n, i in zip(one, at[lack:], strict=True)))]
    return [x] if same(shape, walk.whole(x)) else walk.unknown(op, shape)


def softmax(walk: Walk, op: Operator) -> Made:
    """Softmax along an axis; before version 13 over all axes from there on."""
    x = walk.flow(op, 0)
    old = walk.opset < 13
    axis = axis_of(walk, op, op.whole("axis", 1 if old else -1), x.rank)
    whole = walk.whole(x)
    own = x.own(axis)
    if own is None or walk.across(x, axis) or (old and size(whole[axis + 1 :]) != 1):
        return walk.unknown(op, whole)
    return [walk.add(op, Softmax(axis=own), x)]


_POOLS: dict[str, Any] = {"ReduceMean": GlobalAvgPool, "ReduceMax": GlobalMaxPool}


def reduced(walk: Walk, op: Operator) -> Made:
    """One value in place of some axes."""
    x, axes = walk.value(op, 0), numbers(walk, op, 1, "axes")
    whole = walk.whole(x)
    if axes is None and op.given(1):
        return walk.unknown(op)
    if not axes and op.whole("noop_with_empty_axes", 0):
        return [x]
    gone = {axis_of(walk, op, int(axis), len(whole)) for axis in (axes or range(len(whole)))}
    keeps = bool(op.whole("keepdims", 1))
    shape = tuple(1 if axis in gone else n for axis, n in enumerate(whole) if keeps or axis not in gone)
    if isinstance(x, Known):
        product = op.kind == "ReduceProd" and x.content is not None and len(gone) == len(whole)
        total = size(x.wholes or ()) if product else None
        return [replace(x, shape=shape, content=None if total is None else (total,))]
    own: Any = tuple(x.own(axis) for axis in sorted(gone))
    if None in own or any(walk.across(x, axis) for axis in gone) or op.kind not in _POOLS or len(x.shape) < 2:
        return walk.unknown(op, shape)
    made = walk.add(op, _POOLS[op.kind](axes=own), x)
    if keeps:
        return [made]
    sample = tuple(n for axis, n in enumerate(x.shape) if axis not in own)
    batch = None if x.batch is None else x.batch - sum(axis < x.batch for axis in gone)
    return [walk.view(op, made, sample, batch, x.merged)]


def strongest(walk: Walk, op: Operator) -> Made:
    """The largest values along some axes, or of each few channels that a view has laid along an axis of their own."""
    x = walk.value(op, 0)
    lone = numbers(walk, op, 1, "axes") == (2,) and not op.whole("keepdims", 1)
    pieces = _pieces(walk, x) if isinstance(x, Flow) and lone else 0
    if pieces and isinstance(x, Flow):
        return [walk.add(op, Maxout(pieces), replace(x, shape=tuple(walk.builder.shape(x.at))))]
    return reduced(walk, op)


def _pieces(walk: Walk, x: Flow) -> int:
    """The number of channels that lie along the second axis of a view of images, 0 where it is none such."""
    channels, *places = walk.builder.shape(x.at)
    own, pieces, *others = (*x.shape, 0, 0)[: max(len(x.shape), 2)]
    fits = x.alone == 0 and isinstance(pieces, int) and same(tuple(others), tuple(places))
    return int(pieces) if fits and equal(own * pieces, channels) is True else 0


def largest(walk: Walk, op: Operator) -> Made:
    """The largest values along an axis, where they are, or those at places that depend on values."""
    whole = walk.whole(walk.flow(op, 0))
    if op.kind == "GatherElements":
        return walk.unknown(op, walk.whole(walk.value(op, 1)))
    if op.kind == "TopK" and op.given(1) and walk.known(op, 1) is None:
        return walk.unknown(op)
    if op.kind == "TopK":
        count = numbers(walk, op, 1, "k") or (op.whole("k", 1),)
        axis = axis_of(walk, op, op.whole("axis", -1), len(whole))
        shape = (*whole[:axis], count[0], *whole[axis + 1 :])
        return walk.unknown(op, shape, shape)
    axis = axis_of(walk, op, op.whole("axis", 0), len(whole))
    return walk.unknown(op, (*whole[:axis], *((1,) if op.whole("keepdims", 1) else ()), *whole[axis + 1 :]))


def overwritten(walk: Walk, op: Operator) -> Made:
    """An array with some of its values replaced."""
    x = walk.value(op, 0)
    if not walk.flows(op):
        return [replace(x, content=None, owner="", trained=False)]
    return walk.unknown(op, walk.whole(x))


HANDLERS: dict[str, Handler] = {
    "Constant": constant,
    "ConstantOfShape": filled,
    "Range": counted,
    **dict.fromkeys(("Cast", "CastLike"), casting),
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear"), casting),
    "Identity": same_value,
    **dict.fromkeys(("ScatterND", "ScatterElements", "Scatter"), overwritten),
    "Dropout": dropout,
    "Concat": concat,
    **dict.fromkeys(("Expand", "Tile"), repeated),
    **dict.fromkeys(("Softmax", "LogSoftmax"), softmax),
    **dict.fromkeys(("ReduceMean", "ReduceMin", "ReduceSum", "ReduceProd", "ReduceL2", "ReduceL1"), reduced),
    "ReduceMax": strongest,
    **dict.fromkeys(("TopK", "ArgMax", "ArgMin", "GatherElements"), largest),
}
