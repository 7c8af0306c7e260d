"""Profiles and comparisons as data frames with exact numbers, by pandas, an extra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.comparison.compare import Comparison
from archcalc.errors import SpecError
from archcalc.network.graph import Graph
from archcalc.network.measures import sums
from archcalc.profiling.rows import Profile

if TYPE_CHECKING:
    import pandas as pd


def frame(value: Profile | Comparison) -> pd.DataFrame:
    """The data frame of a profile's layers or of a comparison's measures."""
    return _layers(value) if isinstance(value, Profile) else _networks(value)


def _layers(profile: Profile) -> pd.DataFrame:
    """A row for each layer: kind, settings, output, every additive measure, and whether it is auxiliary."""
    rows = profile.rows
    numbers = {measure.key: [measure.row(profile, row) for row in rows] for measure in sums()}
    return _frame(
        [row.name for row in rows],
        numbers,
        {
            "network": profile.graph.name,
            "input": _input(profile.graph),
            "batch": profile.batch,
            "convention": profile.convention.name,
        },
        {
            "layer": [row.kind for row in rows],
            "settings": [row.settings for row in rows],
            "output": [row.output for row in rows],
            "auxiliary": [row.auxiliary for row in rows],
        },
    ).rename_axis("name")


def _networks(comparison: Comparison) -> pd.DataFrame:
    """A row for each measure without shapes among its values, and a column for each network."""
    lines = [line for line in comparison.lines if not any(isinstance(value, tuple) for value in line.values)]
    first = comparison.profiles[0]
    return _frame(
        [line.measure.key for line in lines],
        {name: [line.values[i] for line in lines] for i, name in enumerate(comparison.names)},
        {
            "networks": comparison.names,
            "inputs": tuple(_input(profile.graph) for profile in comparison.profiles),
            "batch": first.batch,
            "convention": first.convention.name,
        },
    ).rename_axis("measure")


def _frame(
    index: Sequence[str],
    numbers: Mapping[str, Sequence[Any]],
    about: Mapping[str, Any],
    texts: Mapping[str, Sequence[Any]] | None = None,
) -> pd.DataFrame:
    try:
        import pandas as pd  # noqa: PLC0415 - an extra, and slow to import
    except ImportError:
        raise SpecError("a data frame needs pandas", None, "pip install 'archcalc[pandas]'") from None
    columns = {name: pd.Series(values, index, dtype=_dtype(values)) for name, values in numbers.items()}
    frame = pd.DataFrame({**{name: pd.Series(values, index) for name, values in (texts or {}).items()}, **columns})
    frame.attrs.update(about)
    return frame


def _dtype(values: Sequence[Any]) -> str:
    """The dtype that holds these values exactly: nullable if one is missing, object if 64 bits are too few.

    >>> _dtype([1, 2]), _dtype([1, None]), _dtype([1, 2**63])
    ('int64', 'Int64', 'object')
    """
    known = [value for value in values if value is not None]
    if not all(isinstance(value, int) and -(2**63) <= value < 2**63 for value in known):
        return "object"
    return "int64" if len(known) == len(values) else "Int64"


def _input(graph: Graph) -> Any:
    """The shape of the input, of several inputs by name."""
    return dict(graph.input_shapes) if len(graph.inputs) > 1 else graph.input
