"""At inference: in which memory torch's layers put their outputs, and what torch holds while a network runs."""

from __future__ import annotations

from functools import reduce
from typing import Any

import msgspec
import pytest
import torch
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.errors import SpecError
from archcalc.language import load
from archcalc.layers import Layer
from archcalc.memory_plan.inference import memory_of, timeline
from archcalc.network.graph import Graph, Node
from archcalc.network.parts import proper
from tests.layers.inputs import Shape
from tests.layers.strategies import cases
from tests.layers.torch_saved import key
from tests.layers.torch_shapes import REFUSALS, Refusal, built, inferred
from tests.layers.torch_twins import TWINS, Function, margins
from tests.memory.torch_alive import Alive
from tests.reference.torch_networks import networks
from tests.specs.torchvision_models import torchvision

torch.set_num_threads(1)


def module_of(layer: Layer, shapes: tuple[Shape, ...]) -> nn.Module:
    """A layer in torch as models have it: in place if its module has that, views as torch's own."""
    if layer.kind == "slice":
        axis = layer.axis % len(shapes[0]) + 1
        return Function(lambda t: t.narrow(axis, layer.start, layer.stop - layer.start))
    if layer.kind == "crop":
        cuts = [slice(before, n - after) for n, (before, after) in cut_sides(layer, shapes[0])]
        return Function(lambda t: t[(slice(None), slice(None), *cuts)])
    if layer.kind == "stochasticdepth":
        return torchvision.ops.StochasticDepth(layer.rate, "row").eval()
    module = TWINS[layer.kind](layer, *shapes).eval()
    for part in module.modules():
        if hasattr(part, "inplace"):
            part.inplace = True
    return module


def cut_sides(layer: Layer, x: Shape) -> list[tuple[int, tuple[int, int]]]:
    return list(zip(x[1:], margins(layer.margin, len(x) - 1), strict=True))


@pytest.mark.parametrize("kind", [kind for kind in TWINS if Layer.kinds[kind].stores != "view"])
@given(data=st.data())
def test_a_layer_puts_its_output_where_torchs_does(kind: str, data: st.DataObject) -> None:
    """Over its input where the module takes inplace=True, nowhere where it does nothing, else in memory of its own."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    if isinstance(inferred(layer, shapes), SpecError) or isinstance(
        built(TWINS[kind], layer, shapes, device="cpu", batch=2), Refusal
    ):
        reject()
    # What was worked out, and not the input itself, which no layer overwrites.
    xs = [torch.zeros(2, *x) + 0 for x in shapes]
    try:
        with torch.no_grad():
            y = module_of(layer, shapes)(*xs)
    except REFUSALS:
        reject()

    assert (xs != [] and key(y) == key(xs[0])) == (layer.overwrites or layer.idle)


class Run:
    """A network run in torch node by node, each output let go after its last reader, and the bytes alive at each."""

    def __init__(self, graph: Graph, batch: int) -> None:
        self.graph, self.batch = graph, batch
        self.alive = Alive()
        roots = memory_of(graph).roots
        self.modules = [self.module(node, fresh=roots[i] == i) for i, node in enumerate(graph.nodes)]

    def module(self, node: Node, *, fresh: bool) -> nn.Module | None:
        """A node's layer; that of one whose input is needed further leaves it as it is."""
        if node.layer.kind in {"input", "learned"}:
            return None
        if node.layer.kind == "add" and not fresh:
            return Function(lambda total, *others: reduce(torch.Tensor.add_, others, total))
        module = module_of(node.layer, tuple(self.graph.nodes[i].shape for i in node.inputs))
        for part in module.modules():
            if fresh and hasattr(part, "inplace"):
                part.inplace = False
        return module

    def bytes(self) -> list[int]:
        last = {source: i for i, node in enumerate(self.graph.nodes) for source in node.inputs}
        outputs: dict[int, torch.Tensor] = {}
        found = []
        with torch.no_grad():
            trained = {
                i: torch.zeros(1, *node.shape).expand(self.batch, *node.shape)
                for i, node in enumerate(self.graph.nodes)
                if node.layer.kind == "learned"
            }
            with self.alive:
                for i, node in enumerate(self.graph.nodes):
                    if i == 0:
                        outputs[i] = torch.zeros(self.batch, *node.shape)
                    else:
                        outputs[i] = trained[i] if i in trained else self.modules[i](*(outputs[s] for s in node.inputs))
                    found.append(self.held(trained))
                    for source in set(node.inputs):
                        if last[source] == i:
                            del outputs[source]
        return found

    def held(self, trained: dict[int, torch.Tensor]) -> int:
        own = {key(tensor) for tensor in trained.values()}
        own |= {key(t) for m in self.modules if m is not None for t in [*m.parameters(), *m.buffers()]}
        return sum(nbytes for storage, nbytes in self.alive.sizes.items() if storage not in own)


NETWORKS = ["lenet5", "vgg11", "resnet18", "densenet121", "googlenet-torchvision", "mobilenet_v3_large"]


@pytest.mark.parametrize("spec", [*NETWORKS, "efficientnet_b0", "vit_b_16", "convnext_tiny"])
def test_a_network_holds_what_torch_holds_at_each_layer(spec: str) -> None:
    """Byte for byte, where nobody keeps what no layer reads any more."""
    graph = proper(load(spec))
    with torch.device("meta"):
        found = Run(graph, 1).bytes()

    assert timeline(graph, memory_of(graph)).bytes(1) == found


@settings(max_examples=3 * settings().max_examples)
@given(networks(), st.booleans())
def test_a_random_network_holds_what_torch_holds_at_each_layer(graph: Graph, augmented: bool) -> None:
    """Byte for byte, whatever follows whatever, sums being made with + or with +=."""
    if any(getattr(node.layer, "bias_mode", "double") != "double" for node in graph.nodes):
        # torch's cells have two biases, and the twin of one with a single one makes and holds another array.
        reject()
    if augmented:
        sums = [(node.name, "operator in place") for node in graph.nodes if node.layer.kind == "add"]
        graph = msgspec.structs.replace(graph, call_styles=tuple(sums))
    try:
        found = Run(graph, 2).bytes()
    except REFUSALS:
        reject()

    assert timeline(graph, memory_of(graph)).bytes(2) == found


class Peak(Alive):
    """The sizes of what was alive when the most was, beside parameters."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        for tensor in [*model.parameters(), *model.buffers()]:
            self.see(tensor)
        self.own = set(self.sizes)
        self.most = sum(self.sizes.values())
        self.there: list[int] = []

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        before = self.most
        result = super().__torch_dispatch__(function, types, args, kwargs)
        if self.most > before:
            self.there = sorted(nbytes for storage, nbytes in self.sizes.items() if storage not in self.own)
        return result


TOKENS = 4 * 197 * 768
IMAGE = 4 * 3 * 224 * 224


@pytest.mark.parametrize(
    ("name", "held", "callers", "could"),
    [
        # The image, and what the first stage was called with.
        ("convnext_tiny", 12_644_352, [IMAGE, 4 * 96 * 56 * 56], 7_225_344),
        # The image, the tokens as they were put together and with their positions, what the block was called with, and
        # what its dense layers were called with.
        ("vit_b_16", 8_469_504, [IMAGE, *[TOKENS] * 4], 3_631_104),
    ],
)
def test_gelu_has_an_output_of_its_own(name: str, held: int, callers: list[int], could: int) -> None:
    """torch's models hold the plan's tensors at the peak and what their callers still hold, no more."""
    graph = load(name)
    plan = timeline(graph, memory_of(graph))
    most, step = plan.peak(1)
    alive = [buffer.size.bytes(1) for buffer in plan.alive(step)]
    model = torchvision.models.get_model(name).eval()
    peak = Peak(model)
    x = torch.zeros(1, *graph.input)
    with peak, torch.no_grad():
        peak.see(x)
        model(x)

    assert graph.nodes[plan.steps[step].node].layer.kind == "gelu"
    assert sum(peak.there) == held
    assert peak.there == sorted([*alive, *callers])
    assert most == held - sum(callers)
    assert timeline(graph, memory_of(graph, overwrite="all")).peak(1)[0] == could
