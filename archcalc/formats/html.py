"""A table as an HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from archcalc.formats.grid import grid
from archcalc.formats.style import HTML
from archcalc.formats.summary import heading, remarks, title, totals
from archcalc.rows import Profile

_STYLE = """\
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 90rem; margin: 2rem auto; padding: 0 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; text-align: left; white-space: nowrap; }
thead th { border-bottom: 2px solid; }
tbody tr:last-child { border-top: 2px solid; font-weight: 600; }
tbody tr:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
"""


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table as one page that needs nothing else."""
    body = grid(profile, columns, "html", HTML, fold=fold)
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
