"""A table in markdown."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.formats.tabled import tabled
from archcalc.markup.writer import write
from archcalc.rows import Profile


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table in markdown, with its heading, totals and remarks."""
    return write(tabled(profile, columns, "markdown", fold=fold), "markdown")
