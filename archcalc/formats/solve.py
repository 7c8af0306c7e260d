"""The solution of a search, as text or JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from archcalc.comparison.goal import title
from archcalc.comparison.solve import Solution
from archcalc.document.grid import aligned
from archcalc.formats.as_json import json_text
from archcalc.symbols.dims import format_dim
from archcalc.symbols.notation import TEXT
from archcalc.symbols.periodic import Stretch

FORMATS = ("text", "json")
_MAX_RUNS = 8


def render(solution: Solution, form: str, network: str) -> str:
    """For which values the goals are met, and the measures around where that begins and ends."""
    return json_text(to_dict(solution, network)) if form == "json" else _text(solution, network)


def _text(solution: Solution, network: str) -> str:
    letter = solution.letter
    said = [_where(run, letter, solution.upto) for run in solution.stretches]
    if len(said) > _MAX_RUNS:
        said = [*said[: _MAX_RUNS // 2], f"{len(said) - _MAX_RUNS} more stretches", *said[-_MAX_RUNS // 2 :]]
    facts = "".join(f", if {TEXT.fact(fact)}" for fact in solution.where)
    lines = [f"{network}: {' and '.join(one.text for one in solution.goals)} {', '.join(said)}{facts}."]
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
        lines += ["", aligned(head, rows, [*[True] * (len(keys) + 1), False])]
    return "\n".join(lines)


def _where(run: Stretch, letter: str, upto: int | None) -> str:
    if run.start == run.stop:
        return f"at {letter} = {run.start:,}"
    left = f" with {letter} mod {run.period:,} = {_remainders(run)}" if run.period > 1 else ""
    if run.stop is None or run.stop == upto:
        return f"for {letter} ≥ {run.start:,}{left}" if run.start > 1 else f"for every {letter}{left}"
    return (
        f"for {letter} ≤ {run.stop:,}{left}" if run.start == 1 else f"for {run.start:,} ≤ {letter} ≤ {run.stop:,}{left}"
    )


def _remainders(run: Stretch) -> str:
    said = [f"{remainder:,}" for remainder in run.remainders]
    if len(said) > _MAX_RUNS:
        said = [*said[:_MAX_RUNS], f"{len(said) - _MAX_RUNS:,} more"]
    return f"{', '.join(said[:-1])} or {said[-1]}" if len(said) > 1 else said[0]


def to_dict(solution: Solution, network: str) -> dict[str, Any]:
    """The solution as plain values; no `largest` where there is no end, or none that trying found."""
    return {
        "network": network,
        "letter": solution.letter,
        "goals": [one.text for one in solution.goals],
        "solutions": [msgspec.structs.asdict(run) for run in solution.stretches],
        "where": [str(fact) for fact in solution.where],
        "smallest": solution.smallest,
        "largest": solution.largest,
        "tried_up_to": solution.upto,
        "settled": solution.settled,
        "values": [
            {solution.letter: x, **{key: n if isinstance(n, int) else str(n) for key, n in values.items()}}
            for x, values in solution.values.items()
        ],
    }
