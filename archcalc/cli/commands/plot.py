"""`archcalc plot`."""

from __future__ import annotations

from pathlib import Path

import click

from archcalc.characters import visible
from archcalc.cli.options import input_option, set_option
from archcalc.cli.output import put
from archcalc.drawing.charts import layers, networks
from archcalc.drawing.charts.canvas import canvas, check_suffix, save
from archcalc.files import file_name
from archcalc.formats.summary import title
from archcalc.language import bundled
from archcalc.language.shorthand import graphs
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Shape


@click.command("plot")
@click.argument("specs", nargs=-1, metavar="SPEC...")
@click.option("--all", "every", is_flag=True, help="Every bundled network.")
@click.option("--of", "keys", help=f"Panels for one network, separated by commas, of {', '.join(layers.PANELS)}.")
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="A .svg, .png or .pdf file."
)
@input_option
@set_option
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    specs: tuple[str, ...],
    every: bool,
    keys: str | None,
    target: Path | None,
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
) -> None:
    """Charts: what each layer of a network costs, or of several networks params against MACs.

    Without -o the file is named after the network. Memory over time is drawn by `memory --plot`, the effective receptive
    field by `rf --plot`.
    """
    if bool(specs) == every:
        raise click.UsageError("--all takes no SPEC" if every else "name one or more specs, or give --all")
    several = every or len(specs) > 1
    if several and keys is not None:
        raise click.UsageError("--of is for the chart of one network; several are drawn by params and MACs")
    chosen = layers.panels(keys)
    if target is not None:
        check_suffix(target)
    names = tuple(bundled()) if every else specs
    profiles = list(map(profile, graphs(names, dict(settings), input_shape=input_shape)))
    path = target or Path("networks.svg" if several else f"{file_name(profiles[0].graph.name)}.svg")
    if several:
        with canvas(*networks.SIZE) as figure:
            networks.draw(figure, profiles)
            save(figure, path)
    else:
        with canvas(10, layers.height(chosen)) as figure:
            layers.draw(figure, profiles[0], chosen)
            figure.suptitle(title(profiles[0]), x=0.01, ha="left")
            save(figure, path)
    put(visible(str(path)))
