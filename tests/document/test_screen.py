"""Tables on narrow screens: no line is longer than the screen, no number is broken, and nothing is lost but what was to spare."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from archcalc.document.content import Head, Table
from archcalc.document.screen import Screen, table_text

NAMES = st.lists(st.sampled_from(["stage1", "block", "conv1", "relu", "downsample"]), min_size=1, max_size=3).map(
    "/".join
)
NOTES = st.lists(st.sampled_from(["kernel=3", "padding=1", "no bias", "64×56×56", "Simonyan,", "a"]), max_size=8).map(
    " ".join
)
NUMBERS = st.integers(0, 10**11)
ROWS = st.lists(st.tuples(NAMES, NOTES, NUMBERS, NUMBERS, st.just("12.5")), min_size=1, max_size=6)
HEADS = (
    Head("name", key="name"),
    Head("settings"),
    Head("params", numeric=True),
    Head("MACs", numeric=True),
    Head("%", numeric=True, spare=1),
)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\s/]+", text))


@given(rows=ROWS, width=st.integers(40, 120))
def test_no_line_is_longer_than_the_screen_and_nothing_else_is_left_out(rows, width):
    table = Table(HEADS, tuple(rows), ("total", "", sum(row[2] for row in rows), sum(row[3] for row in rows), ""))
    lines = table_text(table, Screen(width)).splitlines()

    assert max(map(len, lines)) <= width
    shown = words("\n".join(lines))
    assert set().union(*(words(f"{name} {note}") for name, note, *_ in rows)) <= shown


@given(rows=ROWS, width=st.integers(58, 120))
def test_exact_numbers_stay_whole(rows, width):
    """Where digits are asked for, each number stands on a line in one piece, however narrow it gets."""
    lines = table_text(Table(HEADS, tuple(rows)), Screen(width, exact=True))

    assert {f"{n:,}" for row in rows for n in row[2:4]} <= set(re.findall(r"[\d,]*\d", lines))


@given(rows=ROWS)
def test_paper_has_all_of_it(rows):
    """A pipe gets every column and every digit, each row on one line."""
    lines = table_text(Table(HEADS, tuple(rows))).splitlines()

    assert len(lines) == len(rows) + 2
    for line, row in zip(lines[2:], rows, strict=True):
        assert line.split() == [row[0], *row[1].split(), f"{row[2]:,}", f"{row[3]:,}", row[4]]


def test_what_is_to_spare_goes_first_then_digits_then_the_names_of_blocks():
    """By hand: 4 + 8 + 15 + 15 + 4 columns and gaps, and what is left of them on ever narrower screens."""
    rows = (
        ("stage/conv1", "kernel=3", 1_792, 15_470_264_320, "12.5"),
        ("stage/conv2", "", 36_928, 1_849_688_064, "1.0"),
    )
    table = Table(HEADS, rows)

    assert "12.5" in table_text(table, Screen(80))
    assert "12.5" not in table_text(table, Screen(47))
    assert "15,470,264,320" in table_text(table, Screen(47))
    short = table_text(table, Screen(38))
    assert "15.5G" in short
    assert "--exact" in short
    assert "\n  conv2" in table_text(table, Screen(32))
