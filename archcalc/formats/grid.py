"""The bare table that markup formats share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tabulate import tabulate

from archcalc.formats.columns import cell_text, chosen, lines, total_text
from archcalc.rows import Profile


def grid(profile: Profile, columns: Sequence[str] | None, form: str, clean: Callable[[str], str], *, fold: bool) -> str:
    """The bare table in one of tabulate's formats, its last row the totals."""
    parts = chosen(columns, fold=fold)
    body = [[clean(cell_text(part.cell(profile, line))) for part in parts] for line in lines(profile.rows, fold=fold)]
    last = [clean(total_text(part, profile.totals)) for part in parts]
    if parts[0].total is None:
        last[0] = "total"
    return tabulate(
        [*body, last],
        headers=[clean(part.heading(profile)) for part in parts],
        tablefmt=form,
        disable_numparse=True,
        colalign=["right" if part.numeric else "left" for part in parts],
    )
