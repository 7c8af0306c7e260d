"""Worksheets of networks, filled in rightly but for some cells, and how they are marked."""

from __future__ import annotations

import csv
import io
from functools import lru_cache

from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import Source
from archcalc.formats.table.csv import render as exact_csv
from archcalc.grading import grade, read
from archcalc.language import load
from archcalc.profiling.engine import profile

COLUMNS = ("name", "output", "params", "weights", "biases", "buffers", "activations", "macs", "flops", "rf")


@lru_cache(maxsize=8)
def network(name):
    return profile(load(name))


def marked(result, text):
    """The grade of a worksheet's text."""
    return grade(result, read(Source("s.csv", text), [row.name for row in result.rows]))


def filled(result, wrong, columns=COLUMNS, total=None):
    """The exact worksheet of a network with some cells, by layer and column, written otherwise."""
    rows = list(csv.reader(io.StringIO(exact_csv(result, columns))))
    rows[0] = list(columns)
    for row in rows[1:]:
        for at, column in enumerate(columns):
            row[at] = str(wrong.get((row[0], column), row[at]))
    if total:
        rows.append(["total", *(str(total.get(column, "")) for column in columns[1:])])
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def cell_of(found, row, column):
    return next(cell for cell in found.cells if (cell.row, cell.column) == (row, column))


def marks(found):
    """What is not right of a grade."""
    return {(cell.row, cell.column): cell.verdict for cell in found.cells if cell.verdict not in {"right", "rounded"}}


def run(*arguments, code=0, stdin=None):
    done = CliRunner().invoke(main, list(arguments), input=stdin)
    assert done.exit_code == code, done.output
    return done.output
