"""The bundled networks for segmentation, detection and video against torchvision's, on the meta device, module by module."""

from __future__ import annotations

import pytest
import torch

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.reference.weight_files import renamed
from tests.specs.modules import arrays, modules_of, traced
from tests.specs.torchvision_models import torchvision
from tests.zoo import THOROUGH

WITH_AUXILIARY = ("fcn_resnet50", "deeplabv3_resnet50", "deeplabv3_mobilenet_v3_large")
DETECTION = ("retinanet_resnet50_fpn_v2", "fcos_resnet50_fpn", "ssd300_vgg16", "ssdlite320_mobilenet_v3_large")
VIDEO = ("r3d_18", "mc3_18", "r2plus1d_18", "s3d")
if THOROUGH:
    # Deeper ones, and one without what the other has.
    WITH_AUXILIARY += ("fcn_resnet101", "deeplabv3_resnet101")
    DETECTION += ("retinanet_resnet50_fpn",)
NETWORKS = (*WITH_AUXILIARY, "lraspp_mobilenet_v3_large", *DETECTION, *VIDEO)


def model_of(name: str) -> torch.nn.Module:
    """The model without weights, with the auxiliary head that its trained weights have."""
    more = {} if name in VIDEO else {"weights_backbone": None}
    more |= {"aux_loss": True} if name in WITH_AUXILIARY else {}
    with torch.device("meta"):
        return torchvision.models.get_model(name, weights=None, **more).eval()


@pytest.mark.parametrize("name", NETWORKS)
def test_every_module_has_its_row(name):
    """With its output's shape and its params, in order; of a detector up to what decodes boxes, which asks for numbers."""
    result = profile(load(name))
    model = model_of(name)
    image = torch.empty(1, *result.graph.input, device="meta")
    parts = (lambda: model.head(list(model.backbone(image).values()))) if name in DETECTION else lambda: model(image)

    # torchvision runs an auxiliary head last, and the factors of SSD's first map are no module's of their own.
    rows = [row for row in sorted(result.rows, key=lambda row: row.auxiliary) if row.name != "scaled"]
    assert modules_of(rows) == traced(model, parts)
    assert result.totals.params + result.auxiliary.params == sum(array.numel() for array in model.parameters())


@pytest.mark.parametrize("name", NETWORKS)
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
