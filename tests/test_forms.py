"""The rules by which formulas are rewritten, held against plain integers; `python tests/forms.py` goes through all of it."""

from __future__ import annotations

import pytest
from forms import FAMILIES, PLACE, tried

from archcalc.dims import symbol
from archcalc.errors import SpecError
from archcalc.spec.expression import evaluate

# A prime, so that every coefficient is met beside every other.
STEP = 37


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_rewritten_form_has_the_values_of_the_calculation(family):
    """At every value of the letters, from 1 to well beyond the period."""
    count, wrong = tried(family, STEP)

    assert count > 10
    assert not wrong


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("C / 0", "divides by zero"),
        ("C // 0", "divides by zero"),
        ("C % 0", "divides by zero"),
        ("C // (C - 3)", "depends on letters"),
        ("1 if C - 3 else 2", "depends on letters"),
        ("not (C - 3)", "depends on letters"),
        ("C - 1 or 2", "depends on letters"),
        ("[C, 2] == [3, 2]", "depends on letters"),
        ("min(C)", "mixes values"),
    ],
)
def test_what_letters_leave_open_is_not_guessed(text, fact):
    """A condition that some values meet, and a divisor that is 0 for some, are no answer for all of them."""
    with pytest.raises(SpecError, match=fact):
        evaluate(text, {"C": symbol("C")}, PLACE)
