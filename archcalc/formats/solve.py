"""The values of a letter that meet goals, as text or JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.comparison.goal import title
from archcalc.comparison.solve import Solution
from archcalc.document.screen import PAPER, Screen, text_table
from archcalc.formats.as_json import json_text, plain_facts
from archcalc.formats.conditions import held, stretch
from archcalc.symbols.dims import format_dim
from archcalc.symbols.periodic import Stretch

FORMATS = ("text", "json")
_MAX_RUNS = 8


def render(solution: Solution, form: str, network: str, screen: Screen = PAPER) -> str:
    """The values that meet the goals, and the measures at the edges of their ranges."""
    return json_text(to_dict(solution, network)) if form == "json" else _text(solution, network, screen)


def _text(solution: Solution, network: str, screen: Screen) -> str:
    letter = solution.letter
    said = [_said(run, letter, solution.upto) for run in solution.stretches]
    if len(said) > _MAX_RUNS:
        said = [*said[: _MAX_RUNS // 2], f"{len(said) - _MAX_RUNS} more stretches", *said[-_MAX_RUNS // 2 :]]
    lines = [f"{network}: {' and '.join(one.text for one in solution.goals)} {', '.join(said)}."]
    lines += held(solution.where)
    if solution.largest is not None:
        lines.append(f"The largest {letter} is {solution.largest:,}.")
    elif solution.upto is None:
        lines.append(f"There is no largest {letter}; the smallest is {solution.smallest:,}.")
    if solution.upto is not None:
        known = "of larger ones nothing is known"
        if solution.settled:
            known = "what is compared had only grown or only fallen by then, and --up-to tries more"
        lines.append(f"Every {letter} from 1 to {solution.upto} was tried; {known}.")
    keys = list(dict.fromkeys(key for values in solution.values.values() for key in values))
    if keys:
        rows = [
            [f"{x:,}", *(format_dim(values[key]) for key in keys), "" if x in solution.numbers else "not met"]
            for x, values in solution.values.items()
        ]
        head = [letter, *(title(key) for key in keys), ""]
        lines += ["", text_table(head, rows, [*[True] * (len(keys) + 1), False], screen)]
    return "\n".join(lines)


def _said(run: Stretch, letter: str, upto: int | None) -> str:
    if run.start == run.stop:
        return stretch(letter, run.start, run.stop)
    left = f" with {letter} mod {run.period:,} = {_remainders(run)}" if run.period > 1 else ""
    # The last value tried is not an end: nothing is known to change there.
    return f"{stretch(letter, run.start, None if run.stop == upto else run.stop)}{left}"


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
