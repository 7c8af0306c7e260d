"""How objects show themselves: on one line wherever they are printed, and as a table or formulas in a notebook.

The methods are those that IPython calls. What they give is made by `archcalc.formats.notebook`, which is loaded at the first
call: data does not know how it is printed.
"""

from __future__ import annotations

from importlib import import_module

from archcalc.errors import printable


class Shown:
    """What a notebook can show."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return self._shown("html")

    def _repr_markdown_(self) -> str:
        return self._shown("markdown")

    def _repr_latex_(self) -> str:
        return self._shown("latex")

    def _shown(self, form: str) -> str:
        text: str = getattr(import_module("archcalc.formats.notebook"), form)(self)
        return text


def brief(value: object, about: str) -> str:
    """One line for an object: its type, and what tells it from others.

    >>> brief(3, "of its kind")
    '<int of its kind>'
    """
    return f"<{type(value).__name__} {printable(about)}>"
