"""Arithmetic in specs: `4*width`, `ceil(channels / 2)`, `2 if index == 0 else 1`.

Read with Python's grammar and walked by hand, so that only what is listed here can run. Numbers are exact: 0.75 is
three quarters, and `/` never loses a remainder.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache, reduce
from typing import Any, TypeAlias

from archcalc.errors import Place, SpecError, nearest
from archcalc.language.lists import LIST_FUNCTIONS, check_entries, entry, listed, shown
from archcalc.network import limits
from archcalc.network.limits import MAX_NUMBER, whole_of
from archcalc.symbols import knobs
from archcalc.symbols.dims import (
    Dim,
    Truth,
    at_least,
    ceil_div,
    decided,
    equal,
    floor_div,
    is_dim,
    maximum,
    minimum,
    remainder,
)

Value: TypeAlias = Dim | Fraction | bool | str | tuple[Any, ...]

MAX_CHARACTERS = 2_000
_MAX_POWER = 64


def _power(base: Any, exponent: Any) -> Any:
    if not isinstance(exponent, int) or not 0 <= exponent <= _MAX_POWER:
        raise SpecError(f"a power must be a whole number from 0 to {_MAX_POWER}")
    return base**exponent


def _plain(*values: Any) -> bool:
    """True if no value has a letter, so that plain Python arithmetic applies."""
    return all(isinstance(value, (int, Fraction, str, tuple)) for value in values)


def _settled(fact: Truth) -> bool:
    """The truth of a comparison of letters for all their values; raises _Open if it depends on them."""
    truth = decided(fact)
    if truth is None:
        raise _Open
    return truth


class _Open(TypeError):  # noqa: N818 - not an error until it is known where
    """A comparison that letters leave open."""


def _floor(x: Any) -> Any:
    return x // 1 if _plain(x) else floor_div(x, 1)


def _round_half_even(x: Any) -> Any:
    """The nearest whole number, and of two the even one, as Python's own `round`."""
    if isinstance(x, (int, Fraction)):
        return round(x)
    if not is_dim(x):
        raise TypeError
    # A half lies between the numbers that the two roundings of a half give.
    up, down = floor_div(2 * x + 1, 2), ceil_div(2 * x - 1, 2)
    return down + (up - down) * remainder(down, 2)


def _true(value: Any) -> bool:
    """The truth of a condition, a number being true if it is not 0; raises _Open if letters leave it open."""
    value = _number(value)
    return bool(value) if _plain(value) else not _settled(equal(value, 0))


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    for kind in (str, tuple):
        if isinstance(a, kind) != isinstance(b, kind):
            remedy = "put text in quotes on both sides" if kind is str else "an entry of a list is widths[0]"
            raise SpecError(f"{shown(a)} is compared with {shown(b)}", None, remedy)
    return bool(a == b) if _plain(a, b) else _settled(equal(a, b))


def _at_least(a: Any, b: Any) -> bool:
    a, b = _number(a), _number(b)
    return bool(a >= b) if _plain(a, b) else _settled(at_least(a, b))


def _divisor(n: Any) -> Any:
    """The divisor, which must not be 0; raises _Open if letters leave that open."""
    if n == 0 if _plain(n) else _settled(equal(n, 0)):
        raise ZeroDivisionError
    return n


def _chosen(of_plain: Callable[[Any], Any], pick: Callable[[Any, Any], Any], given: tuple[Any, ...]) -> Any:
    """The smallest or the largest of several values, or of those in one list."""
    values = list(map(_number, listed(given)))
    if not values or (len(given) == 1 and not isinstance(given[0], tuple)):
        raise TypeError
    known = _plain(*values) and not any(map(knobs.is_knob, values))
    return of_plain(values) if known else reduce(pick, [exact(value) for value in values])


def exact(value: Any) -> Any:
    """A number as a dimension: a fraction as a formula."""
    if not isinstance(value, Fraction):
        return value
    import sympy  # noqa: PLC0415 - only where letters stand beside it

    return sympy.Rational(value.numerator, value.denominator)


_NUMBERS = (int, bool, Fraction)
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda a, b: (
        Fraction(a, b) if type(a) in _NUMBERS and type(b) in _NUMBERS else a / (b if _plain(a, b) else _divisor(b))
    ),
    ast.FloorDiv: lambda a, b: a // b if _plain(a, b) else floor_div(exact(a), exact(_divisor(b))),
    ast.Mod: lambda a, b: a % b if _plain(a, b) else remainder(exact(a), exact(_divisor(b))),
    ast.Pow: _power,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: lambda a: not _true(a),
    ast.Eq: _equal,
    ast.NotEq: lambda a, b: not _equal(a, b),
    ast.Lt: lambda a, b: not _at_least(a, b),
    ast.LtE: lambda a, b: _at_least(b, a),
    ast.Gt: lambda a, b: not _at_least(b, a),
    ast.GtE: _at_least,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "ceil": lambda x: math.ceil(x) if isinstance(x, (int, Fraction)) else ceil_div(x, 1),
    "floor": _floor,
    "round": lambda x: (x + Fraction(1, 2)) // 1 if _plain(x) else floor_div(2 * x + 1, 2),
    "round_half_even": _round_half_even,
    "min": lambda *xs: _chosen(min, minimum, xs),
    "max": lambda *xs: _chosen(max, maximum, xs),
    **LIST_FUNCTIONS,
}

_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "True": True, "False": False}

# Words with a meaning in other readers of YAML.
_SWITCHES = {
    **dict.fromkeys(("yes", "on"), "did you mean 'true'?"),
    **dict.fromkeys(("no", "off"), "did you mean 'false'?"),
    **dict.fromkeys(("null", "none", "nan", "inf", "infinity"), "give it a number, or a letter such as N"),
}


def evaluate(text: str, names: Mapping[str, Value], place: Place) -> Value:
    """The value of an expression; raises SpecError, at its place, for a text that is not one.

    >>> from archcalc.errors import Source
    >>> here = Place(Source("a.yaml", ""), 1, 1, 2)
    >>> evaluate("ceil(channels * 0.75)", {"channels": 30}, here)
    23
    """
    if text.isdecimal() and len(text) <= len(str(MAX_NUMBER)):
        return bounded(int(text))
    if text in names:
        return names[text]
    if not text.strip():
        raise SpecError("a value is missing here", place)
    try:
        return bounded(knobs.whole(_walk(_parsed(text), names)))
    except SpecError as error:
        raise SpecError(error.fact, place, *error.notes) from None
    except RecursionError:
        raise SpecError("an expression of too many brackets and signs inside each other", place) from None
    except ZeroDivisionError:
        raise SpecError(f"'{text}' divides by zero", place) from None
    except (TypeError, ArithmeticError) as error:
        if isinstance(error, _Open):
            fact, remedy = f"'{text}' depends on letters that have no value", "give them one in 'params:' or by --set"
            raise SpecError(fact, place, remedy) from None
        raise SpecError(f"'{text}' mixes values that do not go together", place) from None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr:
    if len(text) > MAX_CHARACTERS:
        raise SpecError(f"an expression of {len(text):,} characters; at most {MAX_CHARACTERS} are read")
    try:
        with warnings.catch_warnings():
            # Python only warns of `1if`; here it is a slip like any other.
            warnings.simplefilter("error")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise SpecError(f"'{text}' is not a number, a name or an expression") from None


def _walk(node: ast.expr, names: Mapping[str, Value]) -> Any:  # noqa: PLR0911, PLR0912 - one case for each form of expression
    match node:
        case ast.Constant(value=bool() | str() as value):
            return value
        case ast.Constant(value=int() as value):
            return bounded(value)
        case ast.Constant(value=float() as value) if math.isfinite(value):
            # repr gives the shortest decimal, which is the one written.
            return whole_of(Fraction(repr(value)))
        case ast.Name(id=name):
            return _named(name, names)
        case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_walk(operand, names))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            sides = knobs.operands(_number(_walk(left, names)), _number(_walk(right, names)))
            return bounded(_OPERATORS[type(op)](*sides))
        case ast.Compare(left=left, ops=ops, comparators=rights) if all(type(op) in _OPERATORS for op in ops):
            sides = knobs.operands(*[_walk(side, names) for side in (left, *rights)])
            return all(_OPERATORS[type(op)](a, b) for op, a, b in zip(ops, sides, sides[1:], strict=False))
        case ast.Tuple(elts=entries) | ast.List(elts=entries):
            return tuple(_walk(entry, names) for entry in entries)
        case ast.Subscript(value=values, slice=index) if not isinstance(index, ast.Slice):
            return entry(_walk(values, names), _walk(index, names), ast.unparse(values))
        case ast.BoolOp(op=op, values=terms):
            return (all if isinstance(op, ast.And) else any)(_true(_walk(term, names)) for term in terms)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _walk(body if _true(_walk(test, names)) else orelse, names)
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if args:
            if name not in FUNCTIONS:
                raise SpecError(
                    f"no function '{name}'", None, nearest(name, list(FUNCTIONS)) or f"there are {', '.join(FUNCTIONS)}"
                )
            return bounded(FUNCTIONS[name](*(_walk(arg, names) for arg in args)))
        case _:
            raise SpecError(
                f"'{ast.unparse(node)}' is not arithmetic",
                None,
                "specs know + - * / // % ** comparisons, if-else, and functions",
            )


def _named(name: str, names: Mapping[str, Value]) -> Value:
    if name in names:
        return names[name]
    if name in _CONSTANTS:
        return _CONSTANTS[name]
    known = ", ".join(names) or "none"
    remedy = _SWITCHES.get(name.lower()) or nearest(name, list(names)) or f"the names here are {known}"
    raise SpecError(f"no value named '{name}' here", None, remedy)


def _number(value: Any) -> Any:
    """The value, if it is a number; raises an error for text or a list, which a product could blow up."""
    if isinstance(value, tuple):
        fact = f"{shown(value)} stands where a number was expected"
        raise SpecError(fact, None, "an entry of a list is widths[0]")
    if isinstance(value, str):
        raise TypeError
    return value


def bounded(value: Any) -> Any:
    """The value, as an int if possible; raises SpecError beyond any size that a network has."""
    if isinstance(value, tuple):
        check_entries(value)
        return value
    return limits.bounded(value)
