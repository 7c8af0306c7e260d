"""Whole numbers that carry the formula that gave them.

A `Traced` is an int in every respect, so the lines that compute a size also record its formula. The formula is
simplified as it grows: equal terms are added up, factors of 1 and literal zeros are dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from archcalc.symbols.dims import Dim
from archcalc.symbols.notation import WORKING
from archcalc.symbols.tree import Digits, Factors, Left, Letter, Over, Raised, Rounded, Terms, Tree


class Number(NamedTuple):
    """A number without a name."""

    value: int


class Name(NamedTuple):
    """A number with a name: a field of a layer, a size of its input or output."""

    name: str
    value: int


class Sum(NamedTuple):
    """Terms with their counts, and a constant."""

    terms: tuple[tuple[int, Formula], ...]
    number: int
    value: int


class Product(NamedTuple):
    """Factors with a coefficient."""

    number: int
    factors: tuple[Formula, ...]
    value: int


class Quotient(NamedTuple):
    """A division, rounded down, or up if `up` is true."""

    above: Formula
    below: Formula
    up: bool
    value: int


class Power(NamedTuple):
    """A base with an exponent."""

    base: Formula
    exponent: Formula
    value: int


class Remainder(NamedTuple):
    """The remainder of a division."""

    above: Formula
    below: Formula
    value: int


# Settings that are mostly 1.
_ONES = frozenset({"batch", "groups", "dilation", "stride"})

Formula = Number | Name | Sum | Product | Quotient | Power | Remainder


def _terms(formula: Formula, times: int) -> tuple[list[tuple[int, Formula]], int]:
    """A formula as terms with their counts, and a constant."""
    match formula:
        case Number(value):
            return [], times * value
        case Sum(terms, number):
            return [(times * count, term) for count, term in terms], times * number
        case Product(number, factors) if number != 1:
            rest = _product(1, factors)
            return [(times * number, rest)], 0
    return [(times, formula)], 0


def _add(a: Formula, b: Formula, times: int = 1) -> Formula:
    counts: dict[Formula, int] = {}
    number = 0
    for formula, by in ((a, 1), (b, times)):
        terms, more = _terms(formula, by)
        number += more
        for count, term in terms:
            counts[term] = counts.get(term, 0) + count
    kept = tuple((count, term) for term, count in counts.items() if count)
    if not kept:
        return Number(number)
    if len(kept) == 1 and number == 0:
        count, term = kept[0]
        return _product(count, (term,))
    return Sum(kept, number, number + sum(count * term.value for count, term in kept))


def _product(number: int, factors: tuple[Formula, ...]) -> Formula:
    if number == 0 or not factors:
        return Number(number)
    if number == 1 and len(factors) == 1:
        return factors[0]
    if len(factors) == 1 and isinstance(factors[0], Sum) and number == -1:
        terms, rest = _terms(factors[0], -1)
        return Sum(tuple(terms), rest, -factors[0].value)
    if len(factors) == 1 and isinstance(factors[0], Product):
        return _product(number * factors[0].number, factors[0].factors)
    value = number
    for factor in factors:
        value *= factor.value
    return Product(number, factors, value)


def _multiply(a: Formula, b: Formula) -> Formula:
    number = 1
    factors: list[Formula] = []
    for formula in (a, b):
        match formula:
            case Number(value):
                number *= value
            case Product(by, inner):
                number *= by
                factors += inner
            case _:
                factors.append(formula)
    # A setting that is 1 by default is left out, unless nothing else remains; a size of 1 is kept.
    kept = tuple(factor for factor in factors if not _omitted(factor))
    if not kept and number == 1:
        # Of dilation·(kernel − 1) the sum is kept, which may merge with equal terms.
        kept = (next((factor for factor in factors if isinstance(factor, Sum)), factors[0]),) if factors else ()
    return _product(number, kept)


def _omitted(factor: Formula) -> bool:
    return factor.value == 1 and not (isinstance(factor, Name) and factor.name.partition("_")[0] not in _ONES)


def _divide(a: Formula, b: Formula) -> Formula:
    # A division by a stride of 1 is kept in the formula for positions: strides in the room, and one more.
    if b.value == 1 and not (isinstance(b, Name) and isinstance(a, Sum) and (1, b) in a.terms):
        return a
    if isinstance(a, Number) and isinstance(b, Number):
        return Number(a.value // b.value)
    return _rounded(a, b, up=False)


def _rounded(above: Formula, below: Formula, *, up: bool) -> Formula:
    """(a + b) / b as a / b + 1."""
    terms, _ = _terms(above, 1)
    times = next((count for count, term in terms if term == below and count > 0), 0)
    rest = _add(above, below, -times) if times and len(terms) > 1 else above
    value = -(-rest.value // below.value) if up else rest.value // below.value
    quotient = Quotient(rest, below, up, value)
    return quotient if rest is above else _add(quotient, Number(times))


def _negate(a: Formula) -> Formula:
    # -(-a // b) rounds a division up.
    if isinstance(a, Quotient) and not a.up and a.above.value < 0:
        return _rounded(_negate(a.above), a.below, up=True)
    return _multiply(Number(-1), a) if not isinstance(a, Sum) else _product(-1, (a,))


def _power(a: Formula, b: Formula) -> Formula:
    return a if b.value == 1 else Power(a, b, a.value**b.value)


def _remainder(a: Formula, b: Formula) -> Formula:
    return Remainder(a, b, a.value % b.value)


def formula_of(value: Any) -> Formula:
    """The formula of a whole number: its own if it is traced, else the number."""
    return value.formula if isinstance(value, Traced) else Number(int(value))


def _binary(join: Callable[[Formula, Formula], Formula]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """An operator and its reflection, which leave anything but whole numbers to the other side."""

    def forwards(self: Traced, other: Any) -> Any:
        return Traced.of(join(self.formula, formula_of(other))) if isinstance(other, int) else NotImplemented

    def backwards(self: Traced, other: Any) -> Any:
        return Traced.of(join(formula_of(other), self.formula)) if isinstance(other, int) else NotImplemented

    return forwards, backwards


class Traced(int):
    """A whole number with the formula that gave it.

    >>> n, k = Traced.named("H", 7), Traced.named("kernel", 3)
    >>> (n - k) // 2 + 1, text((n - k) // 2 + 1), text((n - k) // 2 + 1, names=False)
    (3, '(H − kernel) / 2 + 1', '(7 − 3) / 2 + 1')
    """

    formula: Formula

    @classmethod
    def of(cls, formula: Formula) -> Traced:
        """The number that a formula evaluates to."""
        self = cls(formula.value)
        self.formula = formula
        return self

    @classmethod
    def named(cls, name: str, value: int) -> Traced:
        """A number under a name."""
        return cls.of(Name(name, int(value)))

    __add__, __radd__ = _binary(_add)
    __sub__, __rsub__ = _binary(lambda a, b: _add(a, b, -1))
    __mul__, __rmul__ = _binary(_multiply)
    __floordiv__, __rfloordiv__ = _binary(_divide)
    __mod__, __rmod__ = _binary(_remainder)
    __pow__, __rpow__ = _binary(_power)

    def __neg__(self) -> Traced:
        return Traced.of(_negate(self.formula))


def names_in(value: Dim) -> set[str]:
    """The names in a number's formula."""
    found: set[str] = set()
    left = [formula_of(value)] if isinstance(value, int) else []
    while left:
        match left.pop():
            case Name(name):
                found.add(name)
            case Sum(terms):
                left += [term for _, term in terms]
            case Product(_, factors):
                left += factors
            case Quotient(above, below) | Remainder(above, below) | Power(above, below):
                left += [above, below]
    return found


def tree(value: int, *, names: bool = True) -> Tree:
    """The tree of a number's formula, with names or with the numbers that they stand for.

    An exact division is plain, any other is rounded.
    """
    return _tree(formula_of(value), names)


def text(value: Dim, *, names: bool = True) -> str:
    """A number's formula as a line of working; a symbolic one as it is."""
    return WORKING.formula(tree(value, names=names)) if isinstance(value, int) else str(value)


def _tree(formula: Formula, names: bool) -> Tree:
    match formula:
        case Number(value):
            found: Tree = Digits(value)
        case Name(name, value):
            found = Letter(name) if names else Digits(value)
        case Sum():
            found = _terms_of(formula, names)
        case Product(number, factors):
            parts = [_tree(factor, names) for factor in factors]
            if abs(number) != 1:
                parts.insert(0, Digits(abs(number)))
            found = Factors(tuple(parts)) if len(parts) > 1 else parts[0]
            found = Terms(((True, found),)) if number < 0 else found
        case Quotient(above, below, up):
            found = Over(_tree(above, names), _tree(below, names))
            found = Rounded(found, up) if above.value % below.value else found
        case Power(base, exponent):
            found = Raised(_tree(base, names), _tree(exponent, names))
        case Remainder(above, below):
            found = Left(_tree(above, names), _tree(below, names))
    return found


def _terms_of(formula: Sum, names: bool) -> Terms:
    terms = [(count < 0, _tree(_product(abs(count), (term,)), names)) for count, term in formula.terms]
    if formula.number:
        terms.append((formula.number < 0, Digits(abs(formula.number))))
    # A sum begins with an added term, if there is one.
    first = next((term for term in terms if not term[0]), terms[0])
    terms.remove(first)
    return Terms((first, *terms))
