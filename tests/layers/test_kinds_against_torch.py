"""Every layer kind gives the sizes, params and MACs that torch gives, and refuses what torch refuses."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, reject
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.network.shapes import infer
from tests.layers.inputs import BY_VALUE, Shape, shapes_of
from tests.layers.strategies import cases
from tests.layers.torch_attention import MultiheadAttention
from tests.layers.torch_shapes import LAXER, Built, Refusal, built, inferred, listed
from tests.layers.torch_twins import TWINS, WITHOUT_TWIN, Twin

pytestmark = [
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning"),
    pytest.mark.filterwarnings("ignore:input's size at dim=[01] does not match num_features:UserWarning"),
]

# Tensors are tiny, and tests run beside each other.
torch.set_num_threads(1)

VALUE_BY_VALUE = "|".join(BY_VALUE)
# What archcalc refuses though torch takes it: the kinds, the message, and why.
STRICTER = [
    (".*", "works on (channels|features|tokens)", "torch does not know what lies along an axis"),
    (f"{VALUE_BY_VALUE}|concat", "axes in different orders", "nor that it is not the same in both branches"),
    (".*", "the input must be", "torch takes any rank here, or the batch for channels where there are none"),
    (".*", r"has \d+ entries for", "torch repeats a list of one entry, and F.pad takes margins of more axes"),
    (VALUE_BY_VALUE, "different numbers of axes", "torch puts axes of 1 in front of the fewer"),
    (f"{VALUE_BY_VALUE}|concat", "takes at least 2 inputs", "nothing is joined"),
    ("conv.d", "must name each input map once", "a map seen twice is a map with the sum of two filters"),
    (
        "conv.d",
        "magnitudes of taps",
        "torch has magnitudes of rows of taps as well, and the twin of a plain layer none",
    ),
    ("pad", "must be less than", "nor does torch, but for margins of 0"),
    (
        "matmul",
        "different numbers of axes|differ in an axis before|is no matrix",
        "torch repeats axes, and takes vectors",
    ),
    ("windowattention", "names .* twice", "the twin has one bias"),
    ("matmul", "with heads only the second|splits tokens×features", "the twin does it, with no use for it"),
    ("convtranspose.d|crop", "leaves", "torch keeps an empty axis"),
    ("flatten", "to start from", "of torch's axes the batch is the first, so that -1 is flattened into it"),
    ("flatten", "takes start or axes, not both", "one of them would do nothing"),
    ("constant|input|learned|reshape|flatten", "axes (has|names)|keeps the order of the values", "torch has no names"),
    ("roll", "is more than the", "torch goes round as often as it takes"),
    ("slice", "must be more than start", "torch keeps an empty axis"),
    ("(avg|max)pool.d", "more than half of the kernel", "so does torch, but not for padding by F.pad"),
]


def taken(twin: Twin, layer: Layer, shapes: tuple[Shape, ...]) -> Built | Refusal:
    """Some of torch's checks are made only where there are values, some only of a batch of 1."""
    on_meta = built(twin, layer, shapes, device="meta", batch=2)
    if isinstance(on_meta, Refusal):
        return on_meta
    on_cpu = built(twin, layer, shapes, device="cpu", batch=1)
    assert isinstance(on_cpu, Refusal) or on_cpu.output == on_meta.output
    return on_cpu


def agree_on_shape(twin: Twin, layer: Layer, shapes: tuple[Shape, ...]) -> None:
    answer = inferred(layer, shapes)
    torchs = taken(twin, layer, shapes)
    if isinstance(torchs, Built):
        allowed = isinstance(answer, SpecError) and listed(STRICTER, layer, answer.fact)
        assert allowed or answer == torchs.output
    else:
        assert isinstance(answer, SpecError) or listed(LAXER, layer, str(torchs.error)), torchs


def sizes(arrays: dict[str, Shape]) -> int:
    return sum(map(math.prod, arrays.values()))


def agree_on_cost(twin: Twin, layer: Layer, shapes: tuple[Shape, ...]) -> None:
    with FlopCounterMode(display=False) as counter:
        torchs = built(twin, layer, shapes, device="meta", batch=2)
    if isinstance(torchs, Refusal):
        reject()
    layer, output, _ = infer(layer, shapes)
    assert output == torchs.output
    weights = layer.weights(*shapes)
    assert sizes(weights) == sum(p.numel() for p in torchs.module.parameters())
    biases = {name: shape for name, shape in weights.items() if "bias" in name}
    assert sizes(biases) == sum(p.numel() for name, p in torchs.module.named_parameters() if "bias" in name)
    assert sizes(layer.buffers(*shapes)) == sum(b.numel() for b in torchs.module.buffers() if b.dim())
    assert layer.work_for(2, torchs.output, *shapes).macs == counter.get_total_flops() // 2


def test_every_kind_has_a_twin_or_a_reason() -> None:
    """A kind that nobody compares with torch says why."""
    assert sorted([*TWINS, *WITHOUT_TWIN]) == sorted(Layer.kinds)


@pytest.mark.parametrize("kind", TWINS)
@given(data=st.data())
def test_shape(kind: str, data: st.DataObject) -> None:
    """A layer puts out what torch's puts out, and takes nothing that torch's does not."""
    agree_on_shape(TWINS[kind], *data.draw(cases(kind)))


@pytest.mark.parametrize("kind", TWINS)
@given(data=st.data())
def test_cost(kind: str, data: st.DataObject) -> None:
    """A layer's weights, biases, buffers and MACs are as many as torch counts."""
    agree_on_cost(TWINS[kind], *data.draw(cases(kind, flaws=False)))


@given(case=cases("attention", flaws=False), heads=st.integers(1, 6))
def test_attention_of_equal_heads_is_torchs_own(case: tuple[Layer, tuple[Shape, ...]], heads: int) -> None:
    """With heads and bias alone, attention is nn.MultiheadAttention."""
    layer = type(case[0])(heads=heads, bias=bool(case[0].bias))
    agree_on_shape(MultiheadAttention, layer, case[1])
    if case[1][0][1] % heads == 0:
        agree_on_cost(MultiheadAttention, layer, case[1])


@pytest.mark.parametrize(("kind", "dilations"), [("maxpool1d", (1, 2, 3)), ("avgpool1d", (None,))])
def test_every_small_pooling_rounded_up(kind: str, dilations: tuple[int | None, ...]) -> None:
    """With ceil_mode the last window starts inside the input or the padding before it."""
    for d, n, k, s, p in itertools.product(dilations, range(1, 13), range(1, 5), range(1, 5), range(3)):
        fields = {"kernel": k, "stride": s, "padding": p, "ceil_mode": True} | ({"dilation": d} if d else {})
        agree_on_shape(TWINS[kind], Layer.kinds[kind](**fields), ((1, n),))


@pytest.mark.parametrize("rank", [1, 2, 3])
@given(data=st.data())
def test_adaptive_windows(rank: int, data: st.DataObject) -> None:
    """Adaptive pooling compares or adds the values of each window, counted one window at a time."""
    x = data.draw(shapes_of([rank + 1]))
    places = tuple(data.draw(st.lists(st.integers(1, 9), min_size=rank, max_size=rank)))
    joined = 0
    for window in itertools.product(*map(range, places)):
        ends = zip(window, x[1:], places, strict=True)
        joined += math.prod(math.ceil((i + 1) * n / m) - i * n // m for i, n, m in ends) - 1
    output = (x[0], *places)
    assert Layer.kinds[f"adaptivemaxpool{rank}d"](size=places).work(output, x).comparisons == x[0] * joined
    assert Layer.kinds[f"adaptiveavgpool{rank}d"](size=places).work(output, x).additions == x[0] * joined
