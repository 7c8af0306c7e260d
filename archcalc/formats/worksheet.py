"""A worksheet: the table of a network with cells to be filled in, and its key with the working."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from archcalc.document.content import Blank, Notes, Page, Part, Prose, Section, Table, Text
from archcalc.document.formats import MARKED, STYLES
from archcalc.document.printed import printed
from archcalc.document.screen import PAPER, Screen
from archcalc.document.sheet import comma_separated
from archcalc.document.style import PLAIN
from archcalc.document.writer import preformatted
from archcalc.errors import SpecError, nearest
from archcalc.formats.explain import about, worked
from archcalc.formats.summary import heading, title
from archcalc.formats.table.columns import chosen, lines
from archcalc.formats.table.page import grid, told
from archcalc.grading.sheet import TOTAL, tellable
from archcalc.profiling.explain import workings
from archcalc.profiling.rows import Profile

FORMATS = ("text", *MARKED, "csv")
COLUMNS = ("name", "layer", "settings", "output", "activations", "params", "macs")
BLANKS = ("output", "activations", "params", "macs")
_FIELDS = ("rf", "jump", "start", "rf_coverage")
_RULES = (
    Prose(
        "`params` are weights and biases. `activations` are the values that a layer stores: none where it overwrites its input."
    ),
    Prose("`MACs` are multiply-accumulates. Count padded places like any other, and biases as no MACs."),
)
_READS = Prose("A layer reads the one in the line above, unless `reads` names others.")


def worksheet(  # noqa: PLR0913 - each is a choice of its own
    profile: Profile,
    form: str,
    columns: Sequence[str] | None = None,
    blanks: Sequence[str] | None = None,
    layers: Sequence[str] | None = None,
    *,
    screen: Screen = PAPER,
    fold: bool = False,
) -> str:
    """The table with the cells of some columns blank in some layers, by default in all and in the totals.

    The input's are given. Raises SpecError for a column or a layer that is not there.
    """
    fold = fold or profile.repeats
    full = _filled(profile, columns, fold=fold)
    keys = [head.key for head in full.head]
    empty = [name for name in BLANKS if name in keys] if blanks is None else blanks
    table = _blanked(full, len(profile.graph.inputs), empty, layers)
    if form == "csv":
        return _csv(table)
    fill = f"Fill in the empty cells under {_listed([head.title for head in table.head if head.key in empty])}."
    rules = (*([fill] if empty else []), *_RULES, *([_READS] if "reads" in keys else []))
    begin = (*map(preformatted, heading(profile, STYLES.get(form, PLAIN))), *rules)
    return printed(Page(f"Worksheet: {title(profile)}", begin, (Section("", (table,)),)), form, screen)


def key(
    profile: Profile, form: str, columns: Sequence[str] | None = None, *, screen: Screen = PAPER, fold: bool = False
) -> str:
    """The table filled in, with the working of every row: in HTML inside its row, else below the table, none in csv."""
    style, fold = STYLES.get(form, PLAIN), fold or profile.repeats
    table = msgspec.structs.replace(_filled(profile, columns, fold=fold, worked=form == "html"), open=True)
    if form == "csv":
        return _csv(table)
    said = told(profile, style)
    parts: tuple[Part, ...] = (table, *([Notes(said)] if said else []))
    shown = {line.row.name for line in lines(profile.rows, fold=fold)}
    behind = [working for working in workings(profile) if working.row.name in shown and form != "html"]
    sections = [Section(working.row.name, (Text(about(working.row)), worked(working)), 3) for working in behind]
    begin = tuple(map(preformatted, heading(profile, style)))
    return printed(Page(f"Key: {title(profile)}", begin, (Section("", parts), *sections)), form, screen)


def _filled(profile: Profile, columns: Sequence[str] | None, *, fold: bool, worked: bool = False) -> Table:
    """The whole table, its column of what layers read empty where that is the line above.

    By default that column is only there if some layer reads another.
    """
    tellable(row.name for row in profile.rows)
    reads = _reads(profile, fold=fold)
    usual = [*COLUMNS[:3], *(["reads"] if any(reads) else []), *COLUMNS[3:]]
    table = grid(profile, chosen(columns or usual, fold=fold), fold=fold, worked=worked)
    keys = [head.key for head in table.head]
    rows = tuple(
        tuple(read if name == "reads" else cell for name, cell in zip(keys, row, strict=True))
        for row, read in zip(table.rows, reads, strict=True)
    )
    return msgspec.structs.replace(table, rows=rows)


def _reads(profile: Profile, *, fold: bool) -> list[str]:
    """The lines that each line's layer reads, empty for the one above alone."""
    shown = lines(profile.rows, fold=fold)
    line_of = {row.name: line.row.name for line in shown for row in line.rows}
    said = [tuple(dict.fromkeys(line_of[name] for name in line.row.sources)) for line in shown]
    above = ["", *(before.row.name for before, _ in pairwise(shown))]
    return ["" if read == (before,) else ", ".join(read) for read, before in zip(said, above, strict=True)]


def _blanked(table: Table, inputs: int, blanks: Sequence[str], layers: Sequence[str] | None) -> Table:
    """The table with its cells emptied, but for the rows of so many inputs above them."""
    keys = [head.key for head in table.head]
    for name in blanks:
        if name not in keys or name == "name":
            raise SpecError(
                f"no column '{name}' to leave blank", None, nearest(name, [key for key in keys if key != "name"])
            )
    named = keys.index("name") if "name" in keys else 0
    names = [str(row[named]) for row in table.rows[inputs:]]
    asked = {*names, TOTAL} if layers is None else _named(names, layers)
    rows = [
        tuple(
            # A line that stands for several has no receptive field, so its cell is not blank.
            Blank(f"{name} of {row[named]}") if name in blanks and not (name in _FIELDS and cell == "") else cell
            for name, cell in zip(keys, row, strict=True)
        )
        if row[named] in asked
        else row
        for row in table.rows[inputs:]
    ]
    last = tuple(
        Blank(f"{TOTAL} {name}") if name in blanks and cell != "" and TOTAL in asked else cell
        for name, cell in zip(keys, table.last, strict=True)
    )
    return msgspec.structs.replace(table, rows=(*table.rows[:inputs], *rows), last=last)


def _named(names: Sequence[str], layers: Sequence[str]) -> set[str]:
    """The lines of these layers, blocks and totals; raises SpecError for one that has no line."""
    found: set[str] = set()
    for layer in layers:
        own = {name for name in (*names, TOTAL) if name == layer or name.startswith(f"{layer}/")}
        if not own:
            remedy = nearest(layer, list(names)) or "it may be a layer after the input, a block, or total"
            raise SpecError(f"no line for a layer '{layer[:60]}' to leave blank", None, remedy)
        found |= own
    return found


def _listed(titles: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))


def _csv(table: Table) -> str:
    rows = (["" if isinstance(cell, Blank) else cell for cell in row] for row in (*table.rows, table.last))
    return comma_separated([head.alone for head in table.head], rows)
