"""Networks of NAS-Bench-201 and NATS-Bench, and the ends of both spaces."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc import sweep
from tests.sweeping.published import Row, held, judged, spec, table

TABLE = table("nats_bench_samples")
OPERATIONS = ["none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3"]
MEASURES = ["params", "macs"]
DATASETS = {"cifar10": (10, 32), "cifar100": (100, 32), "ImageNet16-120": (120, 16)}
Counts = dict[tuple[str, str], tuple[int, int]]


def edges(architecture: str) -> dict[str, int]:
    """The knobs of a cell from its name: the operations from each node before, node by node."""
    named = [edge.partition("~")[0] for node in architecture.split("+") for edge in node.strip("|").split("|")]
    return {f"edges[{at}]": OPERATIONS.index(name) for at, name in enumerate(named)}


@pytest.fixture(scope="module")
def counts() -> Counts:
    """Params and FLOPs by name and data set: of the cells of the table, and of all 32,768 networks of the size space.

    Their counter takes convolutions and dense layers with biases, and the only biases are the classifier's.
    """
    cells = list(dict.fromkeys(row["arch"] for row in TABLE if row["space"] == "tss"))
    rows = {f"edges[{at}]": [edges(name)[f"edges[{at}]"] for name in cells] for at in range(6)}
    over = {f"widths[{at}]": range(8, 65, 8) for at in range(5)}
    named: Counts = {}
    for dataset, (classes, size) in DATASETS.items():
        given: dict[str, Any] = {"input": (3, size, size), "measures": MEASURES}
        found = sweep(spec("nats_bench"), rows=rows, set={"classes": classes}, **given)
        for name, params, macs in zip(cells, found["params"], found["macs"], strict=True):
            named[name, dataset] = (int(params), int(macs) + classes)
        sizes = sweep(spec("nats_bench"), over, set={"cells": 1, "classes": classes}, **given)
        assert len(sizes) == 32_768
        for *widths, params, macs in sizes.itertuples(index=False):
            named[":".join(map(str, widths)), dataset] = (int(params), int(macs) + classes)
    return named


@pytest.mark.parametrize(("column", "at"), [("params_M", 0), ("flops_M", 1)])
def test_samples(counts: Counts, column: str, at: int) -> None:
    """Params and FLOPs of six networks are exact for three data sets each."""
    found = held(TABLE, _key, lambda row: judged(counts[_key(row)][at], row[column], "M"), {})
    assert found == {"exact": 18}
    assert all(DATASETS[row["dataset"]] == (int(row["classes"]), int(row["size"])) for row in TABLE)


def _key(row: Row) -> tuple[str, str]:
    return row["arch"], row["dataset"]


def test_index(counts: Counts) -> None:
    """In the size space the number of a network is its place among all combinations, the last width changing fastest."""
    sizes = [name for name, dataset in counts if ":" in name and dataset == "cifar10"]
    for row in TABLE:
        assert row["space"] == "tss" or sizes[int(row["index"])] == row["arch"]


def test_ends_of_sizes(counts: Counts) -> None:
    """The least and the most params and FLOPs of the size space are exact."""
    sizes = [numbers for (name, dataset), numbers in counts.items() if ":" in name and dataset == "cifar10"]
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
            assert judged(int(found["macs"][at]) + 10, row["flops_M"], "M") == "exact"
    assert found["params"].between(found["params"][0], found["params"][1]).all()
