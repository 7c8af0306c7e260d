"""Single layers beside the torch modules that they are, on which other tools' rules are tried.

`python -m tests.conventions.probes` records what the tools say of them in `tests/data/tool_probes.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

RECORD = Path(__file__).parent.parent / "data" / "tool_probes.csv"
SMALL, LINE, CUBE, TOKENS = (8, 12, 12), (8, 12), (8, 6, 6, 6), (5, 8)
_RANKS = {1: LINE, 2: SMALL, 3: CUBE}


class Self(nn.Module):
    """Attention of a sequence to itself."""

    def __init__(self, **fields: Any) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True, **fields)

    def forward(self, x: Tensor) -> Tensor:
        return self.attention(x, x, x, need_weights=False)[0]


class First(nn.Module):
    """A module that may put out more than one thing, of which the first counts."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        # calflops takes the type of its input from the first parameter there is.
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.module(x)
        return y[0] if isinstance(y, tuple) else y


# Kind and fields of a layer, what makes its module, and the shape that goes in.
Probe = tuple[str, dict[str, Any], Callable[[], nn.Module], tuple[int, ...]]


def _ranked() -> list[Probe]:
    probes: list[Probe] = []
    for rank, shape in _RANKS.items():
        conv, back = getattr(nn, f"Conv{rank}d"), getattr(nn, f"ConvTranspose{rank}d")
        norm, instance = getattr(nn, f"BatchNorm{rank}d"), getattr(nn, f"InstanceNorm{rank}d")
        highest, mean = getattr(nn, f"MaxPool{rank}d"), getattr(nn, f"AvgPool{rank}d")
        to_highest, to_mean = getattr(nn, f"AdaptiveMaxPool{rank}d"), getattr(nn, f"AdaptiveAvgPool{rank}d")
        probes += [
            (f"conv{rank}d", {"out": 4, "kernel": 3}, lambda c=conv: c(8, 4, 3), shape),
            (
                f"conv{rank}d",
                {"out": 4, "kernel": 3, "groups": 2, "bias": False, "stride": 2},
                lambda c=conv: c(8, 4, 3, 2, groups=2, bias=False),
                shape,
            ),
            (f"convtranspose{rank}d", {"out": 4, "kernel": 3, "stride": 2}, lambda c=back: c(8, 4, 3, 2), shape),
            (f"batchnorm{rank}d", {}, lambda c=norm: c(8), shape),
            (f"batchnorm{rank}d", {"affine": False}, lambda c=norm: c(8, affine=False), shape),
            (f"instancenorm{rank}d", {"affine": True}, lambda c=instance: c(8, affine=True), shape),
            (f"instancenorm{rank}d", {}, lambda c=instance: c(8), shape),
            (f"maxpool{rank}d", {"kernel": 3, "stride": 2}, lambda c=highest: c(3, 2), shape),
            (f"avgpool{rank}d", {"kernel": 3, "stride": 2}, lambda c=mean: c(3, 2), shape),
            (f"adaptivemaxpool{rank}d", {"size": 3}, lambda c=to_highest: c(3), shape),
            (f"adaptiveavgpool{rank}d", {"size": 3}, lambda c=to_mean: c(3), shape),
            (f"adaptiveavgpool{rank}d", {"size": 4}, lambda c=to_mean: c(4), shape),
        ]
    return probes


def _valued() -> list[Probe]:
    modules: dict[str, Callable[[], nn.Module]] = {
        "relu": nn.ReLU,
        "relu6": nn.ReLU6,
        "leakyrelu": nn.LeakyReLU,
        "prelu": nn.PReLU,
        "elu": nn.ELU,
        "selu": nn.SELU,
        "gelu": nn.GELU,
        "silu": nn.SiLU,
        "mish": nn.Mish,
        "sigmoid": nn.Sigmoid,
        "tanh": nn.Tanh,
        "hardsigmoid": nn.Hardsigmoid,
        "hardswish": nn.Hardswish,
        "hardtanh": nn.Hardtanh,
        "softplus": nn.Softplus,
        "dropout": nn.Dropout,
        "identity": nn.Identity,
    }
    return [(kind, {}, module, SMALL) for kind, module in modules.items()]


def _recurrent() -> list[Probe]:
    probes: list[Probe] = []
    for kind, module in {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}.items():
        for more in ({}, {"bias": False}, {"layers": 2}, {"layers": 2, "bidirectional": True}):
            given = {"num_layers" if name == "layers" else name: value for name, value in more.items()}
            probes.append(
                (kind, {"hidden": 6, **more}, lambda m=module, g=given: m(8, 6, batch_first=True, **g), TOKENS)
            )
    return probes


PROBES: list[Probe] = [
    *_ranked(),
    *_valued(),
    *_recurrent(),
    ("linear", {"out": 6}, lambda: nn.Linear(8, 6), (8,)),
    ("linear", {"out": 6}, lambda: nn.Linear(8, 6), TOKENS),
    ("linear", {"out": 6, "bias": False}, lambda: nn.Linear(8, 6, bias=False), TOKENS),
    ("groupnorm", {"groups": 2}, lambda: nn.GroupNorm(2, 8), SMALL),
    ("groupnorm", {"groups": 2, "affine": False}, lambda: nn.GroupNorm(2, 8, affine=False), SMALL),
    ("layernorm", {}, lambda: nn.LayerNorm(8), TOKENS),
    ("layernorm", {"affine": False}, lambda: nn.LayerNorm(8, elementwise_affine=False), TOKENS),
    ("localresponsenorm", {"size": 5}, lambda: nn.LocalResponseNorm(5), SMALL),
    ("softmax", {}, lambda: nn.Softmax(-1), TOKENS),
    ("globalavgpool", {}, lambda: nn.AdaptiveAvgPool2d(1), SMALL),
    ("globalmaxpool", {}, lambda: nn.AdaptiveMaxPool2d(1), SMALL),
    ("upsample", {"scale": 2}, lambda: nn.Upsample(scale_factor=2), SMALL),
    ("upsample", {"scale": 2, "mode": "linear"}, lambda: nn.Upsample(scale_factor=2, mode="bilinear"), SMALL),
    ("upsample", {"scale": 2, "mode": "linear"}, lambda: nn.Upsample(scale_factor=2, mode="linear"), LINE),
    ("pixelshuffle", {"factor": 2}, lambda: nn.PixelShuffle(2), SMALL),
    ("flatten", {}, nn.Flatten, SMALL),
    ("attention", {"heads": 2}, Self, TOKENS),
    ("attention", {"heads": 2, "bias": False}, lambda: Self(bias=False), TOKENS),
]


def record() -> None:
    """Write what the tools say of each probe, and of those that are not installed what they said before."""
    from tests.conventions.other_tools import TOOLS, said_by  # noqa: PLC0415 - the tests import the probes without the tools

    before = list(csv.DictReader(RECORD.read_text().splitlines()))
    with RECORD.open("w") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["kind", "fields", "input", *TOOLS])
        for number, (kind, fields, module, shape) in enumerate(PROBES):
            said: list[int | str | None] = []
            for tool in TOOLS:
                try:
                    said.append(said_by(tool, First(module()), shape))
                except pytest.skip.Exception:
                    said.append(before[number].get(tool, ""))
            written = " ".join(f"{name}={value}" for name, value in fields.items())
            rows.writerow([kind, written, "x".join(map(str, shape)), *("" if n is None else n for n in said)])


if __name__ == "__main__":
    record()
