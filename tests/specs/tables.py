"""Published tables, as rows; `data/README.md` has their sources."""

from __future__ import annotations

import csv
from itertools import groupby
from operator import itemgetter
from pathlib import Path

DATA = Path(__file__).parent.parent / "data"


def table(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_network(name: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a table by the network that each is of, which follow each other."""
    return {network: list(rows) for network, rows in groupby(table(name), key=itemgetter("network"))}


def in_order(rows: list[dict[str, str]]) -> list[tuple[tuple[int, ...], int]]:
    """The outputs and params of modules in order, of a table in which blocks that repeat stand once."""
    found: list[tuple[tuple[int, ...], int]] = []
    for _, group in groupby(rows, key=itemgetter("block")):
        block = list(group)
        one = [(tuple(map(int, row["output"].split("x"))), int(row["params"])) for row in block]
        found += one * int(block[0]["times"])
    return found
