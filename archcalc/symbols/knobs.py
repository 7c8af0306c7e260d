"""Whole numbers with a value that also are any other: whatever decides on them is kept, so that one run stands for many.

A `Knob` passes for an int wherever Python code computes with sizes. It has one value, as in any run, and a term, which has
its other values too. Whatever a run asks of it that has one answer here and may have another elsewhere is kept as a guard. So
the run says what it computes for every configuration for which all its guards have the same answers, and nothing of others.
What C code takes of it, such as an index or a hash, is guarded by its value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from archcalc.symbols.operators import Operators
from archcalc.symbols.terms import OPERATIONS, Atom, Term
from archcalc.symbols.traces import Trace


class Knob(Operators):
    """A whole number with a term.

    >>> from archcalc.symbols.terms import Terms
    >>> trace = Trace(Terms({"w": (1, 9)}))
    >>> half = knob(trace, "w", 7) // 2 + 1
    >>> isinstance(half, int), half > 20, half > 3, trace.guards
    (True, False, True, [Guard(asked=(2 >= (w // 2)), answer=False)])
    """

    __slots__ = ("number", "term", "trace")

    def __init__(self, trace: Trace, term: Term, number: int) -> None:
        self.trace, self.term, self.number = trace, term, number

    # Whatever asks for an int takes it for one.
    @property
    def __class__(self) -> type:
        return int

    @__class__.setter
    def __class__(self, _other: type) -> None:
        raise TypeError

    def beside(self, operation: str, other: Any, *, turned: bool = False) -> Any:
        if operation == "/" or isinstance(other, Fraction):
            if turned and operation == "/":
                return other / Fraction(self.settled())
            return Part(self, 1).beside(operation, other, turned=turned)
        sides = (other, self) if turned else (self, other)
        left, right = map(atom_of, sides)
        if left is None or right is None:
            return NotImplemented
        numbers = [value_of(side) for side in sides]
        if operation in {"//", "%"}:
            self.trace.ask("==", right, 0, numbers[1] == 0)
        number = OPERATIONS[operation](*numbers)
        term = self.trace.terms.of(operation, left, right)
        return number if isinstance(term, int) else Knob(self.trace, term, number)

    def asked(self, operation: str, other: Any, *, turned: bool = False) -> Any:
        sides = (other, self) if turned else (self, other)
        left, right = map(atom_of, sides)
        if left is None or right is None:
            return NotImplemented
        answer = bool(OPERATIONS[operation](*[value_of(side) for side in sides]))
        return self.trace.ask(operation, left, right, answer)

    def settled(self) -> int:
        """Its value, to which the run is bound from here on."""
        self.asked("==", self.number)
        return self.number

    def __pow__(self, other: Any) -> Any:
        power = int(other)
        return self.beside("**", power) if power >= 0 else Fraction(self.settled()) ** power

    def __rpow__(self, other: Any) -> Any:
        return other ** self.settled()

    def __hash__(self) -> int:
        return hash(self.settled())

    def __index__(self) -> int:
        return self.settled()

    def __int__(self) -> int:
        return self.settled()

    def __float__(self) -> float:
        return float(self.settled())

    def __floor__(self) -> Any:
        return self

    __ceil__ = __trunc__ = __floor__

    def __round__(self, digits: Any = None) -> Any:
        return self

    # Text is for messages, and binds to nothing: whoever decides by it asks for the number first.
    def __str__(self) -> str:
        return str(self.number)

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return format(self.number, spec)

    @property
    def numerator(self) -> Any:
        """The number itself, of which it is so many wholes."""
        return self

    @property
    def denominator(self) -> int:
        """One, as of every whole number."""
        return 1


class Part(Operators):
    """A number over another, which passes for a fraction: 3w/4 of a knob w, or a fraction that stands beside one."""

    __slots__ = ("below", "top")

    def __init__(self, top: Any, below: int) -> None:
        self.top, self.below = top, below

    @property
    def __class__(self) -> type:
        return Fraction

    @__class__.setter
    def __class__(self, _other: type) -> None:
        raise TypeError

    @staticmethod
    def of(top: Any, below: int) -> Any:
        """A number over another, cancelled as far as can be seen."""
        if not is_knob(top):
            found = Fraction(int(top), below)
            return found.numerator if found.denominator == 1 else found
        term = top.term
        shared = abs(term.right) if term.operation == "*" and isinstance(term.right, int) else 1
        common = math.gcd(shared, below)
        return top // common if below == common else Part(top // common, below // common)

    def whole(self) -> Any:
        """The number as a whole one, if it is one for these values."""
        return self.top // self.below if self.top % self.below == 0 else self

    def settled(self) -> Fraction:
        """Its value, to which the run is bound from here on."""
        return Fraction(int(self.top), self.below)

    def beside(self, operation: str, other: Any, *, turned: bool = False) -> Any:
        parts = _parted(other)
        if parts is None:
            return NotImplemented
        (a, b), (c, d) = ((self.top, self.below), parts)[:: -1 if turned else 1]
        if operation == "*":
            return Part.of(a * c, b * d)
        if operation in {"+", "-"}:
            return Part.of(a * d + c * b if operation == "+" else a * d - c * b, b * d)
        if operation == "/":
            # What stands below is a number.
            c = int(c)
            if c == 0:
                raise ZeroDivisionError
            return Part.of(a * d if c > 0 else -a * d, b * abs(c))
        # a/b over c/d, rounded down, and what is left of it.
        times = (a * d) // (b * c)
        return times if operation == "//" else Part.of(a * d - times * (c * b), b * d)

    def asked(self, operation: str, other: Any, *, turned: bool = False) -> Any:
        parts = _parted(other)
        if parts is None:
            return NotImplemented
        a, b = self.top * parts[1], parts[0] * self.below
        a, b = (b, a) if turned else (a, b)
        return a == b if operation == "==" else a >= b

    def __pow__(self, other: Any) -> Any:
        return self.settled() ** other

    def __hash__(self) -> int:
        return hash(self.settled())

    def __float__(self) -> float:
        return float(self.settled())

    def __floor__(self) -> Any:
        return self.top // self.below

    def __ceil__(self) -> Any:
        return -(-self.top // self.below)

    def __trunc__(self) -> Any:
        return math.trunc(self.settled())

    def __round__(self, digits: Any = None) -> Any:
        if digits is not None:
            return round(self.settled(), digits)
        # Of two whole numbers equally near the even one, as Python's own.
        down, up = (2 * self.top + self.below) // (2 * self.below), -((self.below - 2 * self.top) // (2 * self.below))
        return down + (up - down) * (down % 2)

    def __str__(self) -> str:
        return str(Fraction(value_of(self.top), self.below))

    __repr__ = __str__

    @property
    def numerator(self) -> Any:
        """The number above the line."""
        return self.top

    @property
    def denominator(self) -> int:
        """The number below the line."""
        return self.below


def knob(trace: Trace, name: str, number: int) -> Any:
    """A named number of a run, at one of its values."""
    return Knob(trace, trace.terms[name], number)


def atom_of(value: Any) -> Atom | None:
    """The term of a knob, a number as it is, and None for anything else."""
    if type(value) is Knob:
        return value.term
    return int(value) if isinstance(value, int) else None


def is_knob(value: object) -> bool:
    """True of a whole number that a sweep goes over."""
    return type(value) is Knob


def pick(operation: str, a: Any, b: Any) -> Any:
    """The smaller or the larger of two numbers, or their greatest common divisor, of which one is a knob.

    >>> from archcalc.symbols.terms import Terms
    >>> trace = Trace(Terms({"w": (1, 9)}))
    >>> pick("min", knob(trace, "w", 7), 4).term
    (w min 4)
    """
    return a.beside(operation, b) if type(a) is Knob else b.beside(operation, a, turned=True)


def whole(value: Any) -> Any:
    """The value as a whole number, where it is a part of a knob that is one."""
    return value.whole() if type(value) is Part else value


def settled(value: Any) -> Any:
    """The value without knobs, by which the run is bound to what they are."""
    if type(value) in {Knob, Part}:
        return value.settled()
    return type(value)([settled(one) for one in value]) if type(value) in {list, tuple} else value


def value_of(value: Any) -> Any:
    """The value of a knob here, whatever it may be elsewhere."""
    return value.number if type(value) is Knob else value


def knobs_in(value: Any) -> Iterator[Any]:
    """The knobs in a value, of a list those of its entries."""
    if type(value) is Knob:
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from knobs_in(one)


def operands(*values: Any) -> tuple[Any, ...]:
    """The numbers of an operation, of which a fraction beside a knob becomes one that does not ask for the knob's value."""
    if any(type(value) in {Knob, Part} for value in values):
        return tuple(
            [Part(value.numerator, value.denominator) if type(value) is Fraction else value for value in values]
        )
    return values


def _parted(value: Any) -> tuple[Any, int] | None:
    """A number as one over another."""
    if type(value) in {Part, Fraction}:
        return value.numerator, value.denominator
    return None if atom_of(value) is None else (value, 1)
