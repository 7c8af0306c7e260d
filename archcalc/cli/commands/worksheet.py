"""The command `archcalc worksheet`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes_list, takes_network
from archcalc.cli.output import put
from archcalc.formats.table.columns import COLUMNS as EVERY
from archcalc.formats.worksheet import BLANKS, COLUMNS, FORMATS, key, worksheet


@click.command("worksheet")
@takes_network("SPEC", "input", "set", "convention", formats=FORMATS, default="markdown")
@click.option("--key", "filled", is_flag=True, help="The same filled in, with the working.")
@click.option(
    "--columns", default=",".join(COLUMNS), help=f"Columns; by default {', '.join(COLUMNS)}.", **completes_list(EVERY)
)
@click.option(
    "--blank", "blanks", help=f"Those to leave empty; by default {', '.join(BLANKS)}.", **completes_list(EVERY)
)
@click.option("--fold/--no-fold", help="Write repeated blocks once.")
def command(request: Request, columns: str, blanks: str | None, *, filled: bool, fold: bool) -> None:
    """A table to fill in, or its key.

    `archcalc grade` marks the csv of it, which the page in html saves.
    """
    result = request.profiled(request.load())
    shown = [name.strip() for name in columns.split(",")]
    asked = [name.strip() for name in (blanks or "").split(",") if name.strip()]
    empty = [name for name in BLANKS if name in shown] if blanks is None else asked
    form = request.form
    text = key(result, form, shown, fold=fold) if filled else worksheet(result, form, shown, empty, fold=fold)
    put(text, form)
