"""Sizes of tensors, which may be formulas of letters."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import reduce
from operator import add, mul

from archcalc.errors import SpecError
from archcalc.importers.pt2.program import Size
from archcalc.symbols.dims import Dim, ceil_div, floor_div, is_letter, maximum, minimum, remainder, symbol

# The most characters and the deepest brackets of a formula that is read.
_MAX_CHARACTERS, _MAX_DEPTH = 4_000, 60
_MAX_POWER = 8
_MAX_SIZE = 2**63


def _power(base: Dim, exponent: Dim) -> Dim:
    if not isinstance(exponent, int) or not 0 <= exponent <= _MAX_POWER:
        raise ValueError
    return reduce(mul, [base] * exponent, 1)


_FUNCTIONS: Mapping[str, Callable[..., Dim]] = {
    "Add": lambda *terms: reduce(add, terms),
    "Mul": lambda *factors: reduce(mul, factors),
    "Pow": _power,
    "FloorDiv": floor_div,
    "CleanDiv": floor_div,
    "CeilDiv": ceil_div,
    "Mod": remainder,
    "PythonMod": remainder,
    "Max": lambda *terms: reduce(maximum, terms),
    "Min": lambda *terms: reduce(minimum, terms),
}


def dim_of(size: Size, known: Mapping[str, Dim]) -> Dim:
    """A size as a dimension, with those letters replaced that have a value; raises ValueError if it is not understood."""
    if size.as_expr is None:
        if size.as_int is None or not 0 <= size.as_int < _MAX_SIZE:
            raise ValueError
        return size.as_int
    text = size.as_expr.expr_str
    if len(text) > _MAX_CHARACTERS:
        raise ValueError
    try:
        return _dim(ast.parse(text, mode="eval").body, known, 0)
    except (SyntaxError, RecursionError, MemoryError, TypeError, ZeroDivisionError, SpecError):
        raise ValueError from None


def letter_of(size: Size) -> str:
    """The letter that a size is, "" if it is anything else."""
    text = "" if size.as_expr is None else size.as_expr.expr_str[:_MAX_CHARACTERS]
    try:
        node = ast.parse(text, mode="eval").body if text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return _letter(node) if isinstance(node, ast.Call) and _function(node) == "Symbol" else ""


def _function(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _letter(node: ast.Call) -> str:
    word = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
    return word if isinstance(word, str) and is_letter(word) else ""


def _dim(node: ast.expr, known: Mapping[str, Dim], depth: int) -> Dim:
    """A formula as sympy writes it: numbers, letters, and functions of them. Nothing of it is run."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_dim(node.operand, known, depth + 1)
    if not isinstance(node, ast.Call) or depth > _MAX_DEPTH:
        raise ValueError
    function = _function(node)
    if function == "Symbol" and (letter := _letter(node)):
        return known.get(letter) or symbol(letter)
    if function == "Integer":
        (number,) = node.args
        return _dim(number, known, depth + 1)
    if function not in _FUNCTIONS or not node.args:
        raise ValueError
    return _FUNCTIONS[function](*(_dim(each, known, depth + 1) for each in node.args))
