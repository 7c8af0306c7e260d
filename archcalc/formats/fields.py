"""Receptive fields as text, and as plain values for JSON."""

from __future__ import annotations

import textwrap
from fractions import Fraction
from typing import Any

from tabulate import tabulate

from archcalc.dims import written_shape
from archcalc.document import Head, Notes, Part, Table, Text
from archcalc.formats.columns import along, percent
from archcalc.graph import Graph
from archcalc.receptive import Field, axes_of, path
from archcalc.rows import Profile
from archcalc.window import number_text

_COLUMNS = ("name", "layer", "output", "field", "jump", "start", "padding", "paths", "coverage")
_LEFT = {"name", "layer", "output"}
_WIDTH = 120


def heading(graph: Graph) -> str:
    """What the fields are of."""
    return f"{graph.name}, input {written_shape(graph.input)}"


def table(graph: Graph, fields: dict[str, Field]) -> str:
    """A row for each layer, and where branches that are joined do not line up."""
    rows = [
        [
            *(field.name, field.layer, written_shape(field.output), along(field.size), along(field.jump)),
            *(along(field.start), along(field.padding), _paths(field), _coverage(field)),
        ]
        for field in fields.values()
    ]
    sides = ["left" if column in _LEFT else "right" for column in _COLUMNS]
    body = tabulate(rows, _COLUMNS, "simple", disable_numparse=True, colalign=sides)
    notes = [
        *(f"{said[0].upper()}{said[1:]}." for said in _apart(fields)),
        *(f"Holds where {assumption.fact} ({assumption.node})." for assumption in graph.assumptions),
    ]
    return "\n".join([heading(graph), "", body, *([""] if notes else []), *notes])


def grown(profile: Profile) -> tuple[Part, ...]:
    """The field of the last layer of every block whose field is another than that of the block before, as parts of a page."""
    last = {field.name.partition("/")[0]: field for field in profile.fields.values() if any(field.size)}
    rows: list[tuple[Any, ...]] = []
    for field in last.values():
        cells = (along(field.size), along(field.jump), along(field.start), along(field.padding), _coverage(field))
        if not rows or rows[-1][2:] != cells:
            rows.append((field.name, field.output, *cells))
    head = ("name", "output", "field", "jump", "start", "padding", "coverage")
    notes = tuple(f"{said[0].upper()}{said[1:]}." for said in _apart(profile.fields))
    table = Table(tuple(Head(name, numeric=place > 1) for place, name in enumerate(head)), tuple(rows))
    about = (
        "At the end of each block, in input places; the field is what lies between the first and the last place seen."
    )
    return Text(about), table, *([Notes(notes)] if notes else [])


def layer(graph: Graph, fields: dict[str, Field], name: str) -> str:
    """All there is to say of one layer's field, and the path that gives it the largest one."""
    field = fields[name]
    lines = [("layer", f"{field.name}: {field.layer}, output {written_shape(field.output)}")]
    if not any(reach for reach in field.reaches):
        return "\n".join([heading(graph), "", _aligned([*lines, ("field", "none, it depends on no input")])])
    covers = f": {_coverage(field)}" if _coverage(field) else ""
    jump = f"{along(field.jump)}, from one output to the next" if any(field.jump) else "0, every output sees the same"
    lines += [
        (
            "field",
            f"{along(field.size)} along {' and '.join(field.axes)}, where the input has {along(field.whole)}{covers}",
        ),
        ("jump", jump),
        ("start", f"{along(field.start)}, the centre of the first output's field; the first input is at 0"),
        ("padding", f"{along(field.padding)}, by which that field begins before the input"),
    ]
    if not field.exact:
        lines.append(("bound", "it may see less: a reshape on the way scattered the places of the input"))
    lines += [("apart", f"{axis}: {said}") for axis, said in field.apart.items()]
    ways = [", ".join(_steps(path(graph, fields, name, axis))) for axis in range(len(field.axes))]
    if field.shortest != field.longest:
        lines.append(("paths", f"from {along(field.shortest)} to {along(field.longest)}, each path taken alone"))
    if len(set(ways)) == 1:
        lines.append(("largest", ways[0]))
    else:
        lines += [(f"largest {axis}", way) for axis, way in zip(field.axes, ways, strict=True)]
    return "\n".join([heading(graph), "", _aligned(lines)])


def _aligned(lines: list[tuple[str, str]]) -> str:
    """Labels and what they say, wrapped beside them."""
    width = max(len(label) for label, _ in lines) + 2
    return "\n".join(
        textwrap.fill(
            value,
            _WIDTH,
            initial_indent=f"{label:{width}}",
            subsequent_indent=" " * width,
            break_long_words=False,
            break_on_hyphens=False,
        ).replace("\u00a0", " ")
        for label, value in lines
    )


def _steps(way: list[tuple[str, Any]]) -> list[str]:
    """The layers of a path at which its field grows, with what it grows to."""
    steps, last = [], None
    for name, size in way:
        if size != last:
            # A space at which no line is broken.
            steps.append(f"{name}\u00a0{number_text(size)}")
        last = size
    return steps


def _paths(field: Field) -> str:
    """The smallest and the largest field of any one path, where they differ."""
    if field.shortest == field.longest:
        return ""
    return f"{along(field.shortest)} to {along(field.longest)}"


def _coverage(field: Field) -> str:
    if not any(field.size):
        return ""
    if field.covers:
        return "whole input"
    return f"{along(field.coverage, percent)} %" if all(map(percent, field.coverage)) else ""


def _apart(fields: dict[str, Field]) -> list[str]:
    """Each disagreement once, with how many more layers have it."""
    found: dict[str, list[str]] = {}
    for field in fields.values():
        for axis, said in field.apart.items():
            found.setdefault(f"{axis}: {said}", []).append(field.name)
    return [
        f"branches joined in {names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''} do not line up in {said}"
        for said, names in found.items()
    ]


def network_dict(graph: Graph, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows on the layers of a network, with what they are of."""
    return {
        "network": graph.name,
        "input": [plain(n) for n in graph.input],
        "axes": [*axes_of(graph).values()],
        "rows": rows,
    }


def to_dict(field: Field) -> dict[str, Any]:
    """A field as plain values, one for each axis; what is no whole number is a float or, where that is not exact, a string."""
    return {
        "name": field.name,
        "layer": field.layer,
        "output": [plain(n) for n in field.output],
        "size": [plain(n) for n in field.size],
        "jump": [plain(n) for n in field.jump],
        "start": [plain(n) for n in field.start],
        "padding": [plain(n) for n in field.padding],
        "smallest_path": [plain(n) for n in field.shortest],
        "largest_path": [plain(n) for n in field.longest],
        "coverage": [float(n) if isinstance(n, Fraction) else plain(n) for n in field.coverage],
        "covers": field.covers,
        "exact": field.exact,
        "apart": field.apart,
    }


def plain(value: Any) -> Any:
    """A number as JSON has it: whole, or with a half, or else as text.

    >>> plain(3), plain(Fraction(31, 2)), plain(Fraction(1, 3)), plain(None)
    (3, 15.5, '1/3', None)
    """
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, Fraction) and value.denominator & (value.denominator - 1) == 0:
        return float(value)
    return str(value)
