"""The command `archcalc worksheet`."""

from __future__ import annotations

import click
import msgspec

from archcalc.cli.options import Request, completes_list, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.formats.table.columns import COLUMNS as EVERY
from archcalc.formats.worksheet import BLANKS, COLUMNS, FORMATS, key, worksheet


class WorksheetOptions(msgspec.Struct, frozen=True):
    """The options of the command: its columns, and what is left empty."""

    filled: bool
    columns: str | None
    blanks: str | None
    layers: str | None
    fold: bool


@click.command("worksheet")
@takes_network("SPEC", "input", "set", "convention", formats=FORMATS, default=None)
@click.option("--key", "filled", is_flag=True, help="The same filled in, with the working.")
@click.option(
    "--columns",
    **completes_list(EVERY),
    help=f"Columns; by default {', '.join(COLUMNS)}, and reads if a layer reads another than the one above it.",
)
@click.option(
    "--blank", "blanks", **completes_list(EVERY), help=f"Those to leave empty; by default {', '.join(BLANKS)}."
)
@click.option("--layers", help="Leave them empty only in these layers and blocks, and in total for the last line.")
@click.option("--fold/--no-fold", help="Write repeated blocks once.")
@takes_settings(WorksheetOptions)
def command(request: Request, options: WorksheetOptions) -> None:
    """A table to fill in, or its key.

    `archcalc grade` marks the csv of it, which the page in html saves.
    """
    result = request.profiled(request.load())
    form, fold = request.form, options.fold
    shown = None if options.columns is None else [name.strip() for name in options.columns.split(",")]
    if options.filled:
        put(key(result, form, shown, screen=request.screen, fold=fold), form)
    else:
        blanks, layers = _names(options.blanks), _names(options.layers)
        put(worksheet(result, form, shown, blanks, layers, screen=request.screen, fold=fold), form)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]
