"""The command `archcalc plot`."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.options import Request, completes_list, takes_network
from archcalc.cli.output import put
from archcalc.drawing.charts import layers
from archcalc.drawing.charts.canvas import check_suffix, save
from archcalc.files import file_name
from archcalc.formats.charts import charted
from archcalc.language import bundled


@click.command("plot")
@takes_network("[SPEC]...", "input", "set")
@click.option("--all", "every", is_flag=True, help="Every bundled network.")
@click.option(
    "--of",
    "keys",
    help=f"Panels for one network, separated by commas, of {', '.join(layers.PANELS)}.",
    **completes_list(layers.PANELS),
)
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="A .svg, .png or .pdf file."
)
def command(request: Request, keys: str | None, target: Path | None, *, every: bool) -> None:
    """Charts of a network by layer, or of several networks.

    Of one network there is a panel for each measure, of up to 8 there are bars side by side, of more marks by params and
    MACs.

    Without -o the file is named after the network. Memory over time is drawn by `memory --plot`, receptive
    fields by `rf --plot`.
    """
    if bool(request.specs) == every:
        raise click.UsageError("--all takes no SPEC" if every else "name one or more specs, or give --all")
    several = every or len(request.specs) > 1
    if several and keys is not None:
        raise click.UsageError("--of is for the chart of one network; leave it out, or draw each network by itself")
    chosen = layers.panels(keys)
    if target is not None:
        check_suffix(target)
    if every:
        request = msgspec.structs.replace(request, specs=tuple(bundled()))
    profiles = list(map(request.profiled, request.graphs()))
    path = target or Path("networks.svg" if several else f"{file_name(profiles[0].graph.name)}.svg")
    with charted(profiles, chosen) as figure:
        save(figure, path)
    put(visible(str(path)))
