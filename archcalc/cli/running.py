"""A run of a network as `archcalc run` asks for it, apart from the command, since numpy is slow to load."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from archcalc.cli.class_names import names_in, names_of
from archcalc.cli.run_options import RunOptions
from archcalc.errors import SpecError
from archcalc.memory_plan.sizes import bytes_of
from archcalc.network.graph import Graph, Node
from archcalc.network.parts import needed
from archcalc.reference import Program, noise, read_weights, require_memory, seeded
from archcalc.reference.fitting import Asked
from archcalc.reference.images import Batch, batch_of
from archcalc.reference.run import position_of
from archcalc.reference.weight_files import metadata
from archcalc.symbols.dims import format_shape
from archcalc.symbols.shape import places_of


class Scored(NamedTuple):
    """A class by its number, its name if that is known, and its value."""

    place: int
    name: str
    value: float


class Run(NamedTuple):
    """The output of a layer for a batch, the largest values of each sample, and how a picture was made to fit."""

    node: Node
    y: Any
    best: list[list[Scored]]
    fitted: str


def run(graph: Graph, options: RunOptions) -> Run:
    """The run that the options ask for; raises SpecError for a file that does not fit."""
    last = position_of(graph, options.layer)
    node = graph.nodes[last]
    # Known before the run, which may take a while.
    names = _names(node, options)
    batch = (
        Batch(1, lambda: noise(graph, 1, options.seed))
        if options.source is None
        else batch_of(options.source, graph, options.mean, options.std, Asked(options.resize, options.crop))
    )
    y = _put_out(graph, last, batch, options)
    best = [] if places_of(node.shape) else [_best(row, options.top, names) for row in y]
    return Run(node, y, best, batch.fitted)


def _put_out(graph: Graph, last: int, batch: Batch, options: RunOptions) -> Any:
    """The output of the node at `last`."""
    layers = needed(graph, last)
    # Without a file, weights are drawn for every layer.
    drawn = None if options.weights is None else layers
    require_memory(graph, batch.samples, bytes_of(options.limit), drawn, np.dtype(options.dtype).itemsize)
    x = batch.read()
    seed, dtype = options.seed, options.dtype
    arrays = seeded(graph, seed) if options.weights is None else read_weights(graph, options.weights, layers, dtype)
    return Program(graph, arrays, len(x), dtype, last=last)(x)


def _names(node: Node, options: RunOptions) -> tuple[str, ...]:
    """The names of the classes in a layer's output, none where none are known."""
    size = 0 if places_of(node.shape) else node.shape[0]
    if options.labels is not None:
        names = names_of(options.labels)
        if len(names) != size:
            said = (
                f"{options.labels}: names {len(names):,} classes, and {node.name} puts out {format_shape(node.shape)}"
            )
            raise SpecError(said, None, "it needs one name for each, in order")
        return names
    held = () if options.weights is None else names_in(metadata(options.weights))
    # Names in a file of weights are of its last layer.
    return held if len(held) == size else ()


def _best(row: Any, top: int, names: tuple[str, ...]) -> list[Scored]:
    """The largest values of a sample with their positions, largest first."""
    places = map(int, np.argsort(-row, kind="stable")[:top])
    return [Scored(place, names[place] if names else "", float(row[place])) for place in places]


def save(path: Path, y: Any) -> None:
    """Write an array to a path as it is; given a path, numpy would add .npy to it."""
    with path.open("wb") as file:
        np.save(file, y)
