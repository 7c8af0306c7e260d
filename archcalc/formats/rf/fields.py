"""Receptive fields of layers as a page, and as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from archcalc.document.content import Head, Notes, Page, Part, Section, Table, Text
from archcalc.formats.conditions import held
from archcalc.formats.table.columns import along, bounded, percent
from archcalc.formats.tones import kind
from archcalc.layers.intervals import number_text
from archcalc.network.graph import Graph, inputs_text
from archcalc.profiling.rows import Profile
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import axes_of

_COLUMNS = ("name", "layer", "output", "field", "local", "jump", "start", "padding", "paths", "coverage")
_LEFT = {"name", "layer", "output"}
# The columns dropped first if the terminal is too narrow.
_SPARE = ("paths", "padding", "coverage", "start", "output")
_MAX_SEGMENTS = 16
BOUND = "≤ is a bound: all that is seen lies within so many places"


def heading(graph: Graph) -> str:
    """The network's name and input."""
    seen = graph.nodes[graph.focus].name
    on = f", fields on {seen}" if len(graph.inputs) > 1 else ""
    return f"{graph.name}, input {inputs_text(graph)}{on}"


def page(graph: Graph, fields: dict[str, Field]) -> Page:
    """A row for each layer, and notes below the table, such as on branches that do not line up."""
    return Page(heading(graph), sections=(Section("", parts(graph, fields)),))


def parts(graph: Graph, fields: dict[str, Field]) -> tuple[Part, ...]:
    """The table of all layers, and the notes below it."""
    notes = (*_notes(fields), *held(graph.conditions))
    return _table(fields), *([Notes(notes)] if notes else [])


def _table(fields: dict[str, Field]) -> Table:
    rows = [
        (
            *(field.name, kind(field.kind), field.output, bounded(field, field.size), local(field)),
            *(_jump(field), along(field.start), along(field.padding), _paths(field), covered(field)),
        )
        for field in fields.values()
    ]
    shown = [column for column in _COLUMNS if column != "local" or any(map(local, fields.values()))]
    cells = tuple(tuple(cell for cell, column in zip(row, _COLUMNS, strict=True) if column in shown) for row in rows)
    return Table(tuple(map(_head, shown)), cells)


def together(views: Mapping[str, tuple[Graph, dict[str, Field]]]) -> Page:
    """The rows on every input in one table, each after the name of its input."""
    tables = {name: _table(fields) for name, (_, fields) in views.items()}
    heads = dict.fromkeys(head for table in tables.values() for head in table.head)
    rows = [
        (name, *(dict(zip(table.head, row, strict=True)).get(head, "") for head in heads))
        for name, table in tables.items()
        for row in table.rows
    ]
    first, _ = next(iter(views.values()))
    return Page(heading(first), sections=(Section("", (Table((Head("input"), *heads), tuple(rows)),)),))


def _head(column: str) -> Head:
    spare = len(_SPARE) - _SPARE.index(column) if column in _SPARE else 0
    return Head(column, column not in _LEFT, column, spare=spare)


def _notes(fields: dict[str, Field]) -> list[str]:
    return [f"{said[0].upper()}{said[1:]}." for said in describe(fields)]


def describe(fields: dict[str, Field]) -> list[str]:
    """The notes on a table of fields that its numbers do not give."""
    known = list(fields.values())
    several = [field.name for field in known if None in field.jump]
    late: dict[tuple[int, str], list[str]] = {}
    for field in known:
        for i, fixed in list(zip(field.first, field.fixed, strict=True))[:1]:
            if i:
                late.setdefault((i, " through local paths" if fixed else ""), []).append(field.name)
    return [
        *_apart(fields),
        *(f"{said} see {size}" for field in known for said, size in segments(field)),
        *([f"the places of {_named(several)} do not all move alike"] if several else []),
        *(f"output {i} of {_named(names)} is the first that sees anything{how}" for (i, how), names in late.items()),
        *(
            ["local is the field through local paths alone, beside what every place sees"]
            if any(map(local, known))
            else []
        ),
        *([BOUND] if not all(field.exact for field in known) else []),
    ]


def segments(field: Field) -> list[tuple[str, str]]:
    """The runs of positions joined from branches and the sizes of their fields, if these differ."""
    found: dict[tuple[int, Any, Any], list[Any]] = {}
    for i, reach in enumerate(field.reaches):
        for axis, start, stop, size in reach.segments if reach else ():
            found.setdefault((axis, start, stop), [0] * len(field.reaches))[i] = size
    if len(found) < 2 or len(found) > _MAX_SEGMENTS or len(set(map(tuple, found.values()))) < 2:
        return []
    return [
        (f"places {start} to {number_text(stop - 1)} of {field.name}", along(tuple(sizes)))
        for (_, start, stop), sizes in found.items()
    ]


def _named(names: list[str]) -> str:
    return f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"


def _jump(field: Field) -> str:
    return along(field.jump)


def local(field: Field) -> str:
    """The size through local paths alone; empty unless every position sees more than that."""
    return bounded(field, field.local) if any(field.local) and any(field.fixed) else ""


def grown(profile: Profile) -> tuple[Part, ...]:
    """The field of the last layer of each block, if it differs from the block before, as parts of a page."""
    last = {field.name.partition("/")[0]: field for field in profile.fields.values() if any(field.size)}
    rows: list[tuple[Any, ...]] = []
    for field in last.values():
        cells = (
            *(bounded(field, field.size), local(field), along(field.jump)),
            *(along(field.start), along(field.padding), covered(field)),
        )
        if not rows or rows[-1][2:] != cells:
            rows.append((field.name, field.output, *cells))
    head = ["name", "output", "field", "local", "jump", "start", "padding", "coverage"]
    if not any(row[3] for row in rows):
        head.remove("local")
        rows = [(*row[:3], *row[4:]) for row in rows]
    notes = tuple(_notes(profile.fields))
    table = Table(tuple(Head(name, numeric=place > 1) for place, name in enumerate(head)), tuple(rows))
    about = (
        "At the end of each block, in input places; the field is what lies between the first and the last place seen."
    )
    return Text(about), table, *([Notes(notes)] if notes else [])


def _paths(field: Field) -> str:
    """The smallest and the largest field of a single path, if they differ."""
    if field.shortest == field.longest:
        return ""
    between = f"{along(field.shortest)} to {along(field.longest)}"
    return between if field.followed else f"about {between}"


def covered(field: Field) -> str:
    """The share of the input that the field covers; empty if it has none."""
    if not any(field.size):
        return ""
    if field.covers:
        return "whole input"
    shares = tuple(min(share, 1) if isinstance(share, (int, Fraction)) else share for share in field.coverage)
    return f"{bounded(field, shares, percent)} %" if all(map(percent, shares)) else ""


def _apart(fields: dict[str, Field]) -> list[str]:
    """Each misalignment of branches once, with the first layer and the number of others that have it."""
    found: dict[str, list[str]] = {}
    for field in fields.values():
        for axis, said in field.misalignment.items():
            found.setdefault(f"{axis}: {said}", []).append(field.name)
    return [f"branches joined in {_named(names)} do not line up in {said}" for said, names in found.items()]


def network_dict(graph: Graph, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows of a network's layers, with its name, input and axes."""
    return {
        "network": graph.name,
        "input": [plain(n) for n in graph.input],
        "axes": [*axes_of(graph).values()],
        "rows": rows,
    }


def to_dict(field: Field) -> dict[str, Any]:
    """A field as plain values, one for each axis; a fraction is a float, or a string if no float is exact."""
    return {
        "name": field.name,
        "layer": field.kind,
        "output": [plain(n) for n in field.output],
        "size": [plain(n) for n in field.size],
        # The size through local paths alone, and the ends of what every position sees through a global layer.
        "local": [plain(n) for n in field.local],
        "fixed": [None if ends is None else [plain(end) for end in ends] for ends in field.fixed],
        "jump": [plain(n) for n in field.jump],
        # The first output with a field, to which start and padding belong.
        "first": [plain(n) for n in field.first],
        "start": [plain(n) for n in field.start],
        "padding": [plain(n) for n in field.padding],
        "smallest_path": [plain(n) for n in field.shortest],
        "largest_path": [plain(n) for n in field.longest],
        "coverage": [float(n) if isinstance(n, Fraction) else plain(n) for n in field.coverage],
        "covers": field.covers,
        "exact": field.exact,
        "paths_exact": field.followed,
        "segments": [
            [
                {"axis": axis, "first": plain(start), "last": plain(stop - 1), "size": plain(size)}
                for axis, start, stop, size in (reach.segments if reach else ())[:_MAX_SEGMENTS]
            ]
            for reach in field.reaches
        ],
        "apart": field.misalignment,
    }


def plain(value: Any) -> Any:
    """A number for JSON: whole, a float if that is exact, or else text.

    >>> plain(3), plain(Fraction(31, 2)), plain(Fraction(1, 3)), plain(None)
    (3, 15.5, '1/3', None)
    """
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Fraction) and value.denominator & (value.denominator - 1) == 0:
        return float(value)
    return str(value)
