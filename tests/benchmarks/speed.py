"""How fast archcalc is, as ratios taken in one run: `python tests/benchmarks/speed.py [PYTHON] > reports/benchmarks.md`.

Wall times of shared machines drift by a factor of two, so whole processes are timed in turn, A B A B, and the ratio is
taken pair by pair. Run it where only archcalc is installed, as a user has it; PYTHON is one that has archcalc too, and
torchinfo, torch, torchvision, onnx and onnxruntime, by default the running one.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import archcalc
from archcalc.layers.conv import Conv2d
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder

PAIRS = 15
# Compiled modules are what an installed package has.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

TABLE = [str(Path(sys.executable).parent / "archcalc"), "table", "vgg16"]
FLOOR = [sys.executable, "-c", "import click, yaml, tabulate"]
TORCH = sys.argv[1] if len(sys.argv) > 1 else sys.executable
TORCHINFO = [
    TORCH,
    "-c",
    """
import torch
torch.library.define("torchvision::nms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
torch.library.define("torchvision::qnms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import torchinfo, torchvision
torchinfo.summary(torchvision.models.vgg16(), (1, 3, 224, 224), col_names=["output_size", "num_params", "mult_adds"])
""",
]


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return time.perf_counter() - start


def in_turn(a: list[str], b: list[str], pairs: int) -> tuple[float, float, float]:
    """Median seconds of a and of b, and the median of their ratios pair by pair."""
    seconds(a), seconds(b)
    timed = [(seconds(a), seconds(b)) for _ in range(pairs)]
    return (
        statistics.median(t for t, _ in timed),
        statistics.median(t for _, t in timed),
        statistics.median(x / y for x, y in timed),
    )


def stack(depth: int) -> tuple[float, float]:
    """Seconds to build and to profile a plain stack of convolutions, no two of them equal objects."""
    start = time.perf_counter()
    builder = Builder()
    last = builder.add("input", Input((8, 16, 16)))
    for number in range(depth):
        last = builder.add(f"conv{number}", Conv2d(out=8, kernel=3, padding=1), last)
    graph = builder.graph()
    built = time.perf_counter()
    archcalc.profile(graph)
    return built - start, time.perf_counter() - built


def profiles_a_second() -> float:
    graph = archcalc.load("vgg16")
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(100):
            archcalc.profile(graph)
        rates.append(100 / (time.perf_counter() - start))
    return statistics.median(rates)


def version_of(package: str) -> str:
    command = [TORCH, "-c", f"import importlib.metadata; print(importlib.metadata.version('{package}'))"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    print("# Benchmarks\n")
    print(f"Taken in one run on {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python")
    print(
        f"{platform.python_version()}, by `python tests/benchmarks/speed.py`. Ratios are medians of pairs run in turn.\n"
    )
    print("## Whole processes\n")
    print("| A | B | A, s | B, s | A / B |\n|---|---|---:|---:|---:|")
    a, b, ratio = in_turn(TABLE, FLOOR, PAIRS)
    print(f'| `archcalc table vgg16` | `python -c "import click, yaml, tabulate"` | {a:.3f} | {b:.3f} | {ratio:.2f} |')
    a, b, ratio = in_turn(TORCHINFO, TABLE, 5)
    print(
        f"| the same with torchinfo {version_of('torchinfo')}, torch {version_of('torch')} | `archcalc table vgg16` | {a:.3f} | {b:.3f} | {ratio:.1f} |"
    )
    print("\n## In one process\n")
    print("| plain stack of 3×3 convolutions | build, s | profile, s | µs a layer |\n|---|---:|---:|---:|")
    for depth in (1_000, 10_000, 100_000, 1_000_000):
        built, profiled = stack(depth)
        print(f"| {depth:,} layers | {built:.3f} | {profiled:.3f} | {(built + profiled) / depth * 1e6:.1f} |")
    print(f"\nVGG-16 from a loaded graph: {profiles_a_second():,.0f} profiles a second.\n")
    for command in ([sys.executable, "files.py", TORCH], [TORCH, "forward.py"]):
        path = str(Path(__file__).with_name(command[1]))
        command[1] = path
        print(subprocess.run(command, check=True, capture_output=True, text=True, env=ENVIRONMENT).stdout.rstrip())


if __name__ == "__main__":
    main()
