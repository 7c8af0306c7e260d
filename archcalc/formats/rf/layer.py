"""The receptive field of one layer in words."""

from __future__ import annotations

from typing import Any

from archcalc.document.content import Fact, Facts
from archcalc.formats.rf.fields import covered, segments
from archcalc.formats.table.columns import along, bounded
from archcalc.layers.intervals import number_text
from archcalc.network.graph import Graph
from archcalc.receptive_field.field import Field
from archcalc.receptive_field.fields import path
from archcalc.symbols.dims import format_shape


def facts(graph: Graph, fields: dict[str, Field], name: str) -> Facts:
    """The full description of one layer's field, with the path that gives the largest one."""
    return Facts(tuple(Fact(label, said) for label, said in _lines(graph, fields, name)))


def _lines(graph: Graph, fields: dict[str, Field], name: str) -> list[tuple[str, str]]:
    field = fields[name]
    lines = [("layer", f"{field.name}: {field.kind}, output {format_shape(field.output)}")]
    if not any(reach for reach in field.reaches):
        return [*lines, ("field", "none, it depends on no input")]
    covers = f": {covered(field)}" if covered(field) else ""
    lines.append(
        (
            "field",
            f"{bounded(field, field.size)} along {' and '.join(field.axes)}, where the input has {along(field.whole)}{covers}",
        )
    )
    if any(field.local) and any(field.fixed):
        lines.append(("local", f"{bounded(field, field.local)}, through local paths alone"))
    if any(field.fixed):
        ends = [f"{number_text(ends[0])}…{number_text(ends[1])}" if ends else "nothing" for ends in field.fixed]
        said = ends[0] if len(set(ends)) == 1 else " by ".join(ends)
        lines.append(("fixed", f"{said}, which every place sees through a layer that sees all there is"))
    lines += [("segment", f"{said} see {size}") for said, size in segments(field)]
    jumps = "not all places move alike" if None in field.jump else "0, every output sees the same"
    known = any(field.jump) and None not in field.jump
    lines.append(("jump", f"{along(field.jump)}, from one output to the next" if known else jumps))
    if None not in field.start:
        late = next(filter(None, field.first), 0)
        kind = "local field" if any(field.local) and any(field.fixed) else "field"
        how = " through local paths" if kind == "local field" else ""
        whose = f"{kind} of output {late}, the first that sees anything{how}" if late else f"first output's {kind}"
        lines += [
            ("start", f"{along(field.start)}, the centre of the {whose}; the first input is at 0"),
            ("padding", f"{along(field.padding)}, by which that field begins before the input"),
        ]
    if not field.exact:
        lines.append(("bound", "all that is seen lies within so many places, and it may be fewer"))
    lines += [("apart", f"{axis}: {said}") for axis, said in field.misalignment.items()]
    ways = [", ".join(_steps(path(graph, fields, name, axis))) for axis in range(len(field.axes))]
    if field.shortest != field.longest:
        lines.append(("paths", f"from {along(field.shortest)} to {along(field.longest)}, each path taken alone"))
    if len(set(ways)) == 1:
        lines.append(("largest", ways[0]))
    else:
        lines += [(f"largest {axis}", way) for axis, way in zip(field.axes, ways, strict=True)]
    return lines


def _steps(way: list[tuple[str, Any]]) -> list[str]:
    """The layers of a path at which its field grows, with its new size."""
    steps, last = [], None
    for name, size in way:
        if size != last:
            # A no-break space.
            steps.append(f"{name}\u00a0{number_text(size)}")
        last = size
    return steps
