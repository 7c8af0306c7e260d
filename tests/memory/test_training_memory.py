"""Training: what is alive at once against the storages that torch holds, and what optimisers keep against torch's."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint, set_checkpoint_early_stop

from archcalc.language import load
from archcalc.memory.checkpoint import segments
from archcalc.memory.plan import training
from archcalc.memory.saved_tensors import kept_bytes, saved_tensors
from archcalc.memory.training import timeline
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from tests.layers.test_kept import Saved, key
from tests.layers.torch_twins import TWINS, Function
from tests.reference.test_reference import THOROUGH, small
from tests.specs.test_torchvision import SPECS, model_of
from tests.specs.test_torchvision_outputs import model_for

BATCH = 2
# The loss, one value, and its gradient.
LOSS = 8


@pytest.fixture(autouse=True)
def fused_dropout(monkeypatch):
    """Dropout as on a GPU, with a mask of bools; what runs here without values would keep floats."""
    monkeypatch.setattr(
        functional,
        "dropout",
        lambda x, p=0.5, training=True, inplace=False: torch.native_dropout(x, p, train=training)[0] if p else x,
    )


def more(spec: str, graph: Graph) -> int:
    """Bytes that torchvision's model keeps beside ours."""
    # Without softmax, which torch has in its loss.
    extra = -4 * BATCH * 1000 if graph.nodes[-1].layer.kind == "softmax" else 0
    if spec.startswith("vgg") and not spec.endswith("torchvision"):
        # It pools 7×7 maps to 7×7 and keeps them for that.
        extra += 4 * BATCH * 512 * 7 * 7
    return extra


@pytest.mark.parametrize("spec", SPECS)
def test_a_network_keeps_what_torchvisions_keeps(spec):
    """Byte for byte, whatever several layers keep once; the transformer with values, for it has no fused kernel without."""
    vit = spec == "vit_b_16"
    graph = small(spec) if vit else load(spec)
    model = model_for(spec, graph).to_empty(device="cpu") if vit else model_of(spec)
    found = Saved(model.train())
    with found:
        model(torch.zeros(BATCH, *graph.input, device="cpu" if vit else "meta"))

    assert kept_bytes(graph, saved_tensors(graph), BATCH) + more(spec, graph) == found.nbytes


class Alive(TorchDispatchMode):
    """The bytes of all storages alive, and the most there were, seen after every operation of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: dict[int, int] = {}
        self.most = 0

    def see(self, tensor: torch.Tensor) -> None:
        if key(tensor) not in self.sizes:
            storage = tensor.untyped_storage()
            self.sizes[key(tensor)] = storage.nbytes()
            weakref.finalize(storage, self.sizes.pop, key(tensor))

    def __torch_dispatch__(self, function: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self.see(tensor)
        self.most = max(self.most, sum(self.sizes.values()))
        return result


def most_alive(model: nn.Module, shape: tuple[int, ...], run: Any = None) -> int:
    """The most bytes that torch holds in a step of training, beside parameters and buffers."""
    alive = Alive()
    x = torch.empty(BATCH, *shape, device="meta")
    with alive:
        for tensor in [*model.parameters(), *model.buffers()]:
            alive.see(tensor)
        resident = sum(alive.sizes.values())
        alive.see(x)
        outputs = (run or model)(x)
        del x
        # Networks with auxiliary heads put out several.
        outputs = [y for y in (outputs if isinstance(outputs, tuple) else (outputs,)) if y is not None]
        loss = sum(y.sum() for y in outputs)
        del outputs
        loss.backward()
    return alive.most - resident


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


def chain(graph: Graph) -> nn.Sequential:
    """A network without branches in torch, layer by layer, ReLU overwriting its input."""
    modules: list[nn.Module] = []
    with torch.device("meta"):
        for node in graph.nodes[1:]:
            kind = node.layer.kind
            twin = (
                nn.ReLU(inplace=True)
                if kind == "relu"
                else TWINS[kind](node.layer, *(graph.nodes[i].shape for i in node.inputs))
            )
            # The twins of convolutions first pad by nothing, which copies.
            modules.append(
                twin[1]
                if kind == "conv2d"
                else Function(lambda t: functional.softmax(t, -1))
                if kind == "softmax"
                else twin
            )
    return nn.Sequential(*modules)


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
