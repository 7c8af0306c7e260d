"""`archcalc conventions`."""

from __future__ import annotations

import click

from archcalc.cli.options import BatchType, input_option, set_option
from archcalc.cli.output import put
from archcalc.conventions import CONVENTIONS, convention
from archcalc.formats.convention_rule import rules
from archcalc.formats.conventions import FORMATS, render
from archcalc.language import load
from archcalc.profiling.by_convention import by_convention
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Dim, Shape


@click.command("conventions")
@click.argument("spec", required=False)
@input_option
@click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch.")
@set_option
@click.option("--only", "names", help="Conventions, separated by commas.")
@click.option("--rule", "name", help="Show a convention's whole rule and its known faults instead.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str | None,
    input_shape: Shape | None,
    batch: Dim,
    settings: tuple[tuple[str, str], ...],
    names: str | None,
    name: str | None,
    form: str,
) -> None:
    """One network under every convention, with what each counts beside MACs."""
    if (spec is None) == (name is None):
        raise click.UsageError("name a SPEC, or a convention with --rule")
    if name is not None:
        put(rules(name, form), form)
    else:
        chosen = [convention(each.strip()) for each in names.split(",")] if names else CONVENTIONS.values()
        result = profile(load(spec or "", dict(settings), input_shape=input_shape), batch)
        put(render(result, by_convention(result, chosen), form), form)
