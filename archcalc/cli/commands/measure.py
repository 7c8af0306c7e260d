"""The command `archcalc measure`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.cli.output import put_or_write
from archcalc.devices.measure import measured
from archcalc.devices.write import text_of


@click.command("measure")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write, such as this.yaml."
)
@click.option(
    "--runs", type=click.IntRange(1, 100), default=5, show_default=True, help="Runs, of which the median counts."
)
def command(output: Path | None, runs: int) -> None:
    """Measure this machine with numpy and write it as a device."""
    name = "here" if output is None else output.stem
    put_or_write(text_of(measured(name, runs=runs)), "yaml", output)
