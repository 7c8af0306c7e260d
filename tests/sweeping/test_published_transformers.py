"""Families of transformers: Chinchilla's table A9 and Pythia."""

from __future__ import annotations

from archcalc import sweep
from tests.sweeping.published import Row, held, judged, spec, table


def listed(rows: list[dict[str, str]], columns: dict[str, str]) -> dict[str, list[int]]:
    """Columns of a table as the configurations of knobs."""
    return {knob: [int(row[column]) for row in rows] for knob, column in columns.items()}


def test_chinchilla() -> None:
    """All 50 are rounded, with the biases that the spec says of, relative positions, and one table of words."""
    rows = table("chinchilla_table_a9")
    columns = {"dim": "d_model", "hidden": "ffw_size", "key": "kv_size", "heads": "n_heads", "layers": "n_layers"}
    found = sweep(spec("chinchilla"), rows=listed(rows, columns), measures=["params"])
    verdicts = held(
        range(len(rows)), int, lambda at: judged(int(found["params"][at]), rows[at]["params_M_printed"], "M"), {}
    )
    assert verdicts == {"rounded": 50}
    for row, params in zip(rows, found["params"], strict=True):
        assert int(params) == by_hand(*(int(row[column]) for column in columns.values()))


def by_hand(dim: int, hidden: int, key: int, heads: int, layers: int) -> int:
    """The params of a network of the table."""
    inner = heads * key
    attention = 3 * (dim * inner + inner) + inner * dim + dim
    places = dim * inner + 2 * inner
    feed = dim * hidden + hidden + hidden * dim + dim
    return 32_000 * dim + layers * (attention + places + feed)


def test_pythia() -> None:
    """All totals are exact where one is published, which is for eight of ten, and so is what is left without both tables of words."""
    rows = table("pythia")
    columns = {"dim": "d_model", "words": "vocab_padded", "heads": "n_heads", "depth": "n_layers"}
    found = sweep("pythia", rows=listed(rows, columns), measures=["params"])
    explained = dict.fromkeys(("14M", "31M"), "the README has no total")
    totals = dict(zip([row["name"] for row in rows], map(int, found["params"]), strict=True))
    whole = held(
        rows,
        _name,
        lambda row: judged(totals[row["name"]], row["published_total"]) if row["published_total"] else "",
        explained,
    )
    inner = {row["name"]: totals[row["name"]] - 2 * int(row["vocab_padded"]) * int(row["d_model"]) for row in rows}
    rest = held(
        rows,
        _name,
        lambda row: judged(inner[row["name"]], row["published_non_embedding"]) if row["published_total"] else "",
        explained,
    )
    assert whole == rest == {"exact": 8, "explained": 2}


def _name(row: Row) -> str:
    return row["name"]
