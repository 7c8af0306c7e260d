"""The bundled specs against the rows of timm's and pytorchcv's networks, module by module."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row
from tests.specs import pytorchcv_rows, timm_rows
from tests.specs.tables import by_network

ROWS = by_network("timm_rows") | by_network("pytorchcv_rows")
# Where timm calls a shortcut before what squeezes and excites, or what a cell reads of the one before in another order,
# and the rows of the spec are in the order of its branches.
ANOTHER_ORDER = {"se_resnet50", "nasnet_large"}

# How timm's network differs from the paper's, which is the spec's.
SET = {"coatnet_0": {"first": False}}

# The sizes of an output, in whatever order its axes are, and the params.
Step = tuple[tuple[int, ...], int]


def step(shape: tuple[int, ...], params: int) -> Step:
    return tuple(sorted(n for n in shape if n > 1)), params


def theirs(name: str) -> tuple[list[Step], list[int]]:
    """The modules of a network, the three projections and the last one of attention as one, and arrays beside them."""
    steps: list[Step] = []
    arrays: list[int] = []
    projections = 0
    for row in ROWS[name]:
        params = int(row["params"])
        if row["type"] == "Parameter":
            arrays.append(params)
        elif row["module"].endswith(".qkv"):
            projections = params
        else:
            own = projections if row["module"].endswith(".attn.proj") else 0
            steps.append(step(tuple(map(int, row["output"].split("x"))), params + own))
    return steps, sorted(arrays)


def alone(row: Row) -> bool:
    """A trained array that is no module of its own in timm: a token, positions, or the factor at the end of a branch."""
    return row.kind == "learned" or (row.kind == "scale" and not row.biases)


def by_distance(row: Row) -> int:
    """The biases of attention by distance, which are in a module of their own in timm that only holds them."""
    return math.prod(row.layer.weights(*row.inputs).get("position_bias", (0,)))


def ours(name: str) -> tuple[list[Step], list[int]]:
    rows = [row for row in profile(load(name, **SET.get(name, {}))).rows if row.params]
    arrays = [int(row.params) for row in rows if alone(row)] + [n for row in rows if (n := by_distance(row))]
    return list(modules(rows)), sorted(arrays)


def modules(rows: list[Row]) -> Iterator[Step]:
    for row in rows:
        if not alone(row):
            yield step(tuple(row.output), row.params - by_distance(row))


@pytest.mark.parametrize("name", [*timm_rows.NETWORKS, *pytorchcv_rows.NETWORKS])
def test_every_module_is_what_it_is_there(name):
    """Each module with params has its row, in order, with the sizes of its output and its params; so has every other array."""
    (found, arrays), (expected, others) = ours(name), theirs(name)

    assert (sorted(found), arrays) == (sorted(expected), others)
    assert name in ANOTHER_ORDER or found == expected
    assert len(expected) > 40


def test_a_convolution_for_inference_is_the_three_that_trained():
    """RepVGG's blocks at inference: for each sum of branches one convolution of 3×3 and its bias (Ding et al. 2021, section 3.3)."""
    trained = [row.output for row in profile(load("repvgg_a0")).rows if row.kind == "add" and "/add_" not in row.name]
    deployed = [row for row in profile(load("repvgg_a0_deploy")).rows if row.kind == "conv2d"]

    assert [row.output for row in deployed] == trained
    assert [row.params for row in deployed] == [
        9 * row.inputs[0][0] * row.output[0] + row.output[0] for row in deployed
    ]
