"""Tables fitted to a paper: columns left out, numbers shortened, smaller type, names as a tree, texts wrapped, the rest in a table below."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from markupsafe import Markup

from archcalc.document.content import Blank, Head, Table
from archcalc.document.escapes import escape_tex
from archcalc.document.layout import SLACK, Layout
from archcalc.document.paper import Paper, Width
from archcalc.document.screen import Grid, cut, kinds_of, narrower, without
from archcalc.document.typeset import STACK, without_commands

# The space on each side of a column, first and then if needed, in points.
_GAPS = (4.0, 2.5)
# The width of a cell to write in, first and then if needed, in points.
_BLANKS = (51.2, 36.0)
# The characters above which a text is wrapped on a page without limit, and the width that it then has.
_LONG, _WRAPPED = 32, 119.5
# The type and the lines of a page without limit.
_SIZE, _LINES = ("footnotesize", 8.0), 44


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
    """A table fitted to a paper, in parts of columns that it is wide enough for, and of rows that a page holds.

    A table that breaks over pages, or stands by itself, is not cut between rows.
    """
    width = paper.fits
    layouts = _fitted(table, width, exact=paper.exact or table.blank) if width else [_whole(table)]
    lines = width.rows * width.sizes[0][1] if width else _LINES * _SIZE[1]
    parts = [part for one in layouts for part in _pages(one, lines / one.size[1], whole=paper.long or paper.bare)]
    remarks = [*_remarks(table, layouts, width), *_tall(layouts, lines, paper)]
    return tuple(
        msgspec.structs.replace(part, place=place, remarks=() if place else tuple(remarks))
        for place, part in enumerate(parts)
    )


def _pages(layout: Layout, most: float, *, whole: bool) -> Iterator[Tabular]:
    """The tabulars of a layout, cut between rows so that a page holds each of so many lines."""
    grid, wraps = layout.grid, layout.wraps
    rows = tuple(tuple(_cell(layout, place, value) for place, value in enumerate(row)) for row in grid.rows)
    last = tuple(_cell(layout, place, value) for place, value in enumerate(grid.last))
    titles = tuple(head.title for head in grid.heads)
    sides = _sides(grid.heads, wraps)
    cuts = [0, len(rows)] if whole else _cuts(rows, layout.heights, most)
    for start, end in pairwise(cuts):
        ends = last if end == len(rows) else ()
        yield Tabular(titles, rows[start:end], ends, sides, layout.size[0], layout.gap, layout.roomy)


def _cuts(rows: Sequence[Sequence[Any]], heights: Sequence[float], most: float) -> list[int]:
    """The places to cut rows into parts of about equal heights, with no name of a block at the end of a part."""
    total = sum(heights)
    if total <= most:
        return [0, len(rows)]
    share = min(most, total / math.ceil(total / most) + max(heights))
    cuts = [0]
    height = 0.0
    for place, own in enumerate(heights):
        if height + own > share and place > cuts[-1]:
            end = place
            while end > cuts[-1] + 1 and not any(cell != "" for cell in rows[end - 1][1:]):
                end -= 1
            cuts.append(end)
            height = sum(heights[end:place])
        height += own
    return [*cuts, len(rows)]


def _whole(table: Table) -> Layout:
    """The table as it is, its long texts wrapped."""
    columns = [[str(without_commands(row[place])) for row in table.rows] for place in range(len(table.head))]
    long = [
        place
        for place, (head, cells) in enumerate(zip(table.head, columns, strict=True))
        if not head.numeric and max(map(len, cells), default=0) > _LONG
    ]
    return Layout(Grid.of(table), _GAPS[0], _SIZE, _BLANKS[0], dict.fromkeys(long, _WRAPPED))


def _fitted(table: Table, width: Width, *, exact: bool) -> list[Layout]:
    """The table no wider than a width, as several if its columns have no room beside each other."""
    points = width.points - SLACK
    layout = Layout(Grid.of(table), _GAPS[0], width.sizes[0], _BLANKS[0])
    for layout in _tried(layout, width, exact=exact):  # noqa: B020 - the last is the narrowest
        if layout.width <= points:
            return [layout]
    # Of all that is left the kind of a layer says least, beside its name, its size and its cost, unless these are asked for.
    kinds = [] if table.blank else kinds_of(layout.grid)
    less = msgspec.structs.replace(layout, grid=without(layout.grid, kinds))
    for one in (layout, less):
        if (narrow := one.narrowed(points)).width <= points:
            return [narrow]
    parts = min((cut(one.grid, one.least, 2 * one.gap, points) for one in (layout, less)), key=len)
    return [msgspec.structs.replace(layout, grid=part).narrowed(points) for part in parts]


def _tried(layout: Layout, width: Width, *, exact: bool) -> Iterator[Layout]:
    """Ever narrower layouts, by their grid, their type and the space between: names become a tree after all else."""
    replace = msgspec.structs.replace
    trees = []
    for one in narrower(layout.grid, exact=exact):
        if one.tree:
            trees.append(one)
        else:
            layout = replace(layout, grid=one)
            yield layout
    for size in width.sizes[1:]:
        layout = replace(layout, size=size)
        yield layout
    last = (trees or [layout.grid])[-1]
    told = [place for place in range(1, len(last.heads)) if _repeats(last, place)]
    for grid in (last, *([without(last, told)] if told else [])):
        for gap, blank in zip(_GAPS, _BLANKS, strict=True):
            layout = replace(layout, grid=grid, gap=gap, blank=blank)
            yield layout


def _repeats(grid: Grid, place: int) -> bool:
    """True if nine names of ten say what a column of text does, such as conv2d_2 the kind of layer."""
    told = [row[place] in str(row[0]) for row in grid.rows if isinstance(row[place], str) and row[place]]
    return bool(told) and not grid.heads[place].numeric and sum(told) >= 0.9 * len(told)


def _remarks(table: Table, layouts: Sequence[Layout], width: Width | None) -> Iterator[str]:
    """The remarks on what was done for a table to fit."""
    if width is None:
        return
    kept = [head for one in layouts for head in one.grid.heads]
    left = [head.key or str(head.title) for head in table.head if head not in kept]
    if left:
        yield f"Left out to fit {width.points:.0f}pt: {', '.join(left)}."
    if len(layouts) > 1:
        yield f"Too wide for {width.points:.0f}pt: its columns stand in {len(layouts)} tables."
    if layouts[0].grid.short:
        yield "Numbers have three digits; --exact has all."
    over = max(one.width for one in layouts) - width.points
    if over > SLACK:
        yield f"Wider than {width.points:.0f}pt by {over:.0f}pt: choose fewer --columns."


def _tall(layouts: Sequence[Layout], lines: float, paper: Paper) -> Iterator[str]:
    """The remark on a table that stands by itself, where it is too tall for that."""
    if not paper.bare:
        return
    tallest = max(layouts, key=lambda one: sum(one.heights) * one.size[1])
    has, most = sum(tallest.heights), lines / tallest.size[1]
    if has > most:
        yield (
            f"{has:.0f} lines, where a page or a slide holds about {most:.0f}: --fold, --long to break it over pages, "
            "or --caption to cut it."
        )


def _cell(layout: Layout, place: int, value: Any) -> Any:
    """A cell for the template: shortened, with lines that may break where they wrap, or with the indent of a tree."""
    grid = layout.grid
    if isinstance(value, Blank):
        return Markup(rf"\rule[-0.6ex]{{{layout.blank:g}pt}}{{0.3pt}}")  # noqa: S704 - made of numbers
    if place in layout.wraps and isinstance(value, Markup):
        return Markup(STACK.sub(lambda found: found[1].replace(r" \\ ", r" \newline "), str(value)))  # noqa: S704
    if (short := grid.shortened(value, place)) is not None:
        return short.replace("-", "−")
    if grid.tree and place == 0 and isinstance(value, str):
        indent = len(value) - len(value.lstrip())
        # A line that continues a name stands below its beginning.
        before = rf"\hangindent={indent / 2 + 1:g}em\hspace*{{{indent / 2:g}em}}" if indent else ""
        return Markup(before + escape_tex(value.strip()))  # noqa: S704 - escaped
    return value


def _sides(heads: Sequence[Head], wraps: Mapping[int, float]) -> Markup:
    """The columns of a tabular: numbers on the right, and wrapped texts in a width."""
    return Markup(  # noqa: S704 - made of numbers
        "".join(
            rf">{{\raggedright\arraybackslash\hangindent=1em\hspace{{0pt}}}}p{{{wraps[place]:.2f}pt}}"
            if place in wraps
            else "r"
            if head.numeric
            else "l"
            for place, head in enumerate(heads)
        )
    )
