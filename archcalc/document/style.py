"""The spelling of text, numbers and formulas in each format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec

from archcalc.document.content import Blank, Formula, Link, Prose
from archcalc.document.escapes import escape_html, escape_markdown, escape_mathematics, escape_tex
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.evaluate import Form, in_form
from archcalc.symbols.notation import LATEX, TEXT, WORKING, WORKING_LATEX, Notation
from archcalc.symbols.tree import NODES, Digits


class Style(msgspec.Struct, frozen=True):
    """The spelling of texts, formulas and links in a format; `inside` is put around and between the lines of a cell."""

    clean: Callable[[str], str]
    notation: Notation
    inside: tuple[str, str, str]
    # A formula wider than this breaks between its terms.
    width: int
    # The spelling of a whole number, if the format has its own.
    number: Callable[[int], str] | None = None
    # The notation of a line of working, and the marks around it; None if it is text, not mathematics.
    working: Notation = WORKING
    mathematics: tuple[str, str] | None = None
    # The link of a text to a target, and the marks around code.
    link: Callable[[str, str], str] | None = None
    code: tuple[str, str] = ("`", "`")
    # The form of a dimension: as it came about, expanded or factored.
    form: Form = "plain"
    # A cell to be filled in, from its escaped label.
    blank: Callable[[str], str] = lambda _: ""

    def dim(self, dim: Dim) -> str:
        """A dimension on one line."""
        if not isinstance(dim, int):
            return self.notation.dim(in_form(dim, self.form))
        return self.clean(self.notation.dim(dim)) if self.number is None else self.number(dim)

    def shape(self, shape: Shape) -> str:
        """A shape on one line."""
        text = self.notation.shape(shape)
        return self.clean(text) if all(isinstance(n, int) for n in shape) else text

    def fact(self, fact: Any) -> str:
        """A fact about letters."""
        return self.notation.fact(fact)

    def cell(self, value: Any) -> str:
        """A cell as text: a text, a shape, a link, or a dimension, which may take several lines."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Formula):
            return self._equation(value)
        if isinstance(value, (Link, Blank)):
            return self._place(value)
        if isinstance(value, tuple):
            return self.shape(value)
        if isinstance(value, int):
            return self.dim(value)
        lines = self.notation.lines(value, self.width)
        first, between, last = self.inside
        return f"{first}{between.join(lines)}{last}" if len(lines) > 1 else lines[0]

    def side(self, side: Any) -> str:
        """One side of a line of working, without marks around it."""
        notation = TEXT if self.mathematics is None else self.notation
        match side:
            case str():
                return side if self.mathematics is None else rf"\mbox{{{escape_tex(side)}}}"
            case int():
                return self.working.formula(Digits(side))
            case _:
                return (self.working if isinstance(side, NODES) else notation).formula(side)

    def _equation(self, formula: Formula) -> str:
        text = " = ".join(map(self.side, formula.sides))
        return self.clean(text) if self.mathematics is None else text.join(self.mathematics)

    def _place(self, value: Link | Blank) -> str:
        if isinstance(value, Blank):
            return self.blank(self.clean(value.label))
        return self.clean(value.said) if self.link is None else self.link(self.clean(value.said), value.target)

    def _text(self, text: str) -> str:
        if isinstance(text, Prose):
            return "".join(self._said(part, code=i % 2 == 1) for i, part in enumerate(text.split("`")))
        return self.clean(text)

    def _said(self, part: str, *, code: bool) -> str:
        """A part of a text with its outer spaces, which an escape may strip."""
        before, after = (" " if part != stripped else "" for stripped in (part.lstrip(), part.rstrip()))
        clean = self.clean(part.strip())
        return f"{before}{clean.join(self.code) if code else clean}{after}"


# A name as long as this may be broken after each of its words, so that a table of many columns is not cut off.
_LONG = 24


def _markdown_link(said: str, target: str) -> str:
    said = said.replace("_", "_<wbr>") if len(said) > _LONG else said
    return f"[{said}]({quote(target)}.md)"


PLAIN = Style(str, TEXT, ("", "\n", ""), 36)
# Text is escaped; formulas have nothing to escape, and a browser breaks them.
HTML = Style(
    escape_html,
    TEXT,
    ('<span class="formula">', " ", "</span>"),
    36,
    link=lambda said, target: f'<a href="{quote(target)}.html">{said}</a>',
    code=("<code>", "</code>"),
    blank=lambda label: f'<input aria-label="{label}" autocomplete="off" spellcheck="false">',
)
MARKDOWN = Style(escape_markdown, LATEX, ("", "<br>", ""), 72, link=_markdown_link)
TEX = Style(
    escape_tex,
    LATEX,
    (r"\shortstack[r]{", r" \\ ", "}"),
    28,
    working=WORKING_LATEX,
    # A fraction is as large as in a formula of its own.
    mathematics=(r"\(\displaystyle ", r"\)"),
    code=(r"\texttt{", "}"),
    blank=lambda _: r"\rule[-0.6ex]{18mm}{0.3pt}",
)
# The style inside a formula, for both LaTeX and MathJax.
MATHEMATICS = Style(
    escape_mathematics,
    msgspec.structs.replace(LATEX, around=""),
    (r"\begin{array}{r} ", r" \\ ", r" \end{array}"),
    72,
    number=lambda n: LATEX.dim(n).replace(",", "{,}").replace("−", "-"),
    working=WORKING_LATEX,
    mathematics=("", ""),
)
