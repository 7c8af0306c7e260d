"""`archcalc list`."""

from __future__ import annotations

from typing import Any

import click
from tabulate import tabulate

from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.formats.as_json import json_text
from archcalc.language import bundled, load
from archcalc.profiling.rows import Profile
from archcalc.report.listed import listed, of


@click.command("list")
@takes_network("", "convention", formats=["text", "json"])
def command(request: Request) -> None:
    """The bundled networks: params, MACs, depth and source."""
    if request.convention == "macs":
        lines = listed()
        extras: list[Profile] = []
    else:
        extras = [request.profiled(load(name)) for name in bundled()]
        lines = list(map(of, extras))
    if request.form == "json":
        more = [_counted(result) for result in extras] or [{}] * len(lines)
        keys = ("name", "title", "params", "macs", "depth", "source")
        plain = [{key: getattr(line, key) for key in keys} for line in lines]
        put(json_text([line | extra for line, extra in zip(plain, more, strict=True)]), request.form)
        return
    titles = ["name", "network", "params", "MACs", "depth", "source"]
    sides = ["left", "left", "right", "right", "right", "left"]
    rows = [
        [line.name, line.title, f"{line.params:,}", f"{line.macs:,}", f"{line.depth:,}", line.source] for line in lines
    ]
    if extras:
        titles.insert(4, extras[0].convention.column)
        sides.insert(4, "right")
        for row, result in zip(rows, extras, strict=True):
            row.insert(4, result.totals.shown.bounded())
    put(tabulate(rows, titles, "simple", disable_numparse=True, colalign=sides))


def _counted(result: Profile) -> dict[str, Any]:
    total = result.totals.counted
    return {
        "convention": result.convention.name,
        "unit": result.convention.unit,
        "counted": total.value,
        "uncovered": total.uncovered,
    }
