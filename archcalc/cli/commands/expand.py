"""The command `archcalc expand`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.cli.options import Request, takes_network, writes_spec
from archcalc.cli.output import put_or_write
from archcalc.language.flatten import flat


@click.command("expand")
@takes_network("SPEC", "input", "set")
@writes_spec
def command(request: Request, output: Path | None) -> None:
    """The network as a flat spec, blocks and repeats written out."""
    put_or_write(flat(request.load()), "yaml", output)
