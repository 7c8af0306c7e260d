"""The tools whose rules archcalc names, each called on a torch model: what it says the model costs."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import sys
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

Shape = tuple[int, ...]


def needed(name: str) -> Any:
    """A tool's module, or a skip where it cannot be imported."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - tools fail to import in ways of their own
        pytest.skip(f"{name} cannot be imported: {error}")


def installed(name: str, version: str) -> None:
    """Skip unless a package of that version is here; two of them call their module thop."""
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        pytest.skip(f"{name} is not installed")
    if not found.startswith(version):
        pytest.skip(f"{name} {found} counts otherwise than {version}")


def by_torch(model: torch.nn.Module, shape: Shape) -> int:
    # On the CPU its counter misses attention and recurrent layers.
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        model.to("meta")(torch.empty(1, *shape))
    return counter.get_total_flops()


def by_torchinfo(model: torch.nn.Module, shape: Shape) -> int:
    return needed("torchinfo").summary(model, (1, *shape), verbose=0, mode="eval").total_mult_adds


def by_fvcore(model: torch.nn.Module, shape: Shape) -> int:
    analysis = needed("fvcore.nn").FlopCountAnalysis(model, torch.zeros(1, *shape))
    return analysis.total()


def by_ptflops(backend: str) -> Callable[[torch.nn.Module, Shape], int]:
    def counted(model: torch.nn.Module, shape: Shape) -> int:
        info = needed("ptflops").get_model_complexity_info
        return info(model, shape, as_strings=False, print_per_layer_stat=False, backend=backend)[0]

    return counted


def by_thop(model: torch.nn.Module, shape: Shape) -> int:
    installed("thop", "0.1.1")
    return needed("thop").profile(model, (torch.zeros(1, *shape),), verbose=False)[0]


def by_ultralytics(version: str) -> Callable[[torch.nn.Module, Shape], int]:
    def counted(model: torch.nn.Module, shape: Shape) -> int:
        installed("ultralytics-thop", version)
        # What `get_flops` prints of an image, in billions.
        return 2 * needed("thop").profile(model, inputs=(torch.zeros(1, *shape),), verbose=False)[0]

    return counted


def by_calflops(place: int) -> Callable[[torch.nn.Module, Shape], int]:
    def counted(model: torch.nn.Module, shape: Shape) -> int:
        # The package itself imports transformers, which its counter has no use for.
        spec = importlib.util.find_spec("calflops")
        if spec is not None and "calflops" not in sys.modules:
            sys.modules["calflops"] = importlib.util.module_from_spec(spec)
        calculate = needed("calflops.flops_counter").calculate_flops
        given = {"output_as_string": False, "print_results": False, "print_detailed": False}
        return calculate(model, args=[torch.zeros(1, *shape)], **given)[place]

    return counted


def by_torchscan(model: torch.nn.Module, shape: Shape) -> int | None:
    return needed("torchscan").crawl_module(model, shape)["totals"]["macs"]["value"]


TOOLS: dict[str, Callable[[torch.nn.Module, Shape], int | None]] = {
    "torch": by_torch,
    "torchinfo": by_torchinfo,
    "fvcore": by_fvcore,
    "ptflops": by_ptflops("pytorch"),
    "ptflops-aten": by_ptflops("aten"),
    "thop": by_thop,
    "calflops": by_calflops(0),
    "calflops-macs": by_calflops(1),
    "torchscan": by_torchscan,
    "ultralytics": by_ultralytics("2.2"),
    "ultralytics-8.3": by_ultralytics("2.0.14"),
}


def said_by(tool: str, model: torch.nn.Module, shape: Shape) -> int | None:
    """What a tool says a model costs on one sample, None where it says that it cannot tell; its prints and warnings kept quiet."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            found = TOOLS[tool](model.eval(), shape)
    finally:
        logging.disable(logging.NOTSET)
    assert found is None or found == int(found)
    return None if found is None else int(found)
