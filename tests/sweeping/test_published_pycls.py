"""The complexities that pycls states of its configurations: params, multiply-accumulates with biases, and activations."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from archcalc import sweep
from archcalc.conventions import CONVENTIONS, Convention
from tests.sweeping import regnet
from tests.sweeping.published import Row, held, judged, spec, table

TABLE = table("pycls_complexity")
# What conv2d_cx, linear_cx and pool2d_cx of pycls/models/blocks.py add up; all else adds nothing.
WORK = Convention("pycls", "FLOPs", "biases too", {"conv": "macs + additions", "linear": "macs + additions"}, other="0")
VALUES = Convention(
    "pycls-acts", "FLOPs", "values put out", {"conv": "out", "linear": "out", "maxpool": "out"}, other="0"
)
Counts = tuple[int, int, int]


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in (WORK, VALUES):
        monkeypatch.setitem(CONVENTIONS, rule.name, rule)


def counted(name: str, rows: dict[str, list[int]], settings: dict[str, Any], size: int) -> list[Counts]:
    """Params, multiply-accumulates and activations of configurations, by pycls' rules."""
    asked: dict[str, Any] = {"rows": rows, "input": (3, size, size), "set": settings}
    work = sweep(name, measures=["params", "flops"], convention=WORK.name, **asked)
    values = sweep(name, measures=["flops"], convention=VALUES.name, **asked)
    return list(zip(map(int, work["params"]), map(int, work["flops"]), map(int, values["flops"]), strict=True))


def judgement(row: Row, counts: Counts) -> str:
    """Exact where all three numbers are."""
    words = {judged(count, row[key]) for count, key in zip(counts, ("params", "macs", "acts"), strict=True)}
    return "exact" if words == {"exact"} else ""


def of(kind: str, **wanted: str) -> list[Row]:
    """The rows of a kind."""
    return [row for row in TABLE if row["type"] == kind and all(row[key] == value for key, value in wanted.items())]


def entries(lists: Iterable[tuple[str, list[int]]]) -> dict[str, list[int]]:
    """One configuration as knobs, an entry each."""
    return {f"{name}[{at}]": [value] for name, values in lists for at, value in enumerate(values)}


@pytest.mark.parametrize("squeeze", ["", "True"])
def test_regnet(squeeze: str) -> None:
    """All 24 RegNets are exact, made from their five numbers and swept as configurations of the bundled network."""
    rows = of("regnet", se=squeeze)
    designs = [
        regnet.Design(int(row["regnet_depth"]), int(row["w0"]), float(row["wa"]), float(row["wm"]), int(row["group_w"]))
        for row in rows
    ]
    assert all(len(regnet.stages(design)) == 4 for design in designs)
    counts = counted("regnet", regnet.rows(designs), {"squeeze": "true" if squeeze else "false"}, 224)
    named = dict(zip([row["name"] for row in rows], counts, strict=True))
    assert held(rows, lambda row: row["name"], lambda row: judgement(row, named[row["name"]]), {}) == {"exact": 12}


@cache
def _anynet(text: str, size: int, classes: int) -> Counts:
    given = json.loads(text)
    blocks = {"vanilla_block": "vanilla", "res_basic_block": "basic", "res_bottleneck_block": "bottleneck"}
    stems = {"res_stem_cifar": "cifar", "res_stem_in": "res", "simple_stem_in": "simple"}
    depths, widths = given["DEPTHS"], given["WIDTHS"]
    lists = {"depths": depths, "widths": widths, "groups": given.get("GROUP_WS", widths)}
    settings = {
        **{name: str(values) for name, values in lists.items()},
        "strides": str(given["STRIDES"]),
        "stem": stems[given["STEM_TYPE"]],
        "stem_width": given["STEM_W"],
        "block": blocks[given["BLOCK_TYPE"]],
        "ratio": given.get("BOT_MULS", [1])[0],
        "classes": classes,
    }
    assert len(set(given.get("BOT_MULS", [1]))) == 1
    return counted(spec("anynet"), entries(lists.items()), settings, size)[0]


def test_anynet() -> None:
    """All 21 AnyNets are exact: ResNets and ResNeXts by stages, and the networks for CIFAR."""
    found = held(
        of("anynet"),
        lambda row: row["config"],
        lambda row: judgement(row, _anynet(row["other"], int(row["im_size"]), int(row["classes"]))),
        {},
    )
    assert found == {"exact": 21}


def test_resnet() -> None:
    """All 14 ResNets are exact, those for ImageNet in the bundled networks, with depths as knobs."""
    depths = {"50": [3, 4, 6, 3], "101": [3, 4, 23, 3]}
    counts: dict[str, Counts] = {}
    for depth, blocks in depths.items():
        knobs = entries([("depths", blocks)])
        counts[f"R-{depth}-1x64d_step"] = counted(
            "resnet50-torchvision", knobs | entries([("widths", [64, 128, 256, 512])]), {}, 224
        )[0]
        counts[f"X-{depth}-32x4d_step"] = counted("resnext50_32x4d", knobs, {}, 224)[0]
    cifar = {row["name"]: row for row in of("anynet", classes="10")}
    for name in ("R-110_nds", "R-56_nds"):
        counts[name] = _anynet(cifar[name]["other"], 32, 10)
    rows = of("resnet")
    found = held(
        rows,
        lambda row: row["config"],
        lambda row: judgement(row, counts[row["name"].removesuffix("_2gpu.yaml")]),
        {},
    )
    assert found == {"exact": 14}


def test_effnet() -> None:
    """All six EfficientNets are exact, as compound scaling of one network: a width, a depth and a size."""
    scales = [row for row in table("efficientnet_scaling") if row["macs_pycls"]]
    counts = [
        counted(
            "efficientnet",
            {"classes": [1000]},
            {"width_multiple": row["width"], "depth_multiple": row["depth"]},
            int(row["resolution"]),
        )[0]
        for row in scales
    ]
    named = {f"EN-{row['model']}_dds": count for row, count in zip(scales, counts, strict=True)}
    rows = of("effnet")
    assert held(rows, lambda row: row["name"], lambda row: judgement(row, named[row["name"]]), {}) == {"exact": 6}


def test_all() -> None:
    """No configuration of the table is left out."""
    assert {kind: len(of(kind)) for kind in ("regnet", "anynet", "resnet", "effnet")} == {
        "regnet": 24,
        "anynet": 21,
        "resnet": 14,
        "effnet": 6,
    }
    assert len(TABLE) == 65
