"""Two descriptions of one network held against each other, whatever their layers are called and in whatever order they run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from archcalc.comparison.diff import Difference, settings_between
from archcalc.comparison.matching import in_order
from archcalc.layers.fields import format_setting
from archcalc.layers.work import NOTHING
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, Shape

_Facts = tuple[Any, ...]


class Disagreement(msgspec.Struct, frozen=True):
    """A layer on which two networks disagree, as a row of each, None where it is absent, and the numbers that differ.

    `after` is the row of the network without the layer that stands before the gap. A layer that `follows` differs in its
    sizes alone, because of another one before it. `sources` are the layers read, if nothing else differs.
    """

    expected: Row | None
    found: Row | None
    settings: dict[str, Difference]
    numbers: dict[str, Difference]
    sources: Difference | None = None
    after: Row | None = None
    follows: bool = False


def disagreements(expected: Profile, found: Profile) -> list[Disagreement]:
    """The layers on which two networks disagree, in order; empty if they are the same network.

    Layers that cost nothing, such as views and dropout, count only by what reads them, and auxiliary heads not at all.

    >>> from archcalc.language.shorthand import from_line
    >>> from archcalc.profiling.engine import profile
    >>> [one] = disagreements(*(profile(from_line(line)) for line in ("8x4x4 conv3-8", "8x4x4 conv5-8")))
    >>> one.numbers["params"], one.follows
    (Difference(old=584, new=1608), False)
    """
    numbers: dict[_Facts, int] = {}
    first, second = _Costly(expected, numbers), _Costly(found, numbers)
    pairs = _identical(first, second)
    if len(pairs) == len(first.rows) == len(second.rows):
        return []
    pairs |= in_order(first.rows, second.rows, pairs)
    made = list(_differing(first, second, pairs))
    if not made:
        made = list(_rewired(first, second, pairs))[:1]
    return made


class _Costly:
    """The rows of a network that cost something, each with a number that equal rows on equal rows have."""

    def __init__(self, profile: Profile, numbers: dict[_Facts, int]) -> None:
        self.rows: list[Row] = []
        self.numbers: list[int] = []
        # Of each row by name the rows that it hands on: itself, or of one that costs nothing what those before it do.
        self._handed: dict[str, tuple[int, ...]] = {}
        for row in profile.main:
            handed = self.sources(row)
            if _costs(row) or row.layer.comes_from_outside:
                facts = (facts_of(row), tuple(sorted(handed)))
                number = numbers.setdefault(facts, len(numbers))
                self.rows.append(row)
                self.numbers.append(number)
                handed = (number,)
            self._handed[row.name] = handed

    def sources(self, row: Row) -> tuple[int, ...]:
        """The numbers of the rows that a row reads, past those that cost nothing."""
        return tuple(number for name in row.sources for number in self._handed.get(name, ()))

    def read_by(self, row: Row) -> tuple[str, ...]:
        """The names of the layers that a row reads, past those that cost nothing."""
        named = dict(zip(self.numbers, (one.name for one in self.rows), strict=True))
        return tuple(named[number] for number in self.sources(row))


def _costs(row: Row) -> bool:
    return row.params != 0 or row.work != NOTHING or row.layer.uncounted or not row.layer.runs or row.shared != ""


def facts_of(row: Row) -> _Facts:
    """The facts of a row that are compared: its deed, its numbers, and the windows that it looks through."""
    if row.layer.comes_from_outside:
        return ("input", tuple(row.output))
    windows = tuple(
        tuple(tuple(sorted((at.window for at in view), key=repr)) for view in views)
        for views in row.layer.receptive_views(*row.inputs)
    )
    return (_deed(row), _sizes(row.output), row.params, row.macs, windows)


def _deed(row: Row) -> str:
    """The deed of a kind, the same on however many axes, and whether a setting or the input gives its window."""
    return re.sub(r"^(?:global|adaptive)(?=\w+pool)", "", re.sub(r"[123]d$", "", row.kind))


def _sizes(shape: Shape) -> Shape:
    """The sizes of a shape in whatever order its axes lie, which differs between programs, without those of one place."""
    return tuple(sorted((n for n in shape if n != 1), key=str))


def _identical(first: _Costly, second: _Costly) -> dict[int, int]:
    """The pairs of rows that are the same with all that comes before them."""
    places: dict[int, list[int]] = defaultdict(list)
    for j, number in reversed([*enumerate(second.numbers)]):
        places[number].append(j)
    return {i: places[number].pop() for i, number in enumerate(first.numbers) if places[number]}


def _differing(first: _Costly, second: _Costly, pairs: dict[int, int]) -> Iterator[Disagreement]:
    former = {j: i for i, j in pairs.items()}
    for i, old in enumerate(first.rows):
        if i not in pairs:
            before = next((second.rows[pairs[k]] for k in range(i - 1, -1, -1) if k in pairs), None)
            yield Disagreement(old, None, {}, _numbers(old, None), after=before)
            continue
        new = second.rows[pairs[i]]
        numbers = _numbers(old, new)
        settings = _settings(old, new)
        same_windows = facts_of(old)[4:] == facts_of(new)[4:]
        if numbers or not same_windows:
            same_inputs = [_sizes(x) for x in old.inputs] == [_sizes(x) for x in new.inputs]
            follows = not settings and _deed(old) == _deed(new) and not same_inputs
            yield Disagreement(old, new, settings, numbers, follows=follows)
    for j, new in enumerate(second.rows):
        if j not in former:
            before = next((first.rows[former[k]] for k in range(j - 1, -1, -1) if k in former), None)
            yield Disagreement(None, new, {}, _numbers(None, new), after=before)


def _rewired(first: _Costly, second: _Costly, pairs: dict[int, int]) -> Iterator[Disagreement]:
    """The rows that agree in all but what they read."""
    for i, j in sorted(pairs.items()):
        old, new = first.rows[i], second.rows[j]
        if first.numbers[i] != second.numbers[j]:
            sources = Difference(first.read_by(old), second.read_by(new))
            yield Disagreement(old, new, {}, {}, sources=sources)


def _settings(old: Row, new: Row) -> dict[str, Difference]:
    """The settings that differ between two rows, those of windows as they come out however they are written."""
    found = settings_between(old, new)
    windows = old.layer.geometry(), new.layer.geometry()
    for name in [*found]:
        if all(hasattr(window, name) for window in windows):
            before, after = (_along_all(getattr(window, name)) for window in windows)
            found[name] = Difference(format_setting(before), format_setting(after))
    return {name: values for name, values in found.items() if values.old != values.new}


def _along_all(size: Any) -> Any:
    """One number where it is the same along all axes."""
    return size[0] if isinstance(size, (tuple, list)) and len({*size}) == 1 else size


def _numbers(old: Row | None, new: Row | None) -> dict[str, Difference]:
    """The output, params and MACs that differ between two rows, or those of the one there is."""
    found: dict[str, Difference] = {}
    if old is None or new is None or _sizes(old.output) != _sizes(new.output):
        found["output"] = Difference(old and old.output, new and new.output)
    for name in ("params", "macs"):
        before: Dim | None = None if old is None else getattr(old, name)
        after: Dim | None = None if new is None else getattr(new, name)
        # Of a layer that is absent only what it has is worth telling.
        if before != after and (before or after):
            found[name] = Difference(before, after)
    return found
