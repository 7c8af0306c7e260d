"""The products of gradients: every kind of layer that multiplies against what torch's counter of FLOPs sees in a backward pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.layers.base import TrainingContext
from tests.layers.inputs import Shape
from tests.layers.strategies import cases
from tests.layers.torch_shapes import REFUSALS, Refusal, built, inferred
from tests.layers.torch_twins import TWINS
from tests.layers.torch_weights import parameters_by_array
from tests.zoo import THOROUGH

BATCH = 2


def multiplies(kind: str) -> bool:
    """Whether the worked example of a kind has products."""
    layer, shapes = Layer.kinds[kind].exemplified()
    return layer.work_for(1, layer.output(*shapes), *shapes).macs != 0


KINDS = [kind for kind in TWINS if multiplies(kind)]

# Layers whose twin or whose counter multiplies something else: which, and why.
APART: list[tuple[Callable[..., bool], str]] = [
    (lambda k, _: getattr(k, "groups", 1) > 1, "torch's counter takes groups for whole convolutions in gradients"),
    (lambda k, _: k.kind == "poolingattention" and (k.query_stride or k.key_stride), "its pools are groups too"),
    (lambda k, _: getattr(k, "norm", None) is not None, "normalised weights are vectors by matrices in the twin"),
    (lambda k, frozen: frozen and getattr(k, "connections", None) is not None, "the twin has a weight for each map"),
    (lambda k, _: getattr(k, "scores", "") == "cosine", "the twin scales queries, and so gives them a gradient"),
]


@pytest.fixture(autouse=True, scope="module")
def plain_cells():
    """Recurrent layers without oneDNN, in whose kernels torch sees no products."""
    torch._C._set_mkldnn_enabled(False)  # noqa: SLF001, FBT003 - its public name warns of TF32
    yield
    torch._C._set_mkldnn_enabled(True)  # noqa: SLF001, FBT003 - likewise


def counted(module: nn.Module, layer: Layer, shapes: tuple[Shape, ...], use: TrainingContext) -> tuple[int, int]:
    """The multiply-accumulates that torch does forward and backward, for a batch."""
    for name, parameter in parameters_by_array(module, layer, layer.weights(*shapes)):
        parameter.requires_grad_(name not in use.frozen)
    xs = [torch.randn(BATCH, *x).requires_grad_(flows) for x, flows in zip(shapes, use.grads, strict=True)]
    forward, backward = FlopCounterMode(display=False), FlopCounterMode(display=False)
    with sdpa_kernel(SDPBackend.MATH):
        with forward:
            y = module(*xs)
        if y.requires_grad:
            with backward:
                y.sum().backward()
    return forward.get_total_flops() // 2, backward.get_total_flops() // 2


@pytest.mark.parametrize("kind", KINDS)
@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    max_examples=40 if THOROUGH else 3,
    deadline=None,
    phases=[Phase.generate],
)
@given(data=st.data())
def test_gradients_multiply_what_torchs_do(kind: str, data: st.DataObject) -> None:
    """Whichever inputs have a gradient, and whichever arrays are frozen."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    output = inferred(layer, shapes)
    if isinstance(output, SpecError) or isinstance(
        built(TWINS[kind], layer, shapes, device="cpu", batch=BATCH), Refusal
    ):
        reject()
    layer = layer.placed(*shapes)
    arrays = sorted(layer.weights(*shapes))
    frozen = data.draw(st.just(frozenset()) | st.frozensets(st.sampled_from(arrays))) if arrays else frozenset()
    if any(apart(layer, frozen) for apart, _ in APART):
        reject()
    grads = data.draw(st.just((True,) * len(shapes)) | st.tuples(*[st.booleans()] * len(shapes)))
    use = TrainingContext(grads, frozen=frozen)
    module = TWINS[kind](layer, *shapes).train()
    try:
        forward, backward = counted(module, layer, shapes, use)
    except REFUSALS:
        reject()
    work = layer.work_for(BATCH, output, *shapes)
    # Nothing has a gradient where nothing is trained and no input has one.
    runs = any(grads) or bool(layer.weights(*shapes).keys() - frozen)
    gradients = layer.backward(use, output, *shapes).times(BATCH) + layer.backward_once(use, *shapes)
    assert (forward, backward) == (work.macs, gradients.macs if runs else 0)


@pytest.mark.parametrize("kind", ["conv1d", "conv2d", "convtranspose2d"])
@pytest.mark.parametrize("grads", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
def test_groups_multiply_what_convolutions_side_by_side_do(kind: str, *, grads: bool, frozen: bool) -> None:
    """With strides and margins: each group is a convolution of its own."""
    rank = int(kind[-2])
    groups, x = 3, (6, *(9, 7)[:rank])
    layer = Layer.kinds[kind](out=12, kernel=3, stride=2, padding=1, groups=groups, bias=False).placed(x)
    one = Layer.kinds[kind](out=4, kernel=3, stride=2, padding=1, bias=False).placed((2, *x[1:]))
    use = TrainingContext((grads,), frozen=frozenset({"weight"} if frozen else ()))
    forward, backward = counted(TWINS[kind](one, (2, *x[1:])), one, ((2, *x[1:]),), use)
    output = layer.output(x)

    assert layer.work(output, x).macs * BATCH == groups * forward
    assert layer.backward(use, output, x).macs * BATCH == groups * backward


@pytest.mark.parametrize(
    "frozen", [(), ("query", "query_bias"), ("key_pool", "value", "value_bias"), ("position_0", "out")]
)
@pytest.mark.parametrize("grads", [True, False])
def test_pools_multiply_what_convolutions_do(frozen: tuple[str, ...], *, grads: bool) -> None:
    """Of heads one value wide, whose pools are convolutions without groups."""
    x = (13, 3)
    layer = Layer.kinds["poolingattention"](
        heads=3, places=(3, 4), query_stride=1, key_stride=(1, 2), relative=True, residual=True
    ).placed(x)
    use = TrainingContext((grads,), frozen=frozenset(frozen))
    forward, backward = counted(TWINS["poolingattention"](layer, x), layer, (x,), use)
    output = layer.output(x)

    assert layer.work(output, x).macs * BATCH == forward
    assert layer.backward(use, output, x).macs * BATCH == backward


def test_every_kind_that_multiplies_is_drawn() -> None:
    """Of each torch has a twin."""
    assert set(KINDS) == {kind for kind in Layer.kinds if multiplies(kind)}
