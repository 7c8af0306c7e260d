"""Language models against transformers, row by row: tables of its modules that `tests/specs/transformers_rows.py` wrote."""

from __future__ import annotations

import csv
from itertools import groupby, pairwise
from pathlib import Path

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from tests.reference.small_networks import THOROUGH

DATA = Path(__file__).parent.parent / "data"
# One of each family; the rest is held by the thorough profile.
FEW = ("gpt2",)
# Kinds whose weights a module of transformers has.
KINDS = {
    *("attention", "conv1d", "embedding", "expertlinear", "latentattention", "layernorm", "learned"),
    *("linear", "relativebias", "rmsnorm"),
}
Row = tuple[tuple[int, ...], int]


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


TOTALS = {row["network"]: row for row in table("transformers_totals.csv")}
TABLES = {name: list(rows) for name, rows in groupby(table("transformers_rows.csv"), lambda row: row["network"])}


def expected(name: str) -> list[Row]:
    """The modules of a network in order, with their outputs and the params that no module before them has."""
    rows: list[Row] = []
    for _, group in groupby(TABLES[name], lambda row: row["block"]):
        block = list(group)
        rows += [(sizes(row["output"]), int(row["params"])) for row in block] * int(block[0]["times"])
    return rows


def sizes(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))


def modules(result: Profile) -> list[Row]:
    """The rows of a profile as modules of transformers: experts are one, and so are the places of tokens and their cut."""
    found: list[Row] = []
    experts = 0
    for before, row in pairwise(result.rows):
        output, places = tuple(row.output), before.kind == "learned" and row.kind == "slice"
        if row.kind == "expertlinear":
            experts += row.params
        elif row.kind == "combine":
            found.append((output, experts))
            experts = 0
        elif places:
            found[-1] = (output, before.params)
        elif row.kind == "relativebias":
            # In transformers the heads are behind the places, and other layers than the first add what it looked up.
            found += [((*output[1:], output[0]), row.params)] if row.params else []
        elif row.kind == "learned" and output[0] == 1:
            # One row for all tokens.
            found.append((found[-1][0], row.params))
        elif row.kind in KINDS:
            found.append((output, row.params))
    return found


@pytest.mark.parametrize("name", TABLES if THOROUGH else FEW)
def test_every_module_is_a_row(name):
    """All modules with weights in order, each with its output and its params, and the products as torch counts them."""
    total = TOTALS[name]
    result = profile(load(name))

    # The parts of a mixture of experts do not wait for each other, and transformers has them in another order.
    ordered = sorted if any(row.kind == "topk" for row in result.rows) else list
    assert ordered(modules(result)) == ordered(expected(name))
    assert result.totals.params == int(total["params"])
    assert result.totals.macs == int(total["macs"])
    assert (int(total["tokens"]),) in [tuple(row.output) for row in result.rows if row.kind == "input"]


def test_every_network_has_a_table():
    assert TABLES.keys() == TOTALS.keys()
    assert set(FEW) <= TABLES.keys()
