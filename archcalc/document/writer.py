"""The writer of a page in a format, by a template that escapes every text put into it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from archcalc.document.content import Page, Table
from archcalc.document.formats import MARKED
from archcalc.document.page import content_security_policy, script, stylesheet
from archcalc.document.style import MARKDOWN, Style

if TYPE_CHECKING:
    from jinja2 import Environment

# The characters of a cell in LaTeX above which it is wrapped.
_LONG = 32
_COMMAND = re.compile(r"\\[a-z]+|[\\{}()$]")


def write(document: Page, form: str) -> str:
    """A page as markdown, html or latex; the last two are complete documents."""
    template = _environment(form).get_template(f"document.{MARKED[form].suffix}.j2")
    return template.render(document=document).strip("\n")


def fragment(document: Page) -> str:
    """A page as HTML for embedding in another page: without a script, and with a style that applies only to itself."""
    return _environment("html").get_template("fragment.html.j2").render(document=document).strip("\n")


def preformatted(text: str) -> Markup:
    """A text marked as already in its format."""
    return Markup(text)  # noqa: S704 - that is what it says


@cache
def _environment(form: str) -> Environment:
    import jinja2  # noqa: PLC0415 - slow to import, and not needed for text

    style = MARKED[form].style
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        # The results of `finalize` are marked as escaped, so the HTML escape of jinja2 leaves them alone.
        autoescape=True,
        finalize=lambda value: _escaped(value, style),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        **dict(MARKED[form].marks),
    )
    environment.filters["kind"] = lambda part: type(part).__name__
    environment.filters["grid"] = _grid
    environment.filters["sides"] = _sides
    environment.filters["fenced"] = _fenced
    environment.filters["lines"] = str.splitlines
    environment.filters["spaced"] = lambda line: preformatted("~".join(map(style.clean, line.split(" "))))
    environment.filters["number"] = lambda value: preformatted(str(value)) if isinstance(value, int) else ""
    environment.globals.update(stylesheet=stylesheet, script=script, content_security_policy=content_security_policy)
    return environment


def _escaped(value: Any, style: Style) -> Markup:
    return value if isinstance(value, Markup) else preformatted(style.cell(value))


def _sides(table: Table) -> Markup:
    """The column specification of a table in LaTeX: numbers on the right, and long texts wrapped."""
    longest = [max(map(_letters, column)) for column in zip(*table.rows, strict=True)]
    wide = r">{\raggedright\arraybackslash}p{42mm}"
    return preformatted(
        "".join(
            "r" if head.numeric else wide if length > _LONG else "l"
            for head, length in zip(table.head, longest or [0] * len(table.head), strict=True)
        )
    )


def _letters(cell: Any) -> int:
    """The number of visible characters of a text, without its commands."""
    return len(_COMMAND.sub("", cell)) if isinstance(cell, str) else 0


def _fenced(text: str) -> Markup:
    """Lines in a code fence of markdown, which none of them can end."""
    inside = text.replace("`", "'")
    return preformatted(f"```text\n{inside}\n```")


def _grid(table: Any) -> Markup:
    """A table in markdown, its columns aligned in the source."""
    from tabulate import tabulate  # noqa: PLC0415 - slow to import

    rows = [*table.rows, *([table.last] if table.last else [])]
    cells = [[str(_escaped(cell, MARKDOWN)) for cell in row] for row in rows]
    heads = [str(_escaped(head.title, MARKDOWN)) for head in table.head]
    sides = ["right" if head.numeric else "left" for head in table.head]
    return preformatted(tabulate(cells, heads, "pipe", disable_numparse=True, colalign=sides) if cells else "")
