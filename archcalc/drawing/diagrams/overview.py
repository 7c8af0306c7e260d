"""The outline of a network with its blocks as boxes of their own, without what is in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from archcalc.drawing.diagrams.layout import nodes_of
from archcalc.drawing.diagrams.outline import Box, Frame, Item, Outline
from archcalc.layers.registry import Family
from archcalc.profiling.rows import Profile, Row
from archcalc.symbols.notation import TEXT
from archcalc.symbols.sums import sum_of


def overview(outline: Outline, profile: Profile, depth: int) -> Outline:
    """The outline with blocks at most `depth` deep in each other, the deepest as one box with its layers and params.

    >>> from archcalc.drawing.diagrams.outline import outline
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> found = profile(load("googlenet"))
    >>> [(node.title, node.lines) for node in overview(outline(found), found, 1).nodes][6:7]
    [('3a', ('inception', '14 layers, 163,696 params'))]
    """
    rows = {row.name: row for row in profile.rows}
    parts = tuple(_cut(outline.parts, depth, rows, outline))
    # The box that each node is drawn in.
    of = {row: node.id for part in parts for node in nodes_of(part) for row in node.rows}
    ids = {node.id: of[node.rows[0]] for node in outline.nodes}
    edges = [msgspec.structs.replace(edge, start=ids[edge.start], end=ids[edge.end]) for edge in outline.edges]
    return msgspec.structs.replace(
        outline, parts=parts, edges=tuple(dict.fromkeys(edge for edge in edges if edge.start != edge.end))
    )


def family_of(nodes: Sequence[Box]) -> Family:
    """The family that most of these layers have which join nothing."""
    working = [node for node in nodes if node.family != "merge"] or nodes
    [(family, _)] = Counter(node.family for node in working).most_common(1)
    return family


def _cut(parts: Sequence[Item], depth: int, rows: dict[str, Row], outline: Outline) -> Iterator[Item]:
    for part in parts:
        if isinstance(part, Box):
            yield part
        elif depth > 1:
            yield msgspec.structs.replace(part, parts=tuple(_cut(part.parts, depth - 1, rows, outline)))
        else:
            yield _as_box(part, rows, outline)


def _as_box(frame: Frame, rows: dict[str, Row], outline: Outline) -> Box:
    """A block as a box, with the output of its last node that anything outside reads."""
    inside = {node.id: node for node in frame.nodes}
    leaving = [edge.start for edge in outline.edges if edge.start in inside and edge.end not in inside]
    out = inside[leaving[-1]] if leaving else frame.nodes[-1]
    own = [rows[name] for node in frame.nodes for name in node.rows]
    params = sum_of([row.params for row in own])
    # Of repeats the shapes of the last are those that leave the box.
    return msgspec.structs.replace(
        out,
        id=frame.id,
        title=frame.title,
        lines=(*([frame.kind] if frame.kind else []), f"{len(own)} layers, {TEXT.dim(params)} params"),
        family=family_of(frame.nodes),
        kind=frame.block,
        output=out.until or out.output,
        until=(),
        params=params,
        last_params=params,
        auxiliary=all(node.auxiliary for node in frame.nodes),
        rows=tuple(row.name for row in own),
        unread=False,
        given=False,
        sign="",
        keeps_order=False,
    )
