"""What can be said of a whole network in one number, by name: the rows of a comparison, and what a search can aim at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from archcalc.errors import among
from archcalc.profiling.rows import Profile

if TYPE_CHECKING:
    from archcalc.receptive_field.field import Field


class Measure(msgspec.Struct, frozen=True):
    """A number of a network: its key on the command line, its title, and how it is had from a profile."""

    key: str
    title: str
    of: Callable[[Profile], Any]
    # Of a single row, where the number is a sum of those.
    row: Callable[[Profile, Any], Any] | None = None


def _field(profile: Profile) -> Any:
    """The receptive field of the last layer: one number where all axes agree."""
    size = field_of(profile).size
    return size[0] if len(set(size)) == 1 else size


def _local(profile: Profile) -> Any:
    """The receptive field of the last layer that sees by local paths, through these alone."""
    sizes = (profile.fields[row.name].local for row in reversed(profile.rows) if not row.auxiliary)
    size = next((size for size in sizes if any(size)), (0,))
    return size[0] if len(set(size)) == 1 else size


def field_of(profile: Profile) -> Field:
    """The field of the last layer that is no auxiliary head's."""
    main = [row for row in profile.rows if not row.auxiliary]
    return profile.fields[main[-1].name]


def _nonlinear(_: Profile, row: Any) -> int:
    return int(row.layer.nonlinear)


def _summed(row: Callable[[Profile, Any], Any]) -> Callable[[Profile], Any]:
    return lambda profile: sum(row(profile, one) for one in profile.rows if not one.auxiliary)


MEASURES = {
    measure.key: measure
    for measure in (
        Measure("output", "output", lambda profile: [row for row in profile.rows if not row.auxiliary][-1].output),
        Measure("params", "params", lambda profile: profile.totals.params, lambda _, row: row.params),
        Measure("weights", "weights", lambda profile: profile.totals.weights, lambda _, row: row.weights),
        Measure("biases", "biases", lambda profile: profile.totals.biases, lambda _, row: row.biases),
        Measure("buffers", "buffers", lambda profile: profile.totals.buffers, lambda _, row: row.buffers),
        Measure("macs", "MACs", lambda profile: profile.totals.macs, lambda _, row: row.macs),
        Measure("flops", "FLOPs", lambda profile: profile.totals.flops, lambda profile, row: profile.flops(row)),
        Measure(
            "activations", "activations", lambda profile: profile.totals.activations, lambda _, row: row.activations
        ),
        Measure(
            "bytes",
            "activation bytes",
            lambda profile: profile.totals.activation_bytes,
            lambda _, row: row.activation_bytes,
        ),
        Measure("rf", "receptive field", _field),
        Measure("rf_local", "local receptive field", _local),
        Measure("depth", "depth", lambda profile: profile.depth),
        Measure("nonlinearities", "non-linearities", _summed(_nonlinear), _nonlinear),
    )
}


def measures(keys: str | None) -> list[Measure]:
    """The measures of these keys, separated by commas, or all; raises SpecError for one that is not known.

    >>> [measure.title for measure in measures("params,macs")]
    ['params', 'MACs']
    """
    return among(MEASURES if keys is None else map(str.strip, keys.split(",")), MEASURES, "measure")
