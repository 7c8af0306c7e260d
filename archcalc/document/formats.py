"""The formats of documents, each in one record: what its files end in, how it spells values, and how its templates are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any

import msgspec

from archcalc.document.paper import PAPER_OPTIONS, Paper, PaperOption, on_paper
from archcalc.document.style import HTML, MARKDOWN, TEX, Style

_NO_MARKS: Mapping[str, Any] = MappingProxyType({})


class Format(msgspec.Struct, frozen=True):
    """A format by its name, with the suffix of its files and of its template, its style, the delimiters of the template, and its options."""

    name: str
    suffix: str
    style: Style
    marks: Mapping[str, Any] = _NO_MARKS
    # The options that every command takes for it, and the context in which it is written with their values.
    options: tuple[PaperOption, ...] = ()
    chosen: Callable[..., AbstractContextManager[None]] = nullcontext


MARKED = {
    one.name: one
    for one in (
        Format("markdown", "md", MARKDOWN),
        Format(
            "latex",
            "tex",
            TEX,
            # LaTeX is full of braces.
            MappingProxyType(
                {
                    "block_start_string": "<%",
                    "block_end_string": "%>",
                    "variable_start_string": "<<",
                    "variable_end_string": ">>",
                    "comment_start_string": "<#",
                    "comment_end_string": "#>",
                }
            ),
            PAPER_OPTIONS,
            lambda **given: on_paper(Paper(**given)),
        ),
        Format("html", "html", HTML),
    )
}
STYLES = {name: one.style for name, one in MARKED.items()}
# What a command that makes a page prints it as: text for a person, a document, or plain values for a program.
PAGES = ("text", *MARKED, "json")
# Likewise a page that has a table, which a spreadsheet reads too.
TABLES = ("text", *MARKED, "csv", "json")
