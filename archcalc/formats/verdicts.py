"""Verdicts on published figures as text, markdown and JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tabulate import tabulate

from archcalc.document import Head, Notes, Part, Table
from archcalc.formats.json import json_text, verdict_dict
from archcalc.formats.summary import exact_text, sentence
from archcalc.markup.escapes import escape_markdown
from archcalc.published import Verdict

FORMATS = ("text", "json", "markdown")
_TITLES = ("network", "figure", "published", "exact", "verdict", "source")


def render(found: Mapping[str, Sequence[Verdict]], form: str = "text") -> str:
    """The verdicts on the figures of some networks, by the networks' names."""
    if form == "json":
        return json_text([{"network": name, **verdict_dict(verdict)} for name, of in found.items() for verdict in of])
    clean = escape_markdown if form == "markdown" else str
    every = [(name, verdict) for name, of in found.items() for verdict in of]
    table = tabulate(
        [[clean(cell) for cell in _cells(name, verdict)] for name, verdict in every],
        _TITLES,
        "pipe" if form == "markdown" else "simple",
        disable_numparse=True,
    )
    return "\n".join([table, *_remarks(every, clean, "- " if form == "markdown" else "")])


def judged(found: Sequence[Verdict]) -> tuple[Part, ...]:
    """The verdicts on the figures of one network, as parts of a page."""
    table = Table(tuple(map(Head, _TITLES[1:])), tuple(_cells("", verdict)[1:] for verdict in found))
    said = tuple(sentence(verdict) for verdict in found if not verdict.holds)
    return table, *([Notes(said)] if said else [])


def _cells(name: str, verdict: Verdict) -> tuple[str, ...]:
    return (
        *(name, verdict.figure, " and ".join(verdict.published), exact_text(verdict)),
        *(verdict.verdict, verdict.source),
    )


def _remarks(every: Sequence[tuple[str, Verdict]], clean: Callable[[str], str], bullet: str) -> list[str]:
    """A line for each figure that does not hold, and how many of each verdict there are."""
    lines = [f"{bullet}{clean(f'{name}. {sentence(verdict)}')}" for name, verdict in every if not verdict.holds]
    counted: dict[str, int] = {}
    for _, verdict in every:
        counted[verdict.verdict] = counted.get(verdict.verdict, 0) + 1
    tally = ", ".join(f"{n} {verdict}" for verdict, n in counted.items())
    return [
        *(["", *lines] if lines else []),
        "",
        f"{len(every)} figure{'s' * (len(every) > 1)}: {tally}." if every else "No figures.",
    ]
