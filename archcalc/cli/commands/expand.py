"""`archcalc expand`."""

from __future__ import annotations

import click

from archcalc.cli.options import input_option, set_option
from archcalc.cli.output import put
from archcalc.language import load
from archcalc.language.flatten import flat
from archcalc.symbols.dims import Shape


@click.command("expand")
@click.argument("spec")
@input_option
@set_option
def command(spec: str, input_shape: Shape | None, settings: tuple[tuple[str, str], ...]) -> None:
    """The network as a flat spec, blocks and repeats written out."""
    put(flat(load(spec, dict(settings), input_shape=input_shape)), "yaml")
