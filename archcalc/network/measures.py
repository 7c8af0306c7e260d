"""The measures of networks, one record each: tables, JSON, comparisons, goals, figures, worksheets and charts use them.

A measure added to MEASURES is a column of tables and of sweeps, a key of JSON and of data frames, a row of `compare`, a goal of
`solve`, a column of `diff` where it differs and a panel of charts, and may be stated in specs and asked in worksheets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from archcalc.errors import among
from archcalc.symbols.sums import repeated


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A measure of a network: its key on the command line, in specs and in worksheets, and its title in print.

    `of_row` takes a profile and one of its rows, if the measure adds up; it gives None if there is no number, as where
    a convention has no price. `of_totals` takes the totals of some rows, if the measure is not simply a sum.
    `of_network` takes a profile.
    """

    key: str
    title: str
    of_row: Callable[[Any, Any], Any] | None = None
    of_network: Callable[[Any], Any] | None = None
    of_totals: Callable[[Any], Any] | None = None
    # The key in JSON, if it differs.
    json: str = ""
    # True for the few that networks are judged by, with shares, a chart and a place in every overview.
    main: bool = False
    # The measure that contains it, and beside which an overview leaves it out.
    part_of: str = ""
    # The networks that it tells something of, where it follows from another measure in most; None for all.
    where: Callable[[Any], bool] | None = None
    # True where it grows with the batch.
    batched: bool = False
    # True where it counts values that take 4 bytes each in single precision.
    stored: bool = False
    # True where a spec may state it, a figure may be of it, a worksheet may ask it, and versions are compared by it.
    stated: bool = True
    published: bool = True
    graded: bool = True
    told_apart: bool = True

    @property
    def name(self) -> str:
        """The key in JSON."""
        return self.json or self.key

    def row(self, profile: Any, row: Any) -> Any:
        """The measure of one row, None if there is no number."""
        assert self.of_row is not None, f"{self.key} is no sum over layers"  # noqa: S101 - `sums` has those that are
        return self.of_row(profile, row)

    def total(self, totals: Any) -> Any:
        """The measure of the rows behind some totals."""
        # A table asks for the same sum in every row, of which there may be thousands.
        if self.key not in totals.known:
            rows = ((self.row(totals.profile, row), row.times) for row in totals.rows)
            totals.known[self.key] = repeated(rows) if self.of_totals is None else self.of_totals(totals)
        return totals.known[self.key]

    def whole(self, profile: Any) -> Any:
        """The measure of a network."""
        return self.total(profile.totals) if self.of_network is None else self.of_network(profile)


def _along_axes(size: tuple[Any, ...]) -> Any:
    """One number if all axes agree, else the sizes."""
    return size[0] if len(set(size)) == 1 else size


def _local(profile: Any) -> Any:
    """The local receptive field of the last layer that has one."""
    sizes = (profile.fields[row.name].local for row in reversed(profile.main))
    return _along_axes(next((size for size in sizes if any(size)), (0,)))


def field_of(profile: Any) -> Any:
    """The receptive field of the network's output, on the input in focus."""
    return profile.fields[profile.last.name]


def _of_network(
    key: str, title: str, of: Callable[[Any], Any], *, published: bool = True, graded: bool = False
) -> Measure:
    return Measure(
        key=key, title=title, of_network=of, published=published, stated=False, graded=graded, told_apart=False
    )


MEASURES = {
    measure.key: measure
    for measure in (
        _of_network("output", "output", lambda profile: profile.last.output, graded=True),
        Measure(key="params", title="params", of_row=lambda _, row: row.params, main=True, stored=True),
        Measure(key="weights", title="weights", of_row=lambda _, row: row.weights, part_of="params", stored=True),
        Measure(key="biases", title="biases", of_row=lambda _, row: row.biases, part_of="params", stored=True),
        Measure(
            key="active",
            title="active params",
            of_row=lambda _, row: row.active,
            json="active_params",
            part_of="params",
            where=lambda profile: any(row.active != row.params for row in profile.rows),
            stored=True,
            graded=False,
            told_apart=False,
        ),
        Measure(key="buffers", title="buffers", of_row=lambda _, row: row.buffers, stored=True),
        Measure(
            key="trained",
            title="trained params",
            of_row=lambda _, row: row.trained,
            json="trained_params",
            part_of="params",
            where=lambda profile: profile.graph.frozen != (),
            stored=True,
            graded=False,
            told_apart=False,
        ),
        Measure(
            key="weight_bytes",
            title="weight bytes",
            of_row=lambda _, row: row.weight_bytes,
            part_of="params",
            where=lambda profile: profile.graph.formats != (),
            graded=False,
            told_apart=False,
        ),
        Measure(key="macs", title="MACs", of_row=lambda _, row: row.macs, main=True, batched=True),
        Measure(
            key="flops",
            title="FLOPs",
            of_row=lambda profile, row: profile.flops(row),
            of_totals=lambda totals: totals.flops,
            batched=True,
            stated=False,
            told_apart=False,
        ),
        Measure(
            key="activations",
            title="activations",
            of_row=lambda _, row: row.activations,
            main=True,
            batched=True,
            stored=True,
        ),
        Measure(
            key="bytes",
            title="activation bytes",
            of_row=lambda _, row: row.activation_bytes,
            json="activation_bytes",
            batched=True,
            stated=False,
            graded=False,
            told_apart=False,
        ),
        _of_network("rf", "receptive field", lambda profile: _along_axes(field_of(profile).size), graded=True),
        _of_network("rf_local", "local receptive field", _local, published=False),
        _of_network("depth", "depth", lambda profile: profile.depth),
        Measure(
            key="nonlinearities",
            title="non-linearities",
            of_row=lambda _, row: int(row.layer.nonlinear),
            stated=False,
            published=False,
            graded=False,
            told_apart=False,
        ),
    )
}


def measures(keys: str | None) -> list[Measure]:
    """The measures of these keys, separated by commas, or all; raises SpecError for an unknown key.

    >>> [measure.title for measure in measures("params,macs")]
    ['params', 'MACs']
    """
    return among(MEASURES if keys is None else map(str.strip, keys.split(",")), MEASURES, "measure")


def telling(profiles: Iterable[Any]) -> list[Measure]:
    """The measures that tell something of any of these networks."""
    networks = list(profiles)
    return [one for one in MEASURES.values() if one.where is None or any(map(one.where, networks))]


def sums() -> list[Measure]:
    """The measures that are sums over layers."""
    return [measure for measure in MEASURES.values() if measure.of_row is not None]
