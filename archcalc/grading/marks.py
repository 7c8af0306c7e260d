"""The marks of a worksheet's cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from archcalc.symbols.dims import Dim, Shape

Verdict: TypeAlias = Literal["right", "rounded", "unanswered", "carried on", "wrong"]


class Marked(msgspec.Struct, frozen=True):
    """One cell: the text written, the exact value, and the verdict.

    `slips` are the mistakes that each give the written value, the likeliest first; `carried` are the earlier wrong
    cells that it was worked out from, by the right method if the verdict is "carried on". `remark` is about the form of
    a right one.
    """

    row: str
    column: str
    wrote: str
    exact: Dim | Shape
    verdict: Verdict
    slips: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    remark: str = ""


class Grade(msgspec.Struct, frozen=True):
    """A marked worksheet: its cells in the order of its lines, with the network and the convention.

    `passed_over` are columns that are not marked, `missing` are layers that the worksheet has no line for.
    """

    network: str
    worksheet: str
    convention: str
    cells: tuple[Marked, ...]
    passed_over: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def count(self, *verdicts: Verdict) -> int:
        """The number of cells with one of these verdicts."""
        return sum(cell.verdict in verdicts for cell in self.cells)

    @property
    def habits(self) -> tuple[tuple[str, int], ...]:
        """The slips that explain more than one cell, with their counts; a cell counts for its first slip alone."""
        counted = Counter(cell.slips[0] for cell in self.cells if cell.slips)
        return tuple((slip, n) for slip, n in counted.most_common() if n > 1)

    @property
    def right(self) -> int:
        """The number of right cells, exact or rounded."""
        return self.count("right", "rounded")

    @property
    def score(self) -> str:
        """The counts in one line.

        >>> cells = [Marked("a", "macs", "1", 1, "right"), Marked("b", "macs", "2", 1, "wrong")]
        >>> Grade("n", "s.csv", "macs", tuple(cells)).score
        '1 of 2 cells right, 1 wrong'
        """
        carried, wrong, open_ones = (self.count(verdict) for verdict in ("carried on", "wrong", "unanswered"))
        parts = [f"{self.right} of {len(self.cells)} cell{'s' * (len(self.cells) != 1)} right"]
        if carried:
            parts.append(f"{carried} carried on from earlier slips")
        if wrong:
            parts.append(f"{wrong} wrong")
        if open_ones:
            parts.append(f"{open_ones} unanswered")
        return ", ".join(parts)


def by_habit(cells: Sequence[Marked]) -> list[Marked]:
    """The cells with their most frequent slips first, since people mostly repeat one mistake.

    >>> cells = [Marked("a", "macs", "2", 1, "wrong", ("x", "y")), Marked("b", "macs", "4", 2, "wrong", ("y",))]
    >>> [cell.slips for cell in by_habit(cells)]
    [('y', 'x'), ('y',)]
    """
    counted = Counter(slip for cell in cells for slip in cell.slips)
    return [
        msgspec.structs.replace(cell, slips=tuple(sorted(cell.slips, key=lambda slip: -counted[slip])))
        for cell in cells
    ]
