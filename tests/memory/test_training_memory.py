"""Training: what is alive at once against the storages that torch holds, and what optimisers keep against torch's."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.utils.checkpoint import checkpoint, set_checkpoint_early_stop

from archcalc.language import load
from archcalc.memory_plan.checkpoint import segments
from archcalc.memory_plan.plan import training
from archcalc.memory_plan.saved_tensors import kept_bytes, saved_tensors
from archcalc.memory_plan.training import timeline
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from tests.layers.torch_saved import Saved
from tests.memory.torch_alive import BATCH, LOSS, most_alive
from tests.memory.torch_chain import chain
from tests.reference.small_networks import small
from tests.specs.torchvision_models import RUN, SPECS, model_of
from tests.specs.torchvision_weights import model_for
from tests.zoo import THOROUGH

pytestmark = pytest.mark.usefixtures("fused_dropout")


def more(spec: str, graph: Graph) -> int:
    """Bytes that torchvision's model keeps beside ours."""
    # Without softmax, which torch has in its loss.
    extra = -4 * BATCH * 1000 if graph.nodes[-1].layer.kind == "softmax" else 0
    if spec.startswith("vgg") and not spec.endswith("torchvision"):
        # It pools 7×7 maps to 7×7 and keeps them for that.
        extra += 4 * BATCH * 512 * 7 * 7
    if spec.startswith("convnext"):
        # Stochastic depth, which the spec leaves out, draws a number for each sample in every block but the first.
        extra += 4 * BATCH * (17 if spec == "convnext_tiny" else 35)
    if spec == "swin_t":
        # Likewise for each of the two branches of a block.
        extra += 4 * BATCH * 2 * 11
    return extra


@pytest.mark.parametrize("spec", RUN)
def test_a_network_keeps_what_torchvisions_keeps(spec):
    """Byte for byte, whatever several layers keep once; the transformer with values, for it has no fused kernel without."""
    vit = spec == "vit_b_16"
    graph = small(spec) if vit else load(spec)
    model = model_for(spec, graph).to_empty(device="cpu") if vit else model_of(spec)
    found = Saved(model.train())
    with found:
        model(torch.zeros(BATCH, *graph.input, device="cpu" if vit else "meta"))

    assert kept_bytes(graph, saved_tensors(graph), BATCH) + more(spec, graph) == found.nbytes


LIGHT = [
    "alexnet-torchvision",
    "googlenet-torchvision",
    "vgg11",
    "squeezenet1_1",
    "resnet18",
    "resnet50",
    "mobilenet_v2",
    "densenet121",
]


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec in LIGHT or (THOROUGH and spec != "vit_b_16")])
def test_the_peak_of_training_is_torchs(spec):
    """Forward and backward, activations, what is kept and gradients: byte for byte but for the loss."""
    graph = load(spec)
    plan = timeline(graph, saved_tensors(graph))

    assert plan.peak(BATCH)[0] == most_alive(copy.deepcopy(model_of(spec)).train(), graph.input) - LOSS


@pytest.mark.parametrize("every", [1, 3, "sqrt"])
@pytest.mark.parametrize("spec", ["vgg11", "alexnet-224"])
def test_checkpoints_hold_what_torchs_hold(spec, every):
    """torch.utils.checkpoint around the same segments, the last of them plain, has the same peak."""
    graph = load(spec)
    kept = saved_tensors(graph)
    cut = segments(graph, kept.roots, every)
    model = chain(graph).train()

    def run(x):
        for segment in cut[:-1]:
            x = checkpoint(
                model[segment.start - 1 : segment.stop - 1], x, use_reentrant=False, preserve_rng_state=False
            )
        return model[cut[-1].start - 1 :](x)

    with set_checkpoint_early_stop(False):
        found = most_alive(model, graph.input, run)

    assert timeline(graph, kept, segments=cut).peak(BATCH)[0] == found - LOSS


def test_recomputation_is_all_but_the_last_segment():
    """VGG-11 cut every 4 blocks computes again what the first segments multiply."""
    graph = load("vgg11")
    result = profile(graph, BATCH)
    plan = training(result, checkpoint=4)
    cut = segments(graph, saved_tensors(graph).roots, 4)

    assert [i for segment in cut for i in segment] == list(range(1, len(graph.nodes)))
    last = {graph.nodes[i].name for i in cut[-1]}
    assert plan.recomputed == sum(row.macs for row in result.rows if row.name not in last)
