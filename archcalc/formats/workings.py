"""The working of rows as text, markdown, LaTeX or JSON."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from archcalc.dims import written, written_shape
from archcalc.formats.json import json_text, plain_dim, plain_shape
from archcalc.formats.summary import heading, title
from archcalc.markup.escapes import escape_markdown, escape_tex
from archcalc.rows import Profile, Row
from archcalc.working import Cell, Working

FORMS = ("text", "markdown", "latex", "json")


def render(profile: Profile, workings: list[Working], form: str = "text") -> str:
    """Each row with a line for each of its numbers; those that are 0 share the last line."""
    return {"text": _plain, "markdown": _markdown, "latex": _latex, "json": _json}[form](profile, workings)


def reading(cell: Cell, said: Callable[[str], str] = str) -> str:
    """A cell on one line: formula = substitution = value, with what does not differ said once."""
    return " = ".join(map(said, sides(cell)))


def sides(cell: Cell) -> list[str]:
    """What the equation of a cell has on its sides: formula, substitution and value, without what is there already."""
    value = "?" if cell.value is None else written(cell.value)
    return [side for side in dict.fromkeys((cell.formula, cell.substitution, value)) if side]


def remark(cell: Cell) -> str:
    """What is to be said of a cell beside its value: where it was rounded from, what would be exact, why it is not counted."""
    parts = [] if cell.exact is None else [f"from {float(cell.exact):.10g}"]
    if cell.remedies:
        parts.append(f"exact with {_either(cell.remedies)}")
    return "; ".join([*parts, *([cell.note] if cell.note else [])])


def _either(texts: tuple[str, ...]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def told(working: Working) -> tuple[list[Cell], str]:
    """The cells that get a line, and the names of those that are simply 0."""
    shown = [cell for cell in working.cells if cell.value != 0 or cell.note]
    return shown, ", ".join(cell.name for cell in working.cells if cell.value == 0 and not cell.note)


def about(row: Row) -> str:
    """The kind of a layer, its settings and what it is applied to."""
    seen = " and ".join(map(written_shape, row.inputs))
    return " ".join([row.layer, *([row.settings] if row.settings else []), *([f"on {seen}"] if seen else [])])


def _plain(profile: Profile, workings: list[Working]) -> str:
    lines = [title(profile), *heading(profile)]
    for working in workings:
        shown, nothing = told(working)
        width = max(map(len, [nothing, *(cell.name for cell in shown)]))
        lines += ["", f"{working.row.name}: {about(working.row)}"]
        for cell in shown:
            said = remark(cell)
            # What was rounded has more to say than fits behind it.
            below = cell.exact is not None
            lines.append(f"  {cell.name:{width}}  {reading(cell)}{f', {said}' if said and not below else ''}")
            lines += [f"  {'':{width}}  {said}"] if below else []
        lines += [f"  {nothing:{width}}  0"] if nothing else []
    return "\n".join(lines)


def _markdown(profile: Profile, workings: list[Working]) -> str:
    clean = escape_markdown
    lines = [f"# {clean(title(profile))}", "", *(f"{clean(line)}  " for line in heading(profile))]
    return "\n".join([*lines, *(f"\n{markdown(working)}" for working in workings)])


def markdown(working: Working) -> str:
    """The working of one row in markdown, under a heading of its own."""
    clean = escape_markdown
    shown, nothing = told(working)
    lines = [f"## {clean(working.row.name)}", "", clean(about(working.row)), ""]
    for cell in shown:
        said = remark(cell)
        lines.append(f"- {clean(cell.name)}: {clean(reading(cell))}{f' ({clean(said)})' if said else ''}")
    lines += [f"- {clean(nothing)}: 0"] if nothing else []
    return "\n".join(lines)


def _latex(profile: Profile, workings: list[Working]) -> str:
    clean = escape_tex
    lines = [f"\\section*{{{clean(title(profile))}}}", *(f"{clean(line)}\\par" for line in heading(profile))]
    for working in workings:
        shown, nothing = told(working)
        lines += [f"\\paragraph{{{clean(working.row.name)}}} {clean(about(working.row))}", "\\begin{description}"]
        for cell in shown:
            said = remark(cell)
            more = f" ({clean(said)})" if said else ""
            lines.append(f"\\item[{clean(cell.name)}] \\({reading(cell, tex)}\\){more}")
        lines += [f"\\item[{clean(nothing)}] \\(0\\)"] if nothing else []
        lines.append("\\end{description}")
    return "\n".join(lines)


_TEX = {
    "·": r" \cdot ",
    "×": r" \times ",
    "−": "-",
    "⌊": r"\lfloor ",
    "⌋": r" \rfloor",
    "⌈": r"\lceil ",
    "⌉": r" \rceil",
}


def tex(formula: str) -> str:
    r"""A formula for LaTeX's mathematics.

    >>> tex("⌊(H_out + 2·padding) / 4⌋ = 1,728")
    '\\lfloor (\\mathit{H\\_out} + 2 \\cdot \\mathit{padding}) / 4 \\rfloor = 1{,}728'
    """
    named = re.sub(r"[A-Za-z]\w*", lambda found: f"\\mathit{{{found[0]}}}".replace("_", "\\_"), formula)
    for sign, command in _TEX.items():
        named = named.replace(sign, command)
    return named.replace(",", "{,}").replace("**", "^").replace("*", " ")


def _json(profile: Profile, workings: Iterable[Working]) -> str:
    return json_text(
        {
            "network": profile.graph.name,
            "input": plain_shape(profile.graph.input),
            "batch": plain_dim(profile.batch),
            "convention": profile.convention.name,
            "rows": [
                {
                    "name": working.row.name,
                    "layer": working.row.layer,
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
