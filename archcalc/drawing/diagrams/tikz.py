"""The volumes of a network in TikZ, as papers print them: a document of its own, or a figure in another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.document.escapes import escape_tex
from archcalc.document.paper import Width
from archcalc.drawing.diagrams.layout import layout
from archcalc.drawing.diagrams.outline import Box, Frame, Item, Outline
from archcalc.drawing.diagrams.sheet import Point, Rect, Wire
from archcalc.drawing.diagrams.slab_floors import floors, floors_drawn
from archcalc.drawing.diagrams.slabs import at_point, chain, slabs
from archcalc.drawing.diagrams.volumes import CIRCLE, LONGEST, SHEAR, TINY, Volumes, joins, volumes
from archcalc.drawing.palette import FAMILIES
from archcalc.errors import SpecError
from archcalc.symbols.dims import Shape
from archcalc.symbols.notation import LATEX

# Inside a document \@nodocument is \relax: then only the picture is set. A page of its own is cut to its size.
_BEGIN = r"""% Compile this with pdflatex, or \input it in a document that has \usepackage{tikz}.
\expandafter\ifx\csname @nodocument\endcsname\relax
  \def\archcalcend{}%
\else
  \documentclass{article}
  \usepackage[T1]{fontenc}
  \usepackage{lmodern}
  \usepackage{tikz}
  \begin{document}
  \setbox0=\hbox\bgroup
  \def\archcalcend{\egroup
    \hoffset=\dimexpr4pt-1in\relax \voffset=\hoffset
    \pdfpagewidth=\dimexpr\wd0+8pt\relax \pdfpageheight=\dimexpr\ht0+\dp0+8pt\relax
    \shipout\box0
    \end{document}}%
\fi
\begin{tikzpicture}[x=1pt, y=1pt, line width=0.3pt, line join=round, font=\sffamily\fontsize{SIZE}{LEADING}\selectfont,
  below/.style={anchor=north, inner sep=1.5pt}, above/.style={anchor=south, inner sep=1.5pt},
  caption/.style={anchor=north west, inner sep=0pt, align=left},
  wire/.style={draw=black!60, line width=0.5pt, line cap=round, rounded corners=2.5pt}]
% A volume: left, bottom, thickness, height, depth into the page, family.
\def\volume#1#2#3#4#5#6{\begin{scope}[shift={(#1,#2)}]
  \filldraw[fill=#6fill, draw=#6line] (0,0) rectangle (#3,#4);
  \filldraw[fill=#6fill!55!white, draw=#6line] (0,#4) -- ++(#5,#5) -- ++(#3,0) -- (#3,#4) -- cycle;
  \filldraw[fill=#6fill!75!#6line, draw=#6line] (#3,0) -- ++(#5,#5) -- ++(0,#4) -- (#3,#4) -- cycle;
\end{scope}}"""
_END = r"""\end{tikzpicture}%
\archcalcend"""
# The largest length of TeX is 2¹⁴ pt.
_MOST = 16_383


def to_tikz(outline: Outline, width: Width | None = None) -> str:
    r"""A LaTeX document with the network's volumes from left to right, in rows of a width.

    >>> from archcalc.drawing.diagrams.outline import outline
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> to_tikz(outline(profile(load("conv7x7")))).splitlines()[-1]
    '\\archcalcend'
    """
    drawn = volumes(outline)
    size = TINY if width is None else width.sizes[-1][1]
    alike = chain(drawn, blocks=width is not None)
    most = LONGEST if width is None else width.points - 1
    found = floors(drawn)
    body = (
        slabs(alike, most, size) if alike else floors_drawn(found, most, size) if found else _apart(drawn, most, size)
    )
    return "\n".join(
        [
            _BEGIN.replace("SIZE", f"{size:g}").replace("LEADING", f"{1.2 * size:g}"),
            *(
                rf"\definecolor{{{name}{part}}}{{HTML}}{{{value[1:].upper()}}}"
                for name, colour in FAMILIES.items()
                for part, value in (("fill", colour.fill), ("line", colour.line))
            ),
            *body,
            _END,
            "",
        ],
    )


def _apart(drawn: Outline, width: float, size: float) -> list[str]:
    """The volumes of a network with branches, each by itself and tied by lines."""
    look = Volumes(drawn, width, size)
    sheet = layout(drawn, look)
    if sheet.height > _MOST:
        fact = f"the volumes would be {sheet.height:,.0f} pt wide, and TeX sets nothing wider than {_MOST:,} pt"
        raise SpecError(fact, None, "draw it as an .svg, or with --depth 1")
    over = sheet.height - width
    said = f"% Wider than {width:.0f}pt by {over:.0f}pt: its branches reach over several blocks, so that no row can end there."
    return [
        *([said] if over > 1 else []),
        *(_wire(_onto(wire, drawn.nodes, sheet.nodes, look)) for wire in sheet.wires),
        *(line for node in drawn.nodes for line in _node(node, sheet.nodes[node.id], look)),
        *(_brace(group, sheet.groups[group.id]) for group in _repeated(drawn.parts)),
    ]


def _repeated(parts: Sequence[Item]) -> Iterator[Frame]:
    for part in parts:
        if isinstance(part, Frame):
            if part.times != 1:
                yield part
            yield from _repeated(part.parts)


def _turned(point: Point) -> str:
    """A point of a top-to-bottom layout turned for a left-to-right picture, with right as up."""
    return at_point(point[1], point[0])


def _onto(wire: Wire, nodes: Sequence[Box], rects: dict[str, Rect], look: Volumes) -> Wire:
    """The wire extended to the slanting top of the volume that it comes down on."""
    *points, (height, x) = wire.points
    if not wire.arrow or points[-1][1] != x:
        return wire
    for node in nodes:
        _, left, top, right = rects[node.id]
        if top == height and left < x < right and not joins(node):
            slant = SHEAR * look.volume(node).deep
            return Wire(wire.net, (*points, (height - max(0.0, slant - (x - left)), x)), arrow=True)
    return wire


def _wire(wire: Wire) -> str:
    tip = "-latex, " if wire.arrow else ""
    return rf"\draw[{tip}wire] {' -- '.join(map(_turned, wire.points))};"


def _node(node: Box, rect: Rect, look: Volumes) -> Iterator[str]:
    bottom, left, top, right = rect
    family = node.family
    if sign := joins(node):
        middle = at_point((left + right) / 2, (bottom + top) / 2)
        yield rf"\filldraw[fill={family}fill, draw={family}line] {middle} circle[radius={CIRCLE / 2}];"
        yield rf"\node[inner sep=0pt] at {middle} {{{sign}}};"
        return
    volume = look.volume(node)
    sizes = "".join(f"{{{n:.1f}}}" for n in (left, bottom, volume.thick, volume.high, SHEAR * volume.deep))
    yield rf"\volume{sizes}{{{family}}}"
    shape = _shape(node.output) if not node.until else escape_tex(node.shape)
    lines = [*(escape_tex(line) for line in look.captions(node)), shape]
    for number, line in enumerate(lines):
        yield rf"\node[caption] at {at_point(left, bottom - 3 - look.line * number)} {{{line}}};"


def _shape(shape: Shape) -> str:
    text = LATEX.shape(shape)
    return escape_tex(text) if all(isinstance(n, int) for n in shape) else text


def _brace(group: Frame, rect: Rect) -> str:
    low, left, high, right = rect
    top, middle, point = high - 3, (left + right) / 2, high - 8
    curve = (
        rf"\draw[black!60, line width=0.5pt] {at_point(left, top)} .. controls {at_point(left, top - 5)} and {at_point(middle, top)} .. "
        rf"{at_point(middle, point)} .. controls {at_point(middle, top)} and {at_point(right, top - 5)} .. {at_point(right, top)};"
    )
    return (
        curve + "\n" + rf"\node[inner sep=0pt, anchor=south] at {at_point(middle, low)} {{{escape_tex(group.title)}}};"
    )
