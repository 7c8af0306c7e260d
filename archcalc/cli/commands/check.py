"""The command `archcalc check`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.options import Request, takes_network
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.diagnosis import check, record
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError
from archcalc.formats.check import render
from archcalc.importers import source_of
from archcalc.language import bundled, claimed
from archcalc.language.sources import short_name
from archcalc.network.figures import Figure


@click.command("check")
@takes_network("[SPEC]...", "input", "set", formats=TABLES)
@click.option(
    "--claim", "claims", multiple=True, help="A figure of your own, such as params=138M or conv1.output=55x55x96."
)
@click.option("--record", "keep", is_flag=True, help="Keep the verdicts on all bundled networks for their tables.")
def command(request: Request, *, claims: tuple[str, ...], keep: bool) -> None:
    """Published figures beside exact ones, and why they differ."""
    if claims and not request.specs:
        raise click.UsageError("--claim is of a network; name its SPEC")
    if (request.input_shape or request.settings) and not claims:
        raise click.UsageError("figures in specs are of the network as it stands; --input and --set go with --claim")
    if keep and request.specs:
        raise click.UsageError("--record is of all bundled networks; it takes no SPEC")
    own = tuple(_of(claimed(text), request) for text in claims) or None
    sources = list(map(source_of, request.specs or bundled()))
    with progress(sources, "figures") as every:
        found = {source: check(source, own) for source in every}
    if keep:
        record(found)
        import_module("archcalc.report.listed").record()
    put(
        render({visible(short_name(source)): of for source, of in found.items()}, request.form, request.screen),
        request.form,
    )
    open_ones = sum(not verdict.accounted for of in found.values() for verdict in of)
    if open_ones:
        raise SpecError(f"{open_ones} figure{'s are' if open_ones > 1 else ' is'} neither exact, rounded nor explained")


def _of(figure: Figure, request: Request) -> Figure:
    if isinstance(request.input_shape, Mapping):
        raise click.UsageError("--claim takes the shape of a network's only input; of several, set params with --set")
    return msgspec.structs.replace(figure, input=request.input_shape or (), settings=request.settings)
