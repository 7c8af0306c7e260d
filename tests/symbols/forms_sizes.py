"""Sizes as layers and expressions make them, by letters and by numbers: roundings in each other, of fractions, of letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from archcalc.errors import Place, Source
from archcalc.language.expression import FUNCTIONS, evaluate
from archcalc.symbols.dims import (
    ceil_div,
    floor_div,
    maximum,
    minimum,
)
from archcalc.symbols.evaluate import in_form

DOWN_OR_UP = {"⌊": floor_div, "⌈": ceil_div}
SHIFTS = range(-3, 4)
DIVISORS = range(1, 5)
TIMES = (-2, -1, 1, 2, 3)
PLACE = Place(Source("", ""), 1, 1, 2)


class Form(NamedTuple):
    """A calculation, what it is called, and how far its letters are tried: each from 1 to its number."""

    text: str
    of: Callable[..., Any]
    upto: dict[str, int]


def once() -> Iterator[Form]:
    """⌊(m·⌊(H + o)/d⌋ + c)/b⌋, each rounded up or down: a size after layers that shrink, grow and shrink."""
    for (first, inner), (then, outer), m, o, d, c, b in product(
        DOWN_OR_UP.items(), DOWN_OR_UP.items(), TIMES, SHIFTS, DIVISORS, SHIFTS, DIVISORS
    ):
        yield Form(
            f"{then}({m}·{first}(H + {o})/{d} + {c})/{b}",
            lambda h, a=inner, z=outer, m=m, o=o, d=d, c=c, b=b: z(m * a(h + o, d) + c, b),
            {"H": d * b + 4},
        )


def thrice() -> Iterator[Form]:
    """Three roundings in each other."""
    ways, shifts = tuple(DOWN_OR_UP.items()), (-1, 0, 1, 2)
    for (f, a), (g, b), (h, c), m, n, o, p, q, d, e, k in product(
        ways, ways, ways, (1, 2, 3), (1, 2, 3), (-1, 0, 1), shifts, shifts, (2, 3), (2, 4), (2, 3)
    ):
        yield Form(
            f"{h}({n}·{g}({m}·{f}(H + {o})/{d} + {p})/{e} + {q})/{k}",
            lambda x, a=a, b=b, c=c, m=m, n=n, o=o, p=p, q=q, d=d, e=e, k=k: c(n * b(m * a(x + o, d) + p, e) + q, k),
            {"H": d * e * k},
        )


def beside() -> Iterator[Form]:
    """⌊(m·⌊(H + o)/d⌋ + n·X + c)/b⌋, X being H again or another letter."""
    for (first, inner), (then, outer), m, n, o, d, c, b, other in product(
        DOWN_OR_UP.items(), DOWN_OR_UP.items(), TIMES, (-1, 1, 2), (-1, 0, 2), (2, 3), (-1, 0, 1), (2, 3, 4), "HW"
    ):
        yield Form(
            f"{then}({m}·{first}(H + {o})/{d} + {n}·{other} + {c})/{b}",
            lambda h, w=None, a=inner, z=outer, m=m, n=n, o=o, d=d, c=c, b=b: z(
                m * a(h + o, d) + n * (h if w is None else w) + c, b
            ),
            {"H": 2 * d * b} if other == "H" else {"H": d * b, "W": b + 1},
        )


def fractions() -> Iterator[Form]:
    """⌊pH/q + r/s⌋, ⌈…⌉ and round(…) as in ceil(channels·0.75 + 0.5), and a rounding beside a fraction."""
    for (name, r), p, q, top, s, m in product(
        [(name, FUNCTIONS[name]) for name in ("floor", "ceil", "round")],
        range(-2, 4),
        DIVISORS,
        SHIFTS,
        DIVISORS,
        (0, 1, 2),
    ):
        yield Form(
            f"{name}({p}·H/{q} + {m}·⌊H/3⌋ + {top}/{s})",
            lambda h, r=r, p=p, q=q, t=top, s=s, m=m: r(
                (Fraction(p * h, q) if isinstance(h, int) else p * h / q) + m * floor_div(h, 3) + Fraction(t, s)
            ),
            {"H": 3 * q + 2},
        )


def ratios() -> Iterator[Form]:
    """Roundings of quotients by a letter, and of products of letters."""
    for (first, inner), (then, outer), m, o, c, b in product(
        DOWN_OR_UP.items(), DOWN_OR_UP.items(), (1, 2, 3), SHIFTS, (-2, 0, 1), DIVISORS
    ):
        yield Form(
            f"{then}({m}·{first}(H + {o})/W + {c})/{b}",
            lambda h, w, a=inner, z=outer, m=m, o=o, c=c, b=b: z(m * a(h + o, w) + c, b),
            {"H": 9, "W": 5},
        )
        yield Form(
            f"{then}({m}·H·{first}W/{b} + {o}·W + {c})/{b}",
            lambda h, w, a=inner, z=outer, m=m, o=o, c=c, b=b: z(m * h * a(w, b) + o * w + c, b),
            {"H": 6, "W": 6},
        )


def smaller() -> Iterator[Form]:
    """The smaller and the larger of two sizes, and a rounding of either."""
    for (name, pick), (f, a), (g, b), m, o, p, d, e in product(
        {"least": minimum, "greatest": maximum}.items(),
        *[DOWN_OR_UP.items()] * 2,
        (1, 2),
        (-2, 0, 1),
        SHIFTS,
        (1, 2, 3),
        (1, 2, 4),
    ):
        yield Form(
            f"⌊({name}({m}·{f}(H + {o})/{d}, {g}(H + {p})/{e}) + 1)/2⌋",
            lambda h, pick=pick, a=a, b=b, m=m, o=o, p=p, d=d, e=e: floor_div(
                pick(m * a(h + o, d), b(h + p, e)) + 1, 2
            ),
            {"H": 2 * d * e + 6},
        )


def reshaped() -> Iterator[Form]:
    """A formula written out or factored."""
    for form, m, n, o, d, c, p in product(
        ("expanded", "factored"), (1, 2, 3), (-1, 0, 2), (-1, 0, 1), (1, 2), (-1, 0, 2), (1, 2)
    ):
        yield Form(
            f"{form} {m}·(H + {o})^{p}·⌊(W + {c})/{d}⌋ + {n}·H·W",
            lambda h, w, form=form, m=m, n=n, o=o, d=d, c=c, p=p: in_form(
                m * (h + o) ** p * floor_div(w + c, d) + n * h * w, form
            ),
            {"H": 5, "W": 6},
        )


EXPRESSIONS = (
    "ceil(H*{m}/{d} + {c})",
    "floor({m}*H/{d}) - round(H/{b} + {c})",
    "({m}*H + {c}) // {d} % {b}",
    "min(H//{d} + {c}, {m}, H/{b})",
    "max({c}/{d}, H - {m}*W, ceil(W/{b}))",
    "min(max(H, {m}*W + {c}), H*W//{d})",
    "{m}*H//(W + {d}) + {c}",
    "{m}*H % W + W//{d}*{b} - {c}",
    "1 if {m}*H + {d} > {c} else 2",
    "{m} if H*{d} >= W - W + {c} and not H else H // {b}",
    "H if {m}*H + W == {c} or {d}*H > {b} else W",
    "[H, {m}*W] == [H, {m}*W + {c}]",
    "-H % {b} * {m} + (H + {c})**2 // {d}",
    "H*{d}/{b} + {c}",
)


def expressions() -> Iterator[Form]:
    """Arithmetic of specs, evaluated with letters and with numbers."""
    for text, m, d, c, b in product(EXPRESSIONS, (1, 2, 3), DIVISORS, SHIFTS, (1, 2, 3)):
        written = text.format(m=m, d=d, c=c, b=b)
        yield Form(
            written,
            lambda h, w, text=written: evaluate(text, {"H": h, "W": w}, PLACE),
            {"H": 12, "W": 4},
        )
