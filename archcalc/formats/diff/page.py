"""The changes between two versions of a network, as a page, text or JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import msgspec
from markupsafe import Markup

from archcalc.comparison.diff import COUNTED, Change, Changes, Difference, Status, compared, difference
from archcalc.conventions import Total
from archcalc.document.content import Head, Notes, Page, Part, Section, Table, Text
from archcalc.document.formats import STYLES
from archcalc.document.plain import plain
from archcalc.document.screen import PAPER, Screen
from archcalc.document.style import PLAIN, Style
from archcalc.document.writer import preformatted, write
from archcalc.formats.as_json import json_text
from archcalc.formats.conditions import held
from archcalc.formats.diff.json import to_dict
from archcalc.formats.diff.words import describe_change
from archcalc.formats.summary import listed, unread
from archcalc.network.graph import inputs_text
from archcalc.network.measures import MEASURES, Measure
from archcalc.symbols.dims import Dim
from archcalc.symbols.evaluate import ratio

# The most groups of layers that a table shows without folding them further.
_MAX_GROUPS = 12


class ChangeGroup(msgspec.Struct, frozen=True):
    """Layers with equal changes, with the texts on the change and on their output."""

    said: str
    output: str
    changes: tuple[Change, ...]

    @property
    def kinds(self) -> str:
        """The kinds of the layers."""
        return listed(list(dict.fromkeys(change.row.kind for change in self.changes)))


def render(found: Changes, form: str = "markdown", screen: Screen = PAPER, *, every: bool = False) -> str:
    """The changes in a format; with `every`, layers with equal changes are listed one by one."""
    if form == "json":
        return json_text(to_dict(found))
    if not found.layers:
        return "No difference."
    page = _page(found, STYLES.get(form, PLAIN), every=every)
    return plain(page, screen) if form == "text" else write(page, form)


def _page(found: Changes, style: Style, *, every: bool) -> Page:
    changed, following = found.of("added", "removed", "changed"), found.of("follows")
    own = _grouped(changed, style, id) if every else _own(changed, style)
    follow = _grouped(following, style, id) if every else _following(following, style)
    notes = _notes(found, style, every=every)
    after = Text("What follows from that for other layers:")
    parts: list[Part] = [
        _totals(found, style),
        Text(f"{_counted(found)}."),
    ]
    parts += [_table(found, own, style)] if own else []
    parts += [after, _table(found, follow, style)] if follow else []
    parts += [Notes(notes)] if notes else []
    title, about = _heading(found, style)
    return Page(title, (about,), (Section("", tuple(parts)),))


def _heading(found: Changes, style: Style) -> tuple[str, Markup]:
    names = " → ".join(dict.fromkeys(profile.graph.name for profile in (found.old, found.new)))
    inputs = _to(style).join(
        dict.fromkeys(inputs_text(profile.graph, style.shape, style.clean) for profile in (found.old, found.new))
    )
    convention = found.new.convention
    said = style.clean(f"Convention {convention.name}: {convention.rule}.")
    return names, preformatted(f"Input {inputs}, batch {style.dim(found.new.batch)}. {said}")


def _to(style: Style) -> str:
    return f" {style.clean('→')} "


def _totals(found: Changes, style: Style) -> Table:
    """A table of the old and new totals and their difference, for every measure of a summary."""
    convention = found.new.convention
    counted = found.totals[COUNTED]
    shown = Difference(*map(convention.shown, (counted.old, counted.new)))
    uncovered = [profile.totals.counted.uncovered for profile in (found.old, found.new)]
    rows = [
        _line(measure.title, found.totals[measure.key], style)
        for measure in _told()
        if measure.main or _differs(found.totals[measure.key]) or found.totals[measure.key].new != 0
    ]
    rows.append(_line(convention.column, shown, style, *uncovered))
    rows += [
        _line(f"auxiliary {measure.title}", found.auxiliary[measure.key], style)
        for measure in _told()
        if measure.key in {"params", "macs"} and _differs(found.auxiliary[measure.key])
    ]
    return _grid(rows, ("", "old", "new", "difference", "%"), ["left", *["right"] * 4])


def _line(
    title: str, values: Difference, style: Style, below: tuple[str, ...] = (), above: tuple[str, ...] = ()
) -> tuple[Any, ...]:
    """The row of a measure; a total is a lower bound if the convention does not cover the kinds `below` or `above`."""
    sums = [_bounded(Total(values.old, below)), _bounded(Total(values.new, above))]
    if below or above:
        return (title, *sums, "?", "")
    return (title, *sums, _signed(difference(values.old, values.new), style) or 0, _percent(values))


def _bounded(total: Total) -> Any:
    return total.bounded() if total.uncovered else total.value


def _differs(values: Difference) -> bool:
    return bool(difference(values.old, values.new) != 0)


def _signed(dim: Dim | None, style: Style) -> str | Markup:
    """A difference with its sign; empty if it is 0, and a question mark if it is unknown."""
    if dim is None:
        return "?"
    if dim == 0:
        return ""
    if isinstance(dim, int):
        return f"{'−' if dim < 0 else '+'}{abs(dim):,}"
    text = style.cell(dim)
    around, minus = style.notation.around, style.notation.minus
    return preformatted(text if text.startswith(around + minus) else f"{around}+{text.removeprefix(around)}")


def _percent(values: Difference) -> str:
    """The difference in per cent of the old value; empty if it depends on letters."""
    share = None if values.old == 0 else ratio(values.new, values.old)
    if not isinstance(share, (int, Fraction)) or share == 1:
        return ""
    return f"{float(100 * (share - 1)):+,.1f}".replace("-", "−")


def _counted(found: Changes) -> str:
    """The number of layers by status: "1 layer added, 2 changed"."""
    names: dict[Status, str] = {
        "added": "added",
        "removed": "removed",
        "changed": "changed",
        "follows": "following from that",
    }
    parts = [(len(found.of(status)), text) for status, text in names.items()]
    parts.append((sum(change.renamed for change in found.layers), "renamed"))
    (first, text), *others = [(n, text) for n, text in parts if n]
    return ", ".join([f"{first} layer{'s' * (first > 1)} {text}", *(f"{n} {text}" for n, text in others)])


def _own(changes: Sequence[Change], style: Style) -> list[ChangeGroup]:
    """Changes grouped by kind, text and output; if that makes many groups, by kind and by text without names."""
    groups = _grouped(changes, style, lambda one: (one.row.kind, describe_change(one), _output(one, style)))
    if len(groups) <= _MAX_GROUPS:
        return groups
    return _grouped(changes, style, lambda one: (one.row.kind, describe_change(one, named=False)))


def _following(changes: Sequence[Change], style: Style) -> list[ChangeGroup]:
    """Layers that follow from a change, grouped by text and output, of any kind."""
    return _few(_grouped(changes, style, lambda one: (describe_change(one), _output(one, style))))


def _grouped(changes: Sequence[Change], style: Style, key: Callable[[Change], Any]) -> list[ChangeGroup]:
    """The changes grouped by a key; the text of a group leaves out names in which its changes differ."""
    groups: dict[Any, list[Change]] = {}
    for change in changes:
        groups.setdefault(key(change), []).append(change)
    found = []
    for of in groups.values():
        said, outputs = (
            list(dict.fromkeys(map(text, of))) for text in (describe_change, lambda one: _output(one, style))
        )
        found.append(
            ChangeGroup(said[0] if len(said) == 1 else describe_change(of[0], named=False), listed(outputs), tuple(of))
        )
    return found


def _few(groups: list[ChangeGroup]) -> list[ChangeGroup]:
    """The groups, the last of many merged into one that has only the number of layers and their sums."""
    if len(groups) <= _MAX_GROUPS:
        return groups
    shown, rest = groups[: _MAX_GROUPS - 1], groups[_MAX_GROUPS - 1 :]
    # Auxiliary layers are in no total, so they must not be in sums that add up to the totals.
    halves = (
        [change for group in rest for change in group.changes if change.auxiliary is aux] for aux in (False, True)
    )
    return [*shown, *(ChangeGroup("", "", tuple(half)) for half in halves if half)]


def _output(change: Change, style: Style) -> str:
    return _to(style).join(
        dict.fromkeys(style.shape(row.output) for row in (change.old, change.new) if row is not None)
    )


def _table(found: Changes, groups: list[ChangeGroup], style: Style) -> Table:
    """A table with a row for each group, whose numbers are sums over its layers."""
    measures = _overview(found, {what for group in groups for change in group.changes for what in change.differences})
    several = any(len(group.changes) > 1 for group in groups)
    said = any(group.said for group in groups)
    rows = []
    for group in groups:
        sums = [_summed(found, group, measure) for measure in measures]
        rows.append(
            (
                _names(group),
                *([len(group.changes)] if several else []),
                group.kinds,
                *([group.said] if said else []),
                preformatted(group.output),
                *(_signed(n, style) for n in sums),
            )
        )
    head = ("name", *(["layers"] if several else []), "layer", *(["change"] if said else []), "output")
    sides = ["left", *(["right"] if several else []), *["left"] * (2 + said), *["right"] * len(measures)]
    return _grid(rows, (*head, *measures.values()), sides)


def _told() -> list[Measure]:
    """The measures that a page lists, which are those that are not part of another."""
    return [MEASURES[key] for key in compared() if key != COUNTED and not MEASURES[key].part_of]


def _overview(found: Changes, differing: set[str]) -> dict[str, str]:
    """The titles of the measures in the table, by key: the main ones, and others if they differ."""
    shown = [measure for measure in _told() if measure.main or measure.key in differing]
    own = {} if found.new.convention.name == "macs" else {COUNTED: found.new.convention.column}
    return {measure.key: measure.title for measure in shown} | own


def _names(group: ChangeGroup) -> str:
    """The layers' names, for a single one with its former name; "others" for the groups merged at the end."""
    first = group.changes[0]
    if not group.output:
        return "others, auxiliary" if first.auxiliary else "others"
    if first.renamed and first.old and len(group.changes) == 1:
        return f"{first.old.name} → {first.row.name}"
    return listed([change.row.name for change in group.changes])


def _summed(found: Changes, group: ChangeGroup, measure: str) -> Dim | None:
    parts = [found.by(change, measure) for change in group.changes]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    total: Dim = difference(0, sum(known))
    return found.new.convention.shown(total) if measure == COUNTED else total


def _grid(rows: Sequence[tuple[Any, ...]], head: tuple[str, ...], sides: list[str]) -> Table:
    heads = tuple(Head(title, numeric=side == "right") for title, side in zip(head, sides, strict=True))
    return Table(heads, tuple(rows))


def _notes(found: Changes, style: Style, *, every: bool) -> tuple[Any, ...]:
    """The notes: layers that were only renamed, layers whose output nothing reads, and conditions on letters."""
    pairs = [f"{change.old.name} → {change.row.name}" for change in found.of("renamed") if change.old]
    old, new = unread(found.old.graph), unread(found.new.graph)
    loose = new if old == new else [*(f"Old: {said}" for said in old), *(f"New: {said}" for said in new)]
    return (
        *([f"Renamed: {', '.join(pairs) if every else listed(pairs)}."] if pairs else []),
        *loose,
        *map(preformatted, held(found.conditions, style)),
    )
