"""The bundled networks for segmentation, detection and video against torchvision's, on the meta device, module by module."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Row
from archcalc.reference.weight_files import renamed
from tests.specs.torchvision_models import torchvision

NAMES = (
    *("fcn_resnet50", "fcn_resnet101", "deeplabv3_resnet50", "deeplabv3_resnet101"),
    *("r3d_18", "mc3_18", "r2plus1d_18", "retinanet_resnet50_fpn", "retinanet_resnet50_fpn_v2"),
)


SEGMENTATION = ("fcn", "deeplabv3")


def model_of(name: str) -> torch.nn.Module:
    """The model without weights, with the auxiliary head that its trained weights have."""
    more = {"weights_backbone": None} if "resnet" in name else {}
    more |= {"aux_loss": True} if name.startswith(SEGMENTATION) else {}
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None, **more).eval()


def traced(model: torch.nn.Module, shape: tuple[int, ...]) -> list[tuple[tuple[int, ...], int]]:
    """The output's shape and the params of every module that has any of its own, in the order of execution."""
    found: list[tuple[tuple[int, ...], int]] = []

    def note(module: torch.nn.Module, _given: Any, result: torch.Tensor) -> None:
        found.append((tuple(result.shape[1:]), sum(array.numel() for array in module.parameters(recurse=False))))

    for module in model.modules():
        if next(module.parameters(recurse=False), None) is not None:
            module.register_forward_hook(note)
    image = torch.empty(1, *shape, device="meta")
    if hasattr(model, "head"):
        # What decodes boxes asks for numbers.
        model.head(list(model.backbone(image).values()))
    else:
        model(image)
    return found


def arrays(row: Row) -> dict[str, Any]:
    """The shapes of what a layer runs with, by name."""
    return {**row.layer.weights(*row.inputs), **row.layer.buffers(*row.inputs)}


@pytest.mark.parametrize("name", NAMES)
def test_every_module_has_its_row(name):
    """With its output's shape and its own or shared params, in order; torchvision runs an auxiliary head last."""
    result = profile(load(name))
    rows = sorted((row for row in result.rows if arrays(row)), key=lambda row: row.auxiliary)

    assert [
        (tuple(row.output), sum(math.prod(shape) for shape in row.layer.weights(*row.inputs).values())) for row in rows
    ] == traced(model_of(name), tuple(result.graph.input))


@pytest.mark.parametrize("name", NAMES)
def test_every_array_has_the_name_that_torchvision_gives_it(name):
    """All of the state but its counters of batches, each array with its shape."""
    graph = load(name)
    ours = {
        renamed(row.name, array, graph.weights): tuple(shape)
        for row in profile(graph).rows
        if row.params
        for array, shape in arrays(row).items()
    }

    assert ours == {key: tuple(array.shape) for key, array in model_of(name).state_dict().items() if array.dim()}
