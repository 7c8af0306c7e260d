"""The command `archcalc import`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.cli.options import Request, takes_network, writes_spec
from archcalc.cli.output import put_or_write
from archcalc.language.folded import folded


@click.command("import")
@takes_network("SPEC", "input", "set")
@writes_spec
def command(request: Request, output: Path | None) -> None:
    """A file of another program as a spec.

    What repeats becomes blocks, and sizes are stated. SPEC is such a file, told by its content, or any other network.
    """
    put_or_write(folded(request.load()), "yaml", output)
