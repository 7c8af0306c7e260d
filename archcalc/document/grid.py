"""Aligned columns of plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from archcalc.document.tones import toned

# The gap between two columns, and the least excess of a column over its title.
GAP = "  "
_ROOM = 2


def aligned(  # noqa: PLR0913 - each is a part of the table
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[bool],
    last: Sequence[str] | None = None,
    *,
    room: int = _ROOM,
    tones: Sequence[str | Sequence[str]] = (),
) -> str:
    """Rows under their titles, with `last` below a rule; cells may have several lines, and `right` columns align right.

    Each row may have a tone, of which its lines are then, or one for each of its cells.

    >>> print(aligned(["name", "params"], [["a", "1"], ["b", "20"]], [False, True], ["total", "21"]))
    name      params
    ------  --------
    a              1
    b             20
    ------  --------
    total         21
    """
    body = [[cell.rstrip().split("\n") for cell in row] for row in (*rows, *([] if last is None else [last]))]
    heads = [title.split("\n") for title in titles]
    widths = [
        max(*(len(part) + room for part in head), *(len(line) for row in body for line in row[place]), 0)
        for place, head in enumerate(heads)
    ]
    rule = GAP.join("-" * width for width in widths)
    # A title of fewer lines stands at the bottom, on the rule.
    above = [[*[""] * (max(map(len, heads)) - len(head)), *head] for head in heads]
    lines = [*(_line(parts, widths, right) for parts in zip(*above, strict=True)), rule]
    for place, row in enumerate(body):
        if last is not None and place == len(body) - 1:
            lines.append(rule)
        tone = tones[place] if tones else ""
        whole, each = (tone, ()) if isinstance(tone, str) else ("", tone)
        lines += [toned(_line(parts, widths, right, each), whole) for parts in zip_longest(*row, fillvalue="")]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool], tones: Sequence[str] = ()) -> str:
    padded: Iterator[str] = (
        # A tone takes up no column.
        f"{' ' * (width - len(cell))}{toned(cell, tone)}"
        if at_end
        else f"{toned(cell, tone)}{' ' * (width - len(cell))}"
        for cell, width, at_end, tone in zip(cells, widths, right, tones or [""] * len(cells), strict=True)
    )
    return GAP.join(padded).rstrip()
