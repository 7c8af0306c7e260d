"""The cases of a sweep: for which configurations which run holds, section by section.

Each run on knobs says of all configurations for which its guards hold what a section costs and what comes after it. Where no
run holds for a configuration, it is run itself, and says it of others. So no configuration is answered but by a run of which
it has all the answers, and what two sections cost is added up without a run for each pair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from archcalc.sweeping.program import FITS, Evaluation, both, chosen, either, simplified, without
from archcalc.sweeping.record import Cost, Record, atoms, explicit, greatest
from archcalc.sweeping.sections import Label, Section
from archcalc.symbols.traces import Guard

# Sections of a network of which more layers or values than this may be read are not apart, for their numbers in all are
# limited.
_MAX_APART = (5_000, 500_000)


class Way(msgspec.Struct, frozen=True):
    """A finding on a section, where its guards hold: its costs, none where no run has counted it, and what follows."""

    guards: tuple[Guard, ...]
    costs: Mapping[str, Cost] | None
    # The state that follows, None at the end.
    follows: Any = None
    refusal: int | None = None


class Answer(msgspec.Struct):
    """The values of a chunk: for each measure an array, where it is refused by which refusal, and what is unanswered."""

    values: dict[str, Any]
    refused: Any
    open: Any


class Cases:
    """The runs of a sweep so far, as sections that any configuration goes through one after the other."""

    def __init__(self, measures: tuple[str, ...], *, apart: bool = True) -> None:
        self._measures = measures
        self._apart = apart
        self._records: list[Record] = []
        # The labels at which a section does not begin, for in some run it reads more than the layer before.
        self._joined: set[Label] = set()
        self._owners: dict[str, Label] = {}
        self._longest: dict[Label, tuple[int, int]] = {}
        self._ways: dict[Any, list[Way]] = {}
        self.refusals: list[Any] = []

    @property
    def runs(self) -> int:
        """The number of runs."""
        return len(self._records)

    def add(self, record: Record) -> None:
        """Let a run answer for all configurations that it holds for."""
        self._records.append(record)
        before = (self._apart, len(self._joined))
        self._judge(record)
        if (self._apart, len(self._joined)) != before:
            self._ways, self.refusals = {}, []
            for one in self._records:
                self._file(one)
        else:
            self._file(record)

    def _judge(self, record: Record) -> None:
        """Find the sections that are not apart: they read others, or have a name that stands elsewhere too."""
        if not record.apart:
            self._apart = False
        for section in record.sections:
            spent = [after - before for before, after in zip(section.spent, section.until, strict=True)]
            held = self._longest.get(section.label, (0, 0))
            self._longest[section.label] = (max(spent[0], held[0]), max(spent[1], held[1]))
        read = [sum(longest[at] for longest in self._longest.values()) for at in range(len(_MAX_APART))]
        if any(count > most for count, most in zip(read, _MAX_APART, strict=True)):
            self._apart = False
        for section in record.sections:
            if section.reaches:
                self._joined.add(section.label)
            for name in section.names:
                if self._owners.setdefault(name, section.label) != section.label or not explicit(name):
                    self._apart = False

    def _file(self, record: Record) -> None:
        sections = self._merged(record)
        refusal = None
        if record.refusal is not None:
            refusal = len(self.refusals)
            self.refusals.append(record.refusal)
        outside = tuple(record.guards)
        root = ("root",)
        if not sections:
            self._put(root, Way(outside, {} if refusal is None else None, None, refusal))
            return
        # What was asked before the first section, and after the last, is asked of all.
        asked = tuple(sorted({(id(guard.asked), guard.answer) for guard in outside}))
        states = [(asked, section.label, section.state) for section in sections]
        self._put(root, Way(outside, {}, states[0]))
        for at, section in enumerate(sections):
            last = at == len(sections) - 1
            costs = None if record.refusal is not None else {key: atoms(cost) for key, cost in section.costs.items()}
            follows = None if last else states[at + 1]
            self._put(states[at], Way(tuple(section.guards), costs, follows, refusal if last else None))

    def _merged(self, record: Record) -> list[Section]:
        """The sections of a run, those that are not apart as one."""
        found: list[Section] = []
        for section in record.sections:
            if found and (not self._apart or section.label in self._joined):
                held = found[-1]
                costs = {key: dict(cost) for key, cost in held.costs.items()}
                for key, cost in section.costs.items():
                    into = costs.setdefault(key, {})
                    for term, times in cost.items():
                        into[term] = into.get(term, 0) + times
                found[-1] = msgspec.structs.replace(held, guards=[*held.guards, *section.guards], costs=costs)
            else:
                found.append(section)
        return found

    def _put(self, state: Any, way: Way) -> None:
        held = self._ways.setdefault(state, [])
        key = [(id(guard.asked), guard.answer) for guard in way.guards]
        for at, other in enumerate(held):
            if [(id(guard.asked), guard.answer) for guard in other.guards] == key and other.follows == way.follows:
                if other.costs is None and other.refusal is None:
                    held[at] = way
                return
        held.append(way)
        # A refusal may ask what later sections ask too; what no run has counted answers only where nothing else does.
        held.sort(key=lambda one: (one.refusal is None, one.costs is None))

    def answer(self, evaluation: Evaluation) -> Answer:
        """The answer of the runs so far for a chunk."""
        here: dict[Any, Any] = {("root",): True}
        sums: dict[str, list[Any]] = {key: [] for key in self._measures}
        most = dict.fromkeys(self._measures, 0)
        refused: Any = np.int64(-1)
        uncounted: Any = False
        unanswered: Any = False
        while here:
            # A section comes after all from which it is reached.
            state = min(here, key=_order)
            mask = rest = here.pop(state)
            parts: dict[str, Any] = dict.fromkeys(self._measures, 0)
            for way in self._ways.get(state, []):
                if rest is False:
                    break
                taken = both(rest, evaluation.holds(way.guards))
                if taken is False:
                    continue
                rest = without(rest, taken)
                if way.refusal is not None:
                    refused = chosen(taken, np.int64(way.refusal), refused)
                    continue
                if way.costs is None:
                    uncounted = either(uncounted, taken)
                for key, cost in (way.costs or {}).items():
                    most[key] += greatest(cost)
                    # The masks of a section's ways do not overlap, so that each adds to nothing.
                    parts[key] = chosen(taken, evaluation.cost(cost), parts[key])
                if way.follows is not None:
                    here[way.follows] = either(here.get(way.follows, False), taken)
            unanswered = either(unanswered, rest)
            for key, part in parts.items():
                if not (isinstance(part, int) and part == 0):
                    sums[key].append(chosen(mask, part, 0))
        open_ = either(unanswered, both(uncounted, simplified(np.asarray(refused < 0))))
        return Answer({key: _total(parts, most[key]) for key, parts in sums.items()}, refused, open_)


def _order(state: Any) -> Any:
    return (-1, -1) if state == ("root",) else state[1]


def _total(parts: list[Any], most: int) -> Any:
    """The sum of arrays, of narrow shapes before wide ones, in numbers as wide as needed."""
    total: Any = 0
    for part in sorted(parts, key=np.size):
        total = total + (np.asarray(part).astype(object) if most > FITS else part)
    return total
