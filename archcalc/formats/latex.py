"""A table in LaTeX."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.formats.tabled import tabled
from archcalc.markup.writer import write
from archcalc.rows import Profile


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:
    r"""The table in LaTeX, which compiles as it stands and can be read in with \input."""
    return write(tabled(profile, columns, "latex", fold=fold), "latex")
