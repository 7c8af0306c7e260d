"""The difference between two versions of a network: layers added, removed and changed, and the effect on the totals."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

import msgspec

from archcalc.comparison.matching import matched
from archcalc.layers.fields import format_setting
from archcalc.network.facts import Assumption, strongest
from archcalc.network.measures import MEASURES, sums
from archcalc.profiling.rows import Profile, Row, Totals
from archcalc.symbols.dims import Dim, Shape, as_int, decided, equal

# The key of the operations counted by the convention, in its unit.
COUNTED = "counted"

Status = Literal["added", "removed", "changed", "follows", "renamed"]


class Difference(msgspec.Struct, frozen=True):
    """The old and the new value of one property; None where it is absent."""

    old: Any
    new: Any


class Change(msgspec.Struct, frozen=True):
    """A layer that differs between two networks, as a row of each; None where it is absent.

    `differences` is keyed by kind, sources, inputs, output, a measure, auxiliary or shared. `rewired` is true if the
    layer reads from other layers than before, apart from any that were inserted or removed.
    """

    old: Row | None
    new: Row | None
    settings: dict[str, Difference]
    differences: dict[str, Difference]
    rewired: bool = False

    @property
    def row(self) -> Row:
        """The new row of the layer, or the old one if it was removed."""
        row = self.new or self.old
        assert row is not None  # noqa: S101 - a change is of a layer in one of them at least
        return row

    @property
    def renamed(self) -> bool:
        """True if the layer has another name."""
        return self.old is not None and self.new is not None and self.old.name != self.new.name

    @property
    def auxiliary(self) -> bool:
        """True if the layer counts in neither total."""
        return all(row.auxiliary for row in (self.old, self.new) if row is not None)

    @property
    def status(self) -> Status:
        """The status of the layer; "follows" if only sizes or numbers differ, because of another change."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if self.settings or self.rewired or self.differences.keys() & {"kind", "auxiliary", "shared"}:
            return "changed"
        return "follows" if self.differences else "renamed"


class Changes(msgspec.Struct, frozen=True, dict=True):
    """Two versions of a network under one convention, and every layer that differs between them, in order."""

    old: Profile
    new: Profile
    layers: tuple[Change, ...]

    def of(self, *statuses: Status) -> list[Change]:
        """The changes with one of these statuses."""
        return [change for change in self.layers if change.status in statuses]

    def by(self, change: Change, measure: str) -> Dim | None:
        """The increase of a measure's total due to one change; None if the convention does not cover the layer.

        For a layer that is auxiliary in both versions, it is the increase in the auxiliary heads.
        """
        values = [
            0 if row is None or (row.auxiliary and not change.auxiliary) else measured(profile, row, measure)
            for profile, row in ((self.old, change.old), (self.new, change.new))
        ]
        return None if None in values else difference(*values)

    @cached_property
    def totals(self) -> dict[str, Difference]:
        """Every measure of the network without auxiliary heads."""
        return _totals(self.old.totals, self.new.totals)

    @cached_property
    def auxiliary(self) -> dict[str, Difference]:
        """Every measure of the auxiliary heads, which are used in training only."""
        return _totals(self.old.auxiliary, self.new.auxiliary)

    @property
    def conditions(self) -> tuple[Assumption, ...]:
        """The assumptions about letters of both networks."""
        return strongest([*self.old.graph.assumptions, *self.new.graph.assumptions])


def changes(old: Profile, new: Profile) -> Changes:
    """The changes between two profiles under one convention.

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
    """The new value minus the old one, an int where letters cancel."""
    return as_int(new - old)


def _totals(old: Totals, new: Totals) -> dict[str, Difference]:
    def value(totals: Totals, key: str) -> Any:
        return totals.counted.value if key == COUNTED else MEASURES[key].total(totals)

    return {key: Difference(value(old, key), value(new, key)) for key in compared()}


def compared() -> list[str]:
    """The keys of the measures that are compared, and of the operations that the convention counts."""
    return [*(measure.key for measure in sums() if measure.told_apart), COUNTED]


def measured(profile: Profile, row: Row, key: str) -> Any:
    """One of these measures of a row; None if the convention does not cover it."""
    return profile.convention.price(row) if key == COUNTED else MEASURES[key].row(profile, row)


class _Between:
    """Two networks and the pairs of rows matched between them."""

    def __init__(self, old: Profile, new: Profile, pairs: dict[int, int]) -> None:
        self.old, self.new, self.pairs = old, new, pairs
        self.old_rows = {row.name: row for row in old.rows}
        self.new_rows = {row.name: row for row in new.rows}
        self.names = {old.rows[i].name: new.rows[j].name for i, j in pairs.items()}
        self.former = {after: before for before, after in self.names.items()}

    def change(self, i: int | None, j: int | None) -> Change | None:
        """The change between an old row and a new one, or None if they are equal."""
        old = None if i is None else self.old.rows[i]
        new = None if j is None else self.new.rows[j]
        differences = self._differences(old, new)
        if old is None or new is None:
            return Change(old, new, {}, differences)
        settings = settings_between(old, new)
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
            # A row that is absent has no value worth reporting where the other has none.
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
        """The sources of an old row by their new names, skipping removed layers with one source."""
        return [self.names.get(_through(name, self.old_rows, self.names)) for name in row.sources]

    def _after(self, row: Row) -> list[str]:
        """The sources of a new row, skipping inserted layers with one source."""
        return [_through(name, self.new_rows, self.former) for name in row.sources]


def _through(name: str, rows: dict[str, Row], kept: dict[str, str]) -> str:
    while name not in kept and len(rows[name].sources) == 1:
        name = rows[name].sources[0]
    return name


def _one(old: Any, new: Any) -> bool:
    """True if two values are equal for all values of their letters."""
    if old is None or new is None or isinstance(old, (bool, str)):
        return bool(old == new)
    return bool(old == new) or decided(equal(old, new)) is True


def _equal(old: Shape, new: Shape) -> bool:
    return len(old) == len(new) and all(map(_one, old, new))


def settings_between(old: Row, new: Row) -> dict[str, Difference]:
    """The fields that differ between two layers of one kind; empty for two kinds."""
    if old.kind != new.kind:
        return {}
    before, after = old.layer, new.layer
    # An axis that a layer chose by itself follows from its input.
    stated = before.settings() | after.settings()
    return {
        name: Difference(format_setting(getattr(before, name)), format_setting(getattr(after, name)))
        for name in before.__struct_fields__
        if name in stated and getattr(before, name) != getattr(after, name)
    }


def _order(between: _Between) -> list[tuple[int | None, int | None]]:
    """The pairs of rows in the order of the new network, each removed row after the one it followed."""
    former = {j: i for i, j in between.pairs.items()}
    places: list[tuple[tuple[int, int, int], tuple[int | None, int | None]]] = []
    last = -1
    for i in range(len(between.old.rows)):
        last = between.pairs.get(i, last)
        if i not in between.pairs:
            places.append(((last, 1, i), (i, None)))
    places += [((j, 0, 0), (former.get(j), j)) for j in range(len(between.new.rows))]
    return [rows for _, rows in sorted(places, key=lambda place: place[0])]
