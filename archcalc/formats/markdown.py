"""A table in markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from archcalc.formats.grid import grid
from archcalc.formats.style import markdown
from archcalc.formats.summary import heading, remarks, title, totals
from archcalc.rows import Profile


def escape_markdown(text: str) -> str:
    r"""Text for markdown: no character of it starts a link, emphasis, a cell, a heading or HTML.

    >>> escape_markdown("a|b <script> *x*")
    'a\\|b &lt;script&gt; \\*x\\*'
    """
    plain = escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*\[\]|~])|(?<!\w)(_)|(_)(?!\w)|^([#+-])(?=\s)", lambda found: f"\\{found[0]}", plain)


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table in markdown, with its heading, totals and remarks."""
    clean, style = escape_markdown, markdown(escape_markdown)
    return "\n".join(
        [
            f"# {clean(title(profile))}",
            "",
            *(f"{line}  " for line in heading(profile, style)),
            "",
            grid(profile, columns, "pipe", style, fold=fold),
            "",
            *(f"- **{label}**: {value}" for label, value in totals(profile, style)),
            *("", *(f"- {remark}" for remark in remarks(profile, style))),
        ],
    ).rstrip()
