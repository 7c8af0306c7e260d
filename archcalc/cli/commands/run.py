"""The command `archcalc run`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec

from archcalc.characters import visible
from archcalc.cli.options import Request, completes, limit_option, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.cli.run_options import NumbersType, RunOptions, SidesType
from archcalc.files import write_whole
from archcalc.formats.as_json import json_text
from archcalc.symbols.dims import format_shape

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("run")
@takes_network("SPEC", "shape", "set", formats=["text", "json"])
@click.argument("photo", type=_FILE, required=False)
@click.option(
    "--input",
    "sources",
    type=_FILE,
    multiple=True,
    help="A .npy file or an image, of several inputs NAME=FILE; noise where none is given.",
)
@click.option("--weights", type=_FILE, help="A .npz or .safetensors file; seeded weights where none is given.")
@click.option("--layer", default="", help="Another layer than the last.", **completes("layers"))
@click.option("-o", "--output", type=_FILE, help="Write what is put out to this .npy file.")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="How many classes to print.")
@click.option(
    "--labels", type=_FILE, help="The names of the classes: one on a line, or a list in YAML or JSON, under classes."
)
@click.option(
    "--resize",
    type=SidesType(),
    default=(),
    help="The shorter side of an image; 256 where the network takes 224x224, and in that ratio for other squares.",
)
@click.option(
    "--crop", type=SidesType(), default=(), help="What is cut from its centre; by default what the network takes."
)
@click.option("--mean", type=NumbersType(), default=(), help="Taken from each channel, such as 0.485,0.456,0.406.")
@click.option("--std", type=NumbersType(), default=(), help="What each channel is divided by.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of noise and seeded weights.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@limit_option
@takes_settings(RunOptions)
def command(request: Request, options: RunOptions) -> None:
    """Run a network in numpy: class scores, or any layer's output.

    PHOTO is an image of any size, or a .npy file, and the same as --input PHOTO.
    """
    if options.photo is not None:
        if options.sources:
            raise click.UsageError("PHOTO and --input are the same; give one")
        options = msgspec.structs.replace(options, sources=(options.photo,))
    graph = request.load()
    # The shell asks this module for its options, and numpy would make it wait.
    running = import_module("archcalc.cli.running")
    found = running.run(graph, options)
    if options.output is not None:
        one = _only(found)
        write_whole(options.output, lambda path: running.save(path, one.y))
    if request.form == "json":
        put(json_text(_plain(graph.name, found)), request.form)
        return
    given = ", ".join(visible(str(path)) for path in options.sources) or "noise"
    if options.sources and len(options.sources) < len(graph.inputs):
        given += " and noise"
    learned = (
        "seeded weights, so the numbers mean nothing" if options.weights is None else visible(str(options.weights))
    )
    put(f"{graph.name} on {given}, batch {found.samples}, {options.dtype}; {learned}")
    if found.fitted:
        put(f"image {found.fitted}")
    for one in found.outputs:
        put("\n".join(_lines(one)))
    if options.output is not None:
        put(f"written to {visible(str(options.output))}, {'×'.join(map(str, _only(found).y.shape))}")


def _only(found: Any) -> Any:
    """The output that goes into a file; raises UsageError if there are several."""
    if len(found.outputs) > 1:
        names = ", ".join(one.node.name for one in found.outputs)
        raise click.UsageError(f"-o takes one output, and the network has {names}; choose with --layer")
    return found.outputs[0]


def _lines(one: Any) -> Iterator[str]:
    """An output in text: its range, and its largest values if they are of classes."""
    y = one.y
    yield f"{one.node.name} puts out {format_shape(one.node.shape)}: {y.min():.6g} to {y.max():.6g}, mean {y.mean():.6g}"
    for number, sample in enumerate(one.best):
        of = f"of sample {number} " if len(one.best) > 1 else ""
        if sample[0].name:
            yield f"largest {of}at"
            yield from (f"  {best.place:>4}  {best.value:<9.6g}  {best.name}" for best in sample)
        else:
            yield f"largest {of}at " + ", ".join(f"{best.place}: {best.value:.6g}" for best in sample)


def _plain(name: str, found: Any) -> dict[str, Any]:
    """A run for JSON: of one output its numbers beside the network's name, of several under `outputs`."""
    image = {"image": found.fitted} if found.fitted else {}
    puts = [
        {
            "layer": one.node.name,
            "output": list(one.node.shape),
            "samples": found.samples,
            "least": float(one.y.min()),
            "mean": float(one.y.mean()),
            "most": float(one.y.max()),
            **image,
            "classes": [
                [
                    {"class": best.place} | ({"name": best.name} if best.name else {}) | {"value": best.value}
                    for best in sample
                ]
                for sample in one.best
            ],
        }
        for one in found.outputs
    ]
    return {"network": name} | (puts[0] if len(puts) == 1 else {"outputs": puts})
