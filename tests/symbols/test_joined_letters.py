"""Letters in branches that are joined."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from archcalc.errors import SpecError
from archcalc.language import load
from archcalc.layers.merge import Add
from archcalc.network.shapes import infer
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import holds, substitute

FAULTS = Path(__file__).parent.parent / "data" / "faults"


def test_an_axis_that_may_be_repeated_holds_for_1_too():
    """What is joined value by value is equal or 1 along every axis, and where one is a number the joint one is known."""
    graph = load(f"{FAULTS}/broadcast_solve.yaml")
    (condition,) = graph.conditions

    assert graph.nodes[-1].shape == (12, 3, 3)
    assert [n for n in range(1, 40) if holds(condition.fact, {"X": n})] == [1, 12]


@pytest.mark.parametrize(
    "sizes", [(3, "X"), ("X", 3), ("X", "Y"), ("X", 1, "Y"), ("X", "Y", "Z"), ("X", "X"), (1, "X")]
)
def test_a_letter_is_joined_as_its_values_are(sizes):
    """Of two or three branches, over all small sizes."""
    names = sorted({n for n in sizes if isinstance(n, str)})
    _, shape, facts = infer(Add(), tuple((symbol(n) if isinstance(n, str) else n,) for n in sizes))
    for numbers in product(range(1, 5), repeat=len(names)):
        values = dict(zip(names, numbers, strict=True))
        try:
            _, expected, _ = infer(Add(), tuple((values.get(n, n),) for n in sizes))
        except SpecError:
            expected = None
        stands = all(holds(fact, values) for fact in facts)

        assert stands == (expected is not None)
        assert not stands or substitute(shape, values) == expected
