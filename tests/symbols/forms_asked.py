"""What is asked of sizes, by letters and by numbers: which is larger, which are equal, what divides what, what is whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product
from typing import Any

from archcalc.symbols.dims import (
    any_of,
    at_least,
    ceil_div,
    divides,
    equal,
    floor_div,
    remainder,
    whole,
)
from tests.symbols.forms_sizes import DIVISORS, DOWN_OR_UP, SHIFTS, TIMES, Form


def compared() -> Iterator[Form]:
    """Whether a size is at least a number or another size, or equals it; decided for all values, or a relation."""
    asked = {"≥": at_least, "=": equal}
    for (sign, ask), (f, a), m, n, o, d, c in product(
        asked.items(), DOWN_OR_UP.items(), TIMES, (-1, 0, 1), SHIFTS, DIVISORS, range(-6, 7)
    ):
        yield Form(
            f"{m}·{f}(H + {o})/{d} + {n}·H {sign} {c}",
            lambda h, ask=ask, a=a, m=m, n=n, o=o, d=d, c=c: ask(m * a(h + o, d) + n * h, c),
            {"H": 4 * d + 8},
        )
    for (sign, ask), (f, a), (g, b), m, o, p, d, e, w in product(
        asked.items(), *[DOWN_OR_UP.items()] * 2, (1, 2), (-1, 0, 1), SHIFTS, (1, 2, 3), (1, 2, 4), (0, 1)
    ):
        yield Form(
            f"{m}·{f}(H + {o})/{d} {sign} {g}(H + {w}·W + {p})/{e}",
            lambda h, v=0, ask=ask, a=a, b=b, m=m, o=o, p=p, d=d, e=e: ask(m * a(h + o, d), b(h + v + p, e)),
            {"H": 2 * d * e} | ({"W": 4} if w else {}),
        )
    for (sign, ask), m, n, k, c in product(asked.items(), TIMES, (-2, -1, 0, 1), (-1, 0, 1), range(-4, 5)):
        yield Form(
            f"{m}·H·W + {n}·H + {k}·W² {sign} {c}",
            lambda h, w, ask=ask, m=m, n=n, k=k, c=c: ask(m * h * w + n * h + k * w**2, c),
            {"H": 6, "W": 6},
        )
    for (f, a), o, d, c, k in product(DOWN_OR_UP.items(), SHIFTS, DIVISORS, range(-2, 5), range(1, 5)):
        yield Form(
            f"{f}(H + {o})/{d} ≥ {c} or W ≥ {k} or H = {k}",
            lambda h, w, a=a, o=o, d=d, c=c, k=k: any_of(any_of(at_least(a(h + o, d), c), at_least(w, k)), equal(h, k)),
            {"H": 9, "W": 5},
        )


def divided() -> Iterator[Form]:
    """Whether a number or a letter divides a size."""
    for (f, a), m, n, o, d, c, k in product(
        DOWN_OR_UP.items(), TIMES, (-1, 0, 2), (-1, 0, 1), (1, 2, 3), SHIFTS, range(1, 7)
    ):
        yield Form(
            f"{k} | {m}·{f}(H + {o})/{d} + {n}·W + {c}",
            lambda h, w=0, a=a, m=m, n=n, o=o, d=d, c=c, k=k: divides(k, m * a(h + o, d) + n * w + c),
            {"H": d * k + 1} | ({"W": k} if n else {}),
        )
    for m, n, c in product((0, 1, 2, 3), (0, 1, 2, 3), range(-6, 7)):
        for times in (1, 2, 3):
            yield Form(
                f"{times}·W | {m}·H + {n}·H·W + {c}",
                lambda h, w, t=times, m=m, n=n, c=c: divides(t * w, m * h + n * h * w + c),
                {"H": 9, "W": 7},
            )


def wholes() -> Iterator[Form]:
    """Whether quotients of powers and products come to whole numbers, what is left of them, and whether a number divides them."""
    asked: dict[str, Callable[..., Any]] = {
        "whole {a}/{k}": lambda a, k: (
            isinstance(n, int) if isinstance(n := fraction(a, k), (int, Fraction)) else whole(n)
        ),
        "{k} | {a}": lambda a, k: divides(k, a),
        "{a} % {k}": remainder,
        "⌊{a}/{k}⌋": floor_div,
        "⌈{a}/{k}⌉": ceil_div,
        "{a} = {k}": equal,
        "{a} ≥ {k}": at_least,
    }
    for (text, ask), m, n, c, p, q, k in product(
        asked.items(), (-1, 1, 2, 3), (-1, 0, 1, 2), (0, 1, 5), (1, 2, 3), (0, 1), range(1, 8)
    ):
        yield Form(
            text.format(a=f"(({m}·H + {n})^{p}·(H + 2W)^{q} + {c})", k=k),
            lambda h, w, ask=ask, m=m, n=n, c=c, p=p, q=q, k=k: ask((m * h + n) ** p * (h + 2 * w) ** q + c, k),
            {"H": 8, "W": 3},
        )
        if c < 2 and p < 3:
            yield Form(
                text.format(a=f"({m}·H^{p}·W^{q} + {c}·{n}·W)", k=f"({k}·W + 1)"),
                lambda h, w, ask=ask, m=m, n=n, c=c, p=p, q=q, k=k: ask(m * h**p * w**q + c * n * w, k * w + 1),
                {"H": 8, "W": 3},
            )


def fraction(a: Any, b: Any) -> Any:
    """A quotient, a whole number where it is one."""
    if not (isinstance(a, int) and isinstance(b, int)):
        return a / b
    ratio = Fraction(a, b)
    return ratio.numerator if ratio.denominator == 1 else ratio
