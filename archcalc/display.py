"""The display of objects: one line wherever they are printed, and a table or formulas in a notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from archcalc.errors import printable


class Displayable:
    """Data that a notebook can show, by the methods that IPython calls.

    `show` renders a value in one form. The package fills it in: data does not know how it is printed.
    """

    __slots__ = ()

    show: ClassVar[Callable[[object, str], Any]]

    def _repr_html_(self) -> str:
        return str(Displayable.show(self, "html"))

    def _repr_markdown_(self) -> str:
        return str(Displayable.show(self, "markdown"))

    def _repr_latex_(self) -> str:
        return str(Displayable.show(self, "latex"))


def brief(value: object, about: str) -> str:
    """The one-line repr of an object: its type, and a description.

    >>> brief(3, "of its kind")
    '<int of its kind>'
    """
    return f"<{type(value).__name__} {printable(about)}>"
