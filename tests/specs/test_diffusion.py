"""The U-Nets of diffusion models against the modules of diffusers, one by one."""

from __future__ import annotations

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.specs.tables import by_network

NETWORKS = by_network("diffusers_rows")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_module_has_its_row(name):
    """With its output's shape and its params, in order, and the MACs of all are what torch's own counter found."""
    *modules, macs = NETWORKS[name]
    result = profile(load(name))
    rows = [("x".join(map(str, row.output)), str(row.params)) for row in result.rows if row.params]
    # A shortcut runs after the layers beside it there, as here, and the time is worked up before the image.
    assert rows == [(row["output"], row["params"]) for row in modules]
    assert result.totals.macs == int(macs["params"])
