"""A sweep: the columns of a network for all configurations of a space, chunk by chunk."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from archcalc.errors import SpecError
from archcalc.profiling.engine import profile
from archcalc.sweeping.cases import Cases
from archcalc.sweeping.columns import Column
from archcalc.sweeping.program import Evaluation, array_of
from archcalc.sweeping.record import Recorder, number
from archcalc.sweeping.space import CHUNK, Space
from archcalc.sweeping.subject import Subject
from archcalc.symbols.terms import Terms

# After so many runs each further configuration is counted by itself, for those runs answered for few others.
_MAX_RUNS = 500
# Likewise in a chunk after so many runs that answered for fewer than so many each.
_TRIED, _LEAST = 12, 2


class Chunk(msgspec.Struct):
    """The rows of a chunk, in order: the knobs' numbers, the columns, and for each row its refusal, -1 where there is none."""

    first: int
    numbers: dict[str, Any]
    columns: dict[str, Any]
    refused: Any
    refusals: list[SpecError]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.refused)


class Sweep:
    """The columns of a network over a space; what runs have shown is kept from one chunk to the next."""

    def __init__(self, subject: Subject, space: Space, columns: Sequence[Column], convention: str = "macs") -> None:
        self.subject, self.space, self.convention = subject, space, convention
        self.columns = tuple(columns)
        self._knobs = {knob.name: knob for knob in space.knobs}
        self._recorder = Recorder(Terms(space.bounds), self._build, self._value, convention)
        # What is of the whole network has cases of its own, for sections answer for sums alone.
        sums = {one.key: one.of_row for one in self.columns if one.of_row is not None}
        wholes = {one.key: one.of_network for one in self.columns if one.of_row is None}
        self._parts: list[tuple[Cases, Mapping[str, Any], Mapping[str, Any]]] = []
        self._parts += [(Cases(tuple(sums)), sums, {})] if sums or not wholes else []
        self._parts += [(Cases((key,), apart=False), {}, {key: of}) for key, of in wholes.items()]
        self._alone = {one.key for one in self.columns if not one.shared}

    @property
    def runs(self) -> int:
        """The runs that were needed so far."""
        return sum(cases.runs for cases, _, _ in self._parts)

    def chunk(self, first: int, last: int) -> Chunk:
        """The rows of a chunk."""
        numbers = self.space.columns(first, last)
        evaluation = Evaluation(numbers)
        found: dict[str, Any] = {}
        refusals: list[SpecError] = []
        refused = np.full(last - first, -1)
        for cases, sums, wholes in self._parts:
            values, own, errors = self._answered(cases, sums, wholes, evaluation, numbers)
            found |= values
            refused = np.where((refused < 0) & (own >= 0), own + len(refusals), refused)
            refusals += errors
        flat = {name: np.broadcast_to(column, evaluation.shape).reshape(-1) for name, column in numbers.items()}
        return Chunk(first, flat, {one.key: found[one.key] for one in self.columns}, refused, refusals)

    def chunks(self, rows: int = CHUNK) -> Iterator[Chunk]:
        """All rows, chunk by chunk."""
        for first, last in self.space.chunks(rows):
            yield self.chunk(first, last)

    def _answered(
        self, cases: Cases, sums: Mapping[str, Any], wholes: Mapping[str, Any], evaluation: Evaluation, numbers: Any
    ) -> tuple[dict[str, Any], Any, list[SpecError]]:
        """The values of some columns, the refusal of each row, and the refusals."""
        left: list[int] = []
        while True:
            answer = cases.answer(evaluation)
            if answer.open is False or cases.runs >= _MAX_RUNS or self._alone & wholes.keys():
                break
            left.append(_count(answer.open, evaluation.shape))
            if len(left) > _TRIED and left[-_TRIED - 1] - left[-1] < _LEAST * _TRIED:
                # Hardly any of these answers for another configuration.
                break
            at = int(np.argmax(_spread(answer.open, evaluation.shape)))
            cases.add(self._recorder.record(self.space.configuration(numbers, at), sums, wholes))
        values = {key: _spread(value, evaluation.shape) for key, value in answer.values.items()}
        refused, errors = _spread(answer.refused, evaluation.shape), list(cases.refusals)
        if answer.open is not False:
            values, refused = {key: value.astype(object) for key, value in values.items()}, refused.copy()
            for at in np.flatnonzero(_spread(answer.open, evaluation.shape)).tolist():
                alone = self.alone(self.space.configuration(numbers, at), [*sums, *wholes])
                if isinstance(alone, SpecError):
                    refused[at] = len(errors)
                    errors.append(alone)
                else:
                    for key, value in alone.items():
                        values[key][at] = value
            values = {key: narrow(value) for key, value in values.items()}
        return values, refused, errors

    def _value(self, name: str, number: int) -> Any:
        knob = self._knobs[name]
        return None if knob.counts else knob.value(number)

    def _build(self, values: dict[str, Any]) -> Any:
        return self.subject.graph(values), self.subject.samples(values)

    def alone(self, numbers: Mapping[str, int], keys: Sequence[str] | None = None) -> dict[str, Any] | SpecError:
        """The columns of one configuration as its profile has them, or its refusal."""
        values = {name: self._knobs[name].value(number) for name, number in numbers.items()}
        try:
            graph, batch = self._build(values)
            found = profile(graph, batch, convention_name=self.convention)
            return {
                one.key: number(
                    one.of_network(found) if one.of_text is None else one.of_text(self.subject.text(values), batch)
                )
                for one in self.columns
                if keys is None or one.key in keys
            }
        except SpecError as error:
            return error


def _count(mask: Any, shape: tuple[int, ...]) -> int:
    """The rows for which a mask is true."""
    whole = math.prod(shape)
    return whole if mask is True else int(mask.sum()) * (whole // mask.size)


def _spread(value: Any, shape: tuple[int, ...]) -> Any:
    """A value for each row of a chunk."""
    return np.broadcast_to(array_of(value), shape).reshape(-1)


def narrow(values: Any) -> Any:
    """Wide numbers in 64 bits, if all fit, and times as what they are."""
    if len(values) and any(isinstance(value, float) for value in values):
        return values.astype(np.float64)
    if values.dtype != object or any(not -(2**63) <= int(value) < 2**63 for value in values):
        return values
    return values.astype(np.int64)
