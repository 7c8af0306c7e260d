"""The rules by which formulas are rewritten, held against plain integers; `python tests/forms.py` goes through all of it."""

from __future__ import annotations

import pytest
from forms import FAMILIES, tried

# A prime, so that every coefficient is met beside every other.
STEP = 37


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_rewritten_form_has_the_values_of_the_calculation(family):
    """At every value of the letters, from 1 to well beyond the period."""
    count, wrong = tried(family, STEP)

    assert count > 10
    assert not wrong
