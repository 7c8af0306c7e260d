"""`archcalc explain`."""

from __future__ import annotations

import click

from archcalc.cli.options import BatchType, convention_option, input_option, set_option
from archcalc.cli.output import put
from archcalc.formats.explain import FORMS, render
from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.explain import workings
from archcalc.symbols.dims import Dim, Shape


@click.command("explain")
@click.argument("spec")
@click.argument("layer", required=False)
@input_option
@click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch.")
@set_option
@convention_option
@click.option("--format", "form", type=click.Choice(FORMS), default="text", show_default=True)
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    layer: str | None,
    input_shape: Shape | None,
    batch: Dim,
    settings: tuple[tuple[str, str], ...],
    convention: str,
    form: str,
) -> None:
    """Formula and working of every number of a row."""
    result = profile(load(spec, dict(settings), input_shape=input_shape), batch, convention_name=convention)
    put(render(result, workings(result, layer), form), form)
