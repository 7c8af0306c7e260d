"""Whole numbers with a value that also are any other: what decides on them is kept, so that one run stands for many.

A `Knob` passes for an int wherever Python code computes with sizes. It has one value, as in any run, and a term, which is
what it would be for other values. Whatever a run asks of it that has one answer here and may have another elsewhere is kept
as a guard. So the run says what it computes for every configuration for which all its guards have the same answers, and
nothing of others. What C code takes of it, an index or a hash, is guarded by its value.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.symbols.terms import Atom, Term, Terms


class Guard(NamedTuple):
    """A question on terms, and the answer to it."""

    asked: Term
    answer: bool


class Trace:
    """A run on knobs: the questions that it asked so far, in order, and marks between them."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.guards: list[Guard] = []
        self.marks: list[tuple[int, str, Any]] = []
        self._asked: set[tuple[int, int]] = set()

    def knob(self, name: str, number: int) -> Any:
        """A named number, at one of its values."""
        return Knob(self, self.terms[name], number)

    def ask(self, operation: str, left: Atom, right: Atom, answer: bool) -> bool:
        """The answer to a comparison, kept as a guard unless bounds settle it or it was asked before."""
        asked = self.terms.of(operation, left, right)
        if isinstance(asked, Term) and (key := (id(asked), len(self.marks))) not in self._asked:
            self._asked.add(key)
            self.guards.append(Guard(asked, answer))
        return answer


_ACTIVE: ContextVar[Trace | None] = ContextVar("trace", default=None)


@contextmanager
def traced(trace: Trace) -> Iterator[None]:
    """While it lasts, nothing is remembered by the sizes that it was computed for."""
    token = _ACTIVE.set(trace)
    try:
        yield
    finally:
        _ACTIVE.reset(token)


def mark(what: str, detail: Any = None) -> None:
    """Note in a running trace that what follows is of something else."""
    trace = _ACTIVE.get()
    if trace is not None:
        trace.marks.append((len(trace.guards), what, detail))


class _Forgetful(dict[Any, Any]):
    """A memory that keeps nothing, so that no key is compared with another."""

    def get(self, key: Any, default: Any = None) -> Any:  # noqa: ARG002 - as of any dict
        return default

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


def memory() -> dict[Any, Any]:
    """A dict for what was computed for some sizes; in a running trace one that keeps nothing."""
    return {} if _ACTIVE.get() is None else _Forgetful()


def atom_of(value: Any) -> Atom | None:
    """The term of a knob, a number as it is, and None for anything else."""
    if type(value) is Knob:
        return value.term
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else None


def is_knob(value: object) -> bool:
    """True of a whole number that a sweep goes over."""
    return type(value) is Knob


def pick(operation: str, a: Any, b: Any) -> Any:
    """The smaller or the larger of two numbers, or their greatest common divisor, of which one is a knob.

    >>> trace = Trace(Terms({"w": (1, 9)}))
    >>> pick("min", trace.knob("w", 7), 4).term
    (w min 4)
    """
    knob = a if type(a) is Knob else b
    return knob.trace_result(operation, a, b)


class Knob:
    """A whole number with a term.

    >>> trace = Trace(Terms({"w": (1, 9)}))
    >>> half = trace.knob("w", 7) // 2 + 1
    >>> isinstance(half, int), half > 20, half > 3, trace.guards
    (True, False, True, [Guard(asked=(((w // 2) + 1) >= 4), answer=True)])
    """

    __slots__ = ("number", "term", "trace")

    def __init__(self, trace: Trace, term: Term, number: int) -> None:
        self.trace, self.term, self.number = trace, term, number

    # What asks for an int takes it for one.
    @property
    def __class__(self) -> type:  # type: ignore[override]
        return int

    def trace_result(self, operation: str, a: Any, b: Any) -> Any:
        """The number that an operation on knobs and numbers gives."""
        left, right = atom_of(a), atom_of(b)
        if left is None or right is None:
            return NotImplemented
        if operation in {"//", "%"}:
            self.trace.ask("==", right, 0, _plain(b) == 0)
        number = _OF[operation](_plain(a), _plain(b))
        term = self.trace.terms.of(operation, left, right)
        return number if isinstance(term, int) else Knob(self.trace, term, number)

    def _compared(self, operation: str, a: Any, b: Any) -> Any:
        left, right = atom_of(a), atom_of(b)
        if left is None or right is None:
            return NotImplemented
        answer = _plain(a) >= _plain(b) if operation == ">=" else _plain(a) == _plain(b)
        return self.trace.ask(operation, left, right, answer)

    def settled(self) -> int:
        """Its value, to which the run is bound from here on."""
        self._compared("==", self, self.number)
        return self.number

    def __add__(self, other: Any) -> Any:
        return _with(other, "+", self, other)

    def __radd__(self, other: Any) -> Any:
        return _with(other, "+", other, self)

    def __sub__(self, other: Any) -> Any:
        return _with(other, "-", self, other)

    def __rsub__(self, other: Any) -> Any:
        return _with(other, "-", other, self)

    def __mul__(self, other: Any) -> Any:
        return _with(other, "*", self, other)

    def __rmul__(self, other: Any) -> Any:
        return _with(other, "*", other, self)

    def __floordiv__(self, other: Any) -> Any:
        return _with(other, "//", self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return _with(other, "//", other, self)

    def __mod__(self, other: Any) -> Any:
        return _with(other, "%", self, other)

    def __rmod__(self, other: Any) -> Any:
        return _with(other, "%", other, self)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __pow__(self, other: Any) -> Any:
        power = int(other)
        return self.trace_result("**", self, power) if power >= 0 else Fraction(self.settled()) ** power

    def __rpow__(self, other: Any) -> Any:
        return other ** self.settled()

    def __truediv__(self, other: Any) -> Any:
        return Part(self, 1)._with("/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return other / Fraction(self.settled())

    def __neg__(self) -> Any:
        return self.trace_result("-", 0, self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __ge__(self, other: Any) -> Any:
        return self._compared(">=", self, other)

    def __le__(self, other: Any) -> Any:
        return self._compared(">=", other, self)

    def __gt__(self, other: Any) -> Any:
        return self._compared(">=", self, other + 1) if atom_of(other) is not None else NotImplemented

    def __lt__(self, other: Any) -> Any:
        return self._compared(">=", other, self + 1)

    def __eq__(self, other: object) -> Any:
        return self._compared("==", self, other)

    def __ne__(self, other: object) -> Any:
        same = self._compared("==", self, other)
        return same if same is NotImplemented else not same

    def __bool__(self) -> bool:
        return not self._compared("==", self, 0)

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

    @property
    def real(self) -> Any:
        """The number itself."""
        return self

    def is_integer(self) -> bool:
        """True, as of every whole number."""
        return True

    def bit_length(self) -> int:
        """The bits of its value."""
        return self.settled().bit_length()


class Part:
    """A knob over a number, which passes for a fraction: 3w/4."""

    __slots__ = ("below", "top")

    def __init__(self, top: Any, below: int) -> None:
        self.top, self.below = top, below

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return Fraction

    @staticmethod
    def of(top: Any, below: int) -> Any:
        """A number over another, cancelled as far as can be seen."""
        term = atom_of(top)
        shared = below if term == 0 else _factor(term) if isinstance(term, Term) else int(term or 0)
        common = math.gcd(shared, below)
        top = top // common
        return top if below == common else Part(top, below // common) if is_knob(top) else Fraction(top, below // common)

    def whole(self) -> Any:
        """The number as a whole one, if it is one for these values."""
        return self.top // self.below if self.top % self.below == 0 else self

    def settled(self) -> Fraction:
        """Its value, to which the run is bound from here on."""
        return Fraction(int(self.top), self.below)

    def _with(self, operation: str, other: Any, *, turned: bool = False) -> Any:
        parts = _parted(other)
        if parts is None:
            return NotImplemented
        (a, b), (c, d) = ((self.top, self.below), parts)[:: -1 if turned else 1]
        if operation == "*":
            return Part.of(a * c, b * d)
        if operation in {"+", "-"}:
            return Part.of(a * d + c * b if operation == "+" else a * d - c * b, b * d)
        if operation == "/":
            c = int(c)
            if c == 0:
                raise ZeroDivisionError
            return Part.of(a * d if c > 0 else -a * d, b * abs(c))
        # a/b over c/d, rounded down, and what is left of it.
        times = (a * d) // (b * c)
        return times if operation == "//" else Part.of(a * d - times * (c * b), b * d)

    def _asked(self, other: Any, operation: str, *, turned: bool = False) -> Any:
        parts = _parted(other)
        if parts is None:
            return NotImplemented
        a, b = self.top * parts[1], parts[0] * self.below
        a, b = (b, a) if turned else (a, b)
        return a == b if operation == "==" else a >= b

    def __add__(self, other: Any) -> Any:
        return self._with("+", other)

    def __radd__(self, other: Any) -> Any:
        return self._with("+", other, turned=True)

    def __sub__(self, other: Any) -> Any:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("-", other, turned=True)

    def __mul__(self, other: Any) -> Any:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("*", other, turned=True)

    def __truediv__(self, other: Any) -> Any:
        return self._with("/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return other / self.settled()

    def __floordiv__(self, other: Any) -> Any:
        return self._with("//", other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with("//", other, turned=True)

    def __mod__(self, other: Any) -> Any:
        return self._with("%", other)

    def __rmod__(self, other: Any) -> Any:
        return self._with("%", other, turned=True)

    def __pow__(self, other: Any) -> Any:
        return self.settled() ** other

    def __neg__(self) -> Any:
        return Part(-self.top, self.below)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self

    def __ge__(self, other: Any) -> Any:
        return self._asked(other, ">=")

    def __le__(self, other: Any) -> Any:
        return self._asked(other, ">=", turned=True)

    def __gt__(self, other: Any) -> Any:
        return not self <= other

    def __lt__(self, other: Any) -> Any:
        return not self >= other

    def __eq__(self, other: object) -> Any:
        return self._asked(other, "==")

    def __ne__(self, other: object) -> Any:
        same = self._asked(other, "==")
        return same if same is NotImplemented else not same

    def __bool__(self) -> bool:
        return bool(self.top)

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
        return str(Fraction(plain(self.top), self.below))

    __repr__ = __str__

    @property
    def numerator(self) -> Any:
        """The number above the line."""
        return self.top

    @property
    def denominator(self) -> int:
        """The number below the line."""
        return self.below


def whole(value: Any) -> Any:
    """A value that is a whole number as one, where a knob stands in it."""
    return value.whole() if type(value) is Part else value


def settled(value: Any) -> Any:
    """A value without knobs, by which the run is bound to what they are."""
    if type(value) in {Knob, Part}:
        return value.settled()
    return type(value)([settled(one) for one in value]) if type(value) in {list, tuple} else value


def plain(value: Any) -> Any:
    """A value without knobs, each at what it is here, whatever it may be elsewhere."""
    if type(value) is Knob:
        return value.number
    return type(value)([plain(one) for one in value]) if type(value) in {list, tuple} else value


def knobs_in(value: Any) -> Iterator[Any]:
    """The knobs in a value, of a list those of its entries."""
    if type(value) is Knob:
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from knobs_in(one)


def operands(*values: Any) -> tuple[Any, ...]:
    """Numbers of an operation, of which a fraction beside a knob becomes one over a number itself.

    Python would have the fraction compute, which asks for the knob's value.
    """
    if any(type(value) in {Knob, Part} for value in values):
        return tuple([_beside(value) for value in values])
    return values


class _Beside(Part):
    """A fraction that stands beside a knob."""

    __slots__ = ()


def _beside(value: Any) -> Any:
    return _Beside(value.numerator, value.denominator) if type(value) is Fraction else value


def _with(other: Any, operation: str, a: Any, b: Any) -> Any:
    """An operation of which a knob is one side and `other` the other."""
    if isinstance(other, Fraction) or type(other) in {Part, _Beside}:
        knob, turned = (b, True) if other is a else (a, False)
        return Part(knob, 1)._with(operation, other, turned=turned)
    knob = a if type(a) is Knob else b
    return knob.trace_result(operation, a, b)


def _parted(value: Any) -> tuple[Any, int] | None:
    """A number as one over another."""
    if type(value) in {Part, _Beside, Fraction}:
        return value.numerator, value.denominator
    return None if atom_of(value) is None else (value, 1)


def _plain(value: Any) -> int:
    return value.number if type(value) is Knob else int(value)


def _factor(term: Term) -> int:
    """A number that divides all values of a term, as far as can be seen."""
    if term.operation == "*" and isinstance(term.right, int):
        return abs(term.right)
    return 1


_OF: dict[str, Any] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "min": min,
    "max": max,
    "gcd": math.gcd,
}
