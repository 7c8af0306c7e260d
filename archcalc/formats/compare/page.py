"""A comparison of networks in each of its formats."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import msgspec

from archcalc.comparison.compare import Against, Comparison, MeasureLine, OwnRows
from archcalc.document.content import Head, Notes, Page, Part, Section, Table
from archcalc.document.formats import STYLES
from archcalc.document.lines import indented
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen, table_text
from archcalc.document.style import PLAIN, Style
from archcalc.document.writer import preformatted
from archcalc.formats.as_json import json_text
from archcalc.formats.compare.crossovers import crossings, letter_of
from archcalc.formats.compare.json import to_dict
from archcalc.formats.conditions import facts, held
from archcalc.network.graph import inputs_text
from archcalc.network.measures import sums
from archcalc.symbols.dims import Dim
from archcalc.symbols.evaluate import Leading, letters
from archcalc.symbols.notation import TEXT

# The longest formula of a ratio that is printed; of longer ones the limits say more.
_WIDEST = 40
_LARGEST_FRACTION = 10**4


class TitledTable(msgspec.Struct, frozen=True):
    """A title, a table under it, and notes under that; any of them may be empty."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    # The number of columns of text, from the left.
    text: int = 1
    about: str = ""
    notes: tuple[str, ...] = ()


def render(
    comparison: Comparison, form: str, screen: Screen = PAPER, *, growth: bool = False, explain: bool = False
) -> str:
    """A comparison in a format, on request with leading terms and the layers that differ."""
    if form == "json":
        return json_text(to_dict(comparison))
    blocks = _blocks(comparison, STYLES.get(form, PLAIN), growth=growth, explain=explain)
    if form == "text":
        return "\n\n".join("\n".join(lines) for block in blocks if (lines := _text(block, screen)))
    return printed(_document(blocks), form)


def page(comparison: Comparison, form: str) -> Page:
    """A comparison as a page, without growth and differing layers."""
    return _document(_blocks(comparison, STYLES[form]))


def _blocks(comparison: Comparison, style: Style, *, growth: bool = False, explain: bool = False) -> list[TitledTable]:
    return [
        *_measured(comparison, style),
        *([_valued(comparison, style)] if comparison.points else []),
        *([_grown(comparison, style)] if growth else []),
        *(_explained(comparison, style) if explain else []),
        TitledTable("", notes=_assumed(comparison, style)),
    ]


def _text(section: TitledTable, screen: Screen) -> list[str]:
    notes = [indented("", note, screen) for note in section.notes]
    head = [*filter(None, [section.title, section.about]), *([""] if section.about else [])]
    body = [table_text(_table(section), screen)] if section.rows else []
    return [*head, *body, *([""] if section.rows and notes else []), *notes]


def _document(sections: list[TitledTable]) -> Page:
    """The sections as a page; their texts are already in its format."""
    first, *others = sections
    whole = [Section("", _parts(first))]
    whole += [Section(preformatted(section.title), _parts(section)) for section in others if section != TitledTable("")]
    return Page(preformatted(first.title), (preformatted(first.about),), tuple(whole))


def _table(section: TitledTable) -> Table:
    head = tuple(
        Head(preformatted(title), i >= section.text, title if title == "name" else "")
        for i, title in enumerate(section.head)
    )
    rows = (tuple(preformatted(cell) if isinstance(cell, str) else cell for cell in row) for row in section.rows)
    return Table(head, tuple(rows))


def _parts(section: TitledTable) -> tuple[Part, ...]:
    return (
        *([_table(section)] if section.rows else []),
        *([Notes(tuple(map(preformatted, section.notes)))] if section.notes else []),
    )


def _measured(comparison: Comparison, style: Style) -> list[TitledTable]:
    """The measures of all networks, and the differences from the first: in one table for two networks, else below."""
    names = [style.clean(name) for name in comparison.names]
    profile = comparison.profiles[0]
    inputs = dict.fromkeys(inputs_text(one.graph, style.shape, style.clean) for one in comparison.profiles)
    about = f"Input {' and '.join(inputs)}, batch {style.dim(profile.batch)}. " + style.clean(
        f"Convention {profile.convention.name}: {profile.convention.rule}."
    )
    values = [
        (style.clean(line.measure.title), *(_cell(value, style) for value in line.values)) for line in comparison.lines
    ]
    beside = [_besides(line, style) for line in comparison.lines]
    notes = crossings(comparison, style)
    if len(names) <= 2:
        rows = [(*cells, *(others[0] if others else ())) for cells, others in zip(values, beside, strict=True)]
        head = ("measure", *names, *(("difference", "ratio") if len(names) == 2 else ()))
        return [TitledTable(" against ".join(names), head, tuple(rows), about=about, notes=notes)]
    below = [
        (cells[0], name, *other)
        for cells, others in zip(values, beside, strict=True)
        for name, other in zip(names[1:], others, strict=True)
    ]
    return [
        TitledTable(", ".join(names), ("measure", *names), tuple(values), about=about),
        TitledTable("", (names[0], "against", "difference", "ratio"), tuple(below), 2, notes=notes),
    ]


def _cell(value: Any, style: Style) -> Any:
    """A cell in the format; a whole number stays one, which a narrow table shortens."""
    return value if isinstance(value, int) else style.cell(value)


def _besides(line: MeasureLine, style: Style) -> list[tuple[Any, str]]:
    """The difference and the ratio between the first network and each further one."""
    return [
        ("none" if value == line.values[0] else "", "")
        if against is None
        else (_cell(against.difference, style), _ratio(against, style))
        for value, against in zip(line.values[1:], line.against, strict=True)
    ]


def _ratio(against: Against, style: Style) -> str:
    """A ratio as text: 27/49 = 0.551, 44.9 % less; one with letters has its limit as each letter grows."""
    if against.ratio is None:
        return ""
    if isinstance(against.ratio, (int, Fraction)):
        return f"{_number(against.ratio, style)}{_share(against.ratio, style)}"
    parts = []
    if not against.ratio.is_Add and len(PLAIN.dim(against.ratio)) <= _WIDEST:
        parts.append(style.dim(against.ratio))
    for letter, limit in against.limits.items():
        if isinstance(limit, (int, Fraction, float)):
            arrow = "→" if style.notation is TEXT else r"$\to$"
            parts.append(f"{arrow} {_number(limit, style)}{_share(limit, style)} as {letter_of(letter, style)} grows")
    first, between, last = style.inside
    return f"{first}{between.join(parts)}{last}" if len(parts) > 1 else "".join(parts)


def _number(value: float | Fraction, style: Style) -> str:
    if isinstance(value, int):
        return style.dim(value)
    if value == math.inf:
        return "∞" if style.notation is TEXT else r"$\infty$"
    assert isinstance(value, Fraction)  # noqa: S101 - infinity is the only float
    short = max(value.numerator, value.denominator) < _LARGEST_FRACTION
    return f"{value.numerator}/{value.denominator} = {float(value):.3g}" if short else f"{float(value):.3g}"


def _share(value: float | Fraction, style: Style) -> str:
    if value == 1 or value >= 2 or value <= 0:
        return ""
    return style.clean(
        f", {100 * float(1 - value):.1f} % less" if value < 1 else f", {100 * float(value - 1):.1f} % more"
    )


def _valued(comparison: Comparison, style: Style) -> TitledTable:
    """A table of every measure at chosen values of letters."""
    names = list(dict.fromkeys(name for point in comparison.points for name in point))
    rows = []
    for point in comparison.points:
        for line, values in zip(comparison.lines, comparison.at(point), strict=True):
            if not set(letters(line.values)) & set(names):
                continue
            numbers = [value for value in values if isinstance(value, (int, Fraction))]
            ratio = Fraction(values[0], values[1]) if len(values) == 2 == len(numbers) and values[1] else None
            share = [f"{float(ratio):.3g}" if ratio is not None else ""] if len(values) == 2 else []
            at = [style.dim(point[name]) for name in names]
            cells = ["—" if value is None else _cell(value, style) for value in values]
            rows.append((*at, style.clean(line.measure.title), *cells, *share))
    head = [*(letter_of(name, style) for name in names), "measure", *map(style.clean, comparison.names)]
    head += ["ratio"] if len(comparison.profiles) == 2 else []
    title = "" if rows else "No measure depends on these letters."
    return TitledTable(title, tuple(head), tuple(rows), len(names) + 1, notes=_missing(comparison, style))


def _missing(comparison: Comparison, style: Style) -> tuple[str, ...]:
    """A line for each network that cannot be built at some point, with the conditions that it needs."""
    said = []
    for point in comparison.points:
        where = ", ".join(f"{letter_of(name, style)} = {style.dim(n)}" for name, n in point.items())
        for name, broken in zip(comparison.names, comparison.broken(point), strict=True):
            if broken:
                said.append(f"{style.clean(name)} is none at {where}: it needs {facts(broken, style)}.")
    return tuple(said)


def _grown(comparison: Comparison, style: Style) -> TitledTable:
    """A table of the leading term of every measure in every letter."""
    rows = []
    for line in comparison.lines:
        for name in dict.fromkeys(letter for growth in line.growth for letter in growth):
            terms = [
                _term(growth.get(name), name, value, style)
                for growth, value in zip(line.growth, line.values, strict=True)
            ]
            rows.append((style.clean(line.measure.title), letter_of(name, style), *terms))
    head = ("grows", "with", *(f"{style.clean(name)}, as" for name in comparison.names))
    return TitledTable("", head, tuple(rows), 2) if rows else TitledTable("")


def _term(term: Leading | None, name: str, value: Dim, style: Style) -> str:
    if term is None:
        return style.dim(0) if value == 0 else ""
    base = next((letter for letter in getattr(value, "free_symbols", ()) if letter.name == name), 1)
    return style.dim(term.coefficient * base**term.power)


def _explained(comparison: Comparison, style: Style) -> list[TitledTable]:
    """The layers that only the first network has, and those that only the other has, for each other network."""
    sections = []
    first, *others = zip(comparison.names, comparison.profiles, strict=True)
    main = [measure for measure in sums() if measure.main]
    head = ("name", "layer", "settings", "output", "times", *(measure.title for measure in main))
    for i, other in enumerate(others, start=1):
        for (whose, profile), (name, _), owned in zip((first, other), (other, first), comparison.own(i), strict=True):
            title = style.clean(f"In {whose} and not in {name}")
            rows = tuple(_owned(one, [measure.row(profile, one.row) for measure in main], style) for one in owned)
            sections.append(TitledTable(title if rows else f"{title}: nothing", head, rows, 4))
    return sections


def _owned(one: OwnRows, values: list[Dim], style: Style) -> tuple[Any, ...]:
    row = one.row
    texts = [style.clean(text) for text in (row.name, row.kind, row.settings)]
    numbers = [_cell(one.times * n, style) for n in (1, *values)]
    return (*texts, style.shape(row.output), *numbers)


def _assumed(comparison: Comparison, style: Style) -> tuple[str, ...]:
    loose = style.clean(", ".join(comparison.bounded))
    said = style.clean("The receptive field of") + f" {loose} " + style.clean("is a bound, and may be smaller.")
    least = style.clean(", ".join(comparison.at_least))
    lower = (
        style.clean("The MACs of")
        + f" {least} "
        + style.clean("are a lower bound: it has operators that are not known.")
    )
    return (*held(comparison.conditions, style), *([said] if loose else []), *([lower] if least else []))
