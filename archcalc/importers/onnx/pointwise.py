"""Operators on each value alone, and on branches value by value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec.structs import replace

from archcalc.importers.onnx.folding import COMPARING, pointwise
from archcalc.importers.onnx.masks import left_by
from archcalc.importers.onnx.model import MOST_AXES, Operator
from archcalc.importers.onnx.values import Flow, Known, broadcast
from archcalc.importers.onnx.walk import Handler, Made, Walk, same
from archcalc.layers.activation import (
    ELU,
    GELU,
    SELU,
    HardSigmoid,
    HardSwish,
    HardTanh,
    LeakyReLU,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from archcalc.layers.arithmetic import Abs, Power, Times
from archcalc.layers.base import Layer
from archcalc.layers.linear import Scale
from archcalc.layers.merge import Add, Divide, Maximum, Multiply, Subtract
from archcalc.symbols.dims import Shape, equal, size

_Maker: TypeAlias = Callable[[Operator], Layer]

_FUNCTIONS: dict[str, _Maker] = {
    "Relu": lambda _: ReLU(),
    "LeakyRelu": lambda op: LeakyReLU(slope=op.number("alpha", 0.01)),
    "Elu": lambda op: ELU(alpha=op.number("alpha", 1.0)),
    "Selu": lambda _: SELU(),
    "Gelu": lambda op: GELU("tanh" if op.word("approximate") == "tanh" else "none"),
    "FastGelu": lambda _: GELU("tanh"),
    "QuickGelu": lambda _: SiLU(),
    "Swish": lambda _: SiLU(),
    "Silu": lambda _: SiLU(),
    "Mish": lambda _: Mish(),
    "Sigmoid": lambda _: Sigmoid(),
    "Tanh": lambda _: Tanh(),
    "HardSigmoid": lambda _: HardSigmoid(),
    "HardSwish": lambda _: HardSwish(),
    "Softplus": lambda _: Softplus(),
    "Abs": lambda _: Abs(),
    "Neg": lambda _: Times(-1.0),
    "Sqrt": lambda _: Power(0.5),
    "Reciprocal": lambda _: Power(-1.0),
}
# Functions that no kind stands for.
_OTHERS = {
    *("Exp", "Log", "Sin", "Cos", "Tan", "Erf", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh"),
    *("Celu", "ThresholdedRelu", "Softsign", "Shrink", "Hardmax", "RandomUniformLike", "RandomNormalLike", "Bernoulli"),
}
# What costs no product and decides or rounds values: masks and whole numbers.
_PASSED = {"Floor", "Ceil", "Round", "Sign", "Not", "IsNaN", "IsInf", "CumSum", "Trilu", "BitwiseNot"}
_JOINS: dict[str, Callable[[], Layer]] = {
    "Add": Add,
    "Sum": Add,
    "Sub": Subtract,
    "Mul": Multiply,
    "Div": Divide,
    "Max": Maximum,
    "Min": Maximum,
}


def function(walk: Walk, op: Operator) -> Made:
    """An activation function, or another function of each value alone."""
    x = walk.value(op, 0)
    if isinstance(x, Known):
        return [pointwise(op, [x]) or replace(x, content=None)]
    if op.kind in _PASSED:
        return passed(walk, op, x)
    if op.kind in _OTHERS:
        return walk.unknown(op, walk.whole(x))
    try:
        layer = _FUNCTIONS[op.kind](op)
    except (ValueError, OverflowError):
        raise walk.error(op, "its settings are no numbers") from None
    return [walk.add(op, layer, x)]


def passed(walk: Walk, op: Operator, x: Flow) -> Made:
    """The same values, where what an operator does to them is left out of the count, and said to be."""
    walk.passed[op.kind] += 1
    chosen_by = walk.value(op, 0) if op.kind == "Where" else None
    if isinstance(chosen_by, Flow) and chosen_by.at == x.at:
        # Its own values say which are replaced, such as those that are no numbers.
        return [x]
    if op.kind == "Where":
        seen = walk.known(op, 0)
        walk.mask(x, "others" if seen is None else left_by(seen))
    elif op.kind in {"Add", "Sub"}:
        walk.mask(x, "others")
    return [x]


def masked(walk: Walk, op: Operator) -> Made:
    """Scores with an array added that only hides some of them."""
    x = walk.value(op, 0)
    if isinstance(x, Known) or broadcast([walk.whole(x), walk.whole(walk.value(op, 1))]) != walk.whole(x):
        return arithmetic(walk, replace(op, kind="Add"))
    hidden = op.word("hides")
    if hidden != "none":
        walk.passed["Add"] += 1
        walk.mask(x, "later" if hidden == "later" else "others")
    return [x]


def slopes(walk: Walk, op: Operator) -> Made:
    """ReLU with trained slopes: one, one for each channel, or one for each value."""
    x, slope = walk.flow(op, 0), walk.known(op, 1)
    if slope is None:
        return walk.unknown(op, walk.whole(x))
    if slope.single or vector_axis(walk, x, slope) == 0:
        return [walk.trained(op, PReLU(per_channel=not slope.single), x, weight=slope)]
    if equal(size(slope.shape), size(x.shape)) is True:
        return [walk.trained(op, PReLU(elementwise=True), x, weight=slope)]
    return walk.unknown(op, walk.whole(x))


def clip(walk: Walk, op: Operator) -> Made:
    """Values held between two numbers; 0 and 6 make it a kind of its own."""
    x = walk.value(op, 0)
    if isinstance(x, Known):
        return [replace(x, content=None)]
    ends = []
    for place, name, default in ((1, "min", -math.inf), (2, "max", math.inf)):
        given = walk.known(op, place)
        ends.append(op.number(name, default) if not op.given(place) else None if given is None else given.only)
    low, high = (end if end is None or abs(end) < 1e30 else math.copysign(math.inf, end) for end in ends)
    if low == 0 and high in {6.0, math.inf}:
        return [walk.add(op, ReLU6() if high == 6 else ReLU(), x)]
    if low is None or high is None or not low < high:
        return walk.unknown(op, walk.whole(x))
    if math.isinf(low) and math.isinf(high):
        return [x]
    return [walk.add(op, HardTanh(max(low, -3.4e38), min(high, 3.4e38)), x)]


def aligned(*flows: Flow, batch: int) -> list[Flow] | None:
    """Branches with as many axes each, the samples of all along one; None if they do not fit that way."""
    if batch == 1 and len({(x.rank - x.batch, x.merged) for x in flows if x.batch is not None}) > 1:
        # Of one sample a merged axis is its own alone.
        flows = tuple(replace(x, batch=None, merged="") if x.merged else x for x in flows)
    rank = max(x.rank for x in flows)
    behind = {x.rank - x.batch for x in flows if x.batch is not None}
    if len(behind) > 1:
        return None
    if not behind:
        return [replace(x, shape=(1,) * (rank - x.rank) + tuple(x.shape)) for x in flows]
    at = rank - behind.pop()
    merged = next((x.merged for x in flows if x.merged), "")
    found = []
    for x in flows:
        shape: Shape = (1,) * (rank - x.rank) + tuple(x.shape)
        if x.batch is None and not merged:
            if shape[at] != 1:
                return None
            shape = (*shape[:at], *shape[at + 1 :])
        elif x.alone is not None and merged:
            shape = (*shape[:at], 1, *shape[at:])
        found.append(
            replace(x, shape=shape, batch=None if x.batch is None else at, merged=merged if x.batch is not None else "")
        )
    return found


def _joined(walk: Walk, op: Operator, layer: Layer, flows: list[Flow]) -> Made:
    found = aligned(*flows, batch=walk.batch)
    if found is None or broadcast([x.shape for x in found]) is None:
        return walk.unknown(op, broadcast([walk.whole(x) for x in flows]))
    made = walk.add(op, layer, *found)
    held = next((x for x in found if x.batch is not None), found[0])
    return [replace(made, batch=held.batch, merged=held.merged)]


def shifted(walk: Walk, op: Operator, x: Flow, bias: Known) -> Flow:
    """A layer's output with an array of the file added to it."""
    further = Operator("Add", "", f"{op.label}/bias", op.outputs, op.outputs, {}, {}, op.blocks)
    [made] = _with_array(walk, further, x, bias, first=True)
    return made if isinstance(made, Flow) else x


def arithmetic(walk: Walk, op: Operator) -> Made:
    """Arithmetic of branches value by value, or of a branch and what the file holds."""
    values = [walk.value(op, place) for place in range(len(op.inputs))]
    if not values:
        raise walk.error(op, "has no input")
    if op.whole("broadcast", 0) and len(values) == 2 and isinstance(values[1], Known):
        # Before version 7 an array lay along the axes from a given one on.
        behind = len(walk.whole(values[0])) - op.whole("axis", 0) - len(values[1].shape)
        lacking = min(max(behind, 0), MOST_AXES) if "axis" in op.attributes else 0
        values[1] = replace(values[1], shape=(*values[1].shape, *(1,) * lacking))
    known = [x for x in values if isinstance(x, Known)]
    flows = [x for x in values if isinstance(x, Flow)]
    if not flows:
        found = pointwise(op, known)
        if found is None:
            raise walk.error(op, "its inputs do not fit")
        return [found]
    if len(values) == 1:
        return [flows[0]]
    if op.kind in _JOINS and len(values) == 2 and len(known) == 1:
        return _with_array(walk, op, flows[0], known[0], first=isinstance(values[0], Flow))
    if op.kind in _JOINS:
        return _joined(walk, op, _JOINS[op.kind](), [walk.flow(op, place) for place in range(len(values))])
    if op.kind == "Pow" and isinstance(values[0], Flow) and len(known) == 1 and known[0].single:
        exponent = known[0].only
        return [walk.add(op, Power(2.0 if exponent is None or not math.isfinite(exponent) else exponent), flows[0])]
    # Comparisons, masks and choices.
    shape = broadcast([walk.whole(x) for x in values])
    like = next((x for x in reversed(flows) if shape is not None and same(walk.whole(x), shape)), None)
    return (
        walk.unknown(op, shape)
        if like is None or op.kind not in {*COMPARING, "Where", "Xor", "Mod"}
        else passed(walk, op, like)
    )


def _with_array(walk: Walk, op: Operator, x: Flow, array: Known, *, first: bool) -> Made:
    """A branch and an array of the file: a number, a trained vector, or any trained array."""
    whole = broadcast([walk.whole(x), array.shape])
    if whole is None:
        raise walk.error(op, "its inputs do not fit")
    if array.single and not array.trained and len(array.shape) <= x.rank:
        return _with_number(walk, op, x, array.only, first=first)
    if not array.trained:
        return passed(walk, op, x) if same(whole, walk.whole(x)) else walk.unknown(op, whole)
    axis = vector_axis(walk, x, array)
    if axis is not None and op.kind in {"Mul", "Div"} and first | (op.kind == "Mul"):
        return [walk.trained(op, Scale(axis=axis), x, weight=array)]
    held = beside(walk, op, array, x)
    return _joined(walk, op, _JOINS[op.kind](), [x, held] if first else [held, x])


def beside(walk: Walk, op: Operator, array: Known, flow: Flow) -> Flow:
    """A trained array of the file as a branch beside another, without the axis of the samples."""
    shape = array.shape
    if flow.alone is not None and len(shape) == flow.rank and shape[flow.alone] in {1, walk.batch}:
        shape = (*shape[: flow.alone], *shape[flow.alone + 1 :])
        return replace(walk.learned(op, array, shape), batch=flow.batch)
    return walk.learned(op, array, shape)


def vector_axis(walk: Walk, x: Flow, array: Known) -> int | None:
    """The axis of a sample along which a vector lies; None if an array is none of that length."""
    long = [axis - len(array.shape) for axis, n in enumerate(array.shape) if n != 1]
    if array.single and array.trained and array.shape:
        # A vector of one, whose axis is the first that it states.
        long = [-len(array.shape)]
    if len(long) != 1 or not -x.rank <= long[0]:
        return None
    axis = x.rank + long[0]
    own = x.own(axis)
    fits = own is not None and equal(walk.whole(x)[axis], array.shape[long[0]]) is True
    return own if fits and not walk.across(x, axis) else None


def _with_number(walk: Walk, op: Operator, x: Flow, number: float | None, *, first: bool) -> Made:
    plain = number is not None and math.isfinite(number)
    if op.kind in {"Mul", "Div"} and first | (op.kind == "Mul"):
        factor: Any = number if plain else 1.0
        if op.kind == "Div":
            factor = 1 / factor if factor else 0.0
        return [x] if factor == 1 and plain else [walk.add(op, Times(float(factor)), x)]
    if op.kind == "Div":
        return [walk.add(op, Power(-1.0), x)]
    if op.kind in {"Max", "Min"}:
        if op.kind == "Max" and number == 0:
            return [walk.add(op, ReLU(), x)]
        held = HardTanh(min=number) if op.kind == "Max" else HardTanh(max=number)  # type: ignore[arg-type]
        ends = {"min": number, "max": 3.4e38} if op.kind == "Max" else {"min": -3.4e38, "max": number}
        return [walk.add(op, held.changed(**ends), x)] if plain else passed(walk, op, x)
    return [x] if number == 0 else passed(walk, op, x)


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys((*_FUNCTIONS, *_OTHERS, *_PASSED), function),
    **dict.fromkeys((*_JOINS, *COMPARING, "Pow", "Mod", "Where", "Xor"), arithmetic),
    "Not": function,
    "PRelu": slopes,
    "Clip": clip,
    "Masked": masked,
}
