"""One layer as somebody worked it out: with some settings, inputs and output."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from archcalc.errors import SpecError
from archcalc.grading.sheet import COUNTS
from archcalc.layers.base import Geometry, Layer
from archcalc.network.graph import Node, infer
from archcalc.network.measures import MEASURES
from archcalc.profiling.engine import costs_of, own_weights, split
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, Shape, size


class Case(msgspec.Struct, frozen=True):
    """A layer at its place in a network, with assumed settings, inputs and output.

    `sequence` is true if an output of two sizes is channels and a length.
    """

    profile: Profile
    node: Node
    row: Row
    layer: Layer
    inputs: tuple[Shape, ...]
    output: Shape
    sequence: bool = False

    @property
    def costs(self) -> Mapping[str, int]:
        """The value of each measure, as in the row itself: shared weights and overwritten outputs are not counted."""
        row = self.row
        found = costs_of(self.layer, self.inputs, self.output, row.batch)
        weights, biases = split(own_weights(self.node, self.profile.graph.nodes, found.weights))
        buffers = found.buffers if self.node.share is None else 0
        kept = found.activations if row.activations != 0 else 0
        counted = msgspec.structs.replace(
            row,
            layer=self.layer,
            inputs=self.inputs,
            output=self.output,
            weights=weights,
            biases=biases,
            buffers=buffers,
            activations=kept,
            work=found.work,
        )
        costs = {key: counted_of(self.profile, counted, key) for key in COUNTS}
        # A convention need not cover every layer.
        return {key: cost for key, cost in costs.items() if isinstance(cost, int)}

    def priced(self, macs: int) -> Dim | None:
        """The convention's price with another number of MACs."""
        work = msgspec.structs.replace(self.row.work, macs=macs)
        return self.profile.shown(msgspec.structs.replace(self.row, work=work))

    def redone(self, *, keep: bool = False, inputs: tuple[Shape, ...] | None = None, **fields: object) -> Case | None:
        """The case with other settings or inputs, and its output recomputed or kept; None if they do not fit."""
        layer = self.layer.changed(**fields)
        given = self.inputs if inputs is None else inputs
        output = outcome(layer, given)
        if output is None:
            return None
        return msgspec.structs.replace(self, layer=layer, inputs=given, output=self.output if keep else output)

    def yielding(self, output: Shape) -> Case | None:
        """The case with another output; None if a size of it is not positive."""
        sound = all(isinstance(n, int) and n > 0 for n in output)
        return msgspec.structs.replace(self, output=output) if sound else None

    def places(self, shape: Shape) -> int:
        """The number of positions of an input or output that use the same weights."""
        # A dense layer runs over the last axis, at each position of the others.
        found = size(shape[:-1] if self.layer.features == "last" else shape[1:])
        assert isinstance(found, int)  # noqa: S101 - letters were refused with the network
        return found


def gathering(layer: Layer) -> Geometry | None:
    """The geometry of a window that gathers from the input; None if there is none, or one that spreads."""
    return None if layer.spreads else layer.geometry()


def sequences(profile: Profile) -> frozenset[str]:
    """The rows whose output is channels and a length rather than tokens and features: 1-D layers and those behind them.

    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> sequences(profile(load("vit_b_16")))
    frozenset()
    """
    found = {name for row in profile.rows if row.layer.rank == 1 for name in (*row.sources, row.name)}
    for row in profile.rows:
        if row.layer.features == "as before" and not found.isdisjoint(row.sources):
            found.add(row.name)
    return frozenset(found)


def outcome(layer: Layer, inputs: tuple[Shape, ...]) -> Shape | None:
    """The output of a layer, or None if it cannot take these inputs."""
    try:
        output = infer(layer, inputs).shape
    except SpecError:
        return None
    return output if all(isinstance(n, int) and n > 0 for n in output) else None


def counted_of(profile: Profile, row: Row, column: str) -> Dim | None:
    """The number in a column of a row: its measure, or under FLOPs the operations that the convention counts."""
    found: Dim | None = profile.shown(row) if column == "flops" else MEASURES[column].row(profile, row)
    return found
