"""The rows of networks of timm, segment-anything, transformers and pytorchcv, written to tests/data by `python -m tests.specs.timm_rows`.

It needs these packages, which no test does. Networks are built on the meta device, so that none has weights.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.specs.folding import folded
from tests.specs.timm_networks import NETWORKS, Network

DATA = Path(__file__).parent.parent / "data"
ROWS, TOTALS = DATA / "timm_rows.csv", DATA / "timm_totals.csv"
# What archcalc has as one kind: attention with its projections.
ATTENTION = {"Attention", "Attention2d", "AttentionCl", "ClassAttn"}


class Module(NamedTuple):
    """A module with params and its output, or an array that a module holds beside others, with its own shape."""

    type: str
    output: tuple[int, ...]
    params: int


def built(network: Network) -> nn.Module:
    """The network without weights, its branches made one where it is the form for inference."""
    with torch.device("meta"):
        if network.package == "segment-anything":
            sam: Any = import_module("segment_anything").sam_model_registry[network.name]()
            model: nn.Module = sam.image_encoder
        elif network.package == "transformers":
            kind: Any = getattr(import_module("transformers"), network.name)
            model = kind(kind.config_class(**network.config or {}, attn_implementation="eager"))
        elif network.package == "pytorchcv":
            model = import_module("pytorchcv.model_provider").get_model(network.name)
        else:
            model = import_module("timm").create_model(network.name)
        if network.deploy:
            model = import_module("timm.utils").reparameterize_model(model)
    return model.eval().requires_grad_(requires_grad=False)


def rows(model: nn.Module, side: int) -> Iterator[Module]:
    """Each module with params in the order of calls, and then the params that modules hold beside others."""
    found: list[Module] = []

    def note(module: nn.Module) -> None:
        def called(_module: nn.Module, _given: object, y: Tensor) -> None:
            params = sum(array.numel() for array in module.parameters())
            found.append(Module(type(module).__name__, tuple(y.shape[1:]), params))

        module.register_forward_hook(called)

    whole: list[str] = []
    for name, module in model.named_modules():
        if any(name.startswith(f"{one}.") for one in whole):
            continue
        if type(module).__name__ in ATTENTION:
            whole.append(name)
        if list(module.parameters()) and (name in whole or not within(module)):
            note(module)
    with torch.no_grad():
        model(torch.empty(1, 3, side, side, device="meta"))
    yield from found
    for name, module in model.named_modules():
        if within(module) and name not in whole:
            for values in module.parameters(recurse=False):
                yield Module("Parameter", tuple(values.shape), values.numel())


def within(module: nn.Module) -> bool:
    """Whether modules with params lie in it."""
    return any(list(part.parameters()) for part in module.children())


def totals(model: nn.Module, side: int) -> tuple[int, int]:
    """All params, and the multiply-adds that torch counts."""
    with torch.no_grad(), torch.device("meta"), FlopCounterMode(display=False) as counter:
        model(torch.empty(1, 3, side, side))
    return sum(array.numel() for array in model.parameters()), counter.get_total_flops() // 2


def main() -> None:
    """Write both tables, or print what is found in the networks that are named."""
    names = sys.argv[1:]
    with ROWS.open("w") if not names else sys.stdout as table, TOTALS.open("w") if not names else sys.stdout as sums:
        lines, sizes = csv.writer(table, lineterminator="\n"), csv.writer(sums, lineterminator="\n")
        lines.writerow(["network", "block", "times", "module", "output", "params"])
        sizes.writerow(["source", "network", "side", "params", "macs"])
        for name in names or NETWORKS:
            network = NETWORKS[name]
            model = built(network)
            found = list(rows(model, network.side))
            params, macs = totals(model, network.side)
            if sum(row.params for row in found) != params:
                raise ValueError(f"{name}: modules that are called have not all of {params:,} params")
            source = f"{network.package} {version(network.package)}, {network.name}"
            sizes.writerow([source, name, network.side, params, macs])
            for block, (times, modules) in enumerate(folded(found, lambda row: row)):
                for row in modules:
                    output = "x".join(map(str, row.output))
                    lines.writerow([name, block, times, row.type, output, row.params])


if __name__ == "__main__":
    from tests.specs import torchvision_models  # noqa: F401 - operators that torchvision's binary may lack

    main()
