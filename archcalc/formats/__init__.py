"""Renderers: each a function from a profile to text that knows nothing of how the profile came about."""

from collections.abc import Callable, Sequence

from archcalc.errors import SpecError, nearest
from archcalc.formats.cs231n import cs231n
from archcalc.formats.data import csv_, json
from archcalc.formats.markup import html, latex, markdown
from archcalc.formats.text import text
from archcalc.rows import Profile

FORMATS: dict[str, Callable[..., str]] = {
    "text": text,
    "markdown": markdown,
    "latex": latex,
    "html": html,
    "csv": csv_,
    "json": json,
    "cs231n": cs231n,
}


def render(profile: Profile, form: str = "text", columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """A profile as text, markdown, latex, html, csv, json or in the layout of cs231n; raises SpecError for another name."""
    if form not in FORMATS:
        raise SpecError(f"no format '{form}'", None, nearest(form, list(FORMATS)) or f"there are {', '.join(FORMATS)}")
    return FORMATS[form](profile, columns, fold=fold)


__all__ = ["FORMATS", "render"]
