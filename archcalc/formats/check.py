"""Verdicts on published figures as text, JSON or a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from archcalc.document.content import Head, Notes, Page, Part, Section, Table, Text
from archcalc.document.formats import MARKED
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.document.tones import RED, Toned
from archcalc.formats.as_json import json_text
from archcalc.formats.summary import exact_text, sentence
from archcalc.network.figures import Verdict

_TITLES = ("network", "figure", "published", "exact", "verdict", "source")


def render(found: Mapping[str, Sequence[Verdict]], form: str = "text", screen: Screen = PAPER) -> str:
    """The verdicts on the figures of some networks in a format; `found` has them by the network's name."""
    if form == "json":
        return json_text([{"network": name, **verdict_dict(verdict)} for name, of in found.items() for verdict in of])
    whole = page(found)
    if form in MARKED:
        whose = f" of {next(iter(found))}" if len(found) == 1 else ""
        whole = msgspec.structs.replace(whole, title=f"Published figures{whose}")
    return printed(whole, form, screen)


def page(found: Mapping[str, Sequence[Verdict]]) -> Page:
    """A page with a row for each figure, a line for each that does not hold, and the number of each verdict."""
    every = [(name, verdict) for name, of in found.items() for verdict in of]
    # With one network, this column says the same in each row.
    whose = Head(_TITLES[0], spare=len({name for name, _ in every}) == 1)
    table = Table((whose, *map(Head, _TITLES[1:])), tuple(_cells(name, verdict) for name, verdict in every))
    said = tuple(f"{name}. {sentence(verdict)}" for name, verdict in every if not verdict.holds)
    counted = Counter(verdict.verdict for _, verdict in every)
    tally = ", ".join(f"{n} {verdict}" for verdict, n in counted.items())
    parts: list[Part] = [*([table] if every else []), *([Notes(said)] if said else [])]
    total = f"{len(every)} figure{'s' * (len(every) > 1)}: {tally}." if every else "No figures."
    return Page("", sections=(Section("", (*parts, Text(total))),))


def judged(found: Sequence[Verdict]) -> tuple[Part, ...]:
    """The verdicts on the figures of one network, as parts of a page."""
    table = Table(tuple(map(Head, _TITLES[1:])), tuple(_cells("", verdict)[1:] for verdict in found))
    said = tuple(sentence(verdict) for verdict in found if not verdict.holds)
    return table, *([Notes(said)] if said else [])


def _cells(name: str, verdict: Verdict) -> tuple[str, ...]:
    return (
        *(name, verdict.figure, " and ".join(verdict.published), exact_text(verdict)),
        *(verdict.verdict if verdict.holds else Toned(verdict.verdict, RED), verdict.source),
    )


def verdict_dict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a plain dict; numbers published together are lists."""
    said = msgspec.structs.asdict(verdict)
    single = len(verdict.published) == 1
    return {**said, **{key: said[key][0] if single else list(said[key]) for key in ("published", "exact")}}
