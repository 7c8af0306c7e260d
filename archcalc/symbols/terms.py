"""Arithmetic on whole numbers that are not known yet, with bounds: what a sweep computes for many values at once.

A term is a number, a named one that has many values, or an operation on terms. Equal terms of one table are one object, so
that whatever evaluates them computes each once; every term knows bounds of its values, which settle most comparisons.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import TypeAlias

Atom: TypeAlias = "int | Term"

# How far a sum is looked into for what divides it.
_DEEP = 50
# The operations, by what they do to plain numbers.
OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: a**b,
    "min": min,
    "max": max,
    "gcd": math.gcd,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
}


class Term:
    """An operation on two terms or numbers, or a named number; between its bounds lie all its values."""

    __slots__ = ("high", "left", "low", "name", "operation", "right")

    def __init__(self, name: str, operation: str, sides: tuple[Atom, Atom], ends: tuple[int, int]) -> None:
        self.name, self.operation = name, operation
        self.left, self.right = sides
        self.low, self.high = ends

    def __repr__(self) -> str:
        return self.name or f"({self.left!r} {self.operation} {self.right!r})"


class Terms:
    """A table of terms, in which equal ones are one.

    >>> terms = Terms({"w": (16, 64)})
    >>> twice = terms.of("*", terms["w"], 2)
    >>> twice is terms.of("*", 2, terms["w"]), bounds(twice), terms.of(">=", twice, 32)
    (True, (32, 128), 1)
    """

    def __init__(self, named: dict[str, tuple[int, int]]) -> None:
        self._named = {name: Term(name, "", (0, 0), ends) for name, ends in named.items()}
        self._known: dict[tuple[str, int | None, int, int | None, int], Atom] = {}

    def __getitem__(self, name: str) -> Term:
        return self._named[name]

    def of(self, operation: str, left: Atom, right: Atom) -> Atom:
        """An operation on two terms, as a number where its value is the same whatever theirs are."""
        if isinstance(left, int) and isinstance(right, int):
            return int(OPERATIONS[operation](left, right))
        if isinstance(left, int) and operation in {"+", "*", "min", "max", "gcd", "=="}:
            left, right = right, left
        if operation in {"==", ">="}:
            # Of x + 2 >= x + 1 only what is added counts, and x + 2 >= 5 asks the same as x >= 3.
            (left, more), (right, less) = _shifted(left), _shifted(right)
            if left is right:
                return int(OPERATIONS[operation](more, less))
            left, right = (left, less - more) if right == 0 else (self.of("+", left, more - less), right)
        simple = self._simpler(operation, left, right)
        if simple is not None:
            return simple
        key = (operation, *_identity(left), *_identity(right))
        found = self._known.get(key)
        if found is None:
            low, high = _BOUNDS[operation](*bounds(left), *bounds(right))
            found = low if low == high else Term("", operation, (left, right), (low, high))
            self._known[key] = found
        return found

    def _simpler(self, operation: str, left: Atom, right: Atom) -> Atom | None:  # noqa: PLR0911 - one for each rule
        """The simpler form of an operation where one of its sides is 0 or 1, or a number stands beside a number."""
        match operation, right:
            case ("+" | "-", 0) | ("*" | "//" | "**", 1):
                return left
            case ("*", 0) | ("%", 1):
                return 0
            case "-", int():
                return self.of("+", left, -right)
            case "-", _ if left is right:
                return 0
            case (("min" | "max"), _) if left is right or bounds(left)[0] >= bounds(right)[1]:
                return left if operation == "max" else right
            case (("min" | "max"), _) if bounds(right)[0] >= bounds(left)[1]:
                return right if operation == "max" else left
            case "+" | "*", int() if isinstance(left, Term) and left.operation == operation:
                if isinstance(left.right, int):
                    return self.of(operation, left.left, OPERATIONS[operation](left.right, right))
            case "//" | "%", int() if isinstance(left, Term) and right > 0:
                return self._divided(operation, left, right)
            case "-", Term() if left == 0:
                return self._turned(right)
        return None

    def _divided(self, operation: str, left: Term, right: int) -> Atom | None:
        """A term over a number, where the number divides it, or where it is a quotient itself."""
        inner, more = _shifted(left)
        shared = self._shared(inner, right)
        if shared is not None:
            return self.of("+", shared, more // right) if operation == "//" else more % right
        if operation == "%":
            return None
        if isinstance(inner, Term) and inner.operation == "//" and isinstance(inner.right, int) and inner.right > 0:
            # ⌊(⌊x/a⌋ + d)/b⌋ is ⌊(x + ad)/ab⌋.
            return self.of("//", self.of("+", inner.left, more * inner.right), inner.right * right)
        if not 0 <= more < right:
            return self.of("+", self.of("//", self.of("+", inner, more % right), right), more // right)
        return None

    def _shared(self, atom: Atom, divisor: int, deep: int = 0) -> Atom | None:
        """A term over a number that is seen to divide it, else None."""
        if isinstance(atom, int):
            return None if atom % divisor else atom // divisor
        if deep > _DEEP:
            return None
        if atom.operation == "*" and isinstance(atom.right, int) and atom.right % divisor == 0:
            return self.of("*", atom.left, atom.right // divisor)
        if atom.operation in {"+", "-"}:
            left = self._shared(atom.left, divisor, deep + 1)
            right = None if left is None else self._shared(atom.right, divisor, deep + 1)
            return None if left is None or right is None else self.of(atom.operation, left, right)
        return None

    def _turned(self, right: Term) -> Atom | None:
        """The simpler form of 0 less a term: of −⌊(c − x)/b⌋, which is how x is divided upwards, one division."""
        if right.operation == "-" and right.left == 0:
            return right.right
        if right.operation == "//" and isinstance(right.right, int) and right.right > 0:
            inner, more = _shifted(right.left)
            if isinstance(inner, Term) and inner.operation == "-" and inner.left == 0:
                return self.of("//", self.of("+", inner.right, right.right - 1 - more), right.right)
        return None


def bounds(atom: Atom) -> tuple[int, int]:
    """The least and the greatest value that a term may have."""
    return (atom, atom) if isinstance(atom, int) else (atom.low, atom.high)


def _shifted(atom: Atom) -> tuple[Atom, int]:
    """A term without the number that is added to it last, and that number."""
    if isinstance(atom, int):
        return 0, atom
    return (atom.left, atom.right) if atom.operation == "+" and isinstance(atom.right, int) else (atom, 0)


def _identity(atom: Atom) -> tuple[int | None, int]:
    return (None, atom) if isinstance(atom, int) else (id(atom), 0)


def _corners(of: Callable[[int, int], int]) -> Callable[[int, int, int, int], tuple[int, int]]:
    """Bounds of what grows or falls along each side: the least and greatest at the corners."""

    def bound(a: int, b: int, c: int, d: int) -> tuple[int, int]:
        found = [of(x, y) for x, y in product((a, b), (c, d))]
        return min(found), max(found)

    return bound


def _divided(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    divisors = [n for n in (c, d, *((1,) if c <= 1 <= d else ()), *((-1,) if c <= -1 <= d else ())) if n]
    found = [x // y for x, y in product((a, b), divisors)] or [0]
    return min(found), max(found)


def _remainder(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    if a >= 0 and b < c:
        return a, b
    return min(0, c + 1), max(0, d - 1)


def _power(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    if a >= 0:
        return a**c, b**d
    most: int = max(abs(a), abs(b)) ** d
    return -most, most


def _ordered(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    return int(a >= d), int(b >= c)


def _same(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    return int(a == b == c == d), int(a <= d and c <= b)


_BOUNDS: dict[str, Callable[[int, int, int, int], tuple[int, int]]] = {
    "+": lambda a, b, c, d: (a + c, b + d),
    "-": lambda a, b, c, d: (a - d, b - c),
    "*": _corners(lambda x, y: x * y),
    "//": _divided,
    "%": _remainder,
    "**": _power,
    "min": lambda a, b, c, d: (min(a, c), min(b, d)),
    "max": lambda a, b, c, d: (max(a, c), max(b, d)),
    "gcd": lambda a, b, c, d: (0, max(abs(a), abs(b), abs(c), abs(d))),
    ">=": _ordered,
    "==": _same,
}
