"""The command `archcalc run`."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np

from archcalc.characters import visible
from archcalc.cli.options import Request, limit_option, takes_network, takes_settings
from archcalc.cli.output import put
from archcalc.files import write_whole
from archcalc.formats.as_json import json_text
from archcalc.memory.sizes import bytes_of
from archcalc.network.graph import Graph
from archcalc.network.parts import needed
from archcalc.reference import Program, noise, read_weights, require_memory, seeded
from archcalc.reference.images import Batch, batch_of
from archcalc.reference.run import position_of
from archcalc.symbols.dims import format_shape
from archcalc.symbols.shape import places_of


class NumbersType(click.ParamType[Any]):
    """A list of numbers such as 0.485,0.456,0.406."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"'{value}' is not one or more numbers such as 0.485,0.456,0.406", param, ctx)
        if not all(map(math.isfinite, numbers)):
            self.fail(f"'{value}' holds what is not a number", param, ctx)
        return numbers


_FILE = click.Path(dir_okay=False, path_type=Path)


class RunOptions(msgspec.Struct, frozen=True):
    """The options of the command: the input, the weights, and the output to print."""

    source: Path | None
    weights: Path | None
    layer: str
    output: Path | None
    top: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    seed: int
    dtype: str
    limit: str


@click.command("run")
@takes_network("SPEC", "shape", "set", formats=["text", "json"])
@click.option("--input", "source", type=_FILE, help="A .npy file or an image; noise where none is given.")
@click.option("--weights", type=_FILE, help="A .npz or .safetensors file; seeded weights where none is given.")
@click.option("--layer", default="", help="Another layer than the last.")
@click.option("-o", "--output", type=_FILE, help="Write what is put out to this .npy file.")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="How many classes to print.")
@click.option("--mean", type=NumbersType(), default=(), help="Taken from each channel, such as 0.485,0.456,0.406.")
@click.option("--std", type=NumbersType(), default=(), help="What each channel is divided by.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of noise and seeded weights.")
@click.option("--dtype", type=click.Choice(["float32", "float64"]), default="float32", show_default=True)
@limit_option
@takes_settings(RunOptions)
def command(request: Request, options: RunOptions) -> None:
    """Run a network in numpy: class scores, or any layer's output."""
    graph = request.load()
    last = position_of(graph, options.layer)
    y = _put_out(graph, last, options)
    if options.output is not None:
        write_whole(options.output, lambda path: _save(path, y))
    node = graph.nodes[last]
    best = _best(y, options.top) if not places_of(node.shape) else []
    if request.form == "json":
        found = {"network": graph.name, "layer": node.name, "output": list(node.shape), "samples": len(y)}
        figures = {"least": float(y.min()), "mean": float(y.mean()), "most": float(y.max())}
        classes = [[{"class": place, "value": value} for place, value in sample] for sample in best]
        put(json_text({**found, **figures, "classes": classes}), request.form)
        return
    noisy, untrained = options.source is None, options.weights is None
    given = "noise" if noisy else visible(str(options.source))
    learned = "seeded weights, so the numbers mean nothing" if untrained else visible(str(options.weights))
    put(f"{graph.name} on {given}, batch {len(y)}, {options.dtype}; {learned}")
    put(f"{node.name} puts out {format_shape(node.shape)}: {y.min():.6g} to {y.max():.6g}, mean {y.mean():.6g}")
    for number, sample in enumerate(best):
        of = f"of sample {number} " if len(best) > 1 else ""
        put(f"largest {of}at " + ", ".join(f"{place}: {value:.6g}" for place, value in sample))
    if options.output is not None:
        put(f"written to {visible(str(options.output))}, {'×'.join(map(str, y.shape))}")


def _put_out(graph: Graph, last: int, options: RunOptions) -> Any:
    """The output of the node at `last`."""
    layers = needed(graph, last)
    batch = (
        Batch(1, lambda: noise(graph, 1, options.seed))
        if options.source is None
        else batch_of(options.source, graph, options.mean, options.std)
    )
    # Without a file, weights are drawn for every layer.
    drawn = None if options.weights is None else layers
    require_memory(graph, batch.samples, bytes_of(options.limit), drawn, np.dtype(options.dtype).itemsize)
    x = batch.read()
    seed, dtype = options.seed, options.dtype
    arrays = seeded(graph, seed) if options.weights is None else read_weights(graph, options.weights, layers, dtype)
    return Program(graph, arrays, len(x), dtype, last=last)(x)


def _best(y: Any, top: int) -> list[list[tuple[int, float]]]:
    """The largest values of each sample with their positions, largest first."""
    return [[(int(place), float(row[place])) for place in np.argsort(-row, kind="stable")[:top]] for row in y]


def _save(path: Path, y: Any) -> None:
    # Given a path, numpy would add .npy to it.
    with path.open("wb") as file:
        np.save(file, y)
