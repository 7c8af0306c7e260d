"""Mamba-2 and RWKV against transformers, row by row: tables of its modules that `tests/specs/recurrent_rows.py` wrote."""

from __future__ import annotations

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from tests.specs.tables import by_network, in_order, table
from tests.zoo import THOROUGH

TOTALS = {row["network"]: row for row in table("recurrent_totals")}
TABLES = by_network("recurrent_rows")
FEW = ("mamba2_130m", "mamba2_2.7b", "rwkv4_169m", "rwkv4_14b")
# What a module that mixes tokens or channels has as arrays of its own, and the layers with which such a module ends.
OWN = {"conv1d", "learned", "scale", "ssd", "wkv"}
LAST = ("mixer/out_proj", "time/output", "channel/receptance")
# What transformers does in no product of matrices, or in one of chunks, and the table leaves out.
CARRIED = {"ssd", "wkv"}


def modules(result: Profile) -> list[tuple[tuple[int, ...], int]]:
    """The rows with params or of the shared head, and where a module ends the params of all arrays that are its own."""
    found: list[tuple[tuple[int, ...], int]] = []
    own = 0
    for row in result.rows:
        if row.kind in OWN:
            own += row.params
        elif row.params or row.name == "head":
            found.append((tuple(row.output), row.params))
        if row.name.endswith(LAST):
            found.append((tuple(row.output), own))
            own = 0
    return found


@pytest.mark.parametrize("name", TABLES if THOROUGH else FEW)
def test_every_module_is_a_row(name: str) -> None:
    """All modules with weights in order, each with its output and its params, and all products but those carried on."""
    result = profile(load(name))
    carried = [row for row in result.rows if row.kind in CARRIED]

    assert modules(result) == in_order(TABLES[name])
    assert result.totals.params == int(TOTALS[name]["params"])
    assert result.totals.macs - sum(row.macs for row in carried) == int(TOTALS[name]["macs"])
    # Twice as many features inside, with two products for each of 128 values of state; or two for each feature.
    each = 2 * 2 * 128 if name.startswith("mamba2") else 2
    tokens, width = in_order(TABLES[name])[0][0]
    assert {row.macs for row in carried} == {tokens * width * each}
