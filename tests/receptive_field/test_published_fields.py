"""Receptive fields that were published, and the formulas for stacks of layers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.receptive_field.fields import receptive_fields
from archcalc.receptive_field.stacks import field_of, stacks
from archcalc.symbols.dims import symbol
from tests.receptive_field.asked import K, spec
from tests.zoo import ZOO

# One number for both axes, at the last layer before what is global; the sources compute each in a way of their own.
PUBLISHED = [
    ("vgg16", "pool5", 212, "Araujo et al. 2019, table 1"),
    ("resnet50", "conv5_3/relu", 483, "Araujo et al. 2019, table 1: the stride in the 1×1"),
    ("resnet50-torchvision", None, 427, "torchvision's ResNet-50: the stride in the 3×3"),
    ("resnet101", "conv5_3/relu", 1027, "Araujo et al. 2019, table 1"),
    ("resnet152", "conv5_3/relu", 1507, "Araujo et al. 2019, table 1"),
    ("googlenet", "avgpool", 907, "after the 7×7 average pooling"),
    ("mobilenet_v1", None, 315, "Araujo et al. 2019, table 1"),
]


@pytest.mark.parametrize(("name", "layer", "size", "source"), PUBLISHED)
def test_published_fields(name, layer, size, source):  # noqa: ARG001 - the source says where the number is from
    """Networks have the fields that were published for them."""
    fields = receptive_fields(archcalc.load(name))
    last = layer or [name for name, field in fields.items() if 0 not in field.jump][-1]

    assert fields[last].size == (size, size)


@pytest.mark.parametrize("name", ZOO)
def test_a_field_never_shrinks_along_a_path_and_every_layer_has_one(name):
    """A layer sees at least what the layers before it see, in every bundled network, unless it takes a part of them."""
    graph = archcalc.load(name)
    fields = receptive_fields(graph)
    for node in graph.nodes:
        for source in node.inputs:
            before = fields[graph.nodes[source].name]
            grows = all(a >= b for a, b in zip(fields[node.name].size, before.size, strict=True))
            assert grows or node.layer.kind == "slice"


def test_two_see_5_three_see_7_and_n_see_2n_plus_1():
    """Figure 4 of the source documents: n stacked 3×3 give 2n + 1, with a letter for n or for the kernel."""
    n, k = symbol("n"), symbol("k")
    stacked = [field_of(3, 1, depth).size for depth in (1, 2, 3)]
    letters = spec(
        "input: {channels: 1, height: H, width: W}\nparams: {k: k}\n"
        "layers: [conv2d: {out: 1, kernel: k, repeat: 3}, conv2d: {out: 1, kernel: k, stride: 2}, conv2d: {out: 1, kernel: k}]"
    )

    assert (stacked, field_of(3, 1, n).size) == ([3, 5, 7], 2 * n + 1)
    assert field_of(k, 1, n).size.equals(n * (k - 1) + 1)
    assert [field.size[0] for field in receptive_fields(letters).values()] == [
        *(1, k, 2 * k - 1, 3 * k - 2, 4 * k - 3),
        6 * k - 5,
    ]


@given(kernel=st.integers(1, 7), stride=st.integers(1, 4), depth=st.integers(1, 6))
def test_the_formula_for_n_layers_is_that_of_n_layers_one_by_one(kernel, stride, depth):
    """A closed form, a network of so many layers, and the formula in letters with numbers put in agree."""
    builder = Builder()
    last = builder.add("input", Input((1, 7 * 4**7)))
    for number in range(depth):
        last = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=kernel, stride=stride), last)
    (size,) = receptive_fields(builder.graph())[builder.nodes[last].name].size
    letters = field_of(symbol("k"), 1 if stride == 1 else symbol("s"), symbol("n")).size

    assert field_of(kernel, stride, depth).size == size
    assert letters.subs({symbol("k"): kernel, symbol("s"): stride, symbol("n"): depth}) == size


def test_every_stack_has_the_field_it_was_asked_for():
    """Stacks are all the ways to reach the field, each with k² weights a layer, and the one kernel is among them."""
    for field in range(2, 16):
        found = stacks(field)
        assert {stack.field for stack in found} == {field}
        assert all(stack.weights == sum(k * k for k in stack.kernels) for stack in found)
        assert (field,) in [stack.kernels for stack in found]
        assert len({stack.kernels for stack in found}) == len(found)
    # Partitions of 1 to 7 into whole numbers: 1, 2, 3, 5, 7, 11, 15.
    assert [len(stacks(field)) for field in range(3, 16, 2)] == [1, 2, 3, 5, 7, 11, 15]


def test_ten_thousand_layers_and_dense_connections():
    """A very deep chain, and every layer joined to all before it, which has more paths than could be followed."""
    builder = Builder()
    last = builder.add("input", Input((1, 64)))
    for number in range(10_000):
        last = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=3, padding=1), last)
    assert receptive_fields(builder.graph())["conv9999"].size == (20_001,)

    builder = Builder()
    last = builder.add("input", Input((1, 64)))
    for number in range(300):
        new = builder.add(f"conv{number}", K["conv1d"](out=1, kernel=3, padding=1), last)
        last = builder.add(f"concat{number}", K["concat"](), last, new)
    field = receptive_fields(builder.graph())["concat299"]
    assert (field.size, field.shortest, field.longest) == ((601,), (1,), (601,))
