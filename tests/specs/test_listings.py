"""The specs of networks that course documents list in PyTorch, held row by row against those listings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.specs import listings

KINDS = {
    nn.Conv2d: "conv2d",
    nn.Linear: "linear",
    nn.MaxPool2d: "maxpool2d",
    nn.AvgPool2d: "avgpool2d",
    nn.AdaptiveAvgPool2d: "adaptiveavgpool2d",
    listings.Concat: "concat",
}
LISTINGS = {
    "alexnet-torchvision": listings.alexnet,
    "vgg16": listings.vgg16,
    "googlenet-listing": listings.GoogLeNet,
}


class Measured(NamedTuple):
    """What torch says of a module: kind, output shape and params of each part in order of execution, and all MACs."""

    rows: list[tuple[str, tuple[int, ...], int]]
    macs: int


def measured(build: Callable[[], nn.Module]) -> Measured:
    """Run a listing on the meta device, where shapes are worked out and nothing is computed."""
    rows = []

    def note(module: nn.Module, _inputs: Any, output: torch.Tensor) -> None:
        params = sum(p.numel() for p in module.parameters())
        rows.append((KINDS[type(module)], tuple(output.shape[1:]), params))

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        module = build()
        for part in module.modules():
            if type(part) in KINDS:
                part.register_forward_hook(note)
        module(torch.empty(1, 3, 224, 224))
    return Measured(rows, counter.get_total_flops() // 2)


@pytest.mark.parametrize("name", LISTINGS)
def test_rows(name: str) -> None:
    """Every convolution, pool, dense layer and concatenation has the listing's output and params, in the same order."""
    rows = profile(load(name)).rows

    expected = measured(LISTINGS[name]).rows

    assert expected == [(row.kind, row.output, row.params) for row in rows if row.kind in KINDS.values()]


@pytest.mark.parametrize("name", LISTINGS)
def test_macs(name: str) -> None:
    """The rows' MACs, those of auxiliary heads among them, sum to what torch's counter counts."""
    result = profile(load(name))

    expected = measured(LISTINGS[name]).macs

    assert expected == result.totals.macs + result.auxiliary.macs
    assert expected == sum(row.macs for row in result.rows)


@pytest.mark.parametrize("name", LISTINGS)
def test_params(name: str) -> None:
    """The params of network and heads together are those of the listing's module."""
    with torch.device("meta"):
        expected = sum(p.numel() for p in LISTINGS[name]().parameters())

    result = profile(load(name))

    assert expected == result.totals.params + result.auxiliary.params


def test_published_totals() -> None:
    """The GoogLeNet listing splits as its document has it: the network, and a head after 4a and one after 4d."""
    result = profile(load("googlenet-listing"))
    heads = {front: [row for row in result.rows if row.name.startswith(f"{front}/")] for front in ("head1", "head2")}

    sums = {front: result.sum(rows) for front, rows in heads.items()}

    assert result.totals.params == 6_998_552
    assert [t.params for t in sums.values()] == [3_188_840, 3_190_888]
    assert [t.macs for t in sums.values()] == [4_169_728, 4_202_496]
    assert [rows[0].inputs for rows in heads.values()] == [((512, 14, 14),), ((528, 14, 14),)]
    assert result.totals.macs + result.auxiliary.macs == 1_591_044_096
