"""Renderers: each module has one function from data to text, independent of how the data was computed."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from archcalc.document.formats import MARKED
from archcalc.document.screen import PAPER, Screen
from archcalc.errors import SpecError, nearest
from archcalc.profiling.rows import Profile
from archcalc.symbols.evaluate import Form

# The formats of a table.
FORMATS = ("text", *MARKED, "csv", "json", "cs231n")


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
    """A profile as text, markdown, latex, html, csv, json or in the cs231n layout; raises SpecError for another name.

    `formulas` is their form: "plain" as they come about, "expanded" or "factored". In text and LaTeX, layers without
    cost share the row of the layer before them unless `every` is true; text fits the `screen`.
    """
    if form not in FORMATS:
        raise SpecError(f"no format '{form}'", None, nearest(form, list(FORMATS)) or f"there are {', '.join(FORMATS)}")
    fold = fold or profile.repeats
    # A process prints one format, so the modules of the others are not loaded.
    if form == "text":
        table: str = import_module("archcalc.formats.table.text").render(
            profile, columns, fold=fold, formulas=formulas, screen=screen, every=every
        )
        return table
    if form in MARKED:
        page: str = import_module("archcalc.formats.table.page").render(
            profile, columns, form, fold=fold, formulas=formulas, every=every
        )
        return page
    text: str = import_module(f"archcalc.formats.table.{form}").render(profile, columns, fold=fold, formulas=formulas)
    return text


def show(value: object, form: str) -> Any:
    """A profile, a comparison or workings for a notebook: html, markdown or latex, or a data frame for "pandas"."""
    if form == "pandas":
        return import_module("archcalc.formats.frames").frame(value)
    return getattr(import_module("archcalc.formats.notebook"), form)(value)


__all__ = ["FORMATS", "render", "show"]
