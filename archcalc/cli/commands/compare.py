"""The command `archcalc compare`."""

from __future__ import annotations

import click

from archcalc.cli.options import Request, completes_list, takes_network
from archcalc.cli.output import put
from archcalc.cli.values import PointsType
from archcalc.comparison.compare import compare, points_of
from archcalc.document.formats import TABLES
from archcalc.formats.compare.page import render
from archcalc.network.measures import MEASURES, measures, telling


@click.command("compare")
@takes_network("SPEC...", "input", "set", "batch", "bias", "convention", formats=TABLES)
@click.option(
    "--measures", "keys", help=f"Rows, separated by commas, of {', '.join(MEASURES)}.", **completes_list(MEASURES)
)
@click.option("--at", "points", type=PointsType(), multiple=True, help="Values for letters, such as C=64,128,256.")
@click.option("--growth", is_flag=True, help="How every measure grows with every letter.")
@click.option("--explain", is_flag=True, help="Which layers the differences come from.")
def command(
    request: Request,
    keys: str | None,
    points: tuple[tuple[str, tuple[int, ...]], ...],
    *,
    growth: bool,
    explain: bool,
) -> None:
    """Networks side by side, as numbers or as formulas.

    A SPEC may also be a network on one line, such as "3 x conv3-64 maxpool2 fc-1000".
    """
    chosen = None if keys is None else measures(keys)
    profiles = list(map(request.profiled, request.graphs()))
    compared = compare(profiles, telling(profiles) if chosen is None else chosen, points_of(points))
    put(render(compared, request.form, request.screen, growth=growth, explain=explain), request.form)
