"""How text and formulas are spelled in a format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from archcalc.dims import Dim, Shape
from archcalc.notation import LATEX, TEXT, Notation


class Style(msgspec.Struct, frozen=True):
    """How a format has plain text, formulas, and a cell of several lines, which stand between `inside`."""

    clean: Callable[[str], str]
    notation: Notation
    inside: tuple[str, str, str]
    # A longer formula is broken between its terms.
    width: int

    def dim(self, dim: Dim) -> str:
        """A dimension on one line."""
        return self.clean(self.notation.dim(dim)) if isinstance(dim, int) else self.notation.dim(dim)

    def shape(self, shape: Shape) -> str:
        """A shape on one line."""
        text = self.notation.shape(shape)
        return self.clean(text) if all(isinstance(n, int) for n in shape) else text

    def fact(self, fact: Any) -> str:
        """What is assumed of letters."""
        return self.notation.fact(fact)

    def cell(self, value: Any) -> str:
        """A cell as a person reads it: a text, a shape, or a dimension, which may take several lines."""
        if isinstance(value, str):
            return self.clean(value)
        if isinstance(value, tuple):
            return self.shape(value)
        if isinstance(value, int):
            return self.dim(value)
        lines = self.notation.lines(value, self.width)
        first, between, last = self.inside
        return f"{first}{between.join(lines)}{last}" if len(lines) > 1 else lines[0]


PLAIN = Style(str, TEXT, ("", "\n", ""), 36)
# tabulate escapes what it prints in HTML, so the cells go in as they are, and a browser breaks them.
HTML = Style(str, TEXT, ("", " ", ""), 36)


def markdown(clean: Callable[[str], str]) -> Style:
    """The style of markdown, formulas between dollars."""
    return Style(clean, LATEX, ("", "<br>", ""), 72)


def latex(clean: Callable[[str], str]) -> Style:
    """The style of LaTeX."""
    return Style(clean, LATEX, (r"\shortstack[r]{", r" \\ ", "}"), 72)
