"""Memory predicted beside memory measured on a GPU: `python -m tests.report.memory_report > reports/memory-measured.md`.

The page is made of `tests/data/gpu_h200_memory.csv` and, where it is there, of `tests/data/gpu_memory_steps.csv`, which
`tests/benchmarks/memory.py` writes.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import archcalc
from archcalc.memory_plan.plan import Plan, inference, training

DATA = Path(__file__).parent.parent / "data"
PEAKS, STEPS = DATA / "gpu_h200_memory.csv", DATA / "gpu_memory_steps.csv"
# The spec that is torchvision's own network.
SPECS = {
    "alexnet": "alexnet-torchvision",
    "vgg16": "vgg16-torchvision",
    "resnet50": "resnet50-torchvision",
    "densenet121": "densenet121",
}
MIB = 2**20


class Measured(NamedTuple):
    """A phase with a batch: what was predicted and measured, and what cuBLAS held of that, if that is known."""

    network: str
    phase: str
    batch: int
    predicted: int
    found: int
    optimizer: str = ""
    step: str = ""
    workspace: int = 0

    @property
    def rest(self) -> int:
        """What was found and not predicted."""
        return self.found - self.predicted

    @property
    def share(self) -> float:
        """What was found for each byte predicted."""
        return self.found / self.predicted


@cache
def planned(network: str, optimizer: str = "", step: str = "") -> Plan:
    """The plan of a network at inference, or in training where an optimizer is named."""
    profile = archcalc.profile(archcalc.load(SPECS[network]))
    return training(profile, rule=optimizer, step=step) if optimizer else inference(profile)


def predicted(plan: Plan, batch: int, phase: str) -> int:
    """The most bytes in a phase: of a step of training all of it, the passes alone, or the update alone."""
    alive = plan.timeline.bytes(batch)
    part = {"forward and backward": alive[:-1], "update": alive[-1:]}.get(phase, alive)
    return sum(one.bytes(batch) for one in plan.resident.values()) + max(part)


def peaks() -> list[Measured]:
    """The rows of a forward pass and of a whole step with Adam, one array at a time."""
    found = []
    for row in read(PEAKS):
        asked = ("adam", "single") if row["phase"] == "training, Adam" else ()
        plan, batch = planned(row["network"], *asked), int(row["batch"])
        phase = "training" if asked else "inference"
        found.append(
            Measured(
                row["network"], phase, batch, predicted(plan, batch, phase), int(row["max_memory_allocated"]), *asked
            )
        )
    return found


def steps() -> list[Measured]:
    """The rows of phases measured apart, none where that was not done."""
    found = []
    for row in read(STEPS) if STEPS.exists() else []:
        plan, batch = planned(row["network"], row["optimizer"], row["step"]), int(row["batch"])
        sizes = predicted(plan, batch, row["phase"]), int(row["max_memory_allocated"])
        about = row["optimizer"], row["step"], int(row["workspace"])
        found.append(Measured(row["network"], row["phase"], batch, *sizes, *about))
    return found


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a file whose first lines may be remarks."""
    return list(csv.DictReader(line for line in path.read_text().splitlines() if not line.startswith("#")))


def page() -> str:
    """The whole page."""
    rows = peaks()
    return "\n".join(
        [
            "# Memory, predicted and measured",
            "",
            (
                "Measured is `torch.cuda.max_memory_allocated` on one NVIDIA H200, caching allocator, fp32: torch 2.11, cuDNN 9.19, "
                "torchvision's models, on 2026-11-27. Predicted is the peak of `archcalc memory`. Bytes; the rest is what was "
                "measured and not predicted, in MiB."
            ),
            "",
            *inferring([row for row in rows if row.phase == "inference"]),
            *learning([row for row in rows if row.phase == "training"]),
            *apart(steps()),
        ]
    )


def inferring(rows: list[Measured]) -> list[str]:
    """What is said of inference."""
    ones = [row for row in rows if row.batch == 1]
    most = max(rows, key=lambda row: row.rest / row.predicted if row.network == "vgg16" else 0)
    return [
        "## Inference",
        "",
        "A forward pass without gradients, the second one.",
        "",
        *table(rows, step=False),
        "",
        (
            f"With a batch of 1 the rest is {between(row.rest / MIB for row in ones)} MiB, most of it what cuBLAS works in. It "
            "grows with the batch, for cuDNN's convolutions work in memory of their own: with it VGG-16 with "
            f"{most.batch} images takes {most.rest / most.predicted:.1f} × more than is predicted. Which algorithm cuDNN takes, "
            "and what that needs, depends on its version and the device, and no formula gives it; `--workspace im2col` is one "
            "of them, of which no prediction here makes use. Smaller parts are the input, which the caller holds to the end, "
            "and positions of 8 bytes, which torch's max pooling makes without gradients too and lets go."
        ),
        "",
    ]


def learning(rows: list[Measured]) -> list[str]:
    """What is said of training."""
    update = [
        row for row in rows if predicted(planned(row.network, "adam", "single"), row.batch, "update") == row.predicted
    ]
    others = [row for row in rows if row not in update]
    first = next(row for row in rows if row.network == "alexnet" and row.batch == 1)
    passes = predicted(planned(first.network, "adam", "single"), first.batch, "forward and backward")
    large = [row for row in rows if row.batch == 64]
    return [
        "## Training",
        "",
        "The second step with Adam, `foreach=False`: `archcalc memory --train --optimizer adam --step single`.",
        "",
        *table(rows, step=False, peak=update),
        "",
        (
            f"Where the update is the peak, at small batches, the rest is {between(row.rest / MIB for row in update)} MiB: what cuBLAS "
            "holds, and arrays rounded up to 512 bytes. Adam one array at a time makes two temporaries of the largest array; without "
            f"them AlexNet with one image would be predicted {passes:,} bytes and measured {first.found / passes - 1:.0%} more. "
            f"Where the passes are the peak, the rest is {between(row.rest / MIB for row in others)} MiB, for cuDNN's convolutions "
            f"work in memory of their own there too. With 64 images it is {between(100 * (row.share - 1) for row in large)} %."
        ),
        "",
    ]


def apart(rows: list[Measured]) -> list[str]:
    """What is said of phases measured apart."""
    if not rows:
        return []
    remark = STEPS.read_text().partition("\n")[0].removeprefix("#").strip()
    updates = [row for row in rows if row.phase == "update"]
    left = [row.rest - row.workspace for row in updates]
    return [
        "## Phases apart",
        "",
        (
            f"Measured by `tests/benchmarks/memory.py`: {remark}. The workspace is what was still allocated once the "
            "network, the optimizer and the batch were gone, which cuBLAS keeps; the rest is without it."
        ),
        "",
        *table(rows, step=True),
        "",
        f"Of the {len(updates)} updates, beside the workspace the rest is {between(n / MIB for n in left)} MiB.",
        "",
    ]


def between(values: Iterable[float]) -> str:
    """The least and the most of some values, with a digit after the point."""
    listed = sorted(values)
    return f"{listed[0]:.1f} to {listed[-1]:.1f}"


def table(rows: Sequence[Measured], *, step: bool, peak: Sequence[Measured] | None = None) -> list[str]:
    """A table in markdown: the steps and the workspace where they vary, and in which phase the peak is where that is known."""
    titles = ["network", *(["phase", "optimizer", "step"] if step else []), "batch"]
    titles += ["peak in"] * (peak is not None) + ["predicted", "measured"] + ["workspace"] * step
    titles += ["rest, MiB", "measured / predicted"]
    lines = []
    for row in rows:
        cells = [row.network, *([row.phase, row.optimizer, row.step] if step else []), f"{row.batch}"]
        if peak is not None:
            cells.append("the update" if row in peak else "the passes")
        cells += [f"{row.predicted:,}", f"{row.found:,}", *([f"{row.workspace:,}"] if step else [])]
        lines.append([*cells, f"{(row.rest - row.workspace) / MIB:.2f}", f"{row.share:.4f}"])
    left = {"network", "phase", "optimizer", "step", "peak in"}
    rule = [":--" if title in left else "--:" for title in titles]
    return [f"| {' | '.join(cells)} |" for cells in (titles, rule, *lines)]


if __name__ == "__main__":
    sys.stdout.write(page())
