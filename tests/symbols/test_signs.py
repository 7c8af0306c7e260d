"""Signs of formulas, and where facts about a letter hold, against every number one after the other."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
import sympy
from hypothesis import example, given
from hypothesis import strategies as st

from archcalc.symbols.dims import at_least, divides, gcd, symbol
from archcalc.symbols.holding import holding
from archcalc.symbols.relations import is_zero
from archcalc.symbols.sign_runs import MAX_PERIOD, restrict, sign_runs, signs_by_remainder
from archcalc.symbols.simplify import ceil, floor, integral

X, H, W = symbol("x"), symbol("H"), symbol("W")
FAR = 300
SMALL = st.integers(-9, 9)
# What a formula is made of, each with what it is for a number.
PARTS = [
    (X, lambda x: x),
    (X**2, lambda x: x**2),
    (X**3, lambda x: x**3),
    (sympy.floor(X / 3), lambda x: x // 3),
    (sympy.ceiling((X**2 + 1) / 4), lambda x: -(-(x**2 + 1) // 4)),
    (sympy.floor(X / 2) ** 2, lambda x: (x // 2) ** 2),
    (sympy.Mod(X, 5), lambda x: x % 5),
    (sympy.Mod(X**2 + X, 4), lambda x: (x**2 + x) % 4),
    (gcd(X, 6), lambda x: math.gcd(x, 6)),
    (gcd(X + 1, 4) * X, lambda x: math.gcd(x + 1, 4) * x),
    (X / 2, lambda x: Fraction(x, 2)),
    ((X - 40) * (X - 60) * (X - 90), lambda x: (x - 40) * (x - 60) * (x - 90)),
    ((X - 70) ** 2 - 1, lambda x: (x - 70) ** 2 - 1),
]
FORMULAS = st.lists(st.tuples(SMALL, st.sampled_from(range(len(PARTS)))), min_size=1, max_size=3)


def sign(n: int | Fraction) -> int:
    return bool(n > 0) - bool(n < 0)


@example([(1, 11)], 0)
@example([(1, 12)], 0)
@example([(1, 6)], -2)
@given(FORMULAS, st.sampled_from([0, 1, -1, 7, -50, 400, -3000]))
def test_a_run_has_the_sign_that_each_of_its_numbers_gives(drawn, constant):
    """Runs follow each other from 1 on without end, and where the sign varies no shorter one would do."""
    formula = sum((c * PARTS[i][0] for c, i in drawn), sympy.Integer(constant))
    true = {x: sign(sum(c * PARTS[i][1](x) for c, i in drawn) + constant) for x in range(1, FAR)}
    found, each = sign_runs(formula, "x"), signs_by_remainder(formula, "x")

    assert found is not None
    assert each is not None
    period = len(each)
    assert found[0].start == 1
    assert found[-1].stop is None
    assert all(a.stop + 1 == b.start and a.sign != b.sign for a, b in pairwise(found))
    for run in found:
        here = [true[x] for x in range(run.start, min(run.stop or FAR, FAR - 1) + 1)]
        if run.sign is not None:
            assert set(here) <= {run.sign}
        else:
            assert run.stop is None or run.stop - run.start >= 2 * period
            assert len(set(here)) > 1 or len(here) < period
    for x, expected in true.items():
        changes = each[x % period]
        assert [s for start, s in changes if start <= x][-1] == expected


@pytest.mark.parametrize("number", [5, sympy.Integer(5), Fraction(1, 3), -2, sympy.Integer(-2), Fraction(-7, 2), 0])
def test_a_number_has_one_sign(number):
    """Whole or a fraction, sympy's or Python's."""
    (run,) = sign_runs(number, "x")

    assert (run.start, run.stop, run.sign) == (1, None, sign(number))


def test_a_sign_that_no_period_repeats_is_not_told():
    """Another letter, a letter below a line, a power that is a letter, a remainder by a letter, and too long a period."""
    for formula in (H - 3, X - H, 1 / X, 2**X, sympy.Mod(7, X), sympy.Mod(H, 3) - X):
        assert sign_runs(formula, "x") is None
    assert sign_runs(sympy.floor(X / MAX_PERIOD) - X, "x") is not None
    assert sign_runs(sympy.floor(X / (MAX_PERIOD + 1)) - X, "x") is None


# Facts, each with whether it holds for a number.
FACTS = st.one_of(
    st.integers(2, 40).map(lambda n: (at_least(X, n), lambda x: x >= n)),
    st.integers(1, 40).map(lambda n: (sympy.Le(X, n, evaluate=False), lambda x: x <= n)),
    st.integers(1, 40).map(lambda n: (sympy.Eq(X, n, evaluate=False), lambda x: x == n)),
    st.integers(2, 40).map(lambda n: (divides(X, n), lambda x: n % x == 0)),
    st.integers(2, 9).map(lambda n: (divides(n, X), lambda x: x % n == 0)),
    st.integers(2, 9).map(lambda n: (sympy.Ne(sympy.Mod(X, n), 1, evaluate=False), lambda x: x % n != 1)),
    st.booleans().map(lambda truth: (truth, lambda _: truth)),
    st.booleans().map(lambda truth: (sympy.true if truth else sympy.false, lambda _: truth)),
)


@given(FACTS, FACTS, st.sampled_from([sympy.And, sympy.Or]))
def test_facts_hold_together_or_either(one, other, joined):
    """Each by itself, both, or one of them."""
    for fact, true in (one, other):
        assert [x in holding(fact, "x") for x in range(1, FAR)] == [true(x) for x in range(1, FAR)]
    fact = joined(one[0], other[0], evaluate=False)
    both = (lambda x: one[1](x) and other[1](x)) if joined is sympy.And else lambda x: one[1](x) or other[1](x)

    assert [x in holding(fact, "x") for x in range(1, FAR)] == [both(x) for x in range(1, FAR)]


@given(SMALL, SMALL, st.integers(-60, 60))
def test_what_divides_a_formula_in_itself(a, b, constant):
    """x divides ax² + bx + c where it divides c; where c is nothing, that is not told by a list."""
    formula = a * X**2 + b * X + constant
    found = holding(sympy.Eq(sympy.Mod(formula, X, evaluate=False), 0, evaluate=False), "x")

    assert (found is None) == (constant == 0)
    if found is not None:
        assert [x for x in range(1, FAR) if x in found] == [x for x in range(1, FAR) if constant % x == 0]


@given(st.lists(FACTS, max_size=3))
def test_runs_are_cut_to_what_is_allowed(facts):
    """Bounds cut; of a number that the letter divides, how large it is; other facts leave all there is."""
    found = sign_runs((X - 10) * (X - 20), "x")
    facts = [fact for fact in facts if getattr(fact[0], "args", ())]
    cut = restrict(found, "x", [fact for fact, _ in facts])
    there = {x: run.sign for run in cut for x in range(run.start, min(run.stop or FAR, FAR - 1) + 1)}

    bounded = {"GreaterThan", "LessThan"}
    for x in range(1, FAR):
        out = False
        for fact, true in facts:
            left = fact.args[0]
            sets_bound = type(fact).__name__ in bounded or (left == X and type(fact).__name__ == "Equality")
            out |= sets_bound and not true(x)
            out |= left.func is sympy.Mod and left.args[1] == X and x > left.args[0]
        assert there.get(x) == (None if out else sign((x - 10) * (x - 20)))


@given(SMALL, SMALL, SMALL, SMALL, st.fractions(-3, 3, max_denominator=4))
def test_a_rounding_of_a_ratio_of_letters_is_that_of_its_numbers(a, b, c, d, rest):
    """What is whole stands outside, and the value is Python's for all small letters."""
    formula = a * H * W + b * H + (c * H + d) / W + sympy.Rational(rest.numerator, rest.denominator)
    down, up = floor(formula), ceil(formula)

    for h in range(1, 5):
        for w in range(1, 5):
            exact = a * h * w + b * h + Fraction(c * h + d, w) + rest
            put = [form.xreplace({H: sympy.Integer(h), W: sympy.Integer(w)}).doit() for form in (down, up)]
            assert put == [math.floor(exact), math.ceil(exact)]


def test_a_formula_is_seen_to_be_whole():
    """Sums, products, powers and roundings of letters, the lesser and the greater of them; not fractions."""
    whole = (
        X,
        sympy.Integer(3),
        X * H + 1,
        X**2 * H,
        sympy.floor(X / 2) + 1,
        sympy.Min(X, 7),
        sympy.Mod(X, 5),
        gcd(X, 6),
    )

    assert all(map(integral, whole))
    assert not any(map(integral, (X / 2, X + X / 2, 1 / X, H / X, sympy.Rational(1, 2), 2**X, sympy.Min(X / 2, 7))))


@pytest.mark.parametrize(
    ("formula", "truth"),
    [
        (0, True),
        (3, False),
        (-3, False),
        (sympy.Rational(1, 3), False),
        (2 * X - 7, False),
        (X + 1, False),
        (X - X, True),
    ],
)
def test_whether_a_formula_is_nothing(formula, truth):
    """True or false where no letter has a say."""
    assert is_zero(formula) is truth
