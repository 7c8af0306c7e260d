"""How many configurations a second a sweep computes, and how many torch builds and counts: `python tests/benchmarks/sweeps.py`.

Both in one run, in turn, with the same measures. torch builds its modules on the meta device, so that no memory is filled,
and counts params and the MACs of a forward pass by hooks.
"""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from archcalc.importers import source_of
from archcalc.sweeping.question import Question

TURNS = 5
# VGG-16 by width, resolution and classes; ResNet-50 by the depth and the width of each stage.
VGG = (["width=16:256:4", "R=64:512:4", "classes=10:1000:10"], {"": [3, "R", "R"]})
RESNET = ([*(f"depths[{stage}]=1:6" for stage in range(4)), *(f"widths[{stage}]=32:192:32" for stage in range(4))], {})


def asked(network: str, over: list[str], shape: dict[str, list[Any]], **more: Any) -> Question:
    source = source_of(network)
    return Question(
        name=source.name, content=bytes(source.data[:]), variant=source.variant, over=over, input=dict(shape), **more
    )


def swept(question: Question) -> tuple[int, float, int]:
    """Rows, the seconds that all of them took, and the runs that were needed."""
    start = time.perf_counter()
    sweep = question.sweep
    rows = sum(chunk.rows for chunk in sweep.chunks())
    return rows, time.perf_counter() - start, sweep.runs


def vgg(width: int, side: int, classes: int) -> tuple[nn.Module, int]:
    layers: list[nn.Module] = []
    channels = 3
    for stage, depth in enumerate((2, 2, 3, 3, 3)):
        out = min(8, 2**stage) * width
        for _ in range(depth):
            layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU()]
            channels = out
        layers.append(nn.MaxPool2d(2))
    wide = channels * (side // 32) ** 2
    dense = [nn.Linear(wide, 64 * width), nn.ReLU(), nn.Linear(64 * width, 64 * width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), *dense, nn.Linear(64 * width, classes)), side


def counted(build: Callable[[], tuple[nn.Module, int]]) -> tuple[int, int]:
    """The params and the MACs of a module on the meta device."""
    with torch.device("meta"):
        module, side = build()
        macs = 0

        def count(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            nonlocal macs
            macs += output.numel() * layer.weight[0].numel()  # type: ignore[operator,index]

        for layer in module.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                layer.register_forward_hook(count)
        module(torch.empty(1, 3, side, side))
        return sum(one.numel() for one in module.parameters()), macs


def convolved(channels: int, out: int, kernel: int, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(channels, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out)]


class Bottleneck(nn.Module):
    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        narrow = [*convolved(channels, width, 1, stride), nn.ReLU(), *convolved(width, width, 3), nn.ReLU()]
        self.residual = nn.Sequential(*narrow, *convolved(width, 4 * width, 1))
        same = channels == 4 * width
        self.shortcut = nn.Sequential(*([] if same else convolved(channels, 4 * width, 1, stride)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.residual(x) + self.shortcut(x))


def resnet(depths: list[int], widths: list[int]) -> tuple[nn.Module, int]:
    layers, channels = [*convolved(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        for block in range(depth):
            layers.append(Bottleneck(channels, width, 2 if stage and not block else 1))
            channels = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1000)), 224


def timed(of: Callable[[], object], times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        of()
    return (time.perf_counter() - start) / times


def main() -> None:
    pairs = {"vgg16": VGG, "resnet50": RESNET}
    builds: dict[str, Callable[[], tuple[nn.Module, int]]] = {
        "vgg16": lambda: vgg(64, 224, 1000),
        "resnet50": lambda: resnet([3, 4, 6, 3], [64, 128, 256, 512]),
    }
    for network, (over, shape) in pairs.items():
        found = []
        for _ in range(TURNS):
            rows, seconds, runs = swept(asked(network, over, shape))
            each = timed(lambda build=builds[network]: counted(build), 3)  # type: ignore[misc]
            found.append((rows / seconds, 1 / each, rows / seconds * each))
        rate, torch_rate, ratio = (statistics.median(column) for column in zip(*found, strict=True))
        print(
            f"{network}: {rows:,} configurations, {runs} runs: {rate:,.0f} a second; torch {torch_rate:.1f}: {ratio:,.0f} ×"
        )
    question = asked("vgg16", ["width=16:515", "R=64:563", "classes=10:409"], VGG[1], measures=["params", "macs"])
    sweep = question.sweep
    start, rows = time.perf_counter(), 0
    for number, chunk in enumerate(sweep.chunks()):
        rows += chunk.rows
        if number in {9, 99} or rows == sweep.space.size:
            held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print(f"{rows:,} rows after {time.perf_counter() - start:.1f} s, at most {held // 1024} MiB held")


if __name__ == "__main__":
    main()
