"""`archcalc compare`."""

from __future__ import annotations

import click

from archcalc.cli.options import BatchType, PointsType, input_option, set_option
from archcalc.cli.output import put
from archcalc.comparison.compare import compare, points_of
from archcalc.conventions import CONVENTIONS
from archcalc.formats.compare.page import FORMATS, render
from archcalc.language.shorthand import graphs
from archcalc.network.measures import MEASURES, measures
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import Dim, Shape


@click.command("compare")
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@input_option
@set_option
@click.option("--batch", type=BatchType(), default="1", show_default=True, help="Samples in a batch.")
@click.option("--bias/--no-bias", default=True, show_default=True, help="Whether the layers of one-liners have biases.")
@click.option("--measures", "keys", help=f"Rows, separated by commas, of {', '.join(MEASURES)}.")
@click.option("--at", "points", type=PointsType(), multiple=True, help="Values for letters, such as C=64,128,256.")
@click.option("--growth", is_flag=True, help="How every measure grows with every letter.")
@click.option("--explain", is_flag=True, help="Which layers the differences come from.")
@click.option(
    "--convention",
    type=click.Choice(list(CONVENTIONS)),
    default="macs",
    show_default=True,
    help="What counts as a FLOP.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    specs: tuple[str, ...],
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    batch: Dim,
    bias: bool,
    keys: str | None,
    points: tuple[tuple[str, tuple[int, ...]], ...],
    growth: bool,
    explain: bool,
    convention: str,
    form: str,
) -> None:
    """Networks side by side, as numbers or as formulas.

    A SPEC may also be a network on one line, such as "3 x conv3-64 maxpool2 fc-1000".
    """
    chosen = measures(keys)
    loaded = graphs(specs, dict(settings), input_shape=input_shape, bias=bias)
    profiles = [profile(graph, batch, convention_name=convention) for graph in loaded]
    put(render(compare(profiles, chosen, points_of(points)), form, growth=growth, explain=explain), form)
