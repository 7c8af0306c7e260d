"""The command `archcalc verify`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import click

from archcalc.cli.options import Request, limit_option, takes_network
from archcalc.cli.output import put
from archcalc.cli.progress import progress
from archcalc.errors import SpecError
from archcalc.formats.as_json import json_text
from archcalc.formats.summary import unread
from archcalc.memory.sizes import bytes_of
from archcalc.reference import require_memory
from archcalc.symbols.dims import format_shape
from archcalc.verify import LayerCheck, MemoryCheck, Shown, smallest, verified


@click.command("verify")
@takes_network("SPEC", "input", "set", formats=["text", "json"])
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
    differences = found.differences
    if request.form == "json":
        put(
            json_text(
                {
                    "network": graph.name,
                    "input": list(graph.input),
                    "proofs": found.layers,
                    "seen": found.seen,
                    "places": found.places,
                    "memory": found.memory,
                    "unread": [node.name for node in graph.unread],
                    "differences": differences,
                }
            ),
            request.form,
        )
    else:
        put(
            f"{graph.name}, input {format_shape(graph.input)}, batch {batch}, seed {seed}: {len(found.layers)} layers run in numpy."
        )
        if quick and graph.input == whole.input:
            put("No smaller input leaves several places along every axis that has several.")
        put("\n".join([*_proved(found.layers), _remembered(found.memory)]))
        agree = sum(not layer.differing for layer in found.seen)
        put(
            f"{'fields':11}  {agree} of {len(found.seen)} layers agree with the values that move with one input place,"
            f" {sum(layer.moved for layer in found.seen):,} in all"
        )
        put(_placed(found.places))
        for said in unread(graph):
            put(said)
    if differences:
        raise SpecError(f"{len(differences)} numbers disagree", None, *differences)


def _proved(done: list[LayerCheck]) -> list[str]:
    """A line for each measure: the number of layers where formula and run agree, and the total of the run."""
    meant = {
        "output": "shapes of the arrays",
        "params": "sizes of the arrays",
        "macs": "products counted one einsum at a time",
        "activations": "values stored in memory of their own",
    }
    lines = []
    for name, what in meant.items():
        agree = sum(getattr(proof.row, name) == getattr(proof.found, name) for proof in done)
        total = "" if name == "output" else f", {sum(getattr(proof.found, name) for proof in done):,} in all"
        lines.append(f"{name:11}  {agree} of {len(done)} layers agree with the {what}{total}")
    return lines


def _placed(places: list[Shown]) -> str:
    """The line on fields: the number of layers whose outputs all see what their windows say, or that none was tried."""
    ends = sum(layer.ends for layer in places)
    if not ends:
        return "places       too many to nudge each; a smaller input shows what every output sees"
    agree = sum(not layer.differences for layer in places)
    return f"places       {agree} of {len(places)} layers see what their fields say, {ends:,} ends of windows met"


def _remembered(memory: list[MemoryCheck]) -> str:
    """The line on memory: the number of layers where plan and run agree, and the peak with its layer."""
    agree = sum(not step.differences for step in memory)
    most = max(memory, key=lambda step: step.found)
    return f"memory       {agree} of {len(memory)} layers agree with the bytes of the arrays alive, {most.found:,} at most, in {most.name}"
