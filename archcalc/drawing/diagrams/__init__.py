"""Diagrams of a network: Mermaid and Graphviz, SVG, and the volumes that papers print."""

from __future__ import annotations

from archcalc.document.paper import Width
from archcalc.drawing.diagrams.dot import to_dot
from archcalc.drawing.diagrams.mermaid import to_mermaid
from archcalc.drawing.diagrams.outline import outline
from archcalc.drawing.diagrams.overview import overview
from archcalc.drawing.diagrams.slab_floors import floors
from archcalc.drawing.diagrams.slabs import chain
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.drawing.diagrams.tikz import to_tikz
from archcalc.drawing.diagrams.volumes import volumes
from archcalc.profiling.rows import Profile

_DRAWN = {"mermaid": to_mermaid, "dot": to_dot, "svg": to_svg}
DIAGRAMS = (*_DRAWN, "tikz")


def draw(
    profile: Profile, form: str, *, fold: bool = True, depth: int | None = None, width: Width | None = None
) -> str:
    """The diagram of a network in one of DIAGRAMS, with blocks down to a depth; TikZ is laid out for a width."""
    drawn = outline(profile, fold=fold)
    if depth is not None:
        drawn = overview(drawn, profile, depth)
    if form != "tikz":
        return _DRAWN[form](drawn)
    # Slabs that touch take less room than a brace with a number of times.
    every = outline(profile, fold=False)
    touch = depth is None and (chain(volumes(every), blocks=width is not None) or floors(volumes(every)))
    return to_tikz(every if touch else drawn, width)
