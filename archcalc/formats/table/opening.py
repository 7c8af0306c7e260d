"""The opening of a network's page: its headline numbers, and its diagram, whose nodes lead to the rows of the table."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from archcalc.document.content import Fact, Facts, Picture, Table
from archcalc.document.style import Style
from archcalc.document.writer import preformatted
from archcalc.drawing.diagrams.outline import Outline
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.formats.table.columns import bounded
from archcalc.network.measures import MEASURES, field_of
from archcalc.profiling.folding import FoldedRow
from archcalc.profiling.rows import Profile

_ROW = "row-"


def headline(profile: Profile, style: Style) -> Facts:
    """The measures that a network is known by, in large type."""
    field = field_of(profile)
    said = [
        *((measure.title, style.dim(measure.whole(profile))) for measure in MEASURES.values() if measure.main),
        (MEASURES["rf"].title, style.clean(bounded(field, field.size))),
        (MEASURES["depth"].title, style.dim(profile.depth)),
    ]
    return Facts(tuple(Fact(title, preformatted(text)) for title, text in said if text), large=True)


def diagram(drawn: Outline, shown: Sequence[FoldedRow]) -> Picture:
    """The diagram of a network as SVG inside the page, each of its nodes a link to the row that stands for it."""
    nodes = _nodes(drawn)
    rows = {row.name: nodes[line.row.name] for line in shown for row in line.rows}
    shows = f"Diagram of {drawn.title}: {drawn.summary}"
    return Picture(shows, preformatted(to_svg(drawn, link=lambda node: f"#{_ROW}{rows[node.rows[0]]}")))


def _nodes(drawn: Outline) -> dict[str, str]:
    """The id of the node in which each row is drawn."""
    return {name: node.id for node in drawn.nodes for name in node.rows}


def linked(table: Table, shown: Sequence[FoldedRow], drawn: Outline) -> Table:
    """The table with links from each row to its node in the diagram, and anchors to link back to."""
    nodes = _nodes(drawn)
    own = [nodes[line.row.name] for line in shown]
    firsts = [own.index(node) == place for place, node in enumerate(own)]
    return msgspec.structs.replace(
        table,
        anchors=tuple(
            f"{_ROW}{node}" if first else f"{_ROW}{node}-{place}"
            for place, (node, first) in enumerate(zip(own, firsts, strict=True))
        ),
        links=tuple(f"node-{node}" for node in own),
    )
