"""YOLOv5 and YOLO11 against the modules of ultralytics, one by one."""

from __future__ import annotations

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row
from tests.specs.modules import modules_of
from tests.specs.tables import by_network

NETWORKS = by_network("ultralytics_rows")


def turn(row: Row) -> int:
    """The turn of a row: ultralytics runs the heads for the boxes of all sizes before those for classes."""
    return (
        3
        if row.name.startswith(("24/box/dfl", "25/box/dfl"))
        else 2
        if "/class/" in row.name
        else 1
        if "/box/" in row.name
        else 0
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_every_module_has_its_row(name):
    """With its output's shape and its params, in order; of all sizes the sums are those of the model."""
    *modules, params, macs = NETWORKS[name]
    result = profile(load(name))
    rows = [("x".join(map(str, output)), str(params)) for output, params in modules_of(sorted(result.rows, key=turn))]

    assert (result.totals.params, result.totals.macs) == (int(params["params"]), int(macs["params"]))
    assert not modules or rows == [(row["output"], row["params"]) for row in modules]
