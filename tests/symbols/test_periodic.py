"""Sets that repeat: what they hold, where they end, and how they meet, against Python's own sets."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from sympy import sympify

from archcalc.symbols.dims import ceil_div, divides, floor_div, remainder, symbol
from archcalc.symbols.evaluate import value
from archcalc.symbols.holding import holding, where
from archcalc.symbols.periodic import Numbers, common, either, listed, of

FAR = 120
X = symbol("x")
SPANS = st.lists(st.tuples(st.integers(-3, 40), st.none() | st.integers(0, 60)), max_size=3)
SETS = (
    st.integers(1, 6)
    .flatmap(lambda period: st.lists(SPANS, min_size=period, max_size=period))
    .map(lambda spans: (len(spans), spans))
)


def drawn(period: int, spans: list[list[tuple[int, int | None]]]) -> set[int]:
    return {x for x in range(1, FAR) for a, b in spans[x % period] if a <= x and (b is None or x <= b)}


def held(numbers: Numbers) -> set[int]:
    return {x for x in range(1, FAR) if x in numbers}


@given(SETS)
def test_a_set_holds_what_its_spans_do(given_set):
    """Members, the smallest, the largest and the stretches are those of the numbers themselves."""
    numbers, true = of(*given_set), drawn(*given_set)

    assert held(numbers) == true
    assert numbers.smallest == min(true, default=None)
    endless = any(x in true for x in range(100, FAR))
    assert numbers.largest == (None if endless else max(true, default=None))
    stretched = [
        x
        for one in numbers.stretches()
        for x in range(one.start, min(one.stop or FAR, FAR - 1) + 1)
        if x % one.period in one.remainders
    ]
    assert stretched == sorted(true)


@given(SETS, SETS)
def test_sets_meet_and_join_as_sets_do(a, b):
    """Of different periods too."""
    assert held(common(of(*a), of(*b))) == drawn(*a) & drawn(*b)
    assert held(either(of(*a), of(*b))) == drawn(*a) | drawn(*b)


@given(st.lists(st.integers(1, FAR - 1), max_size=9))
def test_a_list_is_its_numbers(numbers):
    """And no others."""
    assert held(listed(numbers)) == set(numbers)


PARTS = st.tuples(st.integers(-9, 9), st.integers(1, 3), st.integers(-5, 5), st.integers(2, 6), st.integers(0, 3))


def _part(c: int, a: int, b: int, m: int, form: int) -> object:
    inside = a * X + b
    return c * [floor_div(inside, m), ceil_div(inside * X, m), (inside * X / m) % 3, (inside**2) % m][form]


@given(st.lists(PARTS, min_size=1, max_size=2), st.integers(-20, 20), st.sampled_from([{0}, {1}, {-1, 0}, {-1, 1}]))
def test_where_a_formula_has_a_sign_is_where_every_number_says(parts, constant, wanted):
    """Roundings, remainders, and remainders of fractions, which repeat after more numbers than their divisor."""
    formula = sum((_part(*part) for part in parts), constant)
    numbers = where(formula, "x", wanted)
    signs = {x: formula if isinstance(formula, int) else value(formula, {"x": x}) for x in range(1, FAR)}

    assert numbers is None or held(numbers) == {x for x, n in signs.items() if (n > 0) - (n < 0) in wanted}


@given(st.integers(1, 10**6))
def test_what_divides_a_number_are_its_divisors(n):
    """All of them, small and large."""
    numbers = holding(divides(X, n), "x") if n > 1 else listed([1])

    assert numbers is not None
    assert held(numbers) == {x for x in range(1, FAR) if n % x == 0}
    assert numbers.largest == n


def test_far_numbers_take_no_longer():
    """A remainder from a billion on is one stretch, and its ends are exact."""
    numbers = common(
        where(X - 10**9, "x", {0, 1}) or listed([]),
        where(X % 3, "x", {0}) or listed([]),
        where(X - 10**12, "x", {-1}) or listed([]),
    )

    assert (numbers.smallest, numbers.largest, len(numbers.stretches())) == (10**9 + 2, 10**12 - 1, 1)


POWERS = st.sampled_from([X, X**2, (2 * X + 2) ** 2, X * (2 * X + 2) ** 2, floor_div(X, 2), X * floor_div(X, 3), X % 3])
TERMS = st.tuples(st.integers(-4, 4), POWERS, st.sampled_from([1, 1, 1, 2, 4]))


@example([(-1, (2 * X + 2) ** 2, 1)], 5, 6)
@example([(3, X % 3, 1)], 0, 4)
@example([(-2, X % 3, 1)], 0, 5)
@given(st.lists(TERMS, min_size=1, max_size=3), st.integers(-9, 9), st.integers(2, 9))
def test_a_remainder_of_a_formula_is_that_of_its_numbers(terms, constant, k):
    """Powers, roundings, remainders and fractions, of which sympy's own remainders are wrong: 5 − (2x + 2)² by 6 is no constant."""
    formula = sum((c * power / bottom for c, power, bottom in terms), constant)
    found = remainder(formula, k)

    for x in range(1, 40):
        exact = value(sympify(formula), {"x": x})
        assert value(sympify(found), {"x": x}) == exact - k * (exact // k)
