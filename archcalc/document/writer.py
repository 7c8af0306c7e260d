"""The writer of a page in a format, by a template that escapes every text put into it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from archcalc.document.content import Page
from archcalc.document.fitting import tabulars
from archcalc.document.formats import MARKED
from archcalc.document.page import content_security_policy, script, stylesheet
from archcalc.document.paper import chosen_paper
from archcalc.document.style import MARKDOWN, Style
from archcalc.errors import SpecError

if TYPE_CHECKING:
    from jinja2 import Environment

# The packages of LaTeX, each by the commands that need it.
_PACKAGES = {
    "booktabs": re.compile(r"\\toprule"),
    "longtable": re.compile(r"\\begin{longtable}"),
    "array": re.compile(r"\\arraybackslash"),
    "amsmath": re.compile(r"\\(text|operatorname|dfrac){"),
    "textcomp": re.compile(r"\\text(quotesingle|asciigrave)"),
    "multicol": re.compile(r"\\begin{multicols}"),
}


def write(document: Page, form: str) -> str:
    """A page as markdown, html or latex; the last two are complete documents.

    Raises SpecError where a float is asked for, and the page has no table to stand in it.
    """
    if form == "latex" and chosen_paper().floats and not document.tables:
        raise SpecError("--caption and --label are of tables, and this has none; leave them out")
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
    environment.filters["packages"] = _packages
    environment.filters["fenced"] = _fenced
    environment.filters["lines"] = str.splitlines
    environment.filters["spaced"] = lambda line: preformatted("~".join(map(style.clean, line.split(" "))))
    environment.filters["number"] = lambda value: preformatted(str(value)) if isinstance(value, int) else ""
    environment.globals.update(tabulars=tabulars, paper=chosen_paper)
    environment.globals.update(stylesheet=stylesheet, script=script, content_security_policy=content_security_policy)
    return environment


def _escaped(value: Any, style: Style) -> Markup:
    return value if isinstance(value, Markup) else preformatted(style.cell(value))


def _packages(body: str) -> list[str]:
    """The packages that a body of LaTeX needs."""
    return [name for name, command in _PACKAGES.items() if command.search(body)]


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
