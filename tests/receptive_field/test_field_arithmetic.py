"""What fields are computed with, against indices one by one: digits of places, windows near ends, and joined segments."""

from __future__ import annotations

import contextlib
import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.layers.intervals import NOTHING, number_text
from archcalc.layers.window import Window
from archcalc.receptive_field.digits import Digit, kept, moved
from archcalc.receptive_field.edges import clipped, runs
from archcalc.receptive_field.effective import box
from archcalc.receptive_field.fields import receptive_fields


def shapes_of(count: int, rank: int = 3) -> list[tuple[int, ...]]:
    """Every shape of so many values."""
    sides = [n for n in range(1, count + 1) if count % n == 0]
    return [shape for r in range(1, rank + 1) for shape in product(sides, repeat=r) if math.prod(shape) == count]


SHAPES = (
    st.sampled_from([1, 4, 6, 12, 24, 36])
    .map(shapes_of)
    .flatmap(lambda some: st.tuples(st.sampled_from(some), st.sampled_from(some)))
)


def counted(digit: Digit, shape: tuple[int, ...]) -> np.ndarray:
    """What a digit is for each value, in order."""
    indices = np.indices(shape)[digit.axis].ravel() // digit.inner
    return digit.times * (indices if digit.modulo is None else indices % digit.modulo)


@settings(max_examples=20 * settings().max_examples)
@given(SHAPES, st.data())
def test_a_digit_is_the_same_under_another_shape(shapes: tuple[tuple[int, ...], ...], data: st.DataObject) -> None:
    """Value by value, the digits under the new shape come to the one under the old; whole axes always have some."""
    x, y = shapes
    axis = data.draw(st.integers(0, len(x) - 1))
    inner = data.draw(st.sampled_from([n for n in range(1, x[axis] + 1) if x[axis] % n == 0]))
    rest = x[axis] // inner
    modulo = data.draw(st.sampled_from([None, *(n for n in range(2, rest) if rest % n == 0)]))
    found = moved(Digit(axis, inner, modulo), x, y)

    if found is not None:
        assert rest == 1 or all(counted(digit, y).any() for digit in found)
        there = sum((counted(digit, y) for digit in found), np.zeros(math.prod(y), int))
        assert there.tolist() == counted(Digit(axis, inner, modulo), x).tolist()
    if x == y and rest > 1:
        assert found is not None


@given(SHAPES)
def test_an_axis_that_stays_is_found_where_it_is(shapes: tuple[tuple[int, ...], ...]) -> None:
    """As long, and with as many values to each of its steps: the first such."""
    x, y = shapes
    for axis in range(len(x)):
        same = [j for j in range(len(y)) if (y[j], math.prod(y[j + 1 :])) == (x[axis], math.prod(x[axis + 1 :]))]

        assert kept(axis, x, y) == (same[0] if same else None)


WINDOWS = st.builds(
    lambda advance, lo, taps, step: Window(advance, ((lo, lo + step * taps),), step),
    st.integers(1, 3),
    st.integers(-6, 6),
    st.integers(0, 3),
    st.integers(1, 3),
)
OWN = st.builds(
    lambda advance, lo, more, holes: Window(advance, ((lo, lo + more), *[NOTHING] * holes)),
    st.integers(0, 3),
    st.integers(-4, 4),
    st.integers(0, 4),
    st.sampled_from([0, 0, 1, 2]),
)


@settings(max_examples=10 * settings().max_examples)
@given(OWN, WINDOWS, st.integers(0, 4), st.integers(1, 9), st.integers(1, 9))
def test_near_the_ends_of_what_was_joined_each_output_sees_what_it_finds(own, window, start, length, outputs):
    """From the first to the last input that any found index sees, output by output; those that find none are in no run."""
    found = {}
    for first, stop, seen in clipped(own, window, (start, start + length), start, outputs):
        assert not seen.empty
        for i in range(first, stop):
            assert i not in found
            lo, hi = seen.at(i - first)
            found[i] = (lo, hi) if hi >= lo else None
    for i in range(outputs):
        lo, hi = window.at(i)
        ends = [own.at(j - start) for j in range(lo, hi + 1, window.step) if start <= j < start + length]
        ends = [(a, b) for a, b in ends if b >= a]
        expected = (min(a for a, _ in ends), max(b for _, b in ends)) if ends else None

        assert found.get(i) == expected


def field(text: str, name: str):
    return receptive_fields(parse(Source("x.yaml", text)))[name]


@pytest.mark.parametrize("kernels", [(3, 5), (5, 3), (3, 3), (1, 3, 7), (7, 1, 3)])
def test_the_size_of_branches_in_line_is_that_of_the_widest(kernels):
    """Along an axis of letters as along one of numbers, and exact, for each branch begins where one has ended."""
    branches = ", ".join(f"b{i}: [conv1d: {{out: 2, kernel: {k}, padding: {k // 2}}}]" for i, k in enumerate(kernels))
    for length in ("H", "20"):
        found = field(
            f"input: {{channels: 2, length: {length}}}\nlayers: [concat: {{name: c, axis: 1, {branches}}}]", "c"
        )

        assert (found.size, found.exact) == ((max(kernels),), True)


def test_a_fraction_of_a_field_has_its_point_where_that_is_exact():
    """Halves, quarters and eighths; thirds and fifths as fractions."""
    assert [number_text(Fraction(3, n)) for n in (1, 2, 4, 8)] == ["3", "1.5", "0.75", "0.375"]
    assert [number_text(Fraction(2, n)) for n in (3, 5, 7, 9)] == ["2/3", "2/5", "2/7", "2/9"]


@pytest.mark.parametrize(
    ("kernel", "dilation", "padding", "exact"), [(2, 1, 0, True), (2, 2, 0, True), (2, 1, 1, True), (2, 5, 3, False)]
)
def test_what_letters_may_leave_without_a_value_is_a_bound(kernel, dilation, padding, exact):
    """A convolution over C features of each token; with taps at −3 and 2 one feature is found by none, and five are."""
    sizes = []
    for features in ("C", "1", "5"):
        layer = f"conv1d: {{name: c, out: 4, kernel: {kernel}, dilation: {dilation}, padding: {padding}}}"
        with contextlib.suppress(SpecError):
            text = (
                f"input: {{tokens: 20, features: {features}}}\n"
                f"layers: [reshape: {{steps: tokens, taps: features}}, {layer}]"
            )
            sizes.append((field(text, "c").size, field(text, "c").exact))

    assert sizes[0] == ((20,), exact)
    assert exact or sizes[1:] == [((0,), True), ((20,), True)]


@pytest.mark.parametrize("channel", range(20))
def test_channels_taken_two_by_two_see_what_either_sees(channel):
    """Of forty channels in line the first twenty see 3 and the others 5, and so do ten and ten of their maxima."""
    found = field(
        "input: {channels: 2, length: 20}\nlayers: [concat: [[conv1d: {out: 20, kernel: 3, padding: 1}],"
        " [conv1d: {out: 20, kernel: 5, padding: 2}]], maxout: 2,"
        f" slice: {{name: s, start: {channel}, stop: {channel + 1}}}]",
        "s",
    )

    assert (found.size, found.exact) == ((3 if channel < 10 else 5,), True)


@pytest.mark.parametrize("last", ["slice: {name: s, start: 0, stop: 1}", "slice: {name: s, start: 3, stop: 5}"])
def test_what_mixes_all_channels_has_none_to_pick_from(last):
    """Each output of a convolution over one place sees all of what was joined, in numbers and in letters."""
    for length in ("20", "H"):
        found = field(
            f"input: {{channels: 2, length: {length}}}\nlayers: [concat: [[conv1d: {{out: 2, kernel: 3, padding: 1}}],"
            f" [conv1d: {{out: 3, kernel: 5, padding: 2}}]], conv1d: {{out: 7, kernel: 1}}, {last}]",
            "s",
        )

        assert (found.size, found.exact) == ((5,), True)


@given(st.sets(st.integers(0, 30)))
def test_numbers_in_order_are_runs_without_a_gap(numbers):
    """As few as there are, and all of them."""
    found = runs(sorted(numbers))

    assert [n for first, stop in found for n in range(first, stop)] == sorted(numbers)
    assert len(found) == sum(n - 1 not in numbers for n in numbers)


def test_one_output_over_two_branches_sees_of_each_what_it_finds():
    """A kernel over 10 places finds the 4 of the first, and of the second 0 to 5, which see −1 to 6."""
    found = field(
        "input: {channels: 2, length: 20}\nlayers: [concat: {axis: 1, a: [slice: {start: 0, stop: 4, axis: 1}],"
        " b: [conv1d: {out: 2, kernel: 3, padding: 1}]}, conv1d: {name: g, out: 2, kernel: 10, stride: 100}]",
        "g",
    )

    assert found.size == (8,)


def test_an_array_among_branches_in_line_sees_nothing_and_is_no_bound():
    """Three places of a trained array between branches that see 3 and 5."""
    found = field(
        "input: {channels: 2, length: 20}\nlayers: [concat: {name: c, axis: 1,"
        " a: [conv1d: {out: 2, kernel: 3, padding: 1}], b: [learned: {shape: [2, 3]}],"
        " c: [conv1d: {out: 2, kernel: 5, padding: 2}]}]",
        "c",
    )

    assert (found.size, found.exact) == ((5,), True)


def test_a_box_of_a_bound_has_no_ends_beyond_the_input():
    """Where a field is not exact a place is said to see what it does, and no padding is counted."""
    text = (
        "input: {tokens: 8, features: 3}\n"
        "layers: [lstm: 4, permute: [1, 0], convtranspose1d: {name: c, out: 2, kernel: 1, stride: 2}]"
    )
    found = box(parse(Source("x.yaml", text)), "c", (6,))

    assert not field(text, "c").exact
    assert (found.unclipped, found.padding, found.clipped, found.seen) == (None, None, ((0, 3),), 4)
