"""`archcalc list`."""

from __future__ import annotations

from typing import Any

import click
from tabulate import tabulate

from archcalc.cli.options import convention_option
from archcalc.cli.output import put
from archcalc.formats.as_json import json_text
from archcalc.language import bundled, load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile


@click.command("list")
@convention_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(convention: str, form: str) -> None:
    """The bundled networks: params, MACs, depth and source."""
    profiles = [profile(load(name), convention_name=convention) for name in bundled()]
    counted = convention != "macs"
    if form == "json":
        keys = ("name", "title", "params", "macs", "depth", "source")
        extras = [_counted(result) if counted else {} for result in profiles]
        listed = [dict(zip(keys, _listed(result), strict=True)) for result in profiles]
        put(json_text([fixed | extra for fixed, extra in zip(listed, extras, strict=True)]), form)
        return
    titles = ["name", "network", "params", "MACs", "depth", "source"]
    sides = ["left", "left", "right", "right", "right", "left"]
    rows = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in _listed(result)] for result in profiles]
    if counted:
        titles.insert(4, profiles[0].convention.column)
        sides.insert(4, "right")
        for row, result in zip(rows, profiles, strict=True):
            row.insert(4, result.totals.shown.bounded())
    put(tabulate(rows, titles, "simple", disable_numparse=True, colalign=sides))


def _listed(result: Profile) -> tuple[Any, ...]:
    graph, totals = result.graph, result.totals
    return graph.name, graph.title, totals.params, totals.macs, result.depth, graph.source


def _counted(result: Profile) -> dict[str, Any]:
    total = result.totals.counted
    return {
        "convention": result.convention.name,
        "unit": result.convention.unit,
        "counted": total.value,
        "uncovered": total.uncovered,
    }
