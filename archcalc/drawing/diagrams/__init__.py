"""Diagrams of a network: Mermaid and Graphviz, SVG, and the volumes that papers print."""

from __future__ import annotations

from archcalc.drawing.diagrams.dot import to_dot
from archcalc.drawing.diagrams.mermaid import to_mermaid
from archcalc.drawing.diagrams.outline import outline
from archcalc.drawing.diagrams.svg import to_svg
from archcalc.drawing.diagrams.tikz import to_tikz
from archcalc.profiling.rows import Profile

_DRAWN = {"mermaid": to_mermaid, "dot": to_dot, "svg": to_svg, "tikz": to_tikz}
DIAGRAMS = tuple(_DRAWN)


def draw(profile: Profile, form: str, *, fold: bool = True) -> str:
    """The diagram of a network in one of DIAGRAMS."""
    return _DRAWN[form](outline(profile, fold=fold))
