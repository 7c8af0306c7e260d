"""The workings of rows as text, JSON, or a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.document.content import Fact, Facts, Formula, Page, Section, Text
from archcalc.document.formats import STYLES
from archcalc.document.style import PLAIN
from archcalc.document.writer import preformatted, write
from archcalc.formats.as_json import json_text, plain_dim, plain_inputs, plain_shape
from archcalc.formats.summary import heading, title
from archcalc.profiling.explain import Cell, Working
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import format_shape
from archcalc.symbols.traced import tree


def render(profile: Profile, workings: list[Working], form: str = "text") -> str:
    """The workings in a format: for each row a line for each of its numbers; those that are 0 share the last line."""
    if form == "json":
        return _json(profile, workings)
    return _plain(profile, workings) if form == "text" else write(page(profile, workings, form), form)


def reading(cell: Cell) -> str:
    """The equation of a cell as text."""
    return PLAIN.cell(equation(cell))


def equation(cell: Cell) -> Formula:
    """The equation of a cell: formula = substitution = value, with equal sides written once."""
    value = "?" if cell.value is None else cell.value
    # A formula in letters is its own working, and `value` is its simplified form.
    if not isinstance(cell.traced, int):
        return Formula((value,))
    sides = {PLAIN.side(side): side for side in (tree(cell.traced), tree(cell.traced, names=False))}
    return Formula(tuple((sides | {PLAIN.side(value): value}).values()))


def remark(cell: Cell) -> str:
    """The remark on a cell: its value before rounding, settings that make it exact, and its note."""
    parts = [] if cell.exact is None else [f"from {float(cell.exact):.10g}"]
    if cell.remedies:
        parts.append(f"exact with {_either(cell.remedies)}")
    return "; ".join([*parts, *([cell.note] if cell.note else [])])


def _either(texts: tuple[str, ...]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def told(working: Working) -> tuple[list[Cell], str]:
    """The cells that get a line, and the names of those that are 0 without a note."""
    shown = [cell for cell in working.cells if cell.value != 0 or cell.note]
    return shown, ", ".join(cell.name for cell in working.cells if cell.value == 0 and not cell.note)


def about(row: Row) -> str:
    """A row's kind of layer, settings and input shapes."""
    seen = " and ".join(map(format_shape, row.inputs))
    return " ".join([row.kind, *([row.settings] if row.settings else []), *([f"on {seen}"] if seen else [])])


def _plain(profile: Profile, workings: list[Working]) -> str:
    lines = [title(profile), *heading(profile)]
    for working in workings:
        shown, nothing = told(working)
        width = max(map(len, [nothing, *(cell.name for cell in shown)]))
        lines += ["", f"{working.row.name}: {about(working.row)}"]
        for cell in shown:
            said = remark(cell)
            # The remark on a rounded value is too long for the same line.
            below = cell.exact is not None
            lines.append(f"  {cell.name:{width}}  {reading(cell)}{f', {said}' if said and not below else ''}")
            lines += [f"  {'':{width}}  {said}"] if below else []
        lines += [f"  {nothing:{width}}  0"] if nothing else []
    return "\n".join(lines)


def worked(working: Working) -> Facts:
    """The working of a row as facts of a page."""
    shown, nothing = told(working)
    lines = [Fact(cell.name, equation(cell), remark(cell)) for cell in shown]
    return Facts((*lines, *([Fact(nothing, Formula((0,)))] if nothing else [])))


def section(working: Working) -> Section:
    """The working of a row as a section of a page."""
    return Section(working.row.name, (Text(about(working.row)), worked(working)))


def page(profile: Profile, workings: list[Working], form: str) -> Page:
    """A section for each row; in LaTeX those that there is nothing to say of are left out."""
    begin = tuple(map(preformatted, heading(profile, STYLES[form])))
    if form != "latex" or len(workings) < len(profile.rows):
        one = f" of {workings[0].row.name}" if len(workings) == 1 else ""
        return Page(f"Working{one}: {title(profile)}", begin, tuple(map(section, workings)))
    # The whole of a network is for print: two columns, and nothing of layers that there is nothing to say of.
    left = [working.row.name for working in workings if _trivial(working.row)]
    shown = tuple(section(working) for working in workings if not _trivial(working.row))
    said = f"Left out, as they have no weights and no MACs and keep the shape: {', '.join(left)}."
    return Page(f"Working: {title(profile)}", (*begin, *([said] if left else [])), shown, columns=2)


def _trivial(row: Row) -> bool:
    """True of a layer without weights, MACs and buffers whose output has the shape of its input."""
    return (row.params, row.buffers, row.macs) == (0, 0, 0) and {*row.inputs} == {row.output} and not row.note


def _json(profile: Profile, workings: Iterable[Working]) -> str:
    return json_text(
        {
            "network": profile.graph.name,
            **plain_inputs(profile.graph),
            "batch": plain_dim(profile.batch),
            "convention": profile.convention.name,
            "rows": [
                {
                    "name": working.row.name,
                    "layer": working.row.kind,
                    "settings": working.row.settings,
                    "inputs": [plain_shape(x) for x in working.row.inputs],
                    "cells": [_cell(cell) for cell in working.cells],
                }
                for working in workings
            ],
        }
    )


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "cell": cell.name,
        "formula": cell.formula,
        "substitution": cell.substitution,
        "value": None if cell.value is None else plain_dim(cell.value),
        "exact": None if cell.exact is None else str(cell.exact),
        "remedies": list(cell.remedies),
        "note": cell.note,
    }
