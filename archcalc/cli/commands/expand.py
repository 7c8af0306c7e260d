"""The command `archcalc expand`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.language.flatten import flat


@click.command("expand")
@takes_network("SPEC", "input", "set")
def command(request: Request) -> None:
    """The network as a flat spec, blocks and repeats written out."""
    put(flat(request.load()), "yaml")
