"""The slots of a mixture of experts: how many there are, and which token stands in which."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcalc.symbols.dims import Dim, Shape, ceil_div


def room_of(chosen: Dim, capacity: float, gates: Shape) -> Dim:
    """The slots of one expert: `capacity` times as many as if all had the same number of tokens, rounded up."""
    factor = Fraction(str(capacity))
    return ceil_div(factor.numerator * gates[0] * chosen, factor.denominator * gates[1])


def slots_of(chosen: Dim, capacity: float | None, gates: Shape) -> Dim:
    """The slots of all experts."""
    return gates[0] * chosen if capacity is None else gates[1] * room_of(chosen, capacity, gates)


def choice_of(xp: Any, x: Any, n: Dim) -> Any:
    """The positions of the n largest values along the last axis, the largest first."""
    return xp.argsort(-x, axis=-1, kind="stable")[..., :n]


def tinged(y: Any, *others: Any) -> Any:
    """An array with NaN wherever one of the others, repeated to its shape, has it: what decides a choice is seen by it."""
    for other in others:
        y = y + 0 * other
    return y


def seats_of(xp: Any, gates: Any, chosen: int, capacity: float) -> tuple[Any, Any]:
    """The experts of each token, and the number of its slot among all, or -1 where its expert has none left.

    Tokens come one after the other, each with its largest gate first.
    """
    room = room_of(chosen, capacity, gates.shape[1:])
    choice = choice_of(xp, abs(gates), chosen)
    asked = choice.reshape(len(gates), -1, 1) == xp.arange(gates.shape[2])
    before = (xp.cumsum(asked, axis=1) * asked).sum(-1).reshape(choice.shape) - 1
    return choice, xp.where(before < room, choice * room + before, -1)
