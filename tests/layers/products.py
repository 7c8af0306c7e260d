"""Hypothesis strategies: two inputs that can be multiplied as matrices."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from archcalc.symbols.shape import axes_of

Shape = tuple[int, ...]
SIZES = st.integers(1, 6)


def fitting_product(heads: int | None, transpose: str | None, a: Shape, b: Shape) -> bool:
    """Whether two inputs fit, the one turned or split so."""
    if heads is None:
        if len(a) != len(b) or a[:-2] != b[:-2]:
            return False
    else:
        split = [x for x in (a, b) if len(x) == 2]
        if transpose in {"first", "both"} or not split or any(len(x) > 3 for x in (a, b)):
            return False
        if any(x[1] % heads or not sequence(x) for x in split) or any(x[0] != heads for x in (a, b) if len(x) == 3):
            return False
    rows, columns = ((x[-2], x[-1] // heads if heads and len(x) == 2 else x[-1]) for x in (a, b))
    summed = rows[0] if transpose in {"first", "both"} else rows[1]
    return summed == (columns[1] if transpose in {"second", "both"} else columns[0])


def fits_as_product(a: Shape, b: Shape) -> bool:
    """Whether two inputs fit without heads, turned or not."""
    return any(fitting_product(None, turn, a, b) for turn in (None, "first", "second", "both"))


def sequence(x: Shape) -> bool:
    """Whether the names of an input, if it has any, say tokens×features."""
    names = axes_of(x)
    return not any(names) or names in {("tokens", "features"), ("length", "channels"), ("time", "bands")}


@st.composite
def factors(draw: Any) -> tuple[Shape, ...]:
    """Matrices of one or several, or one of them, or both, tokens×features of several heads."""
    rows, summed, columns = (draw(SIZES) for _ in "rsc")
    way = draw(st.sampled_from(["plain", "plain", "scores", "mixed", "second by heads", "keys by heads"]))
    heads = draw(st.sampled_from([1, 2, 3, 4]))
    if way == "plain":
        before = tuple(draw(st.lists(st.integers(1, 3), max_size=2)))
        first, second = (rows, summed), (summed, columns)
        turned = (x[::-1] if draw(st.booleans()) else x for x in (first, second))
        return tuple((*before, *x) for x in turned)
    return {
        "scores": ((rows, heads * summed), (columns, heads * summed)),
        "mixed": ((heads, rows, summed), (summed, heads * columns)),
        "second by heads": ((rows, heads * summed), (heads, summed, columns)),
        "keys by heads": ((heads, rows, summed), (columns, heads * summed)),
    }[way]
