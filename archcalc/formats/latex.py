"""A table in LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.formats.grid import grid
from archcalc.formats.style import latex
from archcalc.formats.summary import heading, remarks, title, totals
from archcalc.rows import Profile

_TEX = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "×": r"\(\times\)",
    "→": r"\(\to\)",
    "−": r"\(-\)",
    "·": r"\(\cdot\)",
    "…": r"\dots{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


def escape_tex(text: str) -> str:
    r"""Text for LaTeX.

    >>> escape_tex("conv_1 & 64×64")
    'conv\\_1 \\& 64\\(\\times\\)64'
    """
    return "".join(_TEX.get(character, character) for character in " ".join(text.split()))


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    r"""The table in LaTeX with booktabs, to be read in with \input."""
    clean, style = escape_tex, latex(escape_tex)
    return "\n".join(
        [
            "% needs \\usepackage{booktabs}",
            "\\begin{table}",
            "\\centering\\footnotesize",
            f"\\caption{{{clean(title(profile))}. {' '.join(heading(profile, style))}}}",
            grid(profile, columns, "latex_raw", style, fold=fold)
            .replace("\\hline", "\\toprule", 1)
            .replace("\\hline", "\\midrule", 1)
            .replace("\\hline", "\\bottomrule", 1),
            "\\end{table}",
            *(f"\\par\\noindent {label}: {value}." for label, value in totals(profile, style)),
            *(f"\\par\\noindent {remark}" for remark in remarks(profile, style)),
        ],
    )
