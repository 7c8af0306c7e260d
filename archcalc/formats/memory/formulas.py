"""The bytes of a network in letters, in every format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Part, Section, Table
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.formats.as_json import json_text, plain_dim, plain_inputs
from archcalc.formats.conditions import held
from archcalc.formats.summary import title
from archcalc.formats.tones import kind
from archcalc.memory_plan.formulas import Formulas
from archcalc.network.graph import inputs_text
from archcalc.profiling.folding import folded
from archcalc.symbols.dims import format_dim, format_times
from archcalc.symbols.sums import sum_of

_OPEN = "The peak is a largest of many, which letters leave open: give them numbers with --input and --set."


def render(found: Formulas, form: str = "text", screen: Screen = PAPER) -> str:
    """The formulas, with the weights and the kept bytes of each layer."""
    if form == "json":
        return json_text(_plain(found))
    graph = found.profile.graph
    when = "in training" if found.phase == "training" else "at inference"
    about = f"Input {inputs_text(graph)}, batch {format_dim(found.profile.batch)}. Bytes."
    notes = (*held(graph.conditions), *([_OPEN] if found.peak is None else []))
    parts: tuple[Part, ...] = (_table(found), Facts(tuple(_facts(found))), *([Notes(notes)] if notes else []))
    said = tuple(filter(None, (graph.source, about)))
    return printed(Page(f"Memory {when}: {title(found.profile)}", said, (Section("", parts),)), form, screen)


def _table(found: Formulas) -> Table:
    training = found.phase == "training"
    rows = [
        (
            line.row.name,
            format_times(line.times),
            *(kind(line.row.kind), line.row.output),
            *found.rows[line.row.name][: 1 + training],
        )
        for line in folded(found.profile.rows)
        if line.row.name in found.rows
    ]
    names = ("name", "times", "layer", "output", "weights", "kept")[: 5 + training]
    return Table(tuple(Head(name, name in {"weights", "kept", "times"}) for name in names), tuple(rows))


def _facts(found: Formulas) -> Iterator[Fact]:
    for name, n in found.parts.items():
        if n != 0:
            yield Fact(name, f"{format_dim(n)} bytes")
    if found.phase == "training":
        yield Fact("together", f"{format_dim(sum_of(found.parts.values()))} bytes")
    if found.peak is not None:
        yield Fact("at the peak", f"{found.peak:,} bytes more for each sample, from three repetitions on")


def _plain(found: Formulas) -> dict[str, Any]:
    return {
        "network": found.profile.graph.name,
        **plain_inputs(found.profile.graph),
        "batch": plain_dim(found.profile.batch),
        "phase": found.phase,
        "rows": [
            {"name": row.name, "times": plain_dim(row.times), "weights": plain_dim(weights), "kept": plain_dim(kept)}
            for row in found.profile.rows
            if row.name in found.rows
            for weights, kept in [found.rows[row.name]]
        ],
        "resident": {name: plain_dim(n) for name, n in found.parts.items()},
        "peak": found.peak,
    }
