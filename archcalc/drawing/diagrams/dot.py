"""A picture in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from archcalc.characters import one_line
from archcalc.drawing.diagrams.outline import Frame, Item, Outline
from archcalc.drawing.palette import FAMILIES, FRAME, SOFT


def quote_dot(*lines: str) -> str:
    r"""Lines of text as one quoted DOT string, in which Graphviz reads neither escapes nor HTML entities.

    >>> print(quote_dot('a "quoted" \\N', "&lt;"))
    "a \"quoted\" \\N\n&amp;lt;"
    """
    text = r"\n".join(
        escape(line, quote=False).replace("\\", "\\\\").replace('"', '\\"') for line in map(one_line, lines)
    )
    return f'"{text}"'


def to_dot(outline: Outline) -> str:
    """A DOT digraph with blocks as clusters.

    >>> from archcalc.drawing.diagrams.outline import outline
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> to_dot(outline(profile(load("conv7x7")))).splitlines()[-2]
    '  n1 -> n2 [label="64×56×56"];'
    """
    return "\n".join(
        [
            "digraph {",
            f"  graph [label={quote_dot(outline.title, outline.summary)}, labelloc=t, nodesep=0.35, ranksep=0.3];",
            '  graph [fontname="Helvetica", fontsize=12];',
            '  node [shape=box, style="filled,rounded", fontname="Helvetica", fontsize=10, margin="0.12,0.06"];',
            f'  edge [fontname="Helvetica", fontsize=9, fontcolor="{SOFT}", color="{SOFT}", arrowsize=0.6];',
            *_items(outline.parts, "  "),
            *(f"  {edge.start} -> {edge.end} [label={quote_dot(edge.label)}];" for edge in outline.edges),
            "}",
            "",
        ],
    )


def _items(parts: Sequence[Item], indent: str) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Frame):
            label = quote_dot(part.title, *filter(None, [part.kind]))
            yield f"{indent}subgraph cluster_{part.id} {{"
            yield f'{indent}  label={label}; style=rounded; color="{FRAME}"; labeljust=l; fontsize=10;'
            yield from _items(part.parts, indent + "  ")
            yield f"{indent}}}"
        else:
            colour = FAMILIES[part.family]
            label = quote_dot(*filter(None, [part.title]), *part.lines)
            style = ', style="filled,rounded,dashed"' if part.auxiliary else ""
            yield f'{indent}{part.id} [label={label}, fillcolor="{colour.fill}", color="{colour.line}"{style}];'
