"""The columns of a table, and its rows, folded where blocks repeat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.conventions import Total
from archcalc.document.content import Head, Table
from archcalc.document.tones import DIM, Toned
from archcalc.errors import among
from archcalc.formats.tones import kind
from archcalc.layers.intervals import number_text
from archcalc.network.measures import Measure, sums
from archcalc.profiling.folding import FoldedRow, folded, joined, unfolded
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, format_shape, format_times
from archcalc.symbols.evaluate import Form, in_form
from archcalc.symbols.shape import spelled

if TYPE_CHECKING:
    from archcalc.receptive_field.field import Field

_NUMBERS = {"times", "rf", "rf_local", "jump", "start", "rf_coverage"}


class Column(msgspec.Struct, frozen=True):
    """One column: its key on the command line, its title, its cell for a line, and its cell in the totals."""

    key: str
    title: str
    cell: Callable[[Profile, FoldedRow], Any]
    total: Callable[[Profile], Any] | None = None

    def heading(self, profile: Profile) -> str:
        """The title for a profile; the column of FLOPs is named by its convention."""
        return profile.convention.column if self.key == "flops" else self.title

    def alone(self, profile: Profile) -> str:
        """The key as in a spreadsheet; that of FLOPs names the convention, which nothing else there does."""
        convention = profile.convention
        counted = "flops" if convention.column == "FLOPs" else "macs"
        return f"{counted} ({convention.name})" if self.key == "flops" else self.key

    def head(self, profile: Profile) -> Head:
        """The head of the column; on a narrow screen FLOPs that are twice the MACs are dropped first, then shares."""
        twice = self.key == "flops" and profile.convention.name == "macs"
        spare = 2 if twice else 1 if self.key.endswith("%") else 0
        return Head(self.heading(profile), self.numeric, self.key, self.alone(profile), spare)

    @property
    def numeric(self) -> bool:
        """True if the cells are numbers."""
        return self.total is not None or self.key.endswith("%") or self.key in _NUMBERS


def _measure(measure: Measure) -> Column:
    if measure.key == "flops":
        # The cell is in the unit of the convention's column, MACs or FLOPs.
        return Column(
            measure.key,
            measure.title,
            lambda profile, line: _known(profile.shown(line.row)),
            lambda profile: _bounded(profile.totals.shown),
        )
    if measure.key == "macs":
        return Column(
            measure.key,
            measure.title,
            lambda _, line: line.row.macs if line.row.layer.runs else "?",
            lambda profile: _bounded(profile.totals.macs_counted),
        )
    return Column(
        measure.key,
        measure.title,
        lambda profile, line: _known(measure.row(profile, line.row)),
        measure.whole,
    )


def _share(measure: Measure) -> Column:
    def cell(profile: Profile, line: FoldedRow) -> str:
        whole = measure.whole(profile)
        part = measure.row(profile, line.row) * line.times
        if line.row.auxiliary or not part or not isinstance(part, int) or not isinstance(whole, int):
            return ""
        return f"{100 * part / whole:.1f}"

    return Column(f"{measure.key}%", "%", cell)


def _field(text: Callable[[Field], str]) -> Callable[[Profile, FoldedRow], str]:
    """The cell of a column of receptive fields; empty in a row that stands for several, whose fields differ."""
    return lambda profile, line: text(profile.fields[line.row.name]) if line.times == 1 else ""


def _bounded(total: Total) -> Any:
    """A total as a cell: its value, or text if it is a lower bound."""
    return total.bounded() if total.uncovered else total.value


def _named(line: FoldedRow) -> str:
    """The name of a layer with the kinds of those that share its row, dim if it overwrites its input."""
    said = " + ".join((line.row.name, *(row.kind for row in line.followers)))
    return Toned(said, DIM) if line.row.in_place else said


def _known(price: Dim | None) -> Dim | str:
    """A price, or a question mark if the convention does not cover the layer."""
    return "?" if price is None else price


COLUMNS = {
    column.key: column
    for column in (
        Column("name", "name", lambda _, line: _named(line)),
        Column("layer", "layer", lambda _, line: kind(line.row.kind, in_place=line.row.in_place)),
        Column("settings", "settings", lambda _, line: line.row.settings),
        Column("reads", "reads", lambda _, line: ", ".join(line.row.sources)),
        Column("input", "input", lambda _, line: ", ".join(map(format_shape, line.row.inputs))),
        Column("output", "output", lambda _, line: line.row.output),
        *(_measure(measure) for measure in sums()),
        *(_share(measure) for measure in sums() if measure.main),
        Column("rf", "rf", _field(lambda field: bounded(field, field.size))),
        Column("rf_local", "rf local", _field(lambda field: bounded(field, field.local))),
        Column("jump", "jump", _field(lambda field: along(field.jump))),
        Column("start", "start", _field(lambda field: along(field.start))),
        Column("rf_coverage", "rf %", _field(lambda field: bounded(field, field.coverage, percent))),
        Column("times", "times", lambda _, line: format_times(line.times)),
        Column("shared", "weights of", lambda _, line: line.row.shared),
        Column("in_place", "in place", lambda _, line: "yes" if line.row.in_place else ""),
        Column("auxiliary", "auxiliary", lambda _, line: "yes" if line.row.auxiliary else ""),
        Column("note", "note", lambda _, line: line.row.note),
    )
}
# The same column with names, which takes its place.
COLUMNS["axes"] = msgspec.structs.replace(COLUMNS["output"], cell=lambda _, line: spelled(line.row.output))

DEFAULT = ("name", "layer", "output", "activations", "params", "params%", "macs", "macs%", "flops")


def spelled_out(keys: Sequence[str] | None) -> list[str]:
    """The columns asked for, or the usual ones, with the names of axes beside the sizes of outputs."""
    return ["axes" if key == "output" else key for key in keys or DEFAULT]


def chosen(keys: Sequence[str] | None, *, fold: bool = False, formulas: Form = "plain") -> list[Column]:
    """The columns of these keys, or the default ones, with formulas in a form; with `fold`, also that of repeats."""
    names = list(DEFAULT if keys is None else keys)
    if fold and "times" not in names:
        names.insert(1, "times")
    found = among(names, COLUMNS, "column")
    return found if formulas == "plain" else [_in_form(column, formulas) for column in found]


def _in_form(column: Column, formulas: Form) -> Column:
    """The column with its formulas expanded or factored; text and shapes stay."""

    def rewritten(value: Any) -> Any:
        return value if isinstance(value, (str, tuple)) else in_form(value, formulas)

    cell, total = column.cell, column.total
    return msgspec.structs.replace(
        column,
        cell=lambda profile, line: rewritten(cell(profile, line)),
        total=None if total is None else lambda profile: rewritten(total(profile)),
    )


def lines(rows: Sequence[Row], *, fold: bool) -> list[FoldedRow]:
    """The rows one by one, or with `fold`, repeated blocks and layers once."""
    return folded(rows) if fold else unfolded(rows)


def compact(profile: Profile, shown: Sequence[FoldedRow]) -> list[FoldedRow]:
    """The lines with each that stores, trains and computes nothing merged into the one before it."""

    def costless(row: Row) -> bool:
        counted = (row.params, row.buffers, row.activations, row.macs, profile.shown(row))
        return all(value == 0 for value in counted)

    return joined(shown, costless)


def table(profile: Profile, parts: Sequence[Column], shown: Sequence[FoldedRow]) -> Table:
    """The cells of some lines under the heads of their columns, its last row the totals."""
    return Table(
        tuple(part.head(profile) for part in parts),
        tuple(tuple(part.cell(profile, line) for part in parts) for line in shown),
        tuple(summed(profile, parts)),
    )


def summed(profile: Profile, parts: Sequence[Column]) -> list[Any]:
    """The line of totals, labelled in the column of names, else in the first column if that has no total."""
    cells = ["" if part.total is None else part.total(profile) for part in parts]
    at = next((at for at, part in enumerate(parts) if part.key == "name"), 0)
    if parts[at].total is None:
        cells[at] = "total"
    return cells


def along(values: tuple[Any, ...], text: Callable[[Any], str] = number_text) -> str:
    """A value for each axis as text, written once if all are equal.

    >>> along((212, 212)), along((3, 7)), along((None,))
    ('212', '3×7', '')
    """
    texts = ["" if value is None else text(value) for value in values]
    return texts[0] if len(set(texts)) == 1 else "×".join(f"({part})" if " " in part else part for part in texts)


def bounded(field: Field, sizes: tuple[Any, ...], text: Callable[[Any], str] = number_text) -> str:
    """Sizes of a field as text, with a ≤ if they are bounds."""
    written = along(sizes, text)
    return written if field.exact or not any(sizes) or not written else f"≤ {written}"


def percent(share: Any) -> str:
    """A share in per cent, with one decimal; empty if it depends on letters."""
    return f"{float(100 * share):.1f}" if isinstance(share, (int, Fraction)) else ""
