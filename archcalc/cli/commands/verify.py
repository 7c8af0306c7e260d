"""The command `archcalc verify`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import click

from archcalc.cli.options import Request, limit_option, takes_network
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.document.formats import TABLES
from archcalc.errors import SpecError
from archcalc.formats.verify import Run, render
from archcalc.memory.sizes import bytes_of
from archcalc.reference import require_memory
from archcalc.verify import LayerCheck, smallest, verified


@click.command("verify")
@takes_network("SPEC", "input", "set", formats=TABLES)
@click.option("--quick", is_flag=True, help="On the smallest input on which every window moves.")
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Samples in a batch.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the weights and the input.")
@limit_option
def command(request: Request, batch: int, seed: int, limit: str, *, quick: bool) -> None:
    """Run a network in numpy and hold every number against it."""
    if quick and request.input_shape is not None:
        raise click.UsageError("--quick looks for the input itself; it does not go with --input")
    source = request.source()
    whole = request.read(source)
    graph = smallest(source, request.params) if quick else whole
    # A nudged sample runs beside an unchanged one.
    require_memory(graph, max(batch, 2), bytes_of(limit))
    with ExitStack() as shown:

        def watched(layers: Iterator[LayerCheck]) -> Iterable[LayerCheck]:
            return shown.enter_context(progress(layers, graph.name, len(graph.nodes)))

        found = verified(graph, batch, seed, watched)
    same = quick and graph.input == whole.input
    remark = "No smaller input leaves several places along every axis that has several." if same else ""
    put(render(Run(graph, batch, seed, remark), found, request.form, request.screen), request.form)
    if found.differences:
        raise SpecError(f"{len(found.differences)} numbers disagree", None, *found.differences)
