"""Other ways to add up the rows of a network, used by published figures and worksheets by choice or by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from archcalc.profiling.rows import Row
from archcalc.symbols.dims import Dim, size

T = TypeVar("T")

HEADS = "with the auxiliary heads"
BUFFERS_AS_PARAMS = "running statistics counted as params"


class Tally(msgspec.Struct, frozen=True):
    """Another way to count some measures: its words, and the number that a row adds.

    `answer` is its words for a worksheet, empty if other words of a worksheet say it; `slip` is true if nobody counts
    so on purpose.
    """

    measures: frozenset[str]
    said: str
    of: Callable[[Row], Dim]
    answer: str = ""
    slip: bool = False


def _tally(measures: str, said: str, of: Callable[[Row], Dim], answer: str = "", *, slip: bool = False) -> Tally:
    return Tally(frozenset(measures.split()), said, of, answer, slip)


def _alike(measures: str, said: str, of: Callable[[Row], Dim]) -> Tally:
    return _tally(measures, said, of, said)


TALLIES = (
    _tally("params", "without biases", lambda row: row.weights, "the weights without the biases"),
    _tally("weights", "with biases", lambda row: row.params),
    _tally("params", "with running statistics", lambda row: row.params + row.buffers, BUFFERS_AS_PARAMS),
    _tally("weights", "with running statistics", lambda row: row.params + row.buffers),
    _tally("params weights", "MACs, which are no parameters", lambda row: row.macs, slip=True),
    _alike(
        "activations",
        "with what is overwritten in place",
        lambda row: size(row.output) if row.in_place else row.activations,
    ),
    _alike("activations", "with every output, views too", lambda row: size(row.output)),
    _tally("macs", "FLOPs", lambda row: 2 * row.macs),
    _tally("flops", "MACs", lambda row: row.macs),
)
# The surplus of a part that is counted wrongly, in multiples of the part.
MISADDED = {"counted twice": 1, "left out": -1}


def tallies(measure: str) -> Sequence[Tally]:
    """The other ways to count a measure.

    >>> [one.said for one in tallies("activations")]
    ['with what is overwritten in place', 'with every output, views too']
    """
    return [one for one in TALLIES if measure in one.measures]


def by_part(values: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """The values by row name, and for each block those of all its rows.

    >>> by_part([("stem", 1), ("block1/conv", 2), ("block1/norm", 3)])
    {'stem': [1], 'block1/conv': [2], 'block1': [2, 3], 'block1/norm': [3]}
    """
    parts: dict[str, list[T]] = {}
    for name, value in values:
        parts.setdefault(name, []).append(value)
        if "/" in name:
            parts.setdefault(name.partition("/")[0], []).append(value)
    return parts
