"""A worksheet: the table of a network with cells to be filled in, and its key with the working."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archcalc.document.content import Blank, Notes, Page, Part, Prose, Section, Table, Text
from archcalc.document.formats import MARKED, STYLES
from archcalc.document.sheet import comma_separated
from archcalc.document.writer import preformatted, write
from archcalc.errors import SpecError, nearest
from archcalc.formats.explain import about, worked
from archcalc.formats.summary import heading, title
from archcalc.formats.table.columns import chosen, lines
from archcalc.formats.table.page import grid, told
from archcalc.grading.sheet import TOTAL, tellable
from archcalc.profiling.explain import workings
from archcalc.profiling.rows import Profile

FORMATS = (*MARKED, "csv")
COLUMNS = ("name", "layer", "settings", "output", "activations", "params", "macs")
BLANKS = ("output", "activations", "params", "macs")
_FIELDS = ("rf", "jump", "start", "rf_coverage")
_RULES = (
    Prose(
        "`params` are weights and biases. `activations` are the values that a layer stores: none where it overwrites its input."
    ),
    Prose("`MACs` are multiply-accumulates. Count padded places like any other, and biases as no MACs."),
)


def worksheet(profile: Profile, form: str, columns: Sequence[str], blanks: Sequence[str], *, fold: bool = False) -> str:
    """The table with the cells of some columns blank, except the input's; raises SpecError for a missing column."""
    tellable(row.name for row in profile.rows)
    table = _blanked(grid(profile, chosen(columns, fold=fold), fold=fold), columns, blanks)
    if form == "csv":
        return _csv(table)
    begin = (*map(preformatted, heading(profile, STYLES[form])), "Fill in every empty cell.", *_RULES)
    return write(Page(f"Worksheet: {title(profile)}", begin, (Section("", (table,)),)), form)


def key(profile: Profile, form: str, columns: Sequence[str], *, fold: bool = False) -> str:
    """The table filled in, with the working of every row: in HTML inside its row, else below the table, none in csv."""
    tellable(row.name for row in profile.rows)
    style = STYLES.get(form)
    table = grid(profile, chosen(columns, fold=fold), fold=fold, worked=form == "html")
    table = msgspec.structs.replace(table, open=True)
    if style is None:
        return _csv(table)
    said = told(profile, style)
    parts: tuple[Part, ...] = (table, *([Notes(said)] if said else []))
    shown = {line.row.name for line in lines(profile.rows, fold=fold)}
    behind = [working for working in workings(profile) if working.row.name in shown and form != "html"]
    sections = [Section(working.row.name, (Text(about(working.row)), worked(working)), 3) for working in behind]
    begin = tuple(map(preformatted, heading(profile, style)))
    return write(Page(f"Key: {title(profile)}", begin, (Section("", parts), *sections)), form)


def _blanked(table: Table, columns: Sequence[str], blanks: Sequence[str]) -> Table:
    for name in blanks:
        if name not in columns or name == "name":
            raise SpecError(
                f"no column '{name}' to leave blank", None, nearest(name, [key for key in columns if key != "name"])
            )
    keys = [head.key for head in table.head]
    named = keys.index("name") if "name" in keys else 0
    rows = [
        tuple(
            # A line that stands for several has no receptive field, so its cell is not blank.
            Blank(f"{name} of {row[named]}") if name in blanks and not (name in _FIELDS and cell == "") else cell
            for name, cell in zip(keys, row, strict=True)
        )
        for row in table.rows[1:]
    ]
    last = tuple(
        Blank(f"{TOTAL} {name}") if name in blanks and cell != "" else cell
        for name, cell in zip(keys, table.last, strict=True)
    )
    return msgspec.structs.replace(table, rows=(table.rows[0], *rows), last=last)


def _csv(table: Table) -> str:
    rows = (["" if isinstance(cell, Blank) else cell for cell in row] for row in (*table.rows, table.last))
    return comma_separated([head.alone for head in table.head], rows)
