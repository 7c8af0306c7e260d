"""The command `archcalc run`."""

from __future__ import annotations

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
@click.option("--input", "source", type=_FILE, help="A .npy file or an image; noise where none is given.")
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
        if options.source is not None:
            raise click.UsageError("PHOTO and --input are the same; give one")
        options = msgspec.structs.replace(options, source=options.photo)
    graph = request.load()
    # The shell asks this module for its options, and numpy would make it wait.
    running = import_module("archcalc.cli.running")
    node, y, best, fitted = running.run(graph, options)
    if options.output is not None:
        write_whole(options.output, lambda path: running.save(path, y))
    if request.form == "json":
        found: dict[str, Any] = {
            "network": graph.name,
            "layer": node.name,
            "output": list(node.shape),
            "samples": len(y),
        }
        figures = {"least": float(y.min()), "mean": float(y.mean()), "most": float(y.max())}
        classes = [
            [{"class": one.place} | ({"name": one.name} if one.name else {}) | {"value": one.value} for one in sample]
            for sample in best
        ]
        put(json_text({**found, **figures, **({"image": fitted} if fitted else {}), "classes": classes}), request.form)
        return
    noisy, untrained = options.source is None, options.weights is None
    given = "noise" if noisy else visible(str(options.source))
    learned = "seeded weights, so the numbers mean nothing" if untrained else visible(str(options.weights))
    put(f"{graph.name} on {given}, batch {len(y)}, {options.dtype}; {learned}")
    if fitted:
        put(f"image {fitted}")
    put(f"{node.name} puts out {format_shape(node.shape)}: {y.min():.6g} to {y.max():.6g}, mean {y.mean():.6g}")
    for number, sample in enumerate(best):
        of = f"of sample {number} " if len(best) > 1 else ""
        if sample[0].name:
            put("\n".join([f"largest {of}at", *(f"  {one.place:>4}  {one.value:<9.6g}  {one.name}" for one in sample)]))
        else:
            put(f"largest {of}at " + ", ".join(f"{one.place}: {one.value:.6g}" for one in sample))
    if options.output is not None:
        put(f"written to {visible(str(options.output))}, {'×'.join(map(str, y.shape))}")
