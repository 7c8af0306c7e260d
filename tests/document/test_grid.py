"""Columns of text, against the library that is known for them."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st
from tabulate import SEPARATING_LINE, tabulate

from archcalc.document.grid import aligned

# Leading spaces are kept here, as those of a tree, and dropped there.
TEXT = st.text("abc ×1,\n", max_size=9).map(str.strip)


@given(data=st.data())
def test_columns_stand_as_a_library_puts_them(data):
    """Titles, cells of several lines, both alignments, with a last row and without; but no spaces at the end of a line."""
    n = data.draw(st.integers(1, 4))
    titles = data.draw(st.lists(st.text("abc %", max_size=6).map(str.strip), min_size=n, max_size=n))
    rows = data.draw(st.lists(st.lists(TEXT, min_size=n, max_size=n), min_size=1, max_size=4))
    right = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    last = data.draw(st.none() | st.lists(TEXT, min_size=n, max_size=n))
    # A row of nothing is dropped by the library, and stands here.
    assume(all(map(any, [*rows, *([] if last is None else [last])])))

    expected = tabulate(
        [*rows, *([] if last is None else [SEPARATING_LINE, last])],
        titles,
        "simple",
        disable_numparse=True,
        colalign=["right" if one else "left" for one in right],
    )

    assert aligned(titles, rows, right, last).splitlines() == [line.rstrip() for line in expected.splitlines()]
