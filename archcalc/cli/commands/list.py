"""`archcalc list`."""

from __future__ import annotations

import click

from archcalc.cli.options import convention_option
from archcalc.cli.output import put
from archcalc.formats.as_json import json_text
from archcalc.formats.networks import text, to_list
from archcalc.language import bundled, load
from archcalc.profiling.engine import profile
from archcalc.report.listed import listed, of


@click.command("list")
@convention_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(convention: str, form: str) -> None:
    """The bundled networks: params, MACs, depth and source."""
    counted = [] if convention == "macs" else [profile(load(name), convention_name=convention) for name in bundled()]
    lines = list(map(of, counted)) or listed()
    put(json_text(to_list(lines, counted)) if form == "json" else text(lines, counted), form)
