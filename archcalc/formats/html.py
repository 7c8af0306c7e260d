"""A table as an HTML page."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.formats.tabled import tabled
from archcalc.markup.writer import write
from archcalc.rows import Profile


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    """The table as one page that needs nothing else."""
    return write(tabled(profile, columns, "html", fold=fold, worked=True), "html")
