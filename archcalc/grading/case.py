"""One layer as somebody worked it out: with some settings, inputs and output."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from archcalc.errors import SpecError
from archcalc.grading.sheet import COUNTS
from archcalc.layers.base import Layer
from archcalc.layers.geometry import Geometry
from archcalc.network.graph import Node
from archcalc.network.measures import MEASURES
from archcalc.network.shapes import infer
from archcalc.profiling.engine import costs_of, own_weights, split
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import NamedShape, axes_of, values_axis, without


class Case(msgspec.Struct, frozen=True):
    """A layer at its place in a network, with assumed settings, inputs and output."""

    profile: Profile
    node: Node
    row: Row
    layer: Layer
    inputs: tuple[Shape, ...]
    output: Shape

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
        named = NamedShape(output, self.axes) if len(output) == len(self.axes) else output
        return msgspec.structs.replace(self, output=named) if sound else None

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the output's axes, whatever its sizes are taken for."""
        return axes_of(self.row.output)

    @property
    def values(self) -> int:
        """The axis with weights of its own for each entry: the one that it works on, or that of channels or features."""
        if self.layer.filters is not None and self.layer.axis_setting:
            return int(getattr(self.layer, self.layer.axis_setting))
        found = values_axis(self.axes)
        return len(self.axes) - 1 if found is None and self.layer.layout == "sequence" else found or 0

    @property
    def values_name(self) -> str:
        """The name of that axis."""
        return self.axes[self.values] or "channels"

    def places(self, shape: Shape) -> int:
        """The number of positions of an input or output that use the same weights."""
        found = without(shape, (self.values,))
        assert isinstance(found, int)  # noqa: S101 - letters were refused with the network
        return found


def gathering(layer: Layer) -> Geometry | None:
    """The geometry of a window that gathers from the input; None if there is none, or one that spreads."""
    return None if layer.spreads else layer.geometry()


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
