"""Predicted memory beside what a GPU allocates: `python tests/benchmarks/memory.py > reports/memory-measured.md`.

For each network and batch size `torch.cuda.max_memory_allocated` of one forward pass without gradients, and of the second
step of training with Adam. A prediction leaves out the allocator's rounding to 512 bytes and what kernels work in; the
share that this is stands in the last column.
"""

from __future__ import annotations

import datetime as dt
import gc
import sys
from contextlib import suppress
from importlib import import_module

import torch

import archcalc
from archcalc.memory.plan import inference, training

# The spec that is torchvision's own network.
NETWORKS = {
    "alexnet": "alexnet-torchvision",
    "vgg16": "vgg16",
    "resnet50": "resnet50-torchvision",
    "densenet121": "densenet121",
}
BATCHES = (1, 16, 64)


def peak_of(work) -> int:
    """The most bytes allocated while something is done."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    work()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()


def forward(model: torch.nn.Module, shape: tuple[int, ...]) -> int:
    """The peak of a forward pass, the input being let go as soon as it was read."""
    model.eval()

    def work() -> None:
        with torch.no_grad():
            model(torch.zeros(shape, device="cuda"))

    work()
    return peak_of(work)


def step(model: torch.nn.Module, shape: tuple[int, ...]) -> int:
    """The peak of a step of training after the first, with which the optimiser makes its state."""
    model.train()
    # One array at a time: all at once the update would need as much again.
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-6, foreach=False)

    def work() -> None:
        optimizer.zero_grad(set_to_none=True)
        model(torch.zeros(shape, device="cuda")).sum().backward()
        optimizer.step()

    work()
    optimizer.zero_grad(set_to_none=True)
    return peak_of(work)


def main() -> None:
    """Print the page."""
    if not torch.cuda.is_available():
        sys.exit("torch sees no GPU; nothing was measured")
    for operator in ("nms", "qnms"):
        # Missing where torchvision's binary is built for another torch.
        with suppress(RuntimeError):
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")
    torchvision = import_module("torchvision")
    print("# Memory, predicted and measured\n")
    print(
        f"{dt.datetime.now(dt.UTC).date()}, {torch.cuda.get_device_name()}, torch {torch.__version__}, "
        f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, torchvision {torchvision.__version__}. "
        "fp32; bytes; measured is `torch.cuda.max_memory_allocated`.\n"
    )
    print("| network | phase | batch | predicted | measured | measured / predicted |")
    print("|:--|:--|--:|--:|--:|--:|")
    for name, spec in NETWORKS.items():
        for batch in BATCHES:
            result = archcalc.profile(archcalc.load(spec), batch)
            for phase, plan, measure in (("inference", inference, forward), ("training, Adam", training, step)):
                model = torchvision.models.get_model(name).cuda()
                measured = measure(model, (batch, *result.graph.input))
                predicted = plan(result).peak(batch)
                del model
                print(f"| {name} | {phase} | {batch} | {predicted:,} | {measured:,} | {measured / predicted:.4f} |")


if __name__ == "__main__":
    main()
