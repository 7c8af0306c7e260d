"""`archcalc check`."""

from __future__ import annotations

from importlib import import_module

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.options import input_option, set_option
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.diagnosis import check, record
from archcalc.errors import SpecError
from archcalc.formats.check import FORMATS, render
from archcalc.language import bundled, claimed, source_of
from archcalc.network.figures import Figure
from archcalc.symbols.dims import Shape


@click.command("check")
@click.argument("specs", nargs=-1, metavar="[SPEC]...")
@click.option(
    "--claim", "claims", multiple=True, help="A figure of your own, such as params=138M or conv1.output=55x55x96."
)
@input_option
@set_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--record", "keep", is_flag=True, help="Keep the verdicts on all bundled networks for their tables.")
def command(  # noqa: PLR0913 - one parameter for each option
    specs: tuple[str, ...],
    claims: tuple[str, ...],
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    form: str,
    *,
    keep: bool,
) -> None:
    """Published figures beside exact ones, explained where they differ."""
    if claims and not specs:
        raise click.UsageError("--claim is of a network; name its SPEC")
    if (input_shape or settings) and not claims:
        raise click.UsageError("figures in specs are of the network as it stands; --input and --set go with --claim")
    if keep and specs:
        raise click.UsageError("--record is of all bundled networks; it takes no SPEC")
    own = tuple(_of(claimed(text), input_shape, settings) for text in claims) or None
    sources = list(map(source_of, specs or bundled()))
    with progress(sources, "figures") as every:
        found = {source: check(source, own) for source in every}
    if keep:
        record(found)
        import_module("archcalc.report.listed").record()
    put(render({_name(source.name): of for source, of in found.items()}, form), form)
    open_ones = sum(not verdict.accounted for of in found.values() for verdict in of)
    if open_ones:
        raise SpecError(f"{open_ones} figure{'s are' if open_ones > 1 else ' is'} neither exact, rounded nor explained")


def _of(figure: Figure, input_shape: Shape | None, settings: tuple[tuple[str, str], ...]) -> Figure:
    return msgspec.structs.replace(figure, input=input_shape or (), settings=settings)


def _name(source: str) -> str:
    return visible(source.removeprefix("specs/").removesuffix(".yaml"))
