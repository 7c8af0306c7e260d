"""Tables fitted to the width of a paper: columns left out, numbers shortened, smaller type, names as a tree, texts wrapped."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator
from itertools import pairwise
from typing import Any

import msgspec
from markupsafe import Markup

from archcalc.document.breaking import pieces
from archcalc.document.content import Head, Table
from archcalc.document.escapes import escape_tex
from archcalc.document.paper import Paper, Width
from archcalc.document.screen import Grid, breaks, narrower, without

# The characters of Computer Modern at 10 points, in thousandths of its size, from the space to the tilde (cmr10.tfm).
_WIDTHS = (
    *(333, 278, 500, 833, 500, 833, 778, 278, 389, 389, 500, 778, 278, 333, 278, 500),
    *(500, 500, 500, 500, 500, 500, 500, 500, 500, 500, 278, 278, 778, 778, 778, 472),
    *(778, 750, 708, 722, 764, 681, 653, 785, 750, 361, 514, 778, 625, 917, 750, 778),
    *(681, 778, 736, 556, 722, 750, 750, 1028, 750, 750, 611, 278, 500, 278, 500, 500),
    *(278, 500, 556, 444, 556, 444, 306, 500, 556, 278, 306, 528, 278, 833, 556, 500),
    *(556, 528, 392, 394, 389, 556, 528, 722, 528, 528, 444, 500, 278, 500, 500),
)
_OTHER = 778
# Its smaller sizes are wider than a tenth of their points; in between, as at the nearest.
_WIDER = {6: 1.222, 7: 1.139, 8: 1.0625, 9: 1.028, 10: 1.0}
_COMMAND = re.compile(r"\\[()]|\\[a-zA-Z]+\*?|[{}$]|\\(?=[&%$#_{}])")
# Lines one above the other, which cannot break.
_STACK = re.compile(r"^\\shortstack\[r\]\{(.*)\}$")
_INDENT = re.compile(r"^ +")
# The space on each side of a column, first and then if needed, in points.
_GAPS = (4.0, 2.5)
# The characters above which a text is wrapped on a page without limit, and the width that it then has.
_LONG, _WRAPPED = 32, 119.5
# The rows on a page, and fewer where they leave room to write in.
_ROWS, _ROOMY = 44, 22


class Tabular(msgspec.Struct, frozen=True):
    """A table ready for a template: its columns, type and rows, and the remarks that go into a comment."""

    head: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]
    last: tuple[Any, ...]
    sides: Markup
    size: str
    gap: float
    roomy: bool
    remarks: tuple[str, ...] = ()
    # The place among the parts of a table that was cut.
    place: int = 0


def tabulars(table: Table, paper: Paper) -> tuple[Tabular, ...]:
    """A table fitted to a paper, cut into parts that a page holds, unless it breaks over pages or stands by itself."""
    fitted = _fitted(table, paper.fits, exact=paper.exact) if paper.fits and not table.blank else _whole(table)
    most = _ROOMY if fitted.roomy else paper.fits.rows if paper.fits else _ROWS
    parts = math.ceil(len(fitted.rows) / most)
    if paper.bare and parts > 1:
        said = f"{len(fitted.rows)} rows, where a page or a slide holds about {most}: --fold, or no --bare to cut it."
        return (msgspec.structs.replace(fitted, remarks=(*fitted.remarks, said)),)
    if paper.long or parts < 2:
        return (fitted,)
    cuts = _cuts(fitted.rows, math.ceil(len(fitted.rows) / parts))
    return tuple(
        msgspec.structs.replace(
            fitted,
            rows=fitted.rows[start:end],
            last=fitted.last if end == len(fitted.rows) else (),
            remarks=() if place else fitted.remarks,
            place=place,
        )
        for place, (start, end) in enumerate(pairwise(cuts))
    )


def _cuts(rows: tuple[tuple[Any, ...], ...], most: int) -> list[int]:
    """The places to cut rows into parts of at most so many, with no name of a block at the end of a part."""
    cuts = [0]
    while len(rows) - cuts[-1] > most:
        end = cuts[-1] + most
        while end > cuts[-1] + 1 and not any(cell != "" for cell in rows[end - 1][1:]):
            end -= 1
        cuts.append(end)
    return [*cuts, len(rows)]


def type_width(text: str, size: float) -> float:
    """The width of a text in Computer Modern of a size, in points.

    >>> type_width("1,849", 10), type_width("1,849", 7) > 7 * type_width("1,849", 10) / 10
    (22.78, True)
    """
    thousandths = sum(_WIDTHS[ord(one) - 32] if 0 <= ord(one) - 32 < len(_WIDTHS) else _OTHER for one in text)
    return round(thousandths * size * _WIDER.get(round(size), 1.0) / 1000, 2)


def _whole(table: Table) -> Tabular:
    """The table as it is, its long texts wrapped."""
    columns = [[str(_said(row[place])) for row in table.rows] for place in range(len(table.head))]
    long = [
        not head.numeric and max(map(len, cells), default=0) > _LONG
        for head, cells in zip(table.head, columns, strict=True)
    ]
    sides = _sides(table.head, {place: _WRAPPED for place, wraps in enumerate(long) if wraps})
    titles = tuple(head.title for head in table.head)
    return Tabular(titles, table.rows, table.last, sides, "footnotesize", _GAPS[0], table.blank)


def _fitted(table: Table, width: Width, *, exact: bool) -> Tabular:
    grid, gap, size = Grid.of(table), _GAPS[0], width.sizes[0]
    for grid, gap, size in _tried(grid, width, exact=exact):  # noqa: B020 - the last is the narrowest
        if _total(_columns(grid, size[1]), gap) <= width.points:
            break
    wraps, over = _wrapped(grid, size[1], width.points, gap)
    # Of all that is left the kind of a layer says least, beside its name, its size and its cost.
    kinds = [place for place, head in enumerate(grid.heads) if place and head.title == "layer"]
    if over > 1 and kinds:
        grid = without(grid, kinds)
        wraps, over = _wrapped(grid, size[1], width.points, gap)
    left = [head.key or str(head.title) for head in table.head if head not in grid.heads]
    remarks = (
        *([f"Left out to fit {width.points:.0f}pt: {', '.join(left)}."] if left else []),
        *(["Numbers have three digits; --exact has all."] if grid.short else []),
        *([f"Wider than {width.points:.0f}pt by {over:.0f}pt: choose fewer --columns."] if over > 1 else []),
    )
    rows = tuple(tuple(_cell(grid, place, value, wraps) for place, value in enumerate(row)) for row in grid.rows)
    last = tuple(_cell(grid, place, value, wraps) for place, value in enumerate(grid.last))
    titles = tuple(head.title for head in grid.heads)
    return Tabular(titles, rows, last, _sides(grid.heads, wraps), size[0], gap, roomy=False, remarks=remarks)


def _tried(grid: Grid, width: Width, *, exact: bool) -> Iterator[tuple[Grid, float, tuple[str, float]]]:
    """Ever narrower tables, each with the space beside its columns and its type: names become a tree after all else."""
    wide, *small = width.sizes
    trees = []
    for one in narrower(grid, exact=exact):
        grid = grid if one.tree else one
        trees += [one] * one.tree
        if not one.tree:
            yield one, _GAPS[0], wide
    for size in small:
        yield grid, _GAPS[0], size
    last = (trees or [grid])[-1]
    told = [place for place in range(1, len(last.heads)) if _repeats(last, place)]
    for one in (last, *([without(last, told)] if told else [])):
        for gap in _GAPS:
            yield one, gap, width.sizes[-1]


def _repeats(grid: Grid, place: int) -> bool:
    """True if nine names of ten say what a column of text does, such as conv2d_2 the kind of layer."""
    told = [row[place] in str(row[0]) for row in grid.rows if isinstance(row[place], str) and row[place]]
    return bool(told) and not grid.heads[place].numeric and sum(told) >= 0.9 * len(told)


def _columns(grid: Grid, size: float) -> list[float]:
    """The width of each column in a size of type."""
    return [
        max(type_width(text, size) for text in (str(_said(head.title)), *_texts(grid, place)))
        for place, head in enumerate(grid.heads)
    ]


def _texts(grid: Grid, place: int) -> list[str]:
    cells = [grid.text(_said(row[place]), place) for row in (*grid.rows, grid.last) if row]
    lines = [line for cell in cells for line in cell.split("\n")]
    # Two spaces of a tree are an em in print, as wide as two digits.
    return (
        [_INDENT.sub(lambda found: "0" * len(found[0]), line) for line in lines] if grid.tree and not place else lines
    )


def _said(cell: Any) -> Any:
    """A cell without the commands of LaTeX, if it has them."""
    if not isinstance(cell, Markup):
        return cell
    lines = _STACK.sub(lambda found: found[1].replace(r" \\ ", "\n"), str(cell))
    return _COMMAND.sub("", lines.replace(r"\times", "×"))


def _total(columns: list[float], gap: float) -> float:
    return sum(columns) + 2 * gap * (len(columns) - 1)


def _wrapped(grid: Grid, size: float, points: float, gap: float) -> tuple[dict[int, float], float]:
    """The widths of the columns of text that have to be narrower for all to fit a width, and by how much that fails."""
    widths, narrowed = _columns(grid, size), set()
    least = {
        place: max(
            type_width(piece, size) for text in (str(head.title), *_texts(grid, place)) for piece in pieces(text)
        )
        for place, head in enumerate(grid.heads)
        if breaks(grid, place)
    }
    while _total(widths, gap) > points and (loose := [place for place in least if widths[place] > least[place]]):
        widest = max(loose, key=widths.__getitem__)
        widths[widest] = max(least[widest], widths[widest] - 1)
        narrowed.add(widest)
    return {place: widths[place] for place in narrowed}, _total(widths, gap) - points


def _cell(grid: Grid, place: int, value: Any, wraps: Container[int]) -> Any:
    """A cell for the template: shortened, with lines that may break where they wrap, or with the indent of a tree."""
    if place in wraps and isinstance(value, Markup):
        return Markup(_STACK.sub(lambda found: found[1].replace(r" \\ ", r" \newline "), str(value)))  # noqa: S704
    if (short := grid.shortened(value, place)) is not None:
        return short.replace("-", "−")
    if grid.tree and place == 0 and isinstance(value, str):
        indent = len(value) - len(value.lstrip())
        # A line that continues a name stands below its beginning.
        before = rf"\hangindent={indent / 2 + 1:g}em\hspace*{{{indent / 2:g}em}}" if indent else ""
        return Markup(before + escape_tex(value.strip()))  # noqa: S704 - escaped
    return value


def _sides(heads: tuple[Head, ...], wraps: dict[int, float]) -> Markup:
    """The columns of a tabular: numbers on the right, and wrapped texts in a width."""
    return Markup(  # noqa: S704 - made of numbers
        "".join(
            rf">{{\raggedright\arraybackslash\hangindent=1em\hspace{{0pt}}}}p{{{wraps[place] + 0.5:.1f}pt}}"
            if place in wraps
            else "r"
            if head.numeric
            else "l"
            for place, head in enumerate(heads)
        )
    )
