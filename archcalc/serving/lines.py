"""Rows of serving that repeat written once."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from archcalc.serving.plan import ServingRow

# A part of a name that is a number alone, as that of a repeated block.
_NUMBER = re.compile(r"(?:^|(?<=/))\d+(?=/|$)")


class Line(msgspec.Struct, frozen=True):
    """Layers that cost the same in serving, under a name in which a star stands for their numbers."""

    name: str
    rows: tuple[ServingRow, ...]

    @property
    def row(self) -> ServingRow:
        """The first of them, like which all others are."""
        return self.rows[0]


def lines(rows: Iterable[ServingRow], *, each: bool = False) -> list[Line]:
    """The rows that do something in a pass, those alike together; with `each` every one by itself.

    >>> from archcalc.importers import model_of, source_of
    >>> from archcalc.serving.plan import Asked, Text, served
    >>> found = served(Text(model_of(source_of("gpt2"))), Asked())
    >>> [(line.name, len(line.rows)) for line in lines(found.rows) if line.row.parts]
    [('layers/*/attend/attention', 12)]
    """
    together: dict[tuple[object, ...], list[ServingRow]] = {}
    for row in rows:
        busy = row.parts or any(n != 0 for n in (row.prefill.macs, row.decode.macs, row.read))
        if busy:
            name = row.name if each else _NUMBER.sub("*", row.name)
            alike = (row.kind, row.parts, row.prefill, row.decode, row.read)
            together.setdefault((name, *alike), []).append(row)
    return [
        Line(str(name) if len(found) > 1 else found[0].name, tuple(found)) for (name, *_), found in together.items()
    ]
