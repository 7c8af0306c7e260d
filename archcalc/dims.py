"""Dimensions: whole numbers or symbols, the arithmetic they share, and checks with three answers.

A dimension is an `int` or a sympy expression and is used unmodified: `+ - * //` mean the same for both. Only checks
differ, because a symbol can leave them open. sympy is imported when the first symbol is made, never for whole numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import sympy

    Dim: TypeAlias = int | sympy.Expr
    Truth: TypeAlias = bool | sympy.Basic
else:
    Dim = int
    Truth = bool

Shape: TypeAlias = tuple[Dim, ...]


def symbol(name: str) -> Dim:
    """A dimension left as a letter: a positive whole number of unknown value.

    >>> symbol("C") * 4
    4*C
    """
    import sympy  # noqa: PLC0415 - 400 ms that only symbols have to pay

    # Two symbols of one name but other assumptions would be two symbols, so this is the only place that makes them.
    return sympy.Symbol(name, integer=True, positive=True)


def size(shape: Shape) -> Dim:
    """How many values an array of this shape holds; 1 for the empty shape.

    >>> size((64, 224, 224))
    3211264
    """
    return math.prod(shape)


def ceil_div(a: Dim, b: Dim) -> Dim:
    """a / b rounded up.

    >>> ceil_div(7, 2), ceil_div(8, 2)
    (4, 4)
    """
    if isinstance(a, int) and isinstance(b, int):
        return -(-a // b)
    import sympy  # noqa: PLC0415 - only symbols come this far

    return sympy.ceiling(a / b)


def quotient(a: Dim, b: Dim) -> Dim:
    """a / b where b is known, or assumed, to divide a.

    >>> quotient(12, 4), quotient(symbol("C"), 4)
    (3, C/4)
    """
    return a // b if isinstance(a, int) and isinstance(b, int) else a / b


def least(a: Dim, b: Dim) -> Dim:
    """The smaller of two.

    >>> least(3, 5)
    3
    """
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    import sympy  # noqa: PLC0415 - only symbols come this far

    return sympy.Min(a, b)


def greatest(a: Dim, b: Dim) -> Dim:
    """The larger of two.

    >>> greatest(3, 5)
    5
    """
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    import sympy  # noqa: PLC0415 - only symbols come this far

    return sympy.Max(a, b)


def common(a: Dim, b: Dim) -> Dim:
    """The greatest common divisor.

    >>> common(12, 8)
    4
    """
    if isinstance(a, int) and isinstance(b, int):
        return math.gcd(a, b)
    if a == 1 or b == 1:
        return 1
    import sympy  # noqa: PLC0415 - only symbols come this far

    # sympy.gcd treats H and 7 as polynomials and answers 1; an undefined function stays open until H is known.
    return sympy.Function("gcd")(a, b)


def same(a: Dim, b: Dim) -> Truth:
    """Whether two dimensions are equal; a relation where symbols leave it open.

    >>> same(3, 3), same(symbol("C"), 3)
    (True, Eq(C, 3))
    """
    # `==` on sympy compares structure: C == 3 is False there, not "open".
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    import sympy  # noqa: PLC0415 - only symbols come this far

    return _plain(sympy.Eq(a, b))


def divides(k: Dim, n: Dim) -> Truth:
    """Whether k divides n without a remainder.

    >>> divides(4, 32), divides(3, 32), divides(4, symbol("C"))
    (True, False, Eq(Mod(C, 4), 0))
    """
    if isinstance(k, int) and isinstance(n, int):
        return n % k == 0
    import sympy  # noqa: PLC0415 - only symbols come this far

    return _plain(sympy.Eq(sympy.Mod(n, k), 0))


def at_least(a: Dim, b: Dim) -> Truth:
    """Whether a ≥ b.

    >>> at_least(3, 1), at_least(symbol("H"), 0), at_least(symbol("H") - 4, 1)
    (True, True, H - 4 >= 1)
    """
    if isinstance(a, int) and isinstance(b, int):
        return a >= b
    return _plain(a >= b)


def decided(fact: Truth) -> bool | None:
    """True or False where a fact is settled for every value of its symbols, None where it is open.

    >>> decided(at_least(symbol("H") + symbol("W") - 1, 1))
    True
    >>> decided(at_least(symbol("H") - 4, 1)) is None
    True
    """
    if isinstance(fact, bool):
        return fact
    import sympy  # noqa: PLC0415 - only symbols come this far

    # Every symbol is 1 plus something nonnegative; said that way sympy settles sums it otherwise leaves open.
    shifted = {s: 1 + sympy.Dummy(integer=True, nonnegative=True) for s in fact.free_symbols}
    fact = fact.subs(shifted)
    if fact in {sympy.true, sympy.false}:
        return bool(fact)
    if isinstance(fact, sympy.GreaterThan):
        difference = sympy.expand(fact.lhs - fact.rhs)
        if difference.is_nonnegative:
            return True
        if difference.is_negative:
            return False
    return None


def is_dim(value: object) -> bool:
    """Whether a value can be a dimension: a whole number or a symbol that stands for one.

    >>> is_dim(3), is_dim(symbol("C")), is_dim(True), is_dim(0.5)
    (True, True, False, False)
    """
    if isinstance(value, int):
        return not isinstance(value, bool)
    return getattr(value, "is_integer", None) is True


def written(dim: Dim) -> str:
    """A dimension as text, with thousands separated.

    >>> written(138357544), written(2 * symbol("C"))
    ('138,357,544', '2*C')
    """
    return f"{dim:,}" if isinstance(dim, int) else str(dim)


def written_shape(shape: Shape) -> str:
    """A shape as text.

    >>> written_shape((64, 224, 224)), written_shape(())
    ('64×224×224', 'one value')
    """
    return "×".join(str(d) if isinstance(d, int) or d.is_Atom else f"({d})" for d in shape) or "one value"


def _plain(fact: Any) -> Truth:
    """sympy's own true and false as Python's."""
    import sympy  # noqa: PLC0415 - only symbols come this far

    return bool(fact) if fact in {sympy.true, sympy.false} else fact
