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
from archcalc.reference import Program, read_weights, require_memory, seeded
from archcalc.reference.fitting import Asked
from archcalc.reference.given import named, one_number
from archcalc.reference.images import Batch, batch_of
from archcalc.reference.random_arrays import noises
from archcalc.reference.run import position_of
from archcalc.reference.weight_files import metadata
from archcalc.symbols.dims import format_shape
from archcalc.symbols.shape import places_of


class Scored(NamedTuple):
    """A class by its number, its name if that is known, and its value."""

    place: int
    name: str
    value: float


class Output(NamedTuple):
    """The output of a layer for a batch, and the largest values of each sample."""

    node: Node
    y: Any
    best: list[list[Scored]]


class Run(NamedTuple):
    """The outputs of a network, or that of one layer, and how a picture was made to fit."""

    outputs: list[Output]
    samples: int
    fitted: str


def run(graph: Graph, options: RunOptions) -> Run:
    """The run that the options ask for; raises SpecError for a file that does not fit."""
    ends = (position_of(graph, options.layer),) if options.layer else graph.outputs
    # Known before the run, which may take a while.
    names = {i: _names(graph.nodes[i], options) for i in ends}
    batches = _batches(graph, options)
    count = one_number({batch.samples for batch in batches.values()} or {1})
    outputs = _put_out(graph, ends, batches, count, options)
    found = []
    for i, y in outputs.items():
        node = graph.nodes[i]
        best = [] if places_of(node.shape) else [_best(row, options.top, names[i]) for row in y]
        found.append(Output(node, y, best))
    return Run(found, count, next((batch.fitted for batch in batches.values() if batch.fitted), ""))


def _batches(graph: Graph, options: RunOptions) -> dict[int, Batch]:
    """The inputs in files, by the position of the input each is for."""
    names = {graph.nodes[i].name: i for i in graph.inputs}
    found: dict[int, Batch] = {}
    for source in options.sources:
        name, equals, path = str(source).partition("=")
        by_name = bool(equals) and name in names
        if not by_name and len(names) > 1:
            raise SpecError(
                f"{graph.name} takes {len(names)} inputs: {', '.join(names)}",
                None,
                f"write {graph.nodes[graph.inputs[0]].name}=FILE",
            )
        position = names[name] if by_name else graph.inputs[0]
        asked = Asked(options.resize, options.crop)
        other = graph.seen_from(graph.nodes[position].name)
        found[position] = batch_of(Path(path) if by_name else source, other, options.mean, options.std, asked)
    return found


def _put_out(
    graph: Graph, ends: tuple[int, ...], batches: dict[int, Batch], samples: int, options: RunOptions
) -> dict[int, Any]:
    """The outputs of the nodes at `ends`."""
    layers = needed(graph, *ends)
    # Without a file, weights are drawn for every layer.
    drawn = None if options.weights is None else layers
    require_memory(graph, samples, bytes_of(options.limit), drawn, np.dtype(options.dtype).itemsize)
    x = {i: batch.read() for i, batch in batches.items()}
    if len(x) < len(graph.inputs):
        # Those that no file is for.
        x = noises(graph, samples, options.seed) | x
    seed, dtype = options.seed, options.dtype
    arrays = seeded(graph, seed) if options.weights is None else read_weights(graph, options.weights, layers, dtype)
    program = Program(graph, arrays, samples, dtype, last=ends[0] if len(ends) == 1 else None)
    y = program(named(graph, x))
    return {ends[0]: y} if len(ends) == 1 else {i: y[graph.nodes[i].name] for i in ends}


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
