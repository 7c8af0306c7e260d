"""The Pareto front of rows: those that no other is at least as good as in every column and better in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from archcalc.errors import SpecError, nearest
from archcalc.sweeping.columns import COLUMNS

# Each column, and True where more of it is better.
Aims = tuple[tuple[str, bool], ...]


def aims(text: str, known: list[str]) -> Aims:
    """The columns of a front and which way each is better; raises SpecError for one that is not there.

    >>> aims("macs,rf,params:max", ["macs", "rf", "params"])
    (('macs', False), ('rf', True), ('params', True))
    """
    found: dict[str, bool] = {}
    for part in text.split(","):
        name, colon, way = part.strip().partition(":")
        if name not in known:
            raise SpecError(
                f"'{name[:60]}' is no column", None, nearest(name, known) or f"there are {', '.join(known)}"
            )
        if name in found:
            raise SpecError(f"'{name[:60]}' stands twice", None, "once is enough")
        if colon and way not in {"min", "max"}:
            raise SpecError(f"'{part.strip()[:60]}' is not name:min or name:max")
        found[name] = way == "max" if colon else name in COLUMNS and COLUMNS[name].more
    if len(found) < 2:
        raise SpecError("a front is of at least two columns", None, "such as macs,rf or params,macs:max")
    return tuple(found.items())


def front(columns: Mapping[str, Any], wanted: Aims) -> Any:
    """The rows on the front, in order; of equal rows each.

    >>> front({"macs": np.array([3, 1, 2, 2]), "rf": np.array([9, 3, 3, 5])}, (("macs", False), ("rf", True)))
    array([0, 1, 3])
    """
    from moocore import is_nondominated  # noqa: PLC0415 - an extra

    # Whole numbers beyond 2⁵³ are not all floats; their ranks are, and are in the same order.
    ranks = [np.unique(columns[name], return_inverse=True)[1] for name, _ in wanted]
    table = np.column_stack(ranks).astype(np.float64)
    if not len(table):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(is_nondominated(table, maximise=[more for _, more in wanted], keep_weakly=True))
