"""The choices that go for every network on the page, and the colours of families; they are written into its folder."""

from __future__ import annotations

from typing import Any

from archcalc.conventions import CONVENTIONS
from archcalc.drawing.palette import FAMILIES
from archcalc.exporters import exporters
from archcalc.network.dtypes import DTYPES


def choices() -> dict[str, Any]:
    """The conventions, the dtypes, the programs that read texts of archcalc, and the strong colours on light and dark pages."""
    return {
        "conventions": [*CONVENTIONS],
        "dtypes": [*DTYPES],
        "programs": [{"name": one.name, "suffix": one.suffix} for one in exporters().values() if not one.binary],
        "families": {name: (one.line, one.dark_line) for name, one in FAMILIES.items()},
    }
