"""The result of the engine: a row for each layer, and the profile that holds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

from archcalc.counting import Convention, Work
from archcalc.dims import Dim, Shape, total
from archcalc.graph import Graph
from archcalc.symbolic import Form, shaped

if TYPE_CHECKING:
    from archcalc.receptive import Field


class Row(msgspec.Struct, frozen=True):
    """What one layer costs: activations and work for the whole batch, weights once wherever they are shared."""

    name: str
    layer: str
    settings: str
    sources: tuple[str, ...]
    inputs: tuple[Shape, ...]
    output: Shape
    weights: Dim
    biases: Dim
    buffers: Dim
    activations: Dim
    work: Work
    in_place: bool
    auxiliary: bool
    shared: str
    blocks: tuple[str, ...]
    note: str
    # Sizes that did not divide evenly, such as "height 54.25 → 54".
    rounded: tuple[str, ...]
    form: Form = "plain"

    @property
    def params(self) -> Dim:
        """Trained values: weights and biases."""
        return shaped(self.weights + self.biases, self.form)

    @property
    def macs(self) -> Dim:
        """Multiply-accumulates."""
        return self.work.macs


class Totals(msgspec.Struct, frozen=True):
    """Sums over rows; `activation_bytes` at 4 bytes a value."""

    weights: Dim
    biases: Dim
    buffers: Dim
    activations: Dim
    macs: Dim
    flops: Dim
    form: Form = "plain"

    @property
    def params(self) -> Dim:
        """Trained values: weights and biases."""
        return shaped(self.weights + self.biases, self.form)

    @property
    def activation_bytes(self) -> Dim:
        """Bytes of the activations in single precision."""
        return 4 * self.activations


class Profile(msgspec.Struct, frozen=True, dict=True):
    """A network's rows under one convention; every total is a sum of rows."""

    graph: Graph
    batch: Dim
    convention: Convention
    rows: tuple[Row, ...]
    # Whether formulas are left as they come about, written out or factored.
    form: Form = "plain"

    def flops(self, row: Row) -> Dim:
        """FLOPs of a row under the profile's convention."""
        return self.convention.flops(row.work)

    def sum(self, rows: Iterable[Row]) -> Totals:
        """Totals of any of the rows."""
        rows = list(rows)

        def summed(of: Callable[[Row], Dim]) -> Dim:
            return shaped(total(map(of, rows)), self.form)

        return Totals(
            weights=summed(lambda row: row.weights),
            biases=summed(lambda row: row.biases),
            buffers=summed(lambda row: row.buffers),
            activations=summed(lambda row: row.activations),
            macs=summed(lambda row: row.macs),
            flops=summed(self.flops),
            form=self.form,
        )

    @cached_property
    def totals(self) -> Totals:
        """Totals of the network proper, without auxiliary heads."""
        return self.sum(row for row in self.rows if not row.auxiliary)

    @cached_property
    def auxiliary(self) -> Totals:
        """Totals of the heads that are used in training only."""
        return self.sum(row for row in self.rows if row.auxiliary)

    def by_kind(self) -> dict[str, Totals]:
        """Totals for each kind of layer, in order of appearance."""
        return self._grouped(lambda row: row.layer)

    def by_block(self) -> dict[str, Totals]:
        """Totals for each first part of the layers' names, in order of appearance."""
        return self._grouped(lambda row: row.name.partition("/")[0])

    def _grouped(self, key: Callable[[Row], str]) -> dict[str, Totals]:
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            if not row.auxiliary:
                groups.setdefault(key(row), []).append(row)
        return {name: self.sum(rows) for name, rows in groups.items()}

    @cached_property
    def fields(self) -> dict[str, Field]:
        """The receptive field of each row, by its name."""
        # Few tables have them, and the others need not load what finds them.
        found: dict[str, Field] = import_module("archcalc.receptive").receptive_fields(self.graph)
        return found

    @property
    def depth(self) -> int:
        """The most layers with weights that multiply-accumulate on any path from the input to the last row."""
        depths: dict[str, int] = {}
        for row in self.rows:
            weighted = row.macs != 0 and (row.weights != 0 or row.shared != "")
            depths[row.name] = max((depths[name] for name in row.sources), default=0) + weighted
        main = [row for row in self.rows if not row.auxiliary]
        return depths[main[-1].name]
