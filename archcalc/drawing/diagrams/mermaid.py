"""A diagram in Mermaid, which GitHub and many wikis draw inside markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.characters import one_line
from archcalc.drawing.diagrams.outline import Box, Frame, Item, Outline
from archcalc.drawing.palette import FAMILIES, FRAME, INK

# Room for the longest settings on one line.
_INIT = "%%{init: {'flowchart': {'wrappingWidth': 400}}}%%"
# Letters and digits of any script are safe within quotes, and so are these.
_SAFE = set(" ,.×…()/⌊⌋⌈⌉²³·−")


def escape_mermaid(text: str) -> str:
    """Text escaped for a quoted label, so that nothing in it ends the label, is markup, or is a Mermaid code.

    >>> escape_mermaid('conv2d 3×3, "64"')
    'conv2d 3×3, #34;64#34;'
    """
    escaped = "".join(c if c in _SAFE or c.isalnum() else f"#{ord(c)};" for c in one_line(text))
    # Two dollars would begin a formula; a zero-width space keeps them apart.
    return escaped.replace("#36;#36;", "#36;#8203;#36;")


def to_mermaid(outline: Outline) -> str:
    """A flowchart in Mermaid, from top to bottom.

    >>> from archcalc.drawing.diagrams.outline import outline
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> print(to_mermaid(outline(profile(load("conv7x7")))).splitlines()[2])
      n1(["input"])
    """
    return "\n".join(
        [
            _INIT,
            "flowchart TD",
            *_items(outline.parts, "  "),
            *(f'  {edge.start} -->|"{escape_mermaid(edge.label)}"| {edge.end}' for edge in outline.edges),
            *_classes(outline),
            "",
        ],
    )


def _items(parts: Sequence[Item], indent: str) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Frame):
            yield f'{indent}subgraph {part.id}["{_group_label(part)}"]'
            yield from _items(part.parts, indent + "  ")
            yield f"{indent}end"
        else:
            opening, closing = ("([", "])") if part.given else ("[", "]")
            yield f'{indent}{part.id}{opening}"{_label(part)}"{closing}'


def _label(node: Box) -> str:
    lines = [escape_mermaid(line) for line in node.lines]
    if node.title:
        lines.insert(0, f"<b>{escape_mermaid(node.title)}</b>")
    return "<br/>".join(lines)


def _group_label(group: Frame) -> str:
    title = escape_mermaid(group.title)
    return f"{title}, {escape_mermaid(group.kind)}" if group.kind else title or " "


def _classes(outline: Outline) -> Iterator[str]:
    """The class of each family with its own fill, which keeps the text readable on any page."""
    for name, colour in FAMILIES.items():
        members = [node.id for node in outline.nodes if node.family == name]
        if members:
            yield f"  classDef {name} fill:{colour.fill},stroke:{colour.line},color:{INK}"
            yield f"  class {','.join(members)} {name}"
    auxiliary = [node.id for node in outline.nodes if node.auxiliary]
    if auxiliary:
        yield "  classDef auxiliary stroke-dasharray:4 3"
        yield f"  class {','.join(auxiliary)} auxiliary"
    groups = [*_group_ids(outline.parts)]
    if groups:
        # Translucent grey works on light and dark pages.
        yield f"  classDef block fill:{FRAME}1f,stroke:{FRAME}"
        yield f"  class {','.join(groups)} block"


def _group_ids(parts: Sequence[Item]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Frame):
            yield part.id
            yield from _group_ids(part.parts)
