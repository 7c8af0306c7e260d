"""The bundled R-CNNs against torchvision's: heads per box, and for how many boxes torchvision's figures were recorded."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archcalc.language import load
from archcalc.layers import Layer
from archcalc.profiling.engine import profile
from archcalc.reference.weight_files import renamed
from tests.specs.modules import Module, arrays, modules_of, traced
from tests.specs.torchvision_models import torchvision
from tests.zoo import THOROUGH

# The figures that torchvision's own test measured on noise: the proposals and detections that it then had.
RECORDED = {
    "FasterRCNN_ResNet50_FPN_Weights.COCO_V1": (1000, 0),
    "FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1": (1000, 0),
    "FasterRCNN_MobileNet_V3_Large_FPN_Weights.COCO_V1": (0, 0),
    "FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1": (0, 0),
    "MaskRCNN_ResNet50_FPN_Weights.COCO_V1": (1000, 0),
    "MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1": (1000, 100),
    "KeypointRCNN_ResNet50_FPN_Weights.COCO_V1": (1000, 1),
    "KeypointRCNN_ResNet50_FPN_Weights.COCO_LEGACY": (1000, 0),
}
# One of each head and pyramid, and all under the thorough profile.
TRIED = [
    name
    for name in RECORDED
    if THOROUGH or name.startswith(("FasterRCNN_MobileNet_V3_Large_320", "MaskRCNN_ResNet50_FPN_V2"))
]
NAMES = {name: name.partition("_Weights")[0].lower() for name in RECORDED}
BOXES = {"proposals", "detections"}


@cache
def model_of(name: str) -> torch.nn.Module:
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None, weights_backbone=None).eval()


def parts_of(name: str, proposals: int, detections: int, side: int) -> Callable[[], Any]:
    """The parts with weights, on so many boxes; what chooses them asks for numbers."""
    model = model_of(name)

    def run() -> None:
        model.rpn.head(list(model.backbone(torch.empty(1, 3, side, side, device="meta")).values()))
        heads = model.roi_heads
        heads.box_predictor(heads.box_head(torch.empty(proposals, 256, 7, 7, device="meta")))
        for kind in ("mask", "keypoint"):
            if getattr(heads, f"{kind}_head", None) is not None:
                boxes = torch.empty(detections, 256, 14, 14, device="meta")
                getattr(heads, f"{kind}_predictor")(getattr(heads, f"{kind}_head")(boxes))

    return run


def of_one_box(modules: list[Module], rows: list[Any]) -> list[Module]:
    """The rows' outputs without the axis along which boxes lie, which torch has as a batch."""
    return [
        (tuple(n for n, axis in zip(shape, row.output.axes, strict=True) if axis not in BOXES), params)
        for (shape, params), row in zip(modules, rows, strict=True)
    ]


@pytest.mark.parametrize("name", sorted({NAMES[weights] for weights in TRIED}))
def test_every_module_has_its_row(name):
    """With its output's shape for one box and its params, in order, and every array has torchvision's name."""
    result = profile(load(name, proposals=3, detections=2) if "faster" not in name else load(name, proposals=3))
    rows = [row for row in result.rows if arrays(row)]
    model = model_of(name)

    side = result.graph.input_shapes["image"][1]
    assert of_one_box(modules_of(rows), rows) == traced(model, parts_of(name, 3, 2, side))
    # A convolution over the places of each box has a kernel of one box.
    ours = {
        renamed(row.name, array, result.graph.weights): [n for n in shape if n > 1]
        for row in rows
        if row.params or row.layer.buffers(*row.inputs)
        for array, shape in arrays(row).items()
    }
    shared = {key for key in ours if key.startswith("rpn") and not key.startswith("rpn.")}
    theirs = {key: [n for n in array.shape if n > 1] for key, array in model.state_dict().items() if array.dim()}
    assert {key: shape for key, shape in ours.items() if key not in shared} == theirs
    assert result.totals.params == sum(array.numel() for array in model.parameters())


@pytest.mark.parametrize("weights", TRIED)
def test_recorded_figures_are_of_so_many_boxes(weights):
    """MACs are linear in both numbers; at those found in noise they are torchvision's to three decimals, at others torch's own."""
    name = NAMES[weights]
    letters = {"proposals": "P"} if name.startswith("faster") else {"proposals": "P", "detections": "D"}
    result = profile(load(name, **letters))
    side = result.graph.input_shapes["image"][1]

    def macs(proposals: int, detections: int) -> int:
        found = result.totals.macs
        return int(
            found.subs({letter: {"P": proposals, "D": detections}[letter.name] for letter in found.free_symbols})
        )

    stated = torchvision.models.get_weight(weights).meta
    with FlopCounterMode(display=False) as counter:
        parts_of(name, 7, 5, side)()
    assert round(macs(*RECORDED[weights]) / 1e9, 3) == stated["_ops"]
    assert macs(7, 5) == counter.get_total_flops() // 2
    # Frozen normalisation has no params in torchvision; that of the second versions is not frozen.
    frozen = 0 if "V2" in weights else sum(row.params for row in result.rows if row.kind == "batchnorm2d")
    assert result.totals.params - frozen == stated["num_params"]


def test_boxes_are_aligned_as_torchvision_has_them():
    """On four maps of an image of 1024×768, with boxes of all sizes in it, as proposals are cut to it."""
    random = np.random.default_rng(0)
    maps = [random.standard_normal((2, 3, 1024 // stride, 768 // stride)) for stride in (4, 8, 16, 32)]
    corners = random.uniform(0, 1, (2, 30, 2)) * [730, 990]
    boxes = np.concatenate([corners, np.minimum(corners + 2 ** random.uniform(2, 11, (2, 30, 2)), [768, 1024])], 2)
    layer = Layer.kinds["roialign"](size=(7, 5), strides=(4, 8, 16, 32))

    pool = torchvision.ops.MultiScaleRoIAlign(["0", "1", "2", "3"], (7, 5), 2)
    named = {str(at): torch.from_numpy(x) for at, x in enumerate(maps)}
    with patch.object(torchvision.ops.poolers, "roi_align", by_torch):
        theirs = pool(named, [torch.from_numpy(b) for b in boxes], [(1024, 768)] * 2)
    ours = layer.forward(np, boxes, *maps)

    np.testing.assert_allclose(ours.reshape(theirs.shape), theirs.numpy(), rtol=1e-6, atol=1e-6)
    areas = (boxes[..., 2:] - boxes[..., :2]).prod(-1)
    assert {*np.clip(np.floor(4 + np.log2(np.sqrt(areas) / 224)), 2, 5).ravel()} == {2, 3, 4, 5}


def by_torch(x: Any, boxes: Any, output_size: Any, spatial_scale: float, sampling_ratio: int, **_: Any) -> Any:
    """torchvision's own operator, written in torch, where its binary is missing."""
    written = import_module("torchvision.ops.roi_align")._roi_align.__wrapped__  # noqa: SLF001
    return written(x, boxes, spatial_scale, *output_size, sampling_ratio, aligned=False)
