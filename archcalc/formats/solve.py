"""The values of a letter that meet goals, in each format."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.comparison.goal import title
from archcalc.comparison.solve import Solution
from archcalc.document.content import Head, Page, Section, Table
from archcalc.document.formats import STYLES
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.document.style import PLAIN, Style
from archcalc.document.writer import preformatted
from archcalc.formats.as_json import json_text, plain_facts
from archcalc.formats.conditions import held, stretch
from archcalc.symbols.periodic import Stretch

_MAX_RUNS = 8


def render(solution: Solution, form: str, network: str, screen: Screen = PAPER) -> str:
    """The values that meet the goals, and the measures at the edges of their ranges."""
    if form == "json":
        return json_text(to_dict(solution, network))
    return printed(_page(solution, network, STYLES.get(form, PLAIN)), form, screen)


def _page(solution: Solution, network: str, style: Style) -> Page:
    """The values in a sentence, what is known beyond them, and the table; all texts are in the format of the style."""
    letter = solution.letter
    said = [_said(run, letter, solution.upto, style) for run in solution.stretches]
    if len(said) > _MAX_RUNS:
        more = style.clean(f"{len(said) - _MAX_RUNS} more stretches")
        said = [*said[: _MAX_RUNS // 2], more, *said[-_MAX_RUNS // 2 :]]
    goals = style.clean(f"{network}: {' and '.join(one.text for one in solution.goals)}")
    lines = [*held(solution.where, style), *map(style.clean, _ends(solution))]
    sections = (Section("", (_table(solution),)),) if solution.values else ()
    return Page(preformatted(f"{goals} {', '.join(said)}."), tuple(map(preformatted, lines)), sections)


def _ends(solution: Solution) -> list[str]:
    """The largest value, or the smallest if there is no end, and the values that were tried."""
    letter, lines = solution.letter, []
    if solution.largest is not None:
        lines.append(f"The largest {letter} is {solution.largest:,}.")
    elif solution.upto is None:
        lines.append(f"There is no largest {letter}; the smallest is {solution.smallest:,}.")
    if solution.upto is not None:
        known = "of larger ones nothing is known"
        if solution.settled:
            known = "what is compared had only grown or only fallen by then, and --up-to tries more"
        lines.append(f"Every {letter} from 1 to {solution.upto} was tried; {known}.")
    return lines


def _table(solution: Solution) -> Table:
    """The measures at the edges of the ranges."""
    keys = list(dict.fromkeys(key for values in solution.values.values() for key in values))
    rows = tuple(
        (x, *(values[key] for key in keys), "" if x in solution.numbers else "not met")
        for x, values in solution.values.items()
    )
    head = (solution.letter, *(title(key) for key in keys))
    return Table((*(Head(name, numeric=True) for name in head), Head("", alone="goal")), rows)


def _said(run: Stretch, letter: str, upto: int | None, style: Style) -> str:
    if run.start == run.stop:
        return stretch(letter, run.start, run.stop, style)
    left = f" with {letter} mod {run.period:,} = {_remainders(run)}" if run.period > 1 else ""
    # The last value tried is not an end: nothing is known to change there.
    return f"{stretch(letter, run.start, None if run.stop == upto else run.stop, style)}{left and style.clean(left)}"


def _remainders(run: Stretch) -> str:
    said = [f"{remainder:,}" for remainder in run.remainders]
    if len(said) > _MAX_RUNS:
        said = [*said[:_MAX_RUNS], f"{len(said) - _MAX_RUNS:,} more"]
    return f"{', '.join(said[:-1])} or {said[-1]}" if len(said) > 1 else said[0]


def to_dict(solution: Solution, network: str) -> dict[str, Any]:
    """The solution as plain values; `largest` is None if there is no end or none was found by trying."""
    return {
        "network": network,
        "letter": solution.letter,
        "goals": [one.text for one in solution.goals],
        "solutions": [msgspec.structs.asdict(run) for run in solution.stretches],
        "where": plain_facts(solution.where),
        "smallest": solution.smallest,
        "largest": solution.largest,
        "tried_up_to": solution.upto,
        "settled": solution.settled,
        "values": [
            {solution.letter: x, **{key: n if isinstance(n, int) else str(n) for key, n in values.items()}}
            for x, values in solution.values.items()
        ],
    }
