"""Networks of NAS-Bench-201 and NATS-Bench, and the ends of both spaces."""

from __future__ import annotations

import pytest

from archcalc.functions.sweep import sweep
from tests.sweeping.published import held, judged, spec, table

TABLE = table("nats_bench_samples")
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
# The only bias is that of the classifier: convolutions have none. Their counter takes it and nothing else but these products.
BIAS = 10
MEASURES = ["params", "macs"]


def edges(architecture: str) -> dict[str, int]:
    """The knobs of a cell from its name: the operations from each node before, node by node."""
    named = [edge.partition("~")[0] for node in architecture.split("+") for edge in node.strip("|").split("|")]
    return {f"edges[{at}]": OPERATIONS.index(name) for at, name in enumerate(named)}


@pytest.fixture(scope="module")
def counts() -> dict[str, tuple[int, int]]:
    """Params and FLOPs of each network of the table by its name."""
    cells = [row["arch"] for row in TABLE if row["space"] == "tss"]
    rows = {f"edges[{at}]": [edges(name)[f"edges[{at}]"] for name in cells] for at in range(6)}
    found = sweep(spec("nats_bench"), rows=rows, measures=MEASURES)
    named = {name: (int(p), int(m) + BIAS) for name, p, m in zip(cells, found["params"], found["macs"], strict=True)}
    over = {f"widths[{at}]": range(8, 65, 8) for at in range(5)}
    sizes = sweep(spec("nats_bench"), over, set={"cells": 1}, measures=MEASURES)
    assert len(sizes) == 32_768
    for *widths, params, macs in sizes.itertuples(index=False):
        named[":".join(map(str, widths))] = (int(params), int(macs) + BIAS)
    return named


def test_flops(counts: dict[str, tuple[int, int]]) -> None:
    """FLOPs of all six are exact, three of them found among all 32,768 of the size space."""
    found = held(
        TABLE, lambda row: row["arch"], lambda row: judged(counts[row["arch"]][1], row["flops_M_cifar10"], "M"), {}
    )
    assert found == {"exact": 6}


def test_params(counts: dict[str, tuple[int, int]]) -> None:
    """Params of the first cell are exact."""
    assert judged(counts[TABLE[0]["arch"]][0], table("nats_bench_params")[0]["params_M"], "M") == "exact"


def test_index(counts: dict[str, tuple[int, int]]) -> None:
    """In the size space the number of a network is its place among all combinations, the last width changing fastest."""
    places = {name: at for at, name in enumerate(name for name in counts if ":" in name)}
    assert [places[row["arch"]] for row in TABLE if row["space"] == "sss"] == [
        int(row["index"]) for row in TABLE if row["space"] == "sss"
    ]


def test_ends_of_sizes(counts: dict[str, tuple[int, int]]) -> None:
    """The least and the most params and FLOPs of the size space are exact."""
    sizes = [numbers for name, numbers in counts.items() if ":" in name]
    for row in table("nats_bench_ends"):
        if row["space"] == "sss":
            end = max if row["end"] == "most" else min
            assert judged(end(params for params, _ in sizes), row["params_M"], "M") == "exact"
            assert judged(end(flops for _, flops in sizes), row["flops_M"], "M") == "exact"


def test_ends_of_cells() -> None:
    """The cell without a convolution and the one of 3×3 alone are the published ends, exactly; others lie between."""
    rows = {f"edges[{at}]": [1, 3, *[at % 5, (at + 2) % 5, 2]] for at in range(6)}
    found = sweep(spec("nats_bench"), rows=rows, measures=MEASURES)
    for row in table("nats_bench_ends"):
        if row["space"] == "tss":
            at = 1 if row["end"] == "most" else 0
            assert judged(int(found["params"][at]), row["params_M"], "M") == "exact"
            assert judged(int(found["macs"][at]) + BIAS, row["flops_M"], "M") == "exact"
    assert found["params"].between(found["params"][0], found["params"][1]).all()
