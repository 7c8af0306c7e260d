"""`archcalc verify`."""

from __future__ import annotations

import click
import numpy as np

from archcalc.cli.options import input_option, set_option
from archcalc.cli.progress import progress
from archcalc.dims import Shape, written_shape
from archcalc.errors import SpecError
from archcalc.formats.json import json_text
from archcalc.spec import load
from archcalc.verify import Held, Proof, held, proofs, seen, smallest


@click.command("verify")
@click.argument("spec")
@click.option("--quick", is_flag=True, help="On the smallest input that keeps every layer alive.")
@input_option
@set_option
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Samples in a batch.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the weights and the input.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(  # noqa: PLR0913, PLR0917 - one parameter for each option
    spec: str,
    quick: bool,
    input_shape: Shape | None,
    settings: tuple[tuple[str, str], ...],
    batch: int,
    seed: int,
    form: str,
) -> None:
    """Run a network in numpy and compare every closed form with what happens."""
    if quick and input_shape is not None:
        raise click.UsageError("--quick looks for the input itself; it does not go with --input")
    params = dict(settings)
    shape = smallest(spec, **params) if quick else input_shape
    graph = load(spec, input_shape=shape, **params)
    # A maximum over padding alone is infinite, and sums of such are no numbers.
    with np.errstate(all="ignore"), progress(proofs(graph, batch, seed), graph.name, len(graph.nodes)) as every:
        done = list(every)
        layers, memory = list(seen(graph, seed)), held(graph, batch, seed)
    found: list[Proof | Held] = [*done, *memory]
    differences = [difference for proof in found for difference in proof.differences]
    differences += [
        f"{layer.name}: {layer.said} values see the nudged place by their windows, {layer.moved} moved with it"
        for layer in layers
        if layer.differing
    ]
    if form == "json":
        click.echo(
            json_text(
                {
                    "network": graph.name,
                    "input": list(graph.input),
                    "proofs": done,
                    "seen": layers,
                    "memory": memory,
                    "differences": differences,
                }
            )
        )
    else:
        click.echo(
            f"{graph.name}, input {written_shape(graph.input)}, batch {batch}, seed {seed}: {len(done)} layers run in numpy."
        )
        click.echo("\n".join([*_proved(done), _remembered(memory)]))
        agree = sum(not layer.differing for layer in layers)
        click.echo(
            f"{'fields':11}  {agree} of {len(layers)} layers agree with the values that move with one input place,"
            f" {sum(layer.moved for layer in layers):,} in all"
        )
    if differences:
        raise SpecError(f"{len(differences)} numbers disagree", None, *differences)


def _proved(done: list[Proof]) -> list[str]:
    """A line for each measure: in how many layers the formula and the run agree, and the total that ran."""
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


def _remembered(memory: list[Held]) -> str:
    """A line for memory: at how many layers the plan and the run agree, and where the most was alive."""
    agree = sum(not step.differences for step in memory)
    most = max(memory, key=lambda step: step.found)
    return f"memory       {agree} of {len(memory)} layers agree with the bytes of the arrays alive, {most.found:,} at most, in {most.name}"
