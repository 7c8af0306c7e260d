"""The rules by which formulas are rewritten, held against plain integers; `python -m tests.symbols.forms` goes through all of it."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice, product

import pytest

from archcalc.errors import SpecError
from archcalc.language.expression import evaluate
from archcalc.symbols.dims import symbol, whole
from archcalc.symbols.evaluate import holds, limit, substitute
from archcalc.symbols.traced import Name, Number, Power, Product, Quotient, Remainder, Sum, Traced
from tests.symbols.forms import FAMILIES, tried
from tests.symbols.forms_sizes import DIVISORS, DOWN_OR_UP, PLACE, SHIFTS, TIMES

# A prime, so that every coefficient is met beside every other.
STEP = 61


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


@pytest.mark.parametrize(
    ("formula", "k"),
    [("C*(2*C + 2)", 6), ("(2*C + 2)**2", 3), ("(2*C + 2)**2", 6), ("5 - (2*C + 2)**2", 6), ("-2*C", "C + 1")],
)
def test_whether_a_quotient_is_whole_is_not_taken_from_sympy(formula, k):
    """It takes C·(2C + 2)/6 for whole and (2C + 2)²/3 for never whole, and asked what −2C leaves it does not end."""
    found = whole(evaluate(f"({formula}) / ({k})", {"C": symbol("C")}, PLACE))

    for n in range(1, 40):
        over = evaluate(str(k), {"C": n}, PLACE)
        assert holds(found, {"C": n}) == (evaluate(formula, {"C": n}, PLACE) % over == 0)


def test_a_limit_is_what_a_ratio_comes_to_far_out():
    """Polynomials and roundings of a letter over each other, where the highest powers do not cancel."""
    h, far, known = symbol("H"), 10**9, 0
    forms = product(TIMES, (0, 1, 2), SHIFTS, DIVISORS, (-1, 1, 2), (1, 2), DOWN_OR_UP.values())
    for m, n, o, d, c, p, rounded in islice(forms, 0, None, 5):
        above, below = m * h**p + n * h * rounded(h + o, d), c * h**2 + rounded(h, d) + 1
        found = limit(above, below, "H")
        if found is not None:
            known += 1
            exact = Fraction(substitute(above, {"H": far})) / substitute(below, {"H": far})
            assert abs(exact - Fraction(str(found))) < Fraction(1, 10**6), (above, below)

    assert known > 900


TRACED = {
    "down": lambda h, m, o, d, c, b: (m * h + o) // d * b + c,
    "up": lambda h, m, o, d, c, b: -(-(m * h + o) // d) * b + c,
    "pulled out": lambda h, m, o, d, c, b: (h * d + d - m) // d - (h + o) % b + (b - c) // b,
    "negative": lambda h, m, o, d, c, b: -((m - h) * (o - d * h)) + h**b * c,
    "up and taken out": lambda h, m, o, d, c, b: -(-(h + b * 2 + o) // b) - (m * (c - h)) // d,
}


def recomputed(formula):
    """The value of a formula, from its letters and numbers alone."""
    match formula:
        case Number(value) | Name(_, value):
            return value
        case Sum(terms, number):
            return number + sum(count * recomputed(term) for count, term in terms)
        case Product(number, factors):
            for factor in factors:
                number *= recomputed(factor)
            return number
        case Quotient(above, below, up):
            return -(-recomputed(above) // recomputed(below)) if up else recomputed(above) // recomputed(below)
        case Power(base, exponent):
            return recomputed(base) ** recomputed(exponent)
        case Remainder(above, below):
            return recomputed(above) % recomputed(below)


@pytest.mark.parametrize("of", TRACED.values(), ids=TRACED)
def test_a_traced_formula_comes_to_its_number(of):
    """Terms put in order, divisors taken out of divisions and ones left out, over all small coefficients and with names for them."""
    for m, o, d, c, b in islice(product(TIMES, SHIFTS, DIVISORS, SHIFTS, DIVISORS), 0, None, 3):
        for h in (1, 2, 5):
            exact = of(h, m, o, d, c, b)
            with_names = of(*(Traced.named(name, n) for name, n in zip("hmodcb", (h, m, o, d, c, b), strict=True)))
            with_numbers = of(Traced.named("h", h), m, o, d, c, b)

            assert with_names == with_numbers == exact
            assert recomputed(with_names.formula) == recomputed(with_numbers.formula) == exact
