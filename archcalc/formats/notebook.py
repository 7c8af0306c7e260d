"""Profiles, comparisons and workings for a notebook.

HTML is a fragment for the notebook's page, markdown is the same as in a document, and LaTeX is displayed formulas,
since a notebook gives it to MathJax, whose only table is `array`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from archcalc.comparison.compare import Comparison
from archcalc.document.content import Head, Page, Section, Table, Text
from archcalc.document.style import MATHEMATICS
from archcalc.document.writer import fragment, write
from archcalc.formats.compare import page
from archcalc.formats.explain import about, equation, remark, section, told
from archcalc.formats.table.columns import chosen
from archcalc.formats.table.page import grid, tabled
from archcalc.profiling.explain import Working, Workings
from archcalc.profiling.rows import Profile

Value: TypeAlias = Profile | Comparison | Working | Workings

# An array does not break over lines or pages: these columns and rows fit a page of paper.
_COLUMNS = ("name", "output", "activations", "params", "macs")
_ROWS = 40


def html(value: Value) -> str:
    """The value as a fragment of HTML."""
    return fragment(_page(value, "html"))


def markdown(value: Value) -> str:
    """The value as markdown."""
    if isinstance(value, (Profile, Comparison)):
        return write(_page(value, "markdown"), "markdown")
    return write(Page("", sections=tuple(map(section, _several(value)))), "markdown")


def latex(value: Value) -> str:
    """The value as displayed formulas for MathJax and LaTeX."""
    if isinstance(value, Profile):
        return _arrays(grid(value, chosen(_COLUMNS), fold=False))
    if isinstance(value, Comparison):
        head = (Head("measure"), *(Head(name, numeric=True) for name in value.names))
        return _arrays(Table(head, tuple((line.measure.title, *line.values) for line in value.lines)))
    return "\n".join(map(_aligned, _several(value)))


def _several(value: Working | Workings) -> Sequence[Working]:
    return [value] if isinstance(value, Working) else value


def _page(value: Value, form: str) -> Page:
    if isinstance(value, Profile):
        return tabled(value, None, form)
    if isinstance(value, Comparison):
        return page.page(value, form)
    return Page("", sections=tuple(map(_section, _several(value))))


def _section(working: Working) -> Section:
    """The working of a row as a table of equations; the cells that are 0 share its last row."""
    shown, nothing = told(working)
    rows: list[tuple[Any, ...]] = [
        (
            cell.name,
            cell.formula,
            cell.substitution,
            "?" if cell.value is None else cell.value,
            remark(cell),
        )
        for cell in shown
    ]
    rows += [(nothing, "", "", 0, "")] if nothing else []
    titles = ("number", "formula", "with numbers", "value", "remark")
    # Most workings have no remark, and then no column for it.
    width = len(titles) if any(row[-1] for row in rows) else len(titles) - 1
    head = tuple(Head(title, title == "value") for title in titles[:width])
    return Section(working.row.name, (Text(about(working.row)), Table(head, tuple(row[:width] for row in rows))))


def _arrays(table: Table) -> str:
    """A table as displayed arrays of at most _ROWS rows, each with the same head."""

    def line(cells: Sequence[Any]) -> str:
        return " & ".join(map(MATHEMATICS.cell, cells))

    sides = "".join("r" if head.numeric else "l" for head in table.head)
    head = line([head.title for head in table.head])
    found = []
    for start in range(0, len(table.rows), _ROWS):
        first, *others = map(line, table.rows[start : start + _ROWS])
        lines = [head, rf"\hline {first}", *others]
        lines += [rf"\hline {line(table.last)}"] if table.last and start + _ROWS >= len(table.rows) else []
        found.append(rf"$$\begin{{array}}{{{sides}}}" + "\n" + " \\\\\n".join(lines) + "\n" + r"\end{array}$$")
    return "\n".join(found)


def _aligned(working: Working) -> str:
    """The equations of a row as one displayed formula, each side on its own line."""
    clean = MATHEMATICS.clean
    shown, nothing = told(working)
    lines = [rf"{clean(working.row.name)} &\quad {clean(about(working.row))}"]
    for cell in shown:
        first, *others = map(MATHEMATICS.side, equation(cell).sides)
        lines += [f"{clean(cell.name)} &= {first}", *(f"&= {other}" for other in others)]
        lines += [rf"&\quad {clean(said)}" for said in remark(cell).split("; ") if said]
    lines += [f"{clean(nothing)} &= 0"] if nothing else []
    return "\n".join([r"$$\begin{aligned}", " \\\\\n".join(lines), r"\end{aligned}$$"])
