"""The conditions for rows to be kept: comparisons such as params <= 5M, held against whole columns exactly."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from archcalc.comparison.goal import COMPARISON, SPELLED
from archcalc.errors import SpecError, nearest
from archcalc.sweeping.program import FITS
from archcalc.symbols.units import written_out

_EXAMPLE = "such as params <= 5M, or 2*macs < 600M"
# Beyond it a number cannot be written as one.
_MAX_POWER = 8


class Condition(msgspec.Struct, frozen=True):
    """A comparison of two sums of columns."""

    text: str
    left: str
    sign: str
    right: str

    @property
    def names(self) -> set[str]:
        """The columns in it."""
        return {
            node.id
            for side in (self.left, self.right)
            for node in ast.walk(_parsed(side, self.text))
            if isinstance(node, ast.Name)
        }

    def holds(self, columns: Mapping[str, Any]) -> Any:
        """True for each row for which it holds."""
        (a, b), (c, d) = (_value(_parsed(side, self.text), columns, self.text) for side in (self.left, self.right))
        left, right = _times(a, d), _times(c, b)
        compare: dict[str, Any] = {
            "<=": np.less_equal,
            ">=": np.greater_equal,
            "<": np.less,
            ">": np.greater,
            "=": np.equal,
            "!=": np.not_equal,
        }
        return compare[self.sign](left, right).astype(bool)


def condition(text: str, known: list[str]) -> Condition:
    """A comparison of columns; raises SpecError for a text that is none, or a name that is no column.

    >>> condition("params <= 5M", ["params"]).holds({"params": np.array([4_000_000, 6_000_000])})
    array([ True, False])
    """
    parts, between = COMPARISON.split(text), COMPARISON.search(text)
    if len(parts) != 2 or between is None or not all(part.strip() for part in parts):
        raise SpecError(f"'{text[:60]}' is no condition", None, _EXAMPLE)
    sides = [written_out(part, lambda amount: amount.value) for part in parts]
    found = Condition(" ".join(text.split()), sides[0].strip(), SPELLED.get(between[0], between[0]), sides[1].strip())
    for name in sorted(found.names):
        if name not in known:
            remedy = nearest(name, known) or f"there are {', '.join(known)}"
            raise SpecError(f"'{name[:60]}' in '{text[:60]}' is no column", None, remedy)
    if not found.names:
        raise SpecError(f"'{text[:60]}' has no column in it", None, _EXAMPLE)
    return found


def _parsed(side: str, text: str) -> ast.expr:
    try:
        return ast.parse(side, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise SpecError(f"'{text[:60]}' is no condition", None, _EXAMPLE) from None


def _value(node: ast.expr, columns: Mapping[str, Any], text: str) -> tuple[Any, int]:
    """The values of an expression, as whole numbers over one number."""
    match node:
        case ast.Constant(value=int() | float() as number):
            fraction = Fraction(repr(number))
            return fraction.numerator, fraction.denominator
        case ast.Name(id=name):
            return columns[name], 1
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            top, below = _value(operand, columns, text)
            return _times(top, -1), below
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            (a, b), (c, d) = _value(left, columns, text), _value(right, columns, text)
            return _plus(_times(a, d), _times(c, b if isinstance(op, ast.Add) else -b)), b * d
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            (a, b), (c, d) = _value(left, columns, text), _value(right, columns, text)
            return _times(a, c), b * d
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            (a, b), (c, d) = _value(left, columns, text), _value(right, columns, text)
            if isinstance(c, int) and c:
                return _times(a, d if c > 0 else -d), b * abs(c)
            raise SpecError(
                f"'{text[:60]}' divides by a column or by 0", None, "write it as a product on the other side"
            )
        case _:
            raise SpecError(f"'{text[:60]}' is no sum of columns", None, _EXAMPLE)


def _most(value: Any) -> int:
    return abs(value) if isinstance(value, int) else max(abs(int(value.max(initial=0))), abs(int(value.min(initial=0))))


def _wide(value: Any) -> Any:
    return value if isinstance(value, int) else value.astype(object)


def _times(a: Any, b: Any) -> Any:
    return _wide(a) * _wide(b) if _most(a) * _most(b) > FITS else a * b


def _plus(a: Any, b: Any) -> Any:
    return _wide(a) + _wide(b) if _most(a) + _most(b) > FITS else a + b
