"""What lies between two versions of a network: layers added, removed and changed, and what that does to the totals."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import msgspec

from archcalc.comparison.matching import matched
from archcalc.layers.fields import format_setting
from archcalc.network.graph import Assumption, strongest
from archcalc.network.measures import MEASURES, sums
from archcalc.profiling.rows import Profile, Row, Totals
from archcalc.symbols.dims import Dim, Shape, as_int, decided, equal

# What adds up to the totals, `counted` being in the unit of the convention.
COUNTED = "counted"

Status = Literal["added", "removed", "changed", "follows", "renamed"]


class Difference(msgspec.Struct, frozen=True):
    """Two values of one thing, the old one and the new one; None where there is none."""

    old: Any
    new: Any


class Change(msgspec.Struct, frozen=True):
    """A layer that is not the same in both networks, as it is in each of them, None where it is not there.

    `differences` are by what differs: kind, sources, inputs, output, a measure, auxiliary or shared. `rewired` says that
    other layers than before come before it, not counting those that were put between or taken out.
    """

    old: Row | None
    new: Row | None
    settings: dict[str, Difference]
    differences: dict[str, Difference]
    rewired: bool = False

    @property
    def row(self) -> Row:
        """The layer as it is, or was."""
        row = self.new or self.old
        assert row is not None  # noqa: S101 - a change is of a layer in one of them at least
        return row

    @property
    def renamed(self) -> bool:
        """Whether the layer has another name."""
        return self.old is not None and self.new is not None and self.old.name != self.new.name

    @property
    def auxiliary(self) -> bool:
        """Whether no total has it, neither the old one nor the new one."""
        return all(row.auxiliary for row in (self.old, self.new) if row is not None)

    @property
    def status(self) -> Status:
        """What became of the layer; what only has other sizes or numbers than before follows from another change."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if self.settings or self.rewired or self.differences.keys() & {"kind", "auxiliary", "shared"}:
            return "changed"
        return "follows" if self.differences else "renamed"


class Changes(msgspec.Struct, frozen=True, dict=True):
    """Two versions of a network under one convention, and every layer that is not the same in both, in order."""

    old: Profile
    new: Profile
    layers: tuple[Change, ...]

    def of(self, *statuses: Status) -> list[Change]:
        """The changes of some kinds."""
        return [change for change in self.layers if change.status in statuses]

    def by(self, change: Change, measure: str) -> Dim | None:
        """How much more of a measure the totals have for one change; None where the convention does not cover the layer.

        For a layer that is auxiliary wherever it is, it is how much more the auxiliary heads have.
        """
        values = [
            0 if row is None or (row.auxiliary and not change.auxiliary) else measured(profile, row, measure)
            for profile, row in ((self.old, change.old), (self.new, change.new))
        ]
        return None if None in values else difference(*values)

    @cached_property
    def totals(self) -> dict[str, Difference]:
        """Every measure of the network proper."""
        return _totals(self.old.totals, self.new.totals)

    @cached_property
    def auxiliary(self) -> dict[str, Difference]:
        """Every measure of the heads that are used in training only."""
        return _totals(self.old.auxiliary, self.new.auxiliary)

    @property
    def conditions(self) -> tuple[Assumption, ...]:
        """What is assumed of letters, of both networks."""
        return strongest([*self.old.graph.assumptions, *self.new.graph.assumptions])


def changes(old: Profile, new: Profile) -> Changes:
    """What lies between two profiles under one convention.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language.shorthand import from_line
    >>> found = changes(*(profile(from_line(line)) for line in ("8x4x4 conv3-8 fc-10", "8x4x4 conv5-8 fc-10")))
    >>> [(change.row.name, change.settings) for change in found.of("changed")]
    [('conv2d', {'kernel': Difference(old='3', new='5'), 'padding': Difference(old='1', new='2')})]
    >>> found.by(found.layers[0], "weights") == 8 * 8 * (5 * 5 - 3 * 3)
    True
    """
    pairs = matched(old.rows, new.rows)
    between = _Between(old, new, pairs)
    return Changes(old, new, tuple(change for place in _order(between) if (change := between.change(*place))))


def difference(old: Any, new: Any) -> Any:
    """How much more the new value is, a whole number where letters cancel."""
    return as_int(new - old)


def _totals(old: Totals, new: Totals) -> dict[str, Difference]:
    def value(totals: Totals, key: str) -> Any:
        return totals.counted.value if key == COUNTED else MEASURES[key].total(totals)

    return {key: Difference(value(old, key), value(new, key)) for key in compared()}


def compared() -> list[str]:
    """The measures by which two versions are told apart, and what the convention counts."""
    return [*(measure.key for measure in sums() if measure.told_apart), COUNTED]


def measured(profile: Profile, row: Row, key: str) -> Any:
    """One of these of a row; None where the convention does not cover it."""
    return profile.convention.price(row) if key == COUNTED else MEASURES[key].row(profile, row)


class _Between:
    """Two networks and which row of the one is which of the other."""

    def __init__(self, old: Profile, new: Profile, pairs: dict[int, int]) -> None:
        self.old, self.new, self.pairs = old, new, pairs
        self.old_rows = {row.name: row for row in old.rows}
        self.new_rows = {row.name: row for row in new.rows}
        self.names = {old.rows[i].name: new.rows[j].name for i, j in pairs.items()}
        self.former = {after: before for before, after in self.names.items()}

    def change(self, i: int | None, j: int | None) -> Change | None:
        """What differs between an old row and a new one, None where nothing does."""
        old = None if i is None else self.old.rows[i]
        new = None if j is None else self.new.rows[j]
        differences = self._differences(old, new)
        if old is None or new is None:
            return Change(old, new, {}, differences)
        settings = _settings(old, new)
        rewired = "sources" in differences and self._before(old) != self._after(new)
        if not settings and not differences and old.name == new.name:
            return None
        return Change(old, new, settings, differences, rewired)

    def _differences(self, old: Row | None, new: Row | None) -> dict[str, Difference]:
        found = {}
        for what in ("kind", "sources", "inputs", "output", *compared(), "auxiliary", "shared"):
            before = None if old is None else self._value(self.old, old, what)
            after = None if new is None else self._value(self.new, new, what)
            absent = old is None or new is None
            # Of a layer that is not there nothing is said that the other has not.
            if before or after if absent else not self._alike(what, before, after):
                found[what] = Difference(before, after)
        return found

    @staticmethod
    def _value(profile: Profile, row: Row, what: str) -> Any:
        return measured(profile, row, what) if what in compared() else getattr(row, what)

    def _alike(self, what: str, old: Any, new: Any) -> bool:
        if what == "sources":
            return [self.names.get(name) for name in old] == list(new)
        if what == "shared":
            return bool(self.names.get(old, old) == new)
        if what == "inputs":
            return len(old) == len(new) and all(map(_equal, old, new))
        return _equal(old, new) if what == "output" else _one(old, new)

    def _before(self, row: Row) -> list[str | None]:
        """The sources of an old row by their new names, seen through layers of one source that were taken out."""
        return [self.names.get(_through(name, self.old_rows, self.names)) for name in row.sources]

    def _after(self, row: Row) -> list[str]:
        """The sources of a new row, seen through layers of one source that were put between."""
        return [_through(name, self.new_rows, self.former) for name in row.sources]


def _through(name: str, rows: dict[str, Row], kept: dict[str, str]) -> str:
    while name not in kept and len(rows[name].sources) == 1:
        name = rows[name].sources[0]
    return name


def _one(old: Any, new: Any) -> bool:
    """Whether two values are equal for all values of their letters."""
    if old is None or new is None or isinstance(old, (bool, str)):
        return bool(old == new)
    return bool(old == new) or decided(equal(old, new)) is True


def _equal(old: Shape, new: Shape) -> bool:
    return len(old) == len(new) and all(map(_one, old, new))


def _settings(old: Row, new: Row) -> dict[str, Difference]:
    """The fields that two layers of one kind have not alike; between two kinds no field is compared."""
    if old.kind != new.kind:
        return {}
    before, after = old.layer, new.layer
    return {
        name: Difference(format_setting(getattr(before, name)), format_setting(getattr(after, name)))
        for name in before.__struct_fields__
        if getattr(before, name) != getattr(after, name)
    }


def _order(between: _Between) -> list[tuple[int | None, int | None]]:
    """Every row with its other: in the order of the new network, removed ones behind what stood before them."""
    former = {j: i for i, j in between.pairs.items()}
    places: list[tuple[tuple[int, int, int], tuple[int | None, int | None]]] = []
    last = -1
    for i in range(len(between.old.rows)):
        last = between.pairs.get(i, last)
        if i not in between.pairs:
            places.append(((last, 1, i), (i, None)))
    places += [((j, 0, 0), (former.get(j), j)) for j in range(len(between.new.rows))]
    return [rows for _, rows in sorted(places, key=lambda place: place[0])]
