"""A sweep: the measures of a network for all configurations of a space, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from archcalc.errors import SpecError
from archcalc.network.measures import MEASURES
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.sweeping.cases import Answer, Cases
from archcalc.sweeping.program import Evaluation
from archcalc.sweeping.record import Record, recorded
from archcalc.sweeping.space import CHUNK, Space
from archcalc.sweeping.subject import Subject
from archcalc.symbols.terms import Terms

# After so many runs that answer for hardly more than themselves, each configuration is counted by itself.
_MAX_RUNS = 400


class Chunk(msgspec.Struct):
    """The rows of a chunk, in order: the knobs' values, the measures, and the refusals with the rows that each is of."""

    first: int
    knobs: dict[str, Any]
    measures: dict[str, Any]
    # For each row the number of its refusal, -1 where there is none.
    refused: Any
    refusals: list[SpecError]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.refused)


class Sweep:
    """The measures of a network over a space; what runs have shown is kept from one chunk to the next."""

    def __init__(self, subject: Subject, space: Space, measures: Sequence[str], convention: str = "macs") -> None:
        self.subject, self.space, self.convention = subject, space, convention
        self.measures = tuple(measures)
        self._knobs = {knob.name: knob for knob in space.knobs}
        self._terms = Terms(space.bounds)
        self._sums = {key: MEASURES[key].row for key in self.measures if MEASURES[key].of_row is not None}
        self._cases = Cases(tuple(self._sums))

    @property
    def runs(self) -> int:
        """The runs that were needed so far."""
        return self._cases.runs

    def chunk(self, first: int, last: int) -> Chunk:
        """The rows of a chunk."""
        columns = self.space.columns(first, last)
        evaluation = Evaluation(columns)
        answer = self._answered(evaluation, columns)
        flat = {name: np.broadcast_to(column, evaluation.shape).reshape(-1) for name, column in columns.items()}
        values = {
            key: np.broadcast_to(np.asarray(value), evaluation.shape).reshape(-1) for key, value in answer.values.items()
        }
        refused = np.broadcast_to(np.asarray(answer.refused), evaluation.shape).reshape(-1)
        return Chunk(first, flat, values, refused, list(self._cases.refusals))

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """All rows, chunk by chunk."""
        for first, last in self.space.chunks(rows):
            yield self.chunk(first, last)

    def _answered(self, evaluation: Evaluation, columns: Mapping[str, Any]) -> Answer:
        while True:
            answer = self._cases.answer(evaluation)
            if answer.open is False:
                return answer
            where = np.broadcast_to(np.asarray(answer.open), evaluation.shape).reshape(-1)
            self._cases.add(self._run(self.space.configuration(dict(columns), int(np.argmax(where)))))

    def _run(self, numbers: dict[str, int]) -> Record:
        return recorded(self._terms, numbers, self._build, self._value, self._sums, self.convention)

    def _value(self, name: str, number: int) -> Any:
        knob = self._knobs[name]
        return None if knob.counts else knob.value(number)

    def _build(self, values: dict[str, Any]) -> Any:
        return self.subject.graph(values), self.subject.samples(values)

    def alone(self, numbers: Mapping[str, int]) -> dict[str, Any] | SpecError:
        """The measures of one configuration as `profile` has them, or its refusal."""
        values = {name: self._knobs[name].value(number) for name, number in numbers.items()}
        try:
            graph, batch = self._build(values)
            found: Profile = profile(graph, batch, convention_name=self.convention)
            return {key: MEASURES[key].whole(found) for key in self.measures}
        except SpecError as error:
            return error


Counted = Callable[[Profile, Any], Any]
