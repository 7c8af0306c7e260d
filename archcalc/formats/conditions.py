"""The conditions on letters under which numbers hold: the facts that layers rely on, and ranges of one letter."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.document.style import PLAIN, Style
from archcalc.network.facts import Assumption


def held(conditions: Iterable[Assumption], style: Style = PLAIN) -> list[str]:
    """The sentence that states the conditions under which numbers hold; an empty list if there are none."""
    said = facts(conditions, style)
    return [f"Holds where {said}."] if said else []


def facts(conditions: Iterable[Assumption], style: Style = PLAIN) -> str:
    """Each fact with the first layer that requires it: 4 | C (conv1), H ≥ 5 (pool1)."""
    return ", ".join(f"{style.fact(one.fact)} ({style.clean(one.node)})" for one in conditions)


def stretch(letter: str, start: int, stop: int | None, style: Style = PLAIN) -> str:
    """A range of values of a letter in words; it has no end if `stop` is None.

    >>> stretch("C", 2, 2), stretch("C", 1, 4), stretch("C", 5, 9), stretch("C", 1000, None), stretch("C", 1, None)
    ('at C = 2', 'for C ≤ 4', 'for 5 ≤ C ≤ 9', 'for C ≥ 1,000', 'for every C')
    """
    notation = style.notation
    name = notation.letter(letter)
    first, last = (f"{n or 0:,}".replace(",", notation.comma) for n in (start, stop))
    if start == stop:
        word, said = "at", f"{name} = {first}"
    elif stop is None:
        word, said = ("for", f"{name} {notation.at_least} {first}") if start > 1 else ("for every", name)
    else:
        below = f"{name} {notation.at_most} {last}"
        word, said = "for", below if start == 1 else f"{first} {notation.at_most} {below}"
    return f"{word} {notation.around}{said}{notation.around}"
