"""Peak memory on a GPU, phase by phase: `python tests/benchmarks/memory.py > tests/data/gpu_memory_steps.csv`.

Needs torch and a GPU, and nothing of this project: `tests/report/memory_report.py` holds the rows against what is predicted. The
networks are torchvision's, written out. For each batch there is one row for a forward pass without gradients, and for each
optimizer and each way to take its step two rows for the second step of training: forward and backward, and the update.
Bytes are the caching allocator's; `before` is what was allocated when the phase began, `workspace` what is still allocated
once network, optimizer and batch are gone, which is what cuBLAS works in.
"""

from __future__ import annotations

import csv
import gc
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

BATCHES = (1, 16, 64)
STEPS: dict[str, dict[str, bool]] = {
    "single": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}
OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "sgd": lambda arrays, **how: torch.optim.SGD(arrays, lr=1e-6, **how),
    "momentum": lambda arrays, **how: torch.optim.SGD(arrays, lr=1e-6, momentum=0.9, **how),
    "adam": lambda arrays, **how: torch.optim.Adam(arrays, lr=1e-6, **how),
    "adamw": lambda arrays, **how: torch.optim.AdamW(arrays, lr=1e-6, **how),
}
HEAD = ("network", "phase", "optimizer", "step", "batch", "max_memory_allocated", "before", "workspace")


def classifier(maps: int, *, before: bool) -> list[nn.Module]:
    """Three dense layers with dropout before or after the first two."""
    wide: list[nn.Module] = [nn.Linear(maps, 4096), nn.ReLU(inplace=True)]
    again: list[nn.Module] = [nn.Linear(4096, 4096), nn.ReLU(inplace=True)]
    dropped = [nn.Dropout(), *wide, nn.Dropout(), *again] if before else [*wide, nn.Dropout(), *again, nn.Dropout()]
    return [nn.Flatten(), *dropped, nn.Linear(4096, 1000)]


def alexnet() -> nn.Sequential:
    """Krizhevsky 2014, as torchvision has it."""
    layers: list[nn.Module] = []
    maps = 3
    for out, kernel, stride, padding, pooled in (
        (64, 11, 4, 2, True),
        (192, 5, 1, 2, True),
        (384, 3, 1, 1, False),
        (256, 3, 1, 1, False),
        (256, 3, 1, 1, True),
    ):
        layers += [nn.Conv2d(maps, out, kernel, stride, padding), nn.ReLU(inplace=True)]
        layers += [nn.MaxPool2d(3, 2)] if pooled else []
        maps = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(6), *classifier(maps * 36, before=True))


def vgg16() -> nn.Sequential:
    """Simonyan and Zisserman 2014, configuration D, as torchvision has it."""
    layers: list[nn.Module] = []
    maps = 3
    for out, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for _ in range(depth):
            layers += [nn.Conv2d(maps, out, 3, padding=1), nn.ReLU(inplace=True)]
            maps = out
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(7), *classifier(maps * 49, before=False))


class Bottleneck(nn.Module):
    """Three convolutions beside the identity, or beside a projection where sizes differ."""

    def __init__(self, maps: int, width: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            *(nn.Conv2d(maps, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)),
            *(nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)),
            *(nn.Conv2d(width, 4 * width, 1, bias=False), nn.BatchNorm2d(4 * width)),
        )
        projected = stride > 1 or maps != 4 * width
        self.shortcut = (
            nn.Sequential(nn.Conv2d(maps, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))
            if projected
            else nn.Identity()
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        out = self.residual(x)
        out += self.shortcut(x)
        return self.relu(out)


def resnet50() -> nn.Sequential:
    """He et al. 2015, as torchvision has it, with the stride in the 3×3 convolutions."""
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
    layers.append(nn.MaxPool2d(3, 2, 1))
    maps = 64
    for width, depth, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for index in range(depth):
            layers.append(Bottleneck(maps, width, stride if index == 0 else 1))
            maps = 4 * width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(maps, 1000))


NETWORKS = {"alexnet": alexnet, "vgg16": vgg16, "resnet50": resnet50}


class Phase:
    """The bytes allocated when it began, and the most while it lasted."""

    def __init__(self, work: Callable[[], object]) -> None:
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        self.before = torch.cuda.memory_allocated()
        work()
        torch.cuda.synchronize()
        self.most = torch.cuda.max_memory_allocated()


def left_over() -> int:
    """What is allocated though nothing of ours is, let go when it is known."""
    gc.collect()
    torch.cuda.synchronize()
    found = torch.cuda.memory_allocated()
    torch._C._cuda_clearCublasWorkspaces()  # noqa: SLF001 - it has no public name
    torch.cuda.empty_cache()
    return found


def inference(network: Callable[[], nn.Module], batch: int) -> Phase:
    """A second forward pass."""
    with torch.device("cuda"):
        model = network().eval()

    def work() -> None:
        with torch.no_grad():
            model(torch.zeros((batch, 3, 224, 224), device="cuda"))

    work()
    return Phase(work)


def training(network: Callable[[], nn.Module], batch: int, optimizer: str, step: str) -> tuple[Phase, Phase]:
    """Forward and backward, and the update, of the second step; the first makes the optimizer's state."""
    with torch.device("cuda"):
        model = network().train()
    rule = OPTIMIZERS[optimizer](model.parameters(), **STEPS[step])

    def work() -> None:
        model(torch.zeros((batch, 3, 224, 224), device="cuda")).sum().backward()

    work()
    rule.step()
    rule.zero_grad(set_to_none=True)
    return Phase(work), Phase(rule.step)


def rows() -> Iterator[tuple[object, ...]]:
    """The measured phases."""
    for name, network in NETWORKS.items():
        for batch in BATCHES:
            phase = inference(network, batch)
            yield name, "inference", "", "", batch, phase.most, phase.before, left_over()
            for optimizer in OPTIMIZERS:
                for step in STEPS:
                    passes, update = training(network, batch, optimizer, step)
                    workspace = left_over()
                    for label, phase in (("forward and backward", passes), ("update", update)):
                        yield name, label, optimizer, step, batch, phase.most, phase.before, workspace


def main() -> None:
    """Print the rows under what they were measured on."""
    if not torch.cuda.is_available():
        sys.exit("torch sees no GPU; nothing was measured")
    torch.backends.cudnn.allow_tf32 = False
    print(
        f"# {torch.cuda.get_device_name()}, torch {torch.__version__}, CUDA {torch.version.cuda}, "
        f"cuDNN {torch.backends.cudnn.version()}, fp32, TF32 off, "
        f"CUBLAS_WORKSPACE_CONFIG={os.environ.get('CUBLAS_WORKSPACE_CONFIG', '')}, "
        f"PYTORCH_CUDA_ALLOC_CONF={os.environ.get('PYTORCH_CUDA_ALLOC_CONF', '')}"
    )
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(HEAD)
    for row in rows():
        out.writerow(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
