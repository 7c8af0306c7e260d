"""The command `archcalc expand`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put_or_write
from archcalc.language.flatten import flat


@click.command("expand")
@takes_network("SPEC", "input", "set")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write, such as net.yaml."
)
def command(request: Request, output: Path | None) -> None:
    """The network as a flat spec, blocks and repeats written out."""
    put_or_write(flat(request.load()), "yaml", output)
