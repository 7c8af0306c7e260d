"""`archcalc list`."""

from __future__ import annotations

from typing import Any

import click
from tabulate import tabulate

from archcalc.engine import profile
from archcalc.formats.json import json_text
from archcalc.rows import Profile
from archcalc.spec import bundled, load


@click.command("list")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(form: str) -> None:
    """The bundled networks: params, MACs, depth and source."""
    profiles = [profile(load(name)) for name in bundled()]
    if form == "json":
        keys = ("name", "title", "params", "macs", "depth", "source")
        click.echo(json_text([dict(zip(keys, _listed(result), strict=True)) for result in profiles]))
        return
    rows = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in _listed(result)] for result in profiles]
    titles = ["name", "network", "params", "MACs", "depth", "source"]
    click.echo(
        tabulate(
            rows, titles, "simple", disable_numparse=True, colalign=["left", "left", "right", "right", "right", "left"]
        )
    )


def _listed(result: Profile) -> tuple[Any, ...]:
    graph, totals = result.graph, result.totals
    return graph.name, graph.title, totals.params, totals.macs, result.depth, graph.source
