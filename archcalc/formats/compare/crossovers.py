"""The ranges of a letter over which each network has the smaller measure, in words."""

from __future__ import annotations

from typing import Any

from archcalc.comparison.compare import Against, Comparison
from archcalc.document.style import Style
from archcalc.formats.conditions import stretch
from archcalc.symbols.sign_runs import SignRun

_SOME = 3


def letter_of(name: str, style: Style) -> str:
    """A letter spelled as in a formula."""
    from_name = style.notation.letter(name)
    return f"{style.notation.around}{from_name}{style.notation.around}"


def crossings(comparison: Comparison, style: Style) -> tuple[str, ...]:
    """A sentence for each answer to which network is the smaller at which values, with the measures that share it."""
    first, *others = comparison.names
    said: dict[str, list[str]] = {}
    for line in comparison.lines:
        for name, value, against in zip(others, line.values[1:], line.against, strict=True):
            if against is None or (isinstance(value, int) and isinstance(line.values[0], int)):
                continue
            # With more than two networks, both of the pair are named.
            text = _crossing(first, name, against, style, than=len(others) > 1)
            said.setdefault(text, []).append(line.measure.title)
    return tuple(f"{style.clean(', '.join(titles))}: {text}." for text, titles in said.items())


def _crossing(first: str, other: str, against: Against, style: Style, *, than: bool) -> str:
    a, b = style.clean(first), style.clean(other)
    sides = {
        -1: f"smaller in {a}{f' than in {b}' if than else ''}",
        0: "equal",
        1: f"smaller in {b}{f' than in {a}' if than else ''}",
    }
    if against.runs is None:
        names = ", ".join(letter_of(name, style) for name in _letters_of(against.difference))
        return f"which of {style.clean(first)} and {style.clean(other)} is smaller depends on {names} together"
    if len(against.runs) == 1 and against.runs[0].sign is not None:
        return f"{sides[against.runs[0].sign]} for all values"
    parts = [
        f"{sides[run.sign]} {stretch(against.letter, run.start, run.stop, style)}"
        if run.sign is not None
        else _open(run, against, style)
        for run in against.runs
    ]
    if len(parts) > 2 * _SOME + 1:
        parts = [*parts[:_SOME], f"{len(parts) - 2 * _SOME} more changes", *parts[-_SOME:]]
    return ", ".join(parts)


def _letters_of(formula: Any) -> list[str]:
    return sorted(letter.name for letter in formula.free_symbols)


def _open(run: SignRun, against: Against, style: Style) -> str:
    letter = letter_of(against.letter, style)
    return f"from {letter} = {style.dim(run.start)} on it depends on what remains of {letter}"
