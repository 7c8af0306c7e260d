"""Terms computed for many configurations at once, exactly: in 64 bits where bounds show that all fits, else in wide numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from archcalc.sweeping.record import Cost, greatest
from archcalc.symbols.terms import Atom, Term
from archcalc.symbols.traces import Guard

# The greatest number of 64 bits.
FITS = 2**63 - 1
_OPERATIONS: dict[str, Any] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": np.power,
    "min": np.minimum,
    "max": np.maximum,
    "gcd": np.gcd,
    ">=": np.greater_equal,
    "==": np.equal,
}


class Evaluation:
    """The values of terms for the configurations of a chunk, each computed once, in the shape of the knobs in it."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self._columns = columns
        self._known: dict[int, Any] = {}
        self.shape: tuple[int, ...] = np.broadcast_shapes(*[column.shape for column in columns.values()])

    def value(self, atom: Atom) -> Any:
        """An array of a term's values, or the number that it is."""
        waiting = [atom]
        # A chain of thousands of sums is deeper than Python goes by itself.
        while waiting:
            term = waiting[-1]
            if isinstance(term, int) or id(term) in self._known:
                waiting.pop()
            elif missing := [one for one in (term.left, term.right) if not self._has(one)]:
                waiting += missing
            else:
                self._known[id(term)] = self._computed(term)
        return self._held(atom)

    def _has(self, atom: Atom) -> bool:
        return isinstance(atom, int) or id(atom) in self._known

    def _held(self, atom: Atom) -> Any:
        return atom if isinstance(atom, int) else self._known[id(atom)]

    def _computed(self, term: Term) -> Any:
        if term.name:
            return self._columns[term.name]
        left, right = self._held(term.left), self._held(term.right)
        wide = max(_span(term), _span(term.left), _span(term.right)) > FITS
        if wide:
            left, right = _wide(left), _wide(right)
        if term.operation in {"//", "%"} and not isinstance(right, int):
            # A division by 0 is a refusal; what stands in its place is not read.
            right = np.where(right == 0, 1, right)
        found = _OPERATIONS[term.operation](left, right)
        if term.operation in {">=", "=="}:
            return found.astype(np.int64)
        return found if not wide or _span(term) > FITS else found.astype(np.int64)

    def holds(self, guards: list[Guard] | tuple[Guard, ...]) -> Any:
        """True where all guards have their answers, one True if that is everywhere."""
        found: Any = True
        for guard in guards:
            asked = self.value(guard.asked)
            answer = asked != 0 if guard.answer else asked == 0
            found = answer if found is True else found & answer
        return simplified(found)

    def cost(self, cost: Cost) -> Any:
        """The values of a sum of terms."""
        terms, number = cost
        wide = greatest(cost) > FITS
        # Those of one shape are added up before they are spread over others.
        sums: dict[tuple[int, ...], Any] = {}
        for term, times in terms:
            value = self.value(term)
            part = (_wide(value) if wide else value) * times
            held = sums.get(part.shape)
            sums[part.shape] = part if held is None else held + part
        total: Any = number
        for part in sorted(sums.values(), key=np.size):
            total = total + part
        return total


def _span(atom: Atom) -> int:
    return abs(atom) if isinstance(atom, int) else max(abs(atom.low), abs(atom.high))


def _wide(value: Any) -> Any:
    return value if isinstance(value, int) else value.astype(object)


def simplified(mask: Any) -> Any:
    """A mask as True or False where it is the same everywhere."""
    if mask is True or mask is False:
        return mask
    if mask.all():
        return True
    return mask if mask.any() else False


def both(a: Any, b: Any) -> Any:
    """True where both of two masks are."""
    if a is True or b is False:
        return b
    return a if b is True or a is False else simplified(a & b)


def either(a: Any, b: Any) -> Any:
    """True where one of two masks is."""
    if a is False or b is True:
        return b
    return a if b is False or a is True else simplified(a | b)


def without(a: Any, b: Any) -> Any:
    """True where the first of two masks is and the second is not."""
    if b is False or a is False:
        return a
    return False if b is True else both(a, ~b)


def chosen(mask: Any, value: Any, otherwise: Any) -> Any:
    """A value where a mask is true, and another elsewhere."""
    if mask is True:
        return value
    return otherwise if mask is False else np.where(mask, array_of(value), array_of(otherwise))


def array_of(value: Any) -> Any:
    """A value as an array, a number that 64 bits do not hold as a wide one."""
    return np.array(value, dtype=object) if isinstance(value, int) and abs(value) > FITS else np.asarray(value)
