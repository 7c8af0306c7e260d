"""The result of the engine: a row for each layer, and the profile that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cached_property, reduce
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from archcalc.conventions import Convention, Total
from archcalc.errors import SpecError
from archcalc.layers.base import Layer
from archcalc.layers.fields import format_setting
from archcalc.layers.work import Work
from archcalc.network.display import Displayable, brief
from archcalc.network.figures import Verdict
from archcalc.network.graph import Graph, inputs_text
from archcalc.symbols.dims import Dim, Shape, format_dim, format_shape, maximum
from archcalc.symbols.shape import axes_of, axis_names
from archcalc.symbols.sums import repeated

if TYPE_CHECKING:
    import pandas as pd

    from archcalc.receptive_field.field import Field


class Row(msgspec.Struct, frozen=True):
    """The costs of one layer: activations and work for the whole batch, weights once wherever they are shared."""

    name: str
    layer: Layer
    sources: tuple[str, ...]
    inputs: tuple[Shape, ...]
    output: Shape
    weights: Dim
    biases: Dim
    # The trained values that one token uses: all, but for the experts that are not chosen for it.
    active: Dim
    buffers: Dim
    activations: Dim
    work: Work
    # The call in the reference implementation, and the samples, which conventions also use.
    call: str
    batch: Dim
    in_place: bool
    auxiliary: bool
    shared: str
    blocks: tuple[str, ...]
    note: str
    # True where the output is token numbers, in 8 bytes each, and not values in 4.
    tokens: bool = False
    # The params that are not trained, and the bytes of params and buffers in the formats stated, or in fp32.
    frozen: Dim = 0
    weight_bytes: Dim = 0
    # The repetitions of the layer that the row stands for; its numbers are those of one.
    times: Dim = 1

    def __repr__(self) -> str:
        costs = f"{format_dim(self.params)} params, {format_dim(self.macs)} MACs"
        return brief(self, f"{self.name}: {self.kind}, {format_shape(self.output)}, {costs}")

    @property
    def settings(self) -> str:
        """The settings of the layer in a line."""
        return " ".join(f"{name}={format_setting(n)}" for name, n in self.layer.settings().items())

    @property
    def rounded(self) -> tuple[str, ...]:
        """Sizes that did not divide evenly, such as "height 54.25 → 54"."""
        axes, known = axis_names(axes_of(self.output)), self.layer.roundings(*self.inputs)
        return tuple(
            f"{axes[one.axis]} {float(Fraction(one.numerator, one.divisor) + 1):.10g} → {self.output[one.axis]}"
            for one in known
            if isinstance(one.numerator, int) and isinstance(one.divisor, int) and one.numerator % one.divisor
        )

    @property
    def kind(self) -> str:
        """The kind of the layer."""
        return self.layer.kind

    @property
    def params(self) -> Dim:
        """Weights and biases."""
        return self.weights + self.biases

    @property
    def trained(self) -> Dim:
        """The params that are trained."""
        return self.params - self.frozen

    @property
    def macs(self) -> Dim:
        """Multiply-accumulates."""
        return self.work.macs

    @property
    def activation_bytes(self) -> Dim:
        """Bytes of the activations: 8 for a token number, 4 for a value in single precision."""
        return (8 if self.tokens else 4) * self.activations


class Totals(msgspec.Struct, frozen=True, dict=True):
    """Sums over some rows of a profile."""

    profile: Profile
    rows: tuple[Row, ...]

    @cached_property
    def known(self) -> dict[str, Dim]:
        """A cache of the measures computed so far."""
        return {}

    @property
    def convention(self) -> Convention:
        """The convention that prices operations."""
        return self.profile.convention

    @cached_property
    def weights(self) -> Dim:
        """Trained values that are not biases."""
        return repeated((row.weights, row.times) for row in self.rows)

    @cached_property
    def biases(self) -> Dim:
        """Trained values that are added."""
        return repeated((row.biases, row.times) for row in self.rows)

    @property
    def params(self) -> Dim:
        """Trained values: weights and biases."""
        return self.weights + self.biases

    @cached_property
    def active(self) -> Dim:
        """Trained values that one token uses."""
        return repeated((row.active, row.times) for row in self.rows)

    @cached_property
    def buffers(self) -> Dim:
        """Values that are kept but not trained."""
        return repeated((row.buffers, row.times) for row in self.rows)

    @cached_property
    def activations(self) -> Dim:
        """Values that layers store."""
        return repeated((row.activations, row.times) for row in self.rows)

    @cached_property
    def tokens(self) -> Dim:
        """The activations that are token numbers."""
        return repeated((row.activations, row.times) for row in self.rows if row.tokens)

    @property
    def activation_bytes(self) -> Dim:
        """Bytes of the activations: 8 for a token number, 4 for a value in single precision."""
        return 4 * self.activations + 4 * self.tokens

    @cached_property
    def macs(self) -> Dim:
        """Multiply-accumulates."""
        return repeated((row.macs, row.times) for row in self.rows)

    @property
    def macs_counted(self) -> Total:
        """Multiply-accumulates, a lower bound if there are operators that no kind of layer stands for."""
        return Total(self.macs, tuple(sorted({row.kind for row in self.rows if not row.layer.runs})))

    @cached_property
    def counted(self) -> Total:
        """The operations counted by the convention, in its unit: a lower bound if it does not cover some kinds."""
        return self.convention.total(self.rows)

    @property
    def flops(self) -> Dim:
        """FLOPs: the convention's count, doubled if it counts MACs."""
        return self.convention.flops(self.counted.value)

    @property
    def shown(self) -> Total:
        """The total in the convention's own column."""
        return Total(self.convention.shown(self.counted.value), self.counted.uncovered)


class Profile(Displayable, msgspec.Struct, frozen=True, dict=True):
    """A network's rows under one convention; every total is a sum of rows."""

    graph: Graph
    batch: Dim
    convention: Convention
    rows: tuple[Row, ...]
    # The verdicts on the published figures of the network, if they were requested.
    verdicts: tuple[Verdict, ...] = ()

    def __repr__(self) -> str:
        costs = f"{format_dim(self.totals.params)} params, {format_dim(self.totals.macs)} MACs"
        return brief(self, f"{self.graph.name}: {inputs_text(self.graph)}, batch {format_dim(self.batch)}, {costs}")

    def flops(self, row: Row) -> Dim | None:
        """FLOPs of a row under the profile's convention; None if the convention does not cover it."""
        price = self.convention.price(row)
        return None if price is None else self.convention.flops(price)

    def shown(self, row: Row) -> Dim | None:
        """The number of a row in the convention's own column; None if the convention does not cover it."""
        price = self.convention.price(row)
        return None if price is None else self.convention.shown(price)

    @cached_property
    def main(self) -> tuple[Row, ...]:
        """The rows of the network without auxiliary heads."""
        return tuple(row for row in self.rows if not row.auxiliary)

    @property
    def last(self) -> Row:
        """The row of the network's output, of several the last."""
        return self.rows[self.graph.outputs[-1]]

    def sum(self, rows: Iterable[Row]) -> Totals:
        """Totals of the given rows."""
        return Totals(self, tuple(rows))

    @cached_property
    def totals(self) -> Totals:
        """Totals of the network without auxiliary heads."""
        return self.sum(self.main)

    @cached_property
    def auxiliary(self) -> Totals:
        """Totals of the auxiliary heads, which are used in training only."""
        return self.sum(row for row in self.rows if row.auxiliary)

    def by_kind(self) -> dict[str, Totals]:
        """Totals for each kind of layer, in order of appearance."""
        return self._grouped(lambda row: row.kind)

    def by_block(self) -> dict[str, Totals]:
        """Totals for each first part of the layers' names, in order of appearance."""
        return self._grouped(lambda row: row.name.partition("/")[0])

    @cached_property
    def repeats(self) -> bool:
        """True if rows stand for as many repetitions as a letter says."""
        return any(row.times != 1 for row in self.rows)

    @cached_property
    def whole(self) -> bool:
        """True if all costs are numbers without letters, those of auxiliary heads too."""
        sums = (self.totals, self.auxiliary)
        return all(isinstance(n, int) for s in sums for n in (s.params, s.buffers, s.macs, s.activations))

    def _grouped(self, key: Callable[[Row], str]) -> dict[str, Totals]:
        groups: dict[str, list[Row]] = {}
        for row in self.main:
            groups.setdefault(key(row), []).append(row)
        return {name: self.sum(rows) for name, rows in groups.items()}

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The receptive field of each row, by its name."""
        # Few tables have them, and the others need not load the code for them.
        found: dict[str, Field] = import_module("archcalc.receptive_field.fields").receptive_fields(self.graph)
        return found

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with a row for each layer and exact numbers; raises SpecError if pandas is missing.

        >>> from archcalc.profiling.engine import profile
        >>> from archcalc.language import load
        >>> profile(load("alexnet")).to_pandas().loc["conv1", ["params", "macs"]].to_dict()
        {'params': 34944, 'macs': 105415200}
        """
        frame: pd.DataFrame = Displayable.show(self, "pandas")
        return frame

    def require_numbers(self, what: str) -> None:
        """Raise SpecError if a cost is a formula, for output that needs numbers."""
        if not self.whole:
            given = "--set or --input" if isinstance(self.batch, int) else "--set, --input or --batch"
            fact = f"{what} needs numbers, and the network has letters"
            raise SpecError(fact, None, f"give each a number with {given}")

    @property
    def depth(self) -> Dim:
        """The most layers with weights that multiply-accumulate on any path from an input to an output."""
        nodes, depths = self.graph.nodes, list[Dim]()
        loops = {loop.last: loop for loop in self.graph.loops}
        for position, (node, row) in enumerate(zip(nodes, self.rows, strict=True), start=1):
            weighted = row.macs != 0 and (row.weights != 0 or row.shared != "")
            depths.append(reduce(maximum, (depths[i] for i in node.inputs), 0) + int(weighted))
            if position in loops:
                # Each further repetition adds what one does.
                loop = loops[position]
                further = (loop.times - 1) * (depths[loop.end] - depths[loop.entry])
                depths[loop.first :] = [depth + further for depth in depths[loop.first :]]
        return reduce(maximum, (depths[i] for i in self.graph.outputs))
