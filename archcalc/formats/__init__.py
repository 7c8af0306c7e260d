"""Renderers: each module here has one function from a profile to text that knows nothing of how the profile came about."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from archcalc.document.screen import PAPER, Screen
from archcalc.errors import SpecError, nearest
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import Form

# Those that a page can be written in.
_MARKED = ("markdown", "latex", "html")
FORMATS = ("text", *_MARKED, "csv", "json", "cs231n")


def render(  # noqa: PLR0913 - each is a choice of its own
    profile: Profile,
    form: str = "text",
    columns: Sequence[str] | None = None,
    *,
    fold: bool = False,
    formulas: Form = "plain",
    screen: Screen = PAPER,
    every: bool = False,
) -> str:
    """A profile as text, markdown, latex, html, csv, json or in the layout of cs231n; raises SpecError for another name.

    Formulas are left as they come about, or are "expanded" or "factored" if `formulas` says so. In text the layers that cost
    nothing stand beside those before them unless `every` one is to have its row, and the table fits the `screen`.
    """
    if form not in FORMATS:
        raise SpecError(f"no format '{form}'", None, nearest(form, list(FORMATS)) or f"there are {', '.join(FORMATS)}")
    # A process prints one format, and need not load the others.
    if form == "text":
        table: str = import_module("archcalc.formats.table.text").render(
            profile, columns, fold=fold, formulas=formulas, screen=screen, every=every
        )
        return table
    if form in _MARKED:
        page: str = import_module("archcalc.formats.table.page").render(
            profile, columns, form, fold=fold, formulas=formulas
        )
        return page
    text: str = import_module(f"archcalc.formats.table.{form}").render(profile, columns, fold=fold, formulas=formulas)
    return text


def show(value: object, form: str) -> Any:
    """What a notebook shows of a profile, a comparison or workings as html, markdown or latex; with pandas a data frame."""
    if form == "pandas":
        return import_module("archcalc.formats.frames").frame(value)
    return getattr(import_module("archcalc.formats.notebook"), form)(value)


__all__ = ["FORMATS", "render", "show"]
