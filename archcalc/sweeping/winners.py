"""The networks of some rows of results, as specs of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.language.flatten import flat
from archcalc.sweeping.question import Question
from archcalc.sweeping.results import text_of
from archcalc.sweeping.summary import Summary


def specs(question: Question, found: Summary) -> Iterator[tuple[str, str]]:
    """The name and the text of a spec for each row: the network written out, layer by layer."""
    sweep = question.sweep
    knobs = sweep.space.knobs
    for number, row in enumerate(found.rows, start=1):
        held: dict[str, Any] = dict(zip(found.names, row, strict=True))
        values = {
            knob.name: held[knob.name]
            if knob.counts
            else next(value for value in knob.values if text_of(value) == held[knob.name])
            for knob in knobs
        }
        said = ", ".join(f"{name}={held[name]}" for name in (knob.name for knob in knobs))
        yield f"{question.title}-{number}.yaml", f"# {question.title} with {said}\n{flat(sweep.subject.graph(values))}"
