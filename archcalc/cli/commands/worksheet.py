"""`archcalc worksheet`."""

from __future__ import annotations

import click

from archcalc.cli.options import convention_option, input_option, set_option
from archcalc.cli.output import put
from archcalc.formats.worksheet import BLANKS, COLUMNS, FORMATS, key, worksheet
from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Shape


@click.command("worksheet")
@click.argument("spec")
@click.option("--key", "filled", is_flag=True, help="The same filled in, with the working.")
@click.option("--columns", default=",".join(COLUMNS), help=f"Columns; by default {', '.join(COLUMNS)}.")
@click.option("--blank", "blanks", help=f"Those to leave empty; by default {', '.join(BLANKS)}.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
@click.option("--fold/--no-fold", help="Write repeated blocks once.")
@input_option
@set_option
@convention_option
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    columns: str,
    blanks: str | None,
    form: str,
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    convention: str,
    *,
    filled: bool,
    fold: bool,
) -> None:
    """A table to fill in, or its key; `archcalc grade` marks the csv of it, which the page in html saves."""
    result = profile(load(spec, dict(settings), input_shape=input_shape), convention_name=convention)
    shown = [name.strip() for name in columns.split(",")]
    asked = [name.strip() for name in (blanks or "").split(",") if name.strip()]
    empty = [name for name in BLANKS if name in shown] if blanks is None else asked
    text = key(result, form, shown, fold=fold) if filled else worksheet(result, form, shown, empty, fold=fold)
    put(text, form)
