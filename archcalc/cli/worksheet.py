"""`archcalc worksheet`."""

from __future__ import annotations

import click

from archcalc.cli.options import convention_option, input_option, set_option
from archcalc.dims import Shape
from archcalc.engine import profile
from archcalc.formats.sheet import BLANKS, COLUMNS, FORMATS, key, worksheet
from archcalc.spec import load


@click.command("worksheet")
@click.argument("spec")
@click.option("--key", "filled", is_flag=True, help="The same filled in, with the working.")
@click.option("--columns", default=",".join(COLUMNS), show_default=True, help="Columns, separated by commas.")
@click.option("--blank", "blanks", default=",".join(BLANKS), show_default=True, help="Those to leave empty.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
@click.option("--fold/--no-fold", help="Write repeated blocks once.")
@input_option
@set_option
@convention_option
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    columns: str,
    blanks: str,
    form: str,
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    convention: str,
    *,
    filled: bool,
    fold: bool,
) -> None:
    """A table to fill in, or its key; `archcalc grade` marks the csv of it, which the page in html saves."""
    result = profile(load(spec, input_shape=input_shape, **dict(settings)), convention_name=convention)
    shown = [name.strip() for name in columns.split(",")]
    empty = [name.strip() for name in blanks.split(",") if name.strip()]
    text = key(result, form, shown, fold=fold) if filled else worksheet(result, form, shown, empty, fold=fold)
    click.echo(text)
