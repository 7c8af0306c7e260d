"""A self-contained SVG diagram: it stands in a page or alone, on light and on dark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote
from xml.etree import ElementTree as ET

from archcalc.characters import one_line
from archcalc.drawing.diagrams.layout import layout
from archcalc.drawing.diagrams.node_sizes import FONT, LINE, SMALL, STEM, Boxes
from archcalc.drawing.diagrams.outline import Box, Frame, Item, Outline
from archcalc.drawing.diagrams.sheet import Point, Rect, Wire
from archcalc.drawing.palette import FAMILIES, INK, SOFT
from archcalc.symbols.dims import format_times
from archcalc.symbols.notation import TEXT

_MARGIN = 16
_CORNER = 6
_ARROW = (6, 3.2)

_LIGHT = {
    "page": "#ffffff",
    "ink": INK,
    "soft": SOFT,
    "line": "#6e7781",
    "frame": "#aab2bd",
    "veil": f"{SOFT}0f",
}
_DARK = {
    "page": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#9aa4af",
    "line": "#8b949e",
    "frame": "#4a525c",
    "veil": "#c9d1d912",
}


def to_svg(outline: Outline, *, link: Callable[[Box], str] | None = None) -> str:
    """One <svg>; if `link` gives an address for a node, the node is a link with the id "node-" plus its own id.

    >>> from archcalc.drawing.diagrams.outline import outline
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> to_svg(outline(profile(load("conv7x7"))))[:53]
    '<svg xmlns="http://www.w3.org/2000/svg" class="archca'
    """
    sheet = layout(outline, Boxes())
    width, height = sheet.right - sheet.left + 2 * _MARGIN, sheet.height + 2 * _MARGIN
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "archcalc-diagram",
            # The role img hides everything in it from assistive technology, links too.
            "role": "img" if link is None else "group",
            "width": _number(width),
            "height": _number(height),
            "viewBox": f"{_number(sheet.left - _MARGIN)} {-_MARGIN} {_number(width)} {_number(height)}",
        },
    )
    _text(root, "title", outline.title)
    _text(root, "desc", outline.summary)
    ET.SubElement(root, "style").text = _style()
    for group in _groups(outline.parts):
        _group(root, group, sheet.groups[group.id])
    for wire in sheet.wires:
        _wire(root, wire)
    for group in _groups(outline.parts):
        _group_title(root, group, sheet.groups[group.id], upwards=group.id in sheet.upwards)
    for node in outline.nodes:
        part = _node(root, node, sheet.nodes[node.id], None if link is None else link(node))
        _shape(part, node, sheet.nodes[node.id], upwards=node.id in sheet.upwards)
    return ET.tostring(root, encoding="unicode") + "\n"


def _groups(parts: Sequence[Item]) -> Iterator[Frame]:
    """The boxes, an outer before its inner ones."""
    for part in parts:
        if isinstance(part, Frame):
            yield part
            yield from _groups(part.parts)


def _style() -> str:
    """The style rules for a light and a dark page, all under the picture's own class."""
    light = {
        **_LIGHT,
        **{f"{name}-{part}": getattr(c, part) for name, c in FAMILIES.items() for part in ("fill", "line")},
    }
    dark = {
        **_DARK,
        **{f"{name}-{part}": getattr(c, f"dark_{part}") for name, c in FAMILIES.items() for part in ("fill", "line")},
    }
    own = ".archcalc-diagram"
    # A viewer without CSS variables keeps to the plain value before each.
    plain = {**light, "veil": "#f5f6f8"}
    families = (f"{own} .{name} rect{{fill:var(--{name}-fill);stroke:var(--{name}-line)}}" for name in FAMILIES)
    rules = "".join(
        [
            f"{own}{{{_variables(light)};background:var(--page);font-family:Helvetica,Arial,'Liberation Sans',sans-serif}}",
            f"@media screen and (prefers-color-scheme:dark){{{own}{{{_variables(dark)}}}}}",
            f"{own} text{{fill:var(--ink);font-size:{FONT}px;text-anchor:middle}}",
            f"{own} .name,{own} .block,{own} .times{{font-weight:bold}}",
            f"{own} .shape,{own} .layers{{fill:var(--soft);font-size:{SMALL}px}}",
            f"{own} .start{{text-anchor:start}}{own} .end{{text-anchor:end}}",
            f"{own} .group{{fill:var(--veil);stroke:var(--frame)}}",
            f"{own} .wire{{fill:none;stroke:var(--line);stroke-width:1.3;stroke-linecap:round}}{own} .tip{{fill:var(--line)}}",
            f"{own} .auxiliary rect{{stroke-dasharray:4 3}}",
            f"{own} a{{cursor:pointer}}{own} a:hover rect,{own} a:focus rect{{stroke-width:2.5}}",
            *families,
        ]
    )
    return re.sub(
        r"(?<![\w-])([\w-]+):var\(--([\w-]+)\)", lambda found: f"{found[1]}:{plain[found[2]]};{found[0]}", rules
    )


def _variables(values: dict[str, str]) -> str:
    return ";".join(f"--{name}:{value}" for name, value in values.items())


def _group(root: ET.Element, group: Frame, rect: Rect) -> None:
    frame = _rect(root, rect, 8)
    frame.set("class", "group")
    _text(frame, "title", f"{group.title} ({group.kind})" if group.kind else group.title)


def _group_title(root: ET.Element, group: Frame, rect: Rect, *, upwards: bool) -> None:
    """Draw the title at the upper left, or at the lower right of a box that runs upwards, away from the lines."""
    left, top, right, bottom = rect
    two = bool(group.kind)
    y = top + 16 if not upwards else bottom - (24 if two else 10)
    title, times, edge, other = ("start", "end", left + 10, right - 10)
    if upwards:
        title, times, edge, other = "end", "start", other, edge
    _text(root, "text", group.head, x=edge, y=y).set("class", f"block {title}")
    if two:
        _text(root, "text", group.kind, x=edge, y=y + 14).set("class", f"layers {title}")
    if group.times != 1:
        _text(root, "text", format_times(group.times), x=other, y=y).set("class", f"times {times}")


def _wire(root: ET.Element, wire: Wire) -> None:
    points = wire.points
    if wire.arrow:
        tip, before = points[-1], points[-2]
        ET.SubElement(root, "path", {"class": "tip", "d": _tip(before, tip)})
        points = (*points[:-1], _towards(tip, before, _ARROW[0] - 1))
    ET.SubElement(root, "path", {"class": "wire", "d": _rounded(points)})


def _tip(before: Point, tip: Point) -> str:
    x, y = _towards(tip, before, _ARROW[0])
    half = _ARROW[1]
    sides = ((x - half, y), (x + half, y)) if before[0] == tip[0] else ((x, y - half), (x, y + half))
    return f"M{_pair(sides[0])}L{_pair(tip)}L{_pair(sides[1])}Z"


def _rounded(points: Sequence[Point]) -> str:
    """The path of a line with rounded corners."""
    path = f"M{_pair(points[0])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        size = min(_CORNER, _far(before, corner) / 2, _far(corner, after) / 2)
        path += f"L{_pair(_towards(corner, before, size))}Q{_pair(corner)} {_pair(_towards(corner, after, size))}"
    return f"{path}L{_pair(points[-1])}"


def _far(a: Point, b: Point) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _towards(start: Point, end: Point, far: float) -> Point:
    """The point at a distance from one point towards another, the way being horizontal or vertical."""

    def step(a: float, b: float) -> float:
        return a + max(-far, min(far, b - a))

    return step(start[0], end[0]), step(start[1], end[1])


def _node(root: ET.Element, node: Box, rect: Rect, link: str | None) -> ET.Element:
    classes = f"node {node.family}{' auxiliary' if node.auxiliary else ''}"
    part = ET.SubElement(
        root, "g" if link is None else "a", {"class": classes, "data-rows": " ".join(map(_token, node.rows))}
    )
    if link is not None:
        part.set("href", one_line(link))
        part.set("id", f"node-{node.id}")
    about = f"{', '.join(node.rows)}: {node.shape}"
    params = " … ".join(dict.fromkeys(map(TEXT.dim, (node.params, node.last_params))))
    _text(part, "title", f"{about}, {params} params" if node.params != 0 else about)
    _rect(part, rect, rect[3] / 2 if node.given else 4)
    left, top, right, _ = rect
    middle = (left + right) / 2
    lines = [node.title, *node.lines] if node.title else node.lines
    y = top + 6 + LINE * 0.76
    for number, line in enumerate(lines):
        written = _text(part, "text", line, x=middle, y=y + number * LINE)
        if node.title and not number:
            written.set("class", "name")
    return part


def _token(name: str) -> str:
    """A name as an item of a list separated by spaces, percent-encoded where needed.

    >>> _token("3a/1x1/conv2d"), _token("my layer")
    ('3a/1x1/conv2d', 'my%20layer')
    """
    return "".join(c if c.isprintable() and c not in "% " else quote(c, errors="replace") for c in name)


def _shape(part: ET.Element, node: Box, rect: Rect, *, upwards: bool) -> None:
    """Draw the shape beside the line that leaves a node."""
    left, top, right, bottom = rect
    middle = (left + right) / 2
    x, y = (middle - 6, top - STEM + 12) if upwards else (middle + 6, bottom + STEM - 5)
    _text(part, "text", node.shape, x=x, y=y).set("class", f"shape {'end' if upwards else 'start'}")


def _rect(root: ET.Element, rect: Rect, corner: float) -> ET.Element:
    left, top, right, bottom = rect
    return ET.SubElement(
        root,
        "rect",
        {
            "x": _number(left),
            "y": _number(top),
            "width": _number(right - left),
            "height": _number(bottom - top),
            "rx": _number(min(corner, (bottom - top) / 2)),
        },
    )


def _text(root: ET.Element, tag: str, text: str, **place: float) -> ET.Element:
    element = ET.SubElement(root, tag, {name: _number(value) for name, value in place.items()})
    element.text = one_line(text)
    return element


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """A coordinate rounded to a tenth, as short text."""
    return f"{round(value, 1) + 0:g}" if abs(value) < 100_000 else f"{value:.0f}"
