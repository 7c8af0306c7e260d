"""Profiles, comparisons and workings for a notebook.

HTML is a fragment for the notebook's page, markdown is the same as in a document, and LaTeX, which alone shows workings, is
displayed formulas, since a notebook gives it to MathJax, whose only table is `array`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from archcalc.comparison.compare import Comparison
from archcalc.document.content import Head, Table
from archcalc.document.style import MATHEMATICS
from archcalc.document.writer import fragment, write
from archcalc.formats.compare import page
from archcalc.formats.explain import about, equation, remark, told
from archcalc.formats.table.columns import chosen
from archcalc.formats.table.page import grid, tabled
from archcalc.profiling.explain import Working, Workings
from archcalc.profiling.rows import Profile

Value: TypeAlias = Profile | Comparison | Working | Workings

# An array does not break over lines or pages: these columns and rows fit a page of paper.
_COLUMNS = ("name", "output", "activations", "params", "macs")
_ROWS = 40


def html(value: Profile | Comparison) -> str:
    """The value as a fragment of HTML."""
    return fragment(tabled(value, None, "html") if isinstance(value, Profile) else page.page(value, "html"))


def markdown(value: Profile | Comparison) -> str:
    """The value as markdown."""
    return write(
        tabled(value, None, "markdown") if isinstance(value, Profile) else page.page(value, "markdown"), "markdown"
    )


def latex(value: Value) -> str:
    """The value as displayed formulas for MathJax and LaTeX."""
    if isinstance(value, Profile):
        return _arrays(grid(value, chosen(_COLUMNS), fold=value.repeats))
    if isinstance(value, Comparison):
        head = (Head("measure"), *(Head(name, numeric=True) for name in value.names))
        return _arrays(Table(head, tuple((line.measure.title, *line.values) for line in value.lines)))
    return "\n".join(map(_aligned, _several(value)))


def _several(value: Working | Workings) -> Sequence[Working]:
    return [value] if isinstance(value, Working) else value


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
