"""The bare table that markup formats share."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate

from archcalc.formats.columns import chosen, table
from archcalc.formats.style import Style
from archcalc.rows import Profile


def grid(profile: Profile, columns: Sequence[str] | None, form: str, style: Style, *, fold: bool) -> str:
    """The bare table in one of tabulate's formats, its last row the totals."""
    parts = chosen(columns, fold=fold)
    body, last = table(profile, parts, style.cell, fold=fold)
    return tabulate(
        [*body, last],
        headers=[style.clean(part.heading(profile)) for part in parts],
        tablefmt=form,
        disable_numparse=True,
        colalign=["right" if part.numeric else "left" for part in parts],
    )
