"""The configurations of a space, cut into chunks anywhere: all combinations in order, or a sample that is the same every time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.sweeping.fronts import front
from archcalc.sweeping.question import Question
from archcalc.sweeping.space import Knob, Space
from archcalc.sweeping.values import knob

SIZES = st.lists(st.integers(1, 7), min_size=1, max_size=4)


def rows(space, chunk):
    found = []
    last = 0
    for first, end in space.chunks(chunk):
        assert first == last
        last = end
        columns = space.columns(first, end)
        shape = np.broadcast_shapes(*[column.shape for column in columns.values()])
        flat = [np.broadcast_to(column, shape).reshape(-1).tolist() for column in columns.values()]
        found += zip(*flat, strict=True)
        for at in range(0, end - first, 3):
            assert tuple(space.configuration(columns, at).values()) == found[first + at]
    assert last == space.size == len(found)
    return found


@given(SIZES, st.integers(1, 50))
def test_chunks_of_a_grid_are_all_combinations_in_order(sizes, chunk):
    """Whatever the size of a chunk, the last knob changes fastest."""
    knobs = tuple(Knob(f"k{at}", range(at, at + 3 * n, 3)) for at, n in enumerate(sizes))

    assert rows(Space(knobs), chunk) == list(itertools.product(*[one.values for one in knobs]))


@given(SIZES, st.integers(1, 60), st.integers(1, 40), st.booleans())
def test_a_sample_does_not_depend_on_its_chunks(sizes, sample, chunk, hypercube):
    """The same seed has the same rows, and each value of a knob as often as a hypercube has it."""
    knobs = tuple(Knob(f"k{at}", range(n)) for at, n in enumerate(sizes))
    space = Space(knobs, sample, hypercube, seed=5)
    found = rows(space, chunk)

    assert found == rows(space, sample)
    if hypercube:
        for at, n in enumerate(sizes):
            counts = [[row[at] for row in found].count(value) for value in range(n)]
            assert max(counts) - min(counts) <= 1


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**62)), min_size=1, max_size=25))
def test_a_front_is_what_no_other_row_is_better_than(table):
    """Against every pair, with numbers that are no floats among them."""
    wanted = (("a", False), ("b", True), ("c", False))
    columns = {name: np.array([row[at] for row in table]) for at, (name, _) in enumerate(wanted)}

    def better(one, other):
        signed = [
            (-x, -y) if more else (x, y) for (x, y), (_, more) in zip(zip(one, other, strict=True), wanted, strict=True)
        ]
        return all(x <= y for x, y in signed) and any(x < y for x, y in signed)

    expected = [at for at, row in enumerate(table) if not any(better(other, row) for other in table)]
    assert front(columns, wanted).tolist() == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("width", "'width' is not name=values"),
        ("width=", "'width=' is not name=values"),
        ("width=8:4", "the range 8:4 has no values"),
        ("width=8:16:0", "the range 8:16:0 has no values"),
        ("width=1,,2", "a value is missing between commas"),
        ("width=1,2,1", "'width' has the value 1 twice"),
        ("a=0:1:0.000001", "the range 0:1:0.000001 has 1,000,001 values; at most 100,000 that are no whole numbers"),
    ],
)
def test_values_that_are_none_are_refused(text, said):
    """With the text that was given, and what is wrong with it."""
    with pytest.raises(SpecError) as error:
        knob(text)

    assert error.value.fact == said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"over": ["wide=1:2"]}, "'wide' is nothing that the network has"),
        ({"over": ["w=1:2", "w=3"]}, "'w' is swept twice"),
        ({"over": []}, "nothing is swept"),
        ({"over": ["w=1:2"], "measures": ["parms"]}, "no measure 'parms'"),
        ({"over": ["w=1:2"], "conditions": ["parms < 3"]}, "'parms' in 'parms < 3' is no column"),
        ({"over": ["w=1:2"], "conditions": ["params"]}, "'params' is no condition"),
        ({"over": ["w=1:2"], "conditions": ["3 < 4"]}, "'3 < 4' has no column in it"),
        ({"over": ["w=1:2"], "input": {"": [3, "R", "R"]}}, "'R' has no values"),
        ({"over": ["w=a,b"]}, "the network has letters without values: a"),
        ({"over": ["batch=1:2"], "set": {"w": "C"}}, "the network has letters without values: C"),
        ({"over": ["batch=0,-1"]}, "batch must be a whole number of at least 1, not 0"),
        ({"over": ["batch=1.5,x"]}, "batch must be a whole number of at least 1, not 3/2"),
        ({"over": ["R=x,y"], "input": {"": [3, "R", "R"]}}, "'R' is a size, and x is no whole number"),
        ({"over": ["w=1:2"], "set": {"v2": "1"}}, "the spec has no param 'v2'"),
        ({"over": ["w=1:2"], "measures": ["time"]}, "the least time is one on a device"),
        ({"over": ["w[1]=1:2"]}, "'w[1]' is an entry, and the param is no list"),
        ({"rows": {"w": [1, 2], "v": [1]}}, "the columns of the configurations differ in length"),
        ({"over": ["variant=small"]}, "there is no variant 'small'"),
        ({"over": ["w=1:2"], "convention": "mac"}, "no convention 'mac'"),
    ],
)
def test_a_question_that_has_no_answer_is_refused(more, said):
    """Before anything is computed, or by the first configuration."""
    text = b"input: {channels: 3, height: 8, width: 8}\nparams: {w: 1, v: 2}\nlayers: [conv2d: {out: w, kernel: 1}]"
    with pytest.raises(SpecError) as error:
        _ask(Question(name="a.yaml", content=text, **more))

    assert error.value.fact == said


def _ask(question):
    sweep = question.sweep
    chunk = sweep.chunk(*sweep.space.chunks()[0])
    if (chunk.refused >= 0).all():
        raise chunk.refusals[0]
