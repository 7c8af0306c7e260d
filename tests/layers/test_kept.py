"""What training keeps for the backward pass: each layer kind and each network against what torch's autograd saves."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable

import msgspec
import pytest
import torch
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sympy import sympify
from torch import nn

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.layers import Layer
from archcalc.layers.base import SavedTensor, TrainingContext
from archcalc.memory_plan.saved_tensors import saved_tensors
from archcalc.symbols.dims import symbol
from tests.layers.inputs import Shape
from tests.layers.strategies import cases
from tests.layers.torch_margins import around
from tests.layers.torch_saved import Saved, key
from tests.layers.torch_shapes import REFUSALS, Refusal, built, inferred
from tests.layers.torch_twins import TWINS, Function
from tests.layers.torch_weights import parameters_by_array
from tests.layers.torchvision_windows import torchvision_windows

kinds = Layer.kinds

torch.set_num_threads(1)


@pytest.fixture(autouse=True, scope="module")
def plain_cells():
    """Recurrent layers without oneDNN, whose kernels keep a workspace of their own making; plain ones keep what is needed."""
    torch._C._set_mkldnn_enabled(False)  # noqa: SLF001, FBT003 - its public name warns of TF32
    yield
    torch._C._set_mkldnn_enabled(True)  # noqa: SLF001, FBT003 - likewise


BATCH = 2
BYTES = {"activation": 4, "float32": 4, "int64": 8, "bool": 1}

# Layers for which torch keeps something else: which kinds, which of them on which input, and why.
APART: list[tuple[str, Callable[..., bool], str]] = [
    ("dropout", lambda k, *_: k.rate == 1, "with every value dropped torch multiplies by one zero and needs no mask"),
    (
        "conv.d|(avg|max)pool.d",
        lambda k, x: (
            getattr(k, "padding_mode", "zeros") == "zeros"
            and any(before != after for before, after in around(k, x, k.stride or k.kernel))
        ),
        "torch pads by as much on either side, and for anything else makes a padded copy first and keeps that",
    ),
    ("(avg|max)pool.d", lambda k, _: k.padding == "same", "torch has no such padding, and the twin pads a copy"),
    (
        "conv.d",
        lambda k, _: k.connections is not None,
        "the twin is a convolution and a copy of its input for each map",
    ),
    ("blurpool.d", lambda k, x: any(map(any, around(k, x, k.stride))), "the twin pads a copy and keeps that"),
    ("wkv", lambda _k, keys, _v: keys[0] == 1, "what decays before a single token is no sum, and has no gradient"),
    (
        "attention",
        lambda k, *xs: k.widths(xs[0])[1] != k.widths(xs[0])[2],
        "torch has no fused kernel and keeps scores",
    ),
    (
        "expertlinear",
        lambda k, *_: k.capacity is None,
        "the twin copies the weights for each slot; that of a whole mixture sorts the slots once",
    ),
    ("attention", lambda k, *_: k.softcap is not None or k.sinks, "nor one that caps scores or has sinks"),
    ("latentattention", lambda k, _: k.key + k.rotary != k.value, "torch has no fused kernel and keeps scores"),
    ("windowattention", lambda _, x: len(x) != 3, "torchvision has windows of images alone"),
    ("windowattention", lambda k, _: isinstance(k.bias, tuple), "and biases of all projections or none"),
    ("windowattention", lambda k, _: k.key or k.out, "and heads that are all channels together"),
    (
        "windowattention",
        lambda k, _: k.relative == "queries",
        "and no biases of queries; `test_kept_windows.py` has them",
    ),
    ("windowattention", lambda k, _: k.heads == 1, "its keys and values are then views of one array with queries"),
]


def more(layer: Layer, output: Shape, frozen: frozenset[str], x: Shape = (), *rest: Shape) -> int:
    """Bytes that the kernels for the CPU keep and the layer does not need."""
    if layer.kind == "rmsnorm" and layer.affine and not frozen:
        # Not fused on the CPU, where the normalised values are kept for the gradient of the weights.
        return 4 * BATCH * math.prod(output)
    if layer.kind == "attention":
        return more_of_attention(layer, frozen, x, *rest)
    if layer.kind == "latentattention":
        # The angles of queries and of keys, and the two normalisations as above.
        latents = {"norm": layer.latent, "query_norm": layer.query_latent or 0}
        normed = sum(n for name, n in latents.items() if name not in frozen)
        return 4 * x[0] * (2 * layer.rotary + BATCH * normed)
    if (
        layer.kind in {"lstm", "gru", "rnn"}
        and layer.bidirectional
        and x[0] > 1
        and not frozen & {"weight_ih_l0", "weight_ih_l0_reverse"}
        and getattr(layer, "reset_after", True)
    ):
        # With the batch first the tokens are copied to the front, for each direction again.
        return 4 * BATCH * math.prod(x)
    return 0


def more_of_attention(layer: Layer, frozen: frozenset[str], *shapes: Shape) -> int:
    """Constants that a backward pass reads, and values normalised by a kernel that is not fused."""
    (queries, _), (keys, _) = shapes[0], shapes[min(1, len(shapes) - 1)]
    kv_heads, width, _ = layer.widths(shapes[0])
    angles = (queries + keys) * width if layer.positions else 0
    heads = {"query_norm": layer.heads * queries, "key_norm": kv_heads * keys} if layer.qk_norm == "rms" else {}
    normed = sum(n * width for name, n in heads.items() if name not in frozen)
    mask = queries * keys if layer.window else 0
    return 4 * (angles + mask + BATCH * normed)


def saved(module: nn.Module, layer: Layer, shapes: tuple[Shape, ...], frozen: frozenset[str]) -> int:
    """Bytes that autograd keeps of one layer in training, a gradient flowing to its inputs but not to frozen arrays."""
    for name, parameter in parameters_by_array(module, layer, layer.placed(*shapes).weights(*shapes)):
        parameter.requires_grad_(name not in frozen)
    xs = [
        torch.zeros(BATCH, *x) if layer.kind == "embedding" else torch.randn(BATCH, *x).requires_grad_() for x in shapes
    ]
    found = Saved(module.train())
    with found:
        module(*xs)
    return found.nbytes


def bytes_of(kept: Iterable[SavedTensor], output: Shape, shapes: tuple[Shape, ...]) -> int:
    """Bytes of the tensors that a layer says it keeps, an input given twice counted once."""
    total = 0
    for entry in dict.fromkeys(kept):
        if entry.of == "output":
            values = BATCH * math.prod(output)
        elif isinstance(entry.of, int):
            values = BATCH * math.prod(shapes[entry.of])
        else:
            values = entry.values * (1 if entry.once else BATCH)
        total += values * BYTES[entry.type]
    return total


def twin(layer: Layer, shapes: tuple[Shape, ...]) -> nn.Module:
    """The layer in torch as it trains, with the kernels that a GPU would use where torch has them for the CPU as well."""
    if layer.kind == "dropout" and 0 < layer.rate < 1:
        # On the CPU F.dropout keeps a mask of floats; the fused kernel, which a GPU takes, keeps one of bools.
        return Function(lambda t: torch.native_dropout(t, layer.rate, train=True)[0])
    if layer.kind == "stochasticdepth":
        return Function(lambda t: t if layer.rate == 0 else t * torch.ones(len(t), *(1 for _ in t.shape[1:])))
    if layer.kind == "windowattention":
        return torchvision_windows(layer, *shapes)
    return TWINS[layer.kind](layer, *shapes)


# Of pooling along three axes torch refuses, or keeps by itself, most of what is drawn.
# Of deformable convolution torch itself has no kernel, and the twin keeps what it samples tap by tap; that of attention
# with pools takes each head by itself.
@pytest.mark.parametrize(
    "kind", [kind for kind in TWINS if kind not in {"deformconv2d", "poolingattention", "roialign"}]
)
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(data=st.data())
def test_a_layer_keeps_what_torch_keeps(kind: str, data: st.DataObject) -> None:
    """In training, byte for byte, whichever of its arrays are frozen."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    output = inferred(layer, shapes)
    if isinstance(output, SpecError) or isinstance(
        built(TWINS[kind], layer, shapes, device="cpu", batch=BATCH), Refusal
    ):
        reject()
    if any(re.fullmatch(kinds, kind) and where(layer, *shapes) for kinds, where, _ in APART):
        reject()
    arrays = sorted(layer.placed(*shapes).weights(*shapes))
    frozen = data.draw(st.just(frozenset()) | st.frozensets(st.sampled_from(arrays))) if arrays else frozenset()
    if kind == "windowattention":
        # Its twin has queries, keys and values from one matrix.
        frozen = frozen - {"key", "value"} if "query" not in frozen else frozen | {"key", "value"}
    # Of a table nothing is kept where nothing is trained.
    if kind == "embedding" and frozen:
        reject()
    try:
        found = saved(twin(layer, shapes), layer, shapes, frozen)
    except REFUSALS:
        reject()
    layer = layer.placed(*shapes)
    use = TrainingContext((True,) * len(shapes), frozen=frozen)
    kept = bytes_of(layer.saved_for_backward(use, output, *shapes), output, shapes)
    assert kept + more(layer, output, frozen, *shapes) == found


@pytest.mark.parametrize(
    ("layer", "module"),
    [
        (kinds["relu"](), nn.ReLU(inplace=True)),
        (kinds["leakyrelu"](), nn.LeakyReLU(inplace=True)),
        (kinds["elu"](), nn.ELU(inplace=True)),
        (kinds["selu"](), nn.SELU(inplace=True)),
    ],
    ids=lambda one: getattr(one, "kind", ""),
)
def test_a_layer_that_overwrites_keeps_its_output(layer: Layer, module: nn.Module) -> None:
    """One tensor, in which the input lay before, and not a copy of the input."""
    x = torch.randn(BATCH, 5, requires_grad=True) * 1
    found = Saved(module)
    with found:
        y = module(x)

    assert list(found.storages) == [key(y)] == [key(x)]
    assert list(layer.saved_for_backward(TrainingContext(in_place=True), (5,), (5,))) == [SavedTensor("output")]


@pytest.mark.parametrize(
    "grads", [(True, False, True), (False, True, False), (False, False, True), (True, True, False)]
)
def test_a_product_keeps_what_the_gradients_need(grads: tuple[bool, ...]) -> None:
    """A factor without a gradient is kept for the others, and needs none of them."""
    layer, shapes = kinds["multiply"](), ((3, 4), (1, 4), (3, 1))
    xs = [torch.randn(BATCH, *x).requires_grad_(flows) for x, flows in zip(shapes, grads, strict=True)]
    found = Saved(nn.Identity())
    with found:
        _ = xs[0] * xs[1] * xs[2]

    assert bytes_of(layer.saved_for_backward(TrainingContext(grads), (3, 4), *shapes), (3, 4), shapes) == found.nbytes


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (kinds["conv2d"](out=3, kernel=3, padding=1, padding_mode="reflect"), (2, 4, 5)),
        (kinds["conv1d"](out=3, kernel=3, padding=2, padding_mode="circular"), (2, 5)),
        (kinds["conv1d"](out=3, kernel=3, norm="weight"), (2, 5)),
        (kinds["convtranspose1d"](out=3, kernel=3, norm="spectral"), (2, 5)),
        (kinds["linear"](out=3, norm="weight"), (5,)),
        (kinds["linear"](out=3, norm="spectral"), (5,)),
    ],
)
def test_a_first_layer_keeps_what_torch_keeps(layer: Layer, x: Shape) -> None:
    """Its input gets no gradient, for which nothing need be kept."""
    layer, module = layer.placed(x), TWINS[layer.kind](layer, x).train()
    found = Saved(module)
    with found:
        module(torch.randn(BATCH, *x))
    output = layer.output(x)

    assert bytes_of(layer.saved_for_backward(TrainingContext((False,)), output, x), output, (x,)) == found.nbytes


def test_what_no_gradient_reaches_is_not_kept() -> None:
    """A ReLU on the network's input keeps nothing; the convolution after it keeps what it was given."""
    graph = parse(
        Source("x.yaml", "input: {channels: 2, height: 4, width: 4}\nlayers: [relu, conv2d: {out: 1, kernel: 1}, tanh]")
    )

    assert [[entry.of for entry in entries] for entries in saved_tensors(graph).saved_for_backward] == [
        [],
        [],
        [0],
        ["output"],
    ]


@pytest.mark.parametrize(
    "kind", ["conv2d", "maxpool2d", "batchnorm2d", "groupnorm", "localresponsenorm", "adaptivemaxpool2d"]
)
@given(data=st.data())
def test_sizes_may_be_letters(kind: str, data: st.DataObject) -> None:
    """What a layer keeps of C×H×W is a formula that gives the numbers for any of them."""
    layer, (x,) = data.draw(cases(kind, flaws=False))
    letters = tuple(map(symbol, "CHWD"[: len(x)]))
    values = dict(zip(letters, x, strict=True))
    if kind == "conv2d":
        layer = msgspec.structs.replace(layer, kernel=1, dilation=1, connections=None)
    output, formula = layer.output(x), layer.output(letters)
    kept = list(layer.saved_for_backward(TrainingContext(), formula, letters))

    for entry, exact in zip(kept, layer.saved_for_backward(TrainingContext(), output, x), strict=True):
        assert (entry.of, entry.type, entry.once) == (exact.of, exact.type, exact.once)
        assert sympify(entry.values).subs(values) == exact.values
