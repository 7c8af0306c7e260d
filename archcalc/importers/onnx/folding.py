"""Operators on arrays that depend on no input, worked out as far as shapes need their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

from msgspec.structs import replace

from archcalc.errors import SpecError
from archcalc.importers.onnx.model import MOST_CONTENT, Operator
from archcalc.importers.onnx.values import Known, Number, broadcast
from archcalc.network.limits import MAX_NUMBER, bounded
from archcalc.symbols.dims import Dim, Shape, at_least, ceil_div, decided, equal, floor_div, maximum, minimum, remainder

# Volumes are third powers.
_HIGHEST = 8
# The types of arrays that hold whole numbers or truths.
_WHOLE = {2, 3, 4, 5, 6, 7, 9, 12, 13}


def _count(shape: Shape) -> int | None:
    """The number of values of a shape; None if letters leave it open."""
    return math.prod(shape) if all(isinstance(n, int) for n in shape) else None


def small(shape: Shape) -> bool:
    """True for a shape of so few values that their numbers are kept."""
    count = _count(shape)
    return count is not None and 0 <= count <= MOST_CONTENT


def wholes(*numbers: Dim) -> Known:
    """A list of whole numbers."""
    return Known((len(numbers),), numbers, floating=False)


def places(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The places of an array's values, in order."""
    # An axis of 0 leaves none, however long the others are.
    return product(*map(range, shape)) if 0 not in shape else iter(())


def picked(x: Known, shape: Shape, place: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Known:
    """An array of which each value is one of another, at the place that a function gives."""
    content = None
    if x.content is not None and small(shape):
        strides = [math.prod(x.shape[axis + 1 :]) for axis in range(len(x.shape))]
        at = (sum(i * step for i, step in zip(place(where), strides, strict=True)) for where in places(shape))
        content = tuple(x.content[i] for i in at)
    return replace(x, shape=shape, content=content)


def joined(parts: Sequence[Known], axis: int) -> Known | None:
    """Arrays one after the other along an axis; None if they do not fit."""
    rank = len(parts[0].shape)
    if rank == 0 or any(len(x.shape) != rank for x in parts) or not -rank <= axis < rank:
        return None
    axis %= rank
    total: Dim = sum((x.shape[axis] for x in parts[1:]), start=parts[0].shape[axis])
    shape = (*parts[0].shape[:axis], total, *parts[0].shape[axis + 1 :])
    content = None
    if small(shape) and all(x.content is not None for x in parts):
        runs = [math.prod(x.shape[axis:]) for x in parts]
        outer = range(math.prod(shape[:axis]))
        content = tuple(
            n
            for i in outer
            for x, run in zip(parts, runs, strict=True)
            for n in (x.content or ())[i * run : (i + 1) * run]
        )
        content = content if len(content) == _count(shape) else None
    owner = next((x for x in parts if x.trained), parts[0])
    return replace(owner, shape=shape, content=content)


def bounds(start: Dim, stop: Dim, step: int, n: Dim) -> tuple[Dim, Dim]:
    """The first entry of an axis of n that a slice keeps, and the one after its last, for steps forwards."""

    def held(end: Dim) -> Dim:
        if isinstance(end, int) and end < 0:
            end = end + n
        elif isinstance(end, int) and end >= 2**31 - 1:
            return n
        # A letter is taken to be within the axis.
        return min(max(end, 0), n) if isinstance(end, int) and isinstance(n, int) else end

    first, last = held(start), held(stop)
    return first, first + ceil_div(last - first, step)


def sliced(x: Known, axis: int, start: Dim, stop: Dim, step: int) -> Known | None:
    """Some entries of an axis; None if letters leave open which."""
    n = x.shape[axis]
    if step < 0:
        if not isinstance(n, int) or not isinstance(start, int) or not isinstance(stop, int):
            return None
        run = range(n)[slice(start, stop if stop >= -n else None, step)]
        first, count = run.start, len(run)
    else:
        low, high = bounds(start, stop, step, n)
        if not isinstance(low, int):
            return None
        first, count = low, high - low
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    return picked(x, shape, lambda at: (*at[:axis], first + at[axis] * step, *at[axis + 1 :]))


def _truth(fact: Any) -> int | None:
    known = decided(fact)
    return None if known is None else int(known)


def _power(a: Number, b: Number) -> Number | None:
    if isinstance(b, int) and 0 <= b <= 64 and not isinstance(a, float):
        return a**b
    return float(a) ** float(b) if isinstance(a, int | float) and isinstance(b, int | float) and a > 0 else None


def _divided(a: Number, b: Number) -> Number | None:
    if b == 0:
        return None
    if isinstance(a, float) or isinstance(b, float):
        return float(a) / float(b) if isinstance(a, int | float) and isinstance(b, int | float) else None
    quotient = floor_div(a, b)
    # Whole numbers are cut towards zero.
    return -(-a // b) if isinstance(a, int) and isinstance(b, int) and a * b < 0 else quotient


_TWO: dict[str, Callable[[Any, Any], Any]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": _divided,
    "Mod": lambda a, b: None if b == 0 else remainder(a, b),
    "Pow": _power,
    "Max": maximum,
    "Min": minimum,
    "Equal": lambda a, b: _truth(equal(a, b)),
    "Greater": lambda a, b: _truth(at_least(a, b + 1)),
    "GreaterOrEqual": lambda a, b: _truth(at_least(a, b)),
    "Less": lambda a, b: _truth(at_least(b, a + 1)),
    "LessOrEqual": lambda a, b: _truth(at_least(b, a)),
    "And": lambda a, b: int(bool(a) and bool(b)),
    "Or": lambda a, b: int(bool(a) or bool(b)),
}
_FLOATS: dict[str, Callable[[Any, Any], Any]] = {
    "Max": max,
    "Min": min,
    "Equal": lambda a, b: int(a == b),
    "Greater": lambda a, b: int(a > b),
    "GreaterOrEqual": lambda a, b: int(a >= b),
    "Less": lambda a, b: int(a < b),
    "LessOrEqual": lambda a, b: int(a <= b),
    "Mod": lambda a, b: None if b == 0 else math.fmod(a, b),
}
_ONE: dict[str, Callable[[Any], Any]] = {
    "Neg": lambda a: -a,
    "Abs": lambda a: maximum(a, -a) if not isinstance(a, float) else abs(a),
    "Not": lambda a: int(not a),
    "Floor": lambda a: math.floor(a) if isinstance(a, float) and math.isfinite(a) else a,
    "Ceil": lambda a: math.ceil(a) if isinstance(a, float) and math.isfinite(a) else a,
    "Sqrt": lambda a: math.sqrt(a) if isinstance(a, int | float) and a >= 0 else None,
    "Identity": lambda a: a,
    "Reciprocal": lambda a: 1 / a if isinstance(a, int | float) and a != 0 else None,
}
COMPARING = {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Not"}


def pointwise(op: Operator, xs: Sequence[Known]) -> Known | None:
    """The outcome of an operator that works value by value; None if the shapes do not fit."""
    shape = broadcast([x.shape for x in xs])
    if shape is None:
        return None
    content = None
    if small(shape) and all(x.content is not None for x in xs):
        content = _each(op.kind, xs, shape)
    owner = next((x for x in xs if x.trained), xs[0])
    floating = any(x.floating for x in xs) and op.kind not in COMPARING
    return replace(owner, shape=shape, content=content, floating=floating)


def _each(kind: str, xs: Sequence[Known], shape: Shape) -> tuple[Number, ...] | None:
    def spread(x: Known) -> tuple[Number, ...]:
        if x.shape == shape:
            return x.content or ()
        lack = len(shape) - len(x.shape)
        return (
            picked(
                x, shape, lambda at: tuple(0 if n == 1 else i for n, i in zip(x.shape, at[lack:], strict=True))
            ).content
            or ()
        )

    rows = zip(*map(spread, xs), strict=True)
    found: list[Number] = []
    for row in rows:
        try:
            value = _one(kind, row)
        except (OverflowError, ValueError, TypeError, ZeroDivisionError):
            return None
        if value is None or not _is_short(value):
            return None
        found.append(value)
    return tuple(found)


def _is_short(value: Number) -> bool:
    """True for a number or formula that may be a size, and is no work to go on with."""
    if isinstance(value, int | float):
        return isinstance(value, float) or abs(value) <= MAX_NUMBER
    try:
        bounded(value)
    except SpecError:
        return False
    return not _is_steep(value)


def _is_steep(formula: Any) -> bool:
    """True for a formula with a power that no size has, and that would be long when written out."""
    power = formula.is_Pow and formula.exp.is_Integer and abs(int(formula.exp)) > _HIGHEST
    return bool(power) or any(map(_is_steep, formula.args))


def _one(kind: str, row: tuple[Any, ...]) -> Any:
    if kind == "Where":
        return row[1] if row[0] else row[2]
    if len(row) == 1:
        return _ONE[kind](row[0]) if kind in _ONE else None
    table = _FLOATS if any(isinstance(n, float) for n in row) and kind in _FLOATS else _TWO
    found = row[0]
    for other in row[1:]:
        found = table[kind](found, other) if kind in table and found is not None else None
    return found


def cast(op: Operator, x: Known) -> Known:
    """The same numbers as those of another type."""
    floating = op.whole("to", 1) not in _WHOLE
    content: tuple[Number, ...] | None = x.content
    if content is not None:
        try:
            content = tuple(_as(n, floating) for n in content)
        except (OverflowError, ValueError):
            content = None
    return replace(x, content=content, floating=floating)


def _as(n: Any, floating: bool) -> Any:
    if not isinstance(n, int | float):
        return n
    return float(n) if floating else int(n)
