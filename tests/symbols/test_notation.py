"""What is printed of a formula means the formula: read back by another route it has the same values."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.symbols.dims import any_of, at_least, ceil_div, divides, equal, floor_div, gcd, minimum, symbol
from archcalc.symbols.evaluate import substitute
from archcalc.symbols.notation import LATEX, TEXT, WORKING, WORKING_LATEX
from archcalc.symbols.traced import Traced, tree

C, H, K, WIDTH = (symbol(name) for name in ("C", "H", "K", "width"))
LETTERS = st.sampled_from([C, H, K, WIDTH])
NUMBERS = st.integers(-3000, 3000)
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")


def grown(formulas):
    """Sums, products, powers, quotients and roundings of formulas."""
    return st.one_of(
        st.builds(lambda a, b: a + b, formulas, formulas | NUMBERS),
        st.builds(lambda a, b: a * b, formulas, formulas | NUMBERS),
        st.builds(lambda a, n: a**n, formulas, st.integers(2, 3)),
        st.builds(floor_div, formulas, st.integers(2, 7)),
        st.builds(ceil_div, formulas, st.integers(2, 7)),
        st.builds(lambda a, n: a / n, formulas, st.integers(2, 7)),
    )


POWERS = st.builds(lambda n, letter: n**letter, st.integers(2, 5), LETTERS)
FORMULAS = st.recursive(LETTERS | POWERS, grown, max_leaves=5)


SPELLED = {
    "^": "**",
    "−": "-",
    "·": "*",
    "+": "+",
    "/": "/",
    "(": "(",
    ")": ")",
    "⌊": "floor(",
    "⌋": ")",
    "⌈": "ceil(",
    "⌉": ")",
}


def read_back(text, values):
    """The value of a printed formula: what stands side by side is multiplied, and the rest is arithmetic."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"^{power[0].translate(SUPERSCRIPTS)}", text.replace(",", ""))
    python, before = "", ""
    for token in re.findall(r"width|[CHK]|\d+|[\^−·+/()⌊⌋⌈⌉]", text):
        beside = re.fullmatch(r"\w+|[)⌋⌉]", before) and re.fullmatch(r"\w+|[(⌊⌈]", token)
        python += ("*" if beside else "") + (SPELLED.get(token) or f"Fraction({values.get(token, token)})")
        before = token
    names = {"Fraction": Fraction, "floor": math.floor, "ceil": math.ceil}
    return eval(python, {"__builtins__": {}}, names)  # noqa: S307 - no text but our own


@given(FORMULAS, st.fixed_dictionaries({name: st.integers(1, 20) for name in ("C", "H", "K", "width")}))
def test_a_printed_formula_reads_as_itself(formula, values):
    """Signs, brackets, fractions, powers and what stands side by side."""
    assert read_back(TEXT.dim(formula), values) == substitute(formula, values)


@given(FORMULAS, st.integers(8, 60))
def test_a_broken_formula_is_whole(formula, width):
    """Its lines are the formula, none of them longer than the width but for a single term."""
    lines = TEXT.lines(formula, width)

    assert " ".join(lines) == TEXT.dim(formula)
    for line in lines:
        assert (
            len(line) <= width
            or not re.search(r" [+−] ", re.sub(r"^[+−] |\([^()]*\)|[⌊⌈][^⌋⌉]*[⌋⌉]", "", line))
            or "(" in line
        )


@pytest.mark.parametrize(
    ("formula", "text", "latex"),
    [
        (27 * C**2 + 3 * C, "27C² + 3C", "$27C^2 + 3C$"),
        (-22 * C**2, "−22C²", "$-22C^2$"),
        (9 * C**2 / 4, "9C²/4", "$9C^2/4$"),
        (floor_div(H, 32), "⌊H/32⌋", r"$\lfloor H/32 \rfloor$"),
        (64 * ceil_div(H, 32) ** 2, "64⌈H/32⌉²", r"$64\lceil H/32 \rceil^2$"),
        (floor_div(H - 7, 4), "⌊(H − 7)/4⌋", r"$\lfloor (H - 7)/4 \rfloor$"),
        (4096 * K, "4,096·K", r"$4{,}096 \cdot K$"),
        (C * (H + 1), "C·(H + 1)", r"$C \cdot (H + 1)$"),
        (3 * WIDTH * C, "3C·width", r"$3C \cdot \mathit{width}$"),
        (symbol("C_in") ** 12, "C_in¹²", r"$C_{\mathrm{in}}^{12}$"),
        (symbol("a_b_c"), "a_b_c", r"$\mathit{a\_b\_c}$"),
        (minimum(C, 3), "min(3, C)", r"$\operatorname{min}(3, C)$"),
        (gcd(H, 7), "gcd(7, H)", r"$\operatorname{gcd}(7, H)$"),
        (1234567, "1,234,567", "1,234,567"),
        (2 * 2**C - 1, "2·2^C − 1", r"$2 \cdot 2^{C} - 1$"),
        (C * 3**C, "C·3^C", r"$C \cdot 3^{C}$"),
        (-5, "−5", "−5"),
    ],
)
def test_formulas_read_as_in_a_paper(formula, text, latex):
    """In text and in LaTeX."""
    assert (TEXT.dim(formula), LATEX.dim(formula)) == (text, latex)


@pytest.mark.parametrize(
    ("number", "text", "latex"),
    [
        (
            lambda h, p: (h + 2 * p) // 4 * 3,
            "3·⌊(H_out + 2·pad_before_1) / 4⌋",
            r"3 \cdot \left\lfloor \frac{\mathit{H}_{\mathit{out}} + 2 \cdot \mathit{pad}_{\mathit{before\_1}}}{4} \right\rfloor",
        ),
        (lambda h, p: -(-h // 4), "⌈H_out / 4⌉", r"\left\lceil \frac{\mathit{H}_{\mathit{out}}}{4} \right\rceil"),
        (
            lambda h, p: h**p % 5 + 1728,
            "(H_out^pad_before_1 mod 5) + 1,728",
            r"(\mathit{H}_{\mathit{out}}^{\mathit{pad}_{\mathit{before\_1}}} \bmod 5) + 1{,}728",
        ),
        (lambda h, p: p - h, "pad_before_1 − H_out", r"\mathit{pad}_{\mathit{before\_1}} - \mathit{H}_{\mathit{out}}"),
        (lambda h, p: (h + 2) // 3 * p, "((H_out + 2) / 3)·pad_before_1", None),
    ],
)
def test_a_number_that_remembers_is_printed_by_the_same_walk(number, text, latex):
    """Names whole and factors apart, in text and in LaTeX."""
    written = tree(number(Traced.named("H_out", 7), Traced.named("pad_before_1", 2)))

    assert WORKING.formula(written) == text
    assert latex is None or WORKING_LATEX.formula(written) == latex


@pytest.mark.parametrize(
    ("fact", "text"),
    [
        (divides(4, C), "4 | C"),
        (divides(4, 2 * C + 2), "2 | C + 1"),
        (divides(C, 768), "C | 768"),
        (at_least(H, 5), "H ≥ 5"),
        (at_least(floor_div(H, 4) + 2, 5), "H ≥ 12"),
        (at_least(9 - 2 * H, 1), "H ≤ 4"),
        (equal(2 * C, 8), "C = 4"),
        (equal(C, H), "C = H"),
        (any_of(at_least(C, 2), at_least(H, 3)), "C ≥ 2 or H ≥ 3"),
        (at_least(C * H, 2), "CH ≥ 2"),
    ],
)
def test_what_is_assumed_reads_in_the_fewest_words(fact, text):
    """Divided by what is common, roundings undone."""
    assert TEXT.fact(fact) == text
