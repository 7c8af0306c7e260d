"""The command `archcalc verify`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import Any

import click

from archcalc.cli.options import Request, limit_option, takes_network
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError
from archcalc.memory_plan.sizes import bytes_of


@click.command("verify")
@takes_network("SPEC", "input", "set", formats=TABLES)
@click.option(
    "--quick", is_flag=True, help="On the smallest input on which every window moves, with fewer features if need be."
)
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Samples in a batch.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the weights and the input.")
@limit_option
def command(request: Request, batch: int, seed: int, limit: str, *, quick: bool) -> None:
    """Run a network in numpy and hold every number against it."""
    if quick and request.input_shape is not None:
        raise click.UsageError("--quick looks for the input itself; it does not go with --input")
    # The shell asks this module for its options, and numpy would make it wait.
    checking, printing = import_module("archcalc.verification"), import_module("archcalc.formats.verify")
    source = request.source()
    whole = request.read(source)
    graph, lowered = checking.smallest(source, request.params) if quick else (whole, {})
    # A nudged sample runs beside an unchanged one.
    import_module("archcalc.reference").require_memory(graph, max(batch, 2), bytes_of(limit))
    with ExitStack() as shown:

        def watched(layers: Iterator[Any]) -> Iterable[Any]:
            return shown.enter_context(progress(layers, graph.name, len(graph.nodes)))

        found = checking.verified(graph, batch, seed, watched)
    same = quick and graph.input == whole.input
    run = printing.Run(graph, batch, seed, printing.NO_SMALLER if same else "", lowered)
    put(printing.render(run, found, request.form, request.screen), request.form)
    if found.differences:
        raise SpecError(f"{len(found.differences)} numbers disagree", None, *found.differences)
