"""The modules of diffusers' U-Nets, with what each puts out and its params: writes tests/data/diffusers_rows.csv.

Run where diffusers is installed: `python -m tests.specs.diffusers_rows > tests/data/diffusers_rows.csv`.
"""

from __future__ import annotations

import csv
import re
import sys
from math import isqrt
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

STABLE = {
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
    "block_out_channels": (320, 640, 1280, 1280),
    "layers_per_block": 2,
}
SMALL = {
    "sample_size": 32,
    "block_out_channels": (128, 256, 256, 256),
    "layers_per_block": 2,
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": None,
    "norm_eps": 1e-6,
    "downsample_padding": 0,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
}


def traced(model: torch.nn.Module, *given: torch.Tensor) -> tuple[list[list[Any]], int]:
    """The name, output and params of each module with arrays, and the MACs by torch's counter; attention is one."""
    rows: list[list[Any]] = []
    names = {module: name for name, module in model.named_modules()}

    def note(module: torch.nn.Module, _given: Any, result: torch.Tensor) -> None:
        shape = tuple(result.shape[1:])
        name = re.sub(r"\.to_(q|k|v|out\.0)$", "", names[module])
        if name.endswith("group_norm"):
            # It has the places of the image in a row already.
            shape = (shape[0], isqrt(shape[1]), isqrt(shape[1]))
        params = sum(array.numel() for array in module.parameters(recurse=False))
        if name != names[module] and rows and rows[-1][0] == name:
            params += rows.pop()[2]
        rows.append([name, "x".join(map(str, shape)), params])

    for module in model.modules():
        if next(module.parameters(recurse=False), None) is not None:
            module.register_forward_hook(note)
    with FlopCounterMode(display=False) as counter:
        model.eval()(*given)
    return rows, counter.get_total_flops() // 2


def main() -> None:
    """Write both networks."""
    import diffusers  # noqa: PLC0415 - not among what the tests install

    write = csv.writer(sys.stdout, lineterminator="\n").writerow
    write(["network", "module", "output", "params"])
    with torch.device("meta"):
        time, text = torch.empty(1), torch.empty(1, 77, 768)
        stable, small = diffusers.UNet2DConditionModel(**STABLE), diffusers.UNet2DModel(**SMALL)
        made = {
            "stable_diffusion_unet": traced(stable, torch.empty(1, 4, 64, 64), time, text),
            "ddpm_cifar10": traced(small, torch.empty(1, 3, 32, 32), time),
        }
    for name, (rows, macs) in made.items():
        for row in rows:
            write([name, *row])
        write([name, f"MACs, diffusers {diffusers.__version__}", "", macs])


if __name__ == "__main__":
    main()
