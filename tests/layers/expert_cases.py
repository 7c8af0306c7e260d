"""Hypothesis strategies: the layers of a mixture of experts, whose inputs and settings must suit each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy[Any]], Any]
CAPACITIES = (None, 0.5, 1.0, 1.25, 2.0)
# The kinds whose output is the other where another choice is made.
CHOOSING = ("topk", "dispatch", "expertlinear", "combine")


def slots(chosen: int, capacity: float | None, gates: Shape) -> int:
    """How many slots there are, by a loop over the experts."""
    tokens, experts = gates
    if capacity is None:
        return tokens * chosen
    return sum(math.ceil(Fraction(str(capacity)) * tokens * chosen / experts) for _ in range(experts))


GATES = st.tuples(st.integers(1, 4), st.integers(1, 5))


@st.composite
def tokens_and_gates(draw: Draw) -> tuple[Shape, ...]:
    gates = draw(GATES)
    return (gates[0], draw(st.integers(1, 5))), gates


@st.composite
def slots_and_gates(draw: Draw) -> tuple[Shape, ...]:
    gates = draw(GATES)
    chosen = draw(st.integers(1, gates[1]))
    return (slots(chosen, draw(st.sampled_from(CAPACITIES)), gates), draw(st.integers(1, 5))), gates


EXPERT_INPUTS: dict[str, st.SearchStrategy[tuple[Shape, ...]]] = {
    "topk": GATES.map(lambda x: (x,)),
    "dispatch": tokens_and_gates(),
    **dict.fromkeys(("expertlinear", "combine"), slots_and_gates()),
}


def _filled(draw: Draw, x: Shape, gates: Shape) -> dict[str, Any]:
    """A choice and a capacity that make as many slots as there are."""
    ways = [
        (chosen, capacity)
        for chosen in range(1, gates[1] + 1)
        for capacity in CAPACITIES
        if slots(chosen, capacity, gates) == x[0]
    ]
    chosen, capacity = draw(st.sampled_from(ways or [(1, None)]))
    return {"chosen": chosen, "capacity": capacity}


EXPERT_SETTINGS: dict[str, Callable[..., dict[str, Any]]] = {
    "topk": lambda draw, x: {"chosen": draw(st.integers(1, x[1]))},
    "dispatch": lambda draw, _x, gates: {
        "chosen": draw(st.integers(1, gates[1])),
        "capacity": draw(st.sampled_from(CAPACITIES)),
    },
    **dict.fromkeys(("expertlinear", "combine"), _filled),
}


def choice_alone(kind: str, which: int, layer: Any) -> bool:
    """True where an input is seen for the choice that it makes, which has no derivative."""
    if kind == "topk":
        return True
    return (kind in {"dispatch", "expertlinear"} and which == 1) or loosely(layer)


def loosely(layer: Any) -> bool:
    """True where it is left open which tokens stand in which slots."""
    return layer.kind in {"dispatch", "combine"} and layer.capacity is not None


def one_for_all(layer: Any, shapes: tuple[Shape, ...]) -> bool:
    """True where there is nothing to choose, so that no score is compared with another."""
    experts = shapes[-1][1]
    if layer.kind == "topk":
        return experts == 1 or (layer.chosen == experts and not layer.normalise)
    return layer.kind == "expertlinear" and experts == 1
