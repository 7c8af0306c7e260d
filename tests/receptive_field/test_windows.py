"""Windows, after one another and merged, against an algebra of plain sets."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from archcalc.layers.window import Window
from tests.layers.inputs import Draw


@st.composite
def windows(draw: Draw) -> Window:
    """Any window that a layer may have, also one that moves back, with phases, gaps and outputs that see nothing."""
    advance, period = draw(st.integers(-3, 4)), draw(st.integers(1, 4))
    ends = [
        (lo, lo + draw(st.integers(-1, 5)))
        for lo in draw(st.lists(st.integers(-5, 5), min_size=period, max_size=period))
    ]
    return Window(advance, tuple((lo, hi) if hi >= lo else (0, -1) for lo, hi in ends))


@st.composite
def growing(draw: Draw, least: int = -6) -> Window:
    """A window whose last input moves faster than its first, as that of a recurrence, of which the first outputs may see nothing."""
    pairs = draw(st.lists(st.tuples(st.integers(-3, 3), st.integers(least, 6)), min_size=1, max_size=3))
    lows = st.sampled_from([[lo for lo, _ in pairs], [pairs[0][0]] * len(pairs)])
    phases = tuple((lo, lo + more) for lo, (_, more) in zip(draw(lows), pairs, strict=True))
    return Window(0, phases, stretch=draw(st.integers(1, 3)))


def hull(seen: set[int]) -> tuple[int, int] | None:
    return (min(seen), max(seen)) if seen else None


def seen_from(window: Window, i: int) -> set[int]:
    lo, hi = window.at(i)
    return set(range(lo, hi + 1))


def ends(window: Window, i: int) -> tuple[int, int] | None:
    lo, hi = window.at(i)
    return (lo, hi) if lo <= hi else None


@settings(max_examples=10 * settings().max_examples)
@given(later=windows(), first=windows())
def test_a_window_after_another_is_the_hull_of_all_that_is_seen(later, first):
    """One output of the second sees what all its inputs, as outputs of the first, see; for every output near 0."""
    both = later.after(first)
    assert both is not None
    for i in range(40):
        assert ends(both, i) == hull({n for j in seen_from(later, i) for n in seen_from(first, j)})


def held(found: Window, sought: Callable[[int], set[int]]) -> None:
    """A window that is a bound holds all that is seen; one that is not is just that."""
    for i in range(40):
        said, seen = ends(found, i), hull(sought(i))
        if found.loose and seen is not None:
            lo, hi = found.at(i)
            assert lo <= seen[0] <= seen[1] <= hi
        elif not found.loose:
            assert said == seen


@settings(max_examples=20 * settings().max_examples)
@given(later=st.one_of(windows(), growing(least=0)), first=st.one_of(windows(), growing()))
def test_what_grows_before_or_after_another_is_held_by_both_together(later, first):
    """Exactly so, or a bound that is called one, also where outputs see nothing at first or never; of a layer's own all see something."""
    both = later.after(first)

    assert both is not None
    held(both, lambda i: {n for j in seen_from(later, i) for n in seen_from(first, j)})


@settings(max_examples=10 * settings().max_examples)
@given(one=growing(), times=st.integers(1, 3), data=st.data())
def test_what_grows_alike_is_merged(one, times, data):
    """Exactly so, or a bound that is called one."""
    count = times * len(one.phases)
    pairs = data.draw(st.lists(st.tuples(st.integers(-3, 3), st.integers(-6, 6)), min_size=count, max_size=count))
    other = Window(one.advance * times, tuple((lo, lo + more) for lo, more in pairs), stretch=one.stretch * times)
    assert one.alike(other)
    held(one.merged(other), lambda i: seen_from(one, i) | seen_from(other, i))


@settings(max_examples=10 * settings().max_examples)
@given(one=windows(), times=st.integers(1, 3), data=st.data())
def test_merged_windows_are_the_hull_of_both(one, times, data):
    """Where they move alike, with as many phases or more, each output sees what either shows."""
    los = data.draw(st.lists(st.integers(-5, 5), min_size=times * len(one.phases), max_size=times * len(one.phases)))
    other = Window(one.advance * times, tuple((lo, lo + data.draw(st.integers(0, 4))) for lo in los))
    assert one.alike(other)
    both = one.merged(other)
    for i in range(40):
        assert ends(both, i) == hull(seen_from(one, i) | seen_from(other, i))


@settings(max_examples=4 * settings().max_examples)
@given(window=st.one_of(windows(), growing()))
def test_a_loosened_window_holds_the_window(window):
    """With one phase and a fraction for its jump it sees at least as much, and moves as far."""
    loose = window.relaxed()

    assert loose.jump == window.jump
    for i in range(40):
        if (seen := ends(window, i)) is not None:
            lo, hi = loose.at(i)
            assert lo <= seen[0] <= seen[1] <= hi
