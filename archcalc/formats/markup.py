"""A table as markdown, LaTeX or HTML, with everything a spec says escaped for the format it lands in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape

from tabulate import tabulate

from archcalc.formats.columns import Column, cell_text, chosen, lines, total_text
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


def escape_markdown(text: str) -> str:
    r"""Text for markdown: no character of it starts a link, emphasis, a cell, a heading or HTML.

    >>> escape_markdown("a|b <script> *x*")
    'a\\|b &lt;script&gt; \\*x\\*'
    """
    plain = escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*\[\]|~])|(?<!\w)(_)|(_)(?!\w)|^([#+-])(?=\s)", lambda found: f"\\{found[0]}", plain)


def cells(profile: Profile, parts: list[Column], clean: Callable[[str], str], *, fold: bool) -> list[list[str]]:
    """The cells of the body, cleaned for a format."""
    return [[clean(cell_text(part.cell(profile, line))) for part in parts] for line in lines(profile.rows, fold=fold)]


def table(
    profile: Profile, columns: Sequence[str] | None, form: str, clean: Callable[[str], str], *, fold: bool
) -> str:
    """The bare table in one of tabulate's formats, its last row the totals."""
    parts = chosen(columns, fold=fold)
    last = [clean(total_text(part, profile.totals)) for part in parts]
    if parts[0].total is None:
        last[0] = "total"
    return tabulate(
        [*cells(profile, parts, clean, fold=fold), last],
        headers=[clean(part.title) for part in parts],
        tablefmt=form,
        disable_numparse=True,
        colalign=["right" if part.numeric else "left" for part in parts],
    )


def markdown(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table in markdown, with its heading, totals and remarks."""
    clean = escape_markdown
    return "\n".join(
        [
            f"# {clean(title(profile))}",
            "",
            *(f"{clean(line)}  " for line in heading(profile)),
            "",
            table(profile, columns, "pipe", clean, fold=fold),
            "",
            *(f"- **{label}**: {clean(value)}" for label, value in totals(profile)),
            *("", *(f"- {clean(remark)}" for remark in remarks(profile))),
        ],
    ).rstrip()


def latex(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    r"""The table in LaTeX with booktabs, to be read in with \input."""
    clean = escape_tex
    return "\n".join(
        [
            "% needs \\usepackage{booktabs}",
            "\\begin{table}",
            "\\centering\\footnotesize",
            f"\\caption{{{clean(title(profile))}. {' '.join(map(clean, heading(profile)))}}}",
            table(profile, columns, "latex_raw", clean, fold=fold)
            .replace("\\hline", "\\toprule", 1)
            .replace("\\hline", "\\midrule", 1)
            .replace("\\hline", "\\bottomrule", 1),
            "\\end{table}",
            *(f"\\par\\noindent {label}: {clean(value)}." for label, value in totals(profile)),
            *(f"\\par\\noindent {clean(remark)}" for remark in remarks(profile)),
        ],
    )


_STYLE = """\
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 75rem; margin: 2rem auto; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem; white-space: nowrap; }
thead th { border-bottom: 2px solid; }
tbody tr:last-child { border-top: 2px solid; font-weight: 600; }
tbody tr:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
"""


def html(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table as one page that needs nothing else."""
    # tabulate escapes what it prints in HTML, so the cells go in as they are.
    body = table(profile, columns, "html", str, fold=fold)
    sums = "".join(f"<li><b>{label}</b>: {escape(value)}</li>\n" for label, value in totals(profile))
    notes = "".join(f"<li>{escape(remark)}</li>\n" for remark in remarks(profile))
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en">\n<meta charset="utf-8">\n<title>{escape(title(profile))}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>\n{_STYLE}</style>",
            f"<h1>{escape(title(profile))}</h1>",
            *(f"<p>{escape(line)}</p>" for line in heading(profile)),
            f'<div class="wide">\n{body}\n</div>',
            f"<ul>\n{sums}</ul>",
            *([f"<ul>\n{notes}</ul>"] if notes else []),
            "</html>",
        ],
    )
