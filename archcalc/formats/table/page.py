"""The table of a profile as a page, for the formats with markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.document.content import Fact, Facts, Notes, Page, Part, Section, Table, WorkingStep
from archcalc.document.formats import STYLES
from archcalc.document.style import Style
from archcalc.document.writer import preformatted, write
from archcalc.drawing.diagrams.outline import Outline, outline
from archcalc.formats.explain import equation, remark
from archcalc.formats.summary import heading, published, remarks, title, totals
from archcalc.formats.table.columns import Column, chosen, compact, lines, table
from archcalc.formats.table.opening import diagram, headline, linked
from archcalc.formats.table.tree import as_tree
from archcalc.profiling.explain import Working, workings
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import Form

# The columns that a line of working explains. A size explains the output, another operation the FLOPs.
_EXPLAINS = {
    "weights": ("weights", "params"),
    "biases": ("biases", "params"),
    "buffers": ("buffers",),
    "activations": ("activations", "bytes"),
    "MACs": ("macs",),
}


def render(  # noqa: PLR0913 - each is a choice of its own
    profile: Profile,
    columns: Sequence[str] | None,
    form: str,
    *,
    fold: bool = False,
    formulas: Form = "plain",
    every: bool = False,
) -> str:
    """The table as markdown, as a LaTeX document that others can include, or as a page of HTML with diagram and working.

    On paper a layer without cost shares the row of the one before it, unless `every` is true or there are no names.
    """
    brief = form == "latex" and not every and (columns is None or "name" in columns)
    page = tabled(profile, columns, form, fold=fold, worked=form == "html", formulas=formulas, brief=brief)
    if form == "html":
        style = msgspec.structs.replace(STYLES[form], form=formulas)
        [(table, *others)] = (section.parts for section in page.sections)
        assert isinstance(table, Table)  # noqa: S101 - the first part of the page
        drawn = outline(profile)
        table = in_page(table, profile, chosen(columns, fold=fold, formulas=formulas), drawn, fold=fold)
        sections = (
            Section("", (headline(profile, style), diagram(drawn, lines(profile.rows, fold=fold)))),
            Section("", (table, *others)),
        )
        page = msgspec.structs.replace(page, sections=sections)
    return write(page, form)


def in_page(table: Table, profile: Profile, parts: Sequence[Column], drawn: Outline, *, fold: bool) -> Table:
    """The table as a page of HTML shows it: with blocks, bars, and links to the diagram."""
    shown = lines(profile.rows, fold=fold)
    return linked(as_tree(table, profile, parts, shown), shown, drawn)


def tabled(  # noqa: PLR0913 - each is a choice of its own
    profile: Profile,
    columns: Sequence[str] | None,
    form: str,
    *,
    fold: bool = False,
    worked: bool = False,
    formulas: Form = "plain",
    brief: bool = False,
) -> Page:
    """The heading, the table, the totals and the remarks of a profile, on request with the working of every row."""
    style = msgspec.structs.replace(STYLES[form], form=formulas)
    shown = grid(profile, chosen(columns, fold=fold, formulas=formulas), fold=fold, worked=worked, brief=brief)
    said = (*told(profile, style), *published(profile))
    parts: list[Part] = [shown, summed(profile, style), *([Notes(said)] if said else [])]
    return Page(title(profile), tuple(map(preformatted, heading(profile, style))), (Section("", tuple(parts)),))


def grid(profile: Profile, parts: Sequence[Column], *, fold: bool, worked: bool = False, brief: bool = False) -> Table:
    """The table alone, its last row the totals, on request with the working of every row."""
    shown = lines(profile.rows, fold=fold)
    if brief:
        shown = compact(profile, shown)
    found = table(profile, parts, shown)
    if not worked:
        return found
    behind = {working.row.name: steps(working, profile) for working in workings(profile)}
    return msgspec.structs.replace(found, steps=tuple(behind[line.row.name] for line in shown))


def steps(working: Working, profile: Profile) -> tuple[WorkingStep, ...]:
    """The working of a row line by line, without the cells that are 0 and have no note."""
    sizes = len(working.row.output)
    found = []
    for place, cell in enumerate(working.cells):
        keys = ("output",) if place < sizes else _EXPLAINS.get(cell.name, ("flops",))
        if profile.convention.column == cell.name:
            keys = ("flops",) if cell is working.cells[-1] else (*keys, "flops")
        if cell.value != 0 or cell.note:
            found.append(WorkingStep(cell.name, (equation(cell), *filter(None, [remark(cell)])), keys))
    return tuple(found)


def summed(profile: Profile, style: Style) -> Facts:
    """The totals and their parts, as facts of a page."""
    return Facts(tuple(Fact(label, preformatted(said)) for label, said in totals(profile, style)))


def told(profile: Profile, style: Style) -> tuple[Any, ...]:
    """The caveats of the numbers, in the format of the style."""
    return tuple(map(preformatted, remarks(profile, style)))
