"""The display of objects: text wherever they are printed, and a table, formulas or a picture in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, TypeVar

from archcalc.errors import printable

_T = TypeVar("_T")


class Displayable:
    """Data that a notebook can show, by the methods that IPython calls; None is for a form that there is none of.

    `show` renders a value in one form. The package fills it in: data does not know how it is printed.
    """

    __slots__ = ()

    show: ClassVar[Callable[[object, str], Any]]

    def _repr_html_(self) -> str | None:
        return str(Displayable.show(self, "html"))

    def _repr_markdown_(self) -> str | None:
        return str(Displayable.show(self, "markdown"))

    def _repr_latex_(self) -> str | None:
        return str(Displayable.show(self, "latex"))


class Mathematical(Displayable):
    """Data whose display in a notebook is mathematics; a page of HTML or markdown would be preferred to it."""

    __slots__ = ()

    def _repr_html_(self) -> None:
        return None

    def _repr_markdown_(self) -> None:
        return None


class Shown(Generic[_T]):
    """The result of a command: its `data`, which show themselves as the command prints them.

    `forms` are "text", and those of "html", "markdown" and "svg" that there are, each made when it is asked for.

    >>> Shown(3, {"text": lambda: "three"})
    three
    """

    __slots__ = ("_forms", "data")

    def __init__(self, data: _T, forms: Mapping[str, Callable[[], str]]) -> None:
        self.data = data
        self._forms = forms

    def __repr__(self) -> str:
        return self._forms["text"]()

    def _form(self, form: str) -> str | None:
        return self._forms[form]() if form in self._forms else None

    def _repr_html_(self) -> str | None:
        return self._form("html")

    def _repr_markdown_(self) -> str | None:
        return self._form("markdown")

    def _repr_svg_(self) -> str | None:
        return self._form("svg")


def brief(value: object, about: str) -> str:
    """The one-line repr of an object: its type, and a description.

    >>> brief(3, "of its kind")
    '<int of its kind>'
    """
    return f"<{type(value).__name__} {printable(about)}>"
