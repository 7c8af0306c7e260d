"""The rows of networks of timm, for tests/data/timm_rows.csv: what each module with params puts out.

python -m tests.specs.timm_rows > tests/data/timm_rows.csv
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from importlib.metadata import version

import torch
from torch import Tensor, nn

# Bundled networks, each with its name in timm.
NETWORKS = {
    "deit_tiny": "deit_tiny_patch16_224",
    "deit_tiny_distilled": "deit_tiny_distilled_patch16_224",
    "mixer_s_32": "mixer_s32_224",
    "resmlp_12": "resmlp_12_224",
    "convmixer_768_32": "convmixer_768_32",
    "convmixer_1024_20": "convmixer_1024_20_ks9_p14",
    "se_resnet50": "legacy_seresnet50",
    "repvgg_a0": "repvgg_a0",
    "ghostnet": "ghostnet_100",
    "nasnet_large": "nasnetalarge",
    "coatnet_0": "coatnet_0_224",
}
# Those that take larger images than others.
SIDES = {"nasnet_large": 331}


def rows(model: nn.Module, side: int = 224) -> Iterator[tuple[str, str, str, int]]:
    """Each module with params in the order of calls on a square image, and then the params that modules hold beside others."""
    found: list[tuple[str, str, str, int]] = []
    ran: set[str] = set()

    def note(name: str, module: nn.Module) -> None:
        def called(_module: nn.Module, _given: object, y: Tensor) -> None:
            params = sum(array.numel() for array in module.parameters())
            ran.add(name)
            found.append((name, type(module).__name__, "x".join(map(str, y.shape[1:])), params))

        module.register_forward_hook(called)

    for name, module in model.named_modules():
        if list(module.parameters()) and not within(module):
            note(name, module)
    model.eval()(torch.empty(1, 3, side, side, device="meta"))
    yield from found
    for name, module in model.named_modules():
        if within(module) or name not in ran:
            for array, values in module.named_parameters(prefix=name, recurse=False):
                yield array, "Parameter", "x".join(map(str, values.shape)), values.numel()


def within(module: nn.Module) -> bool:
    """Whether modules with params lie in it."""
    return any(list(part.parameters()) for part in module.children())


def main() -> None:
    """Write the table."""
    import timm  # noqa: PLC0415 - not everywhere

    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["source", "network", "module", "type", "output", "params"])
    for name, theirs in NETWORKS.items():
        with torch.device("meta"):
            model = timm.create_model(theirs)
        out.writerows((f"timm {version('timm')}", name, *row) for row in rows(model, SIDES.get(name, 224)))


if __name__ == "__main__":
    from tests.specs import torchvision_models  # noqa: F401 - operators that torchvision's binary may lack

    main()
