"""How arrays lie in memory against torch's own views, and what a layer is where nothing is said against torch's defaults."""

from __future__ import annotations

import inspect
import math
from itertools import product

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from archcalc.layers import Layer
from archcalc.layers.strides import contiguous, reshaped

SIDES = st.lists(st.sampled_from([1, 1, 2, 3, 4]), min_size=1, max_size=4)


@st.composite
def lying(draw: st.DrawFn) -> torch.Tensor:
    """A tensor in any order of its axes, of which some may be cut short."""
    tensor = torch.empty(draw(SIDES), device="meta")
    tensor = tensor.permute(draw(st.permutations(range(tensor.dim()))))
    for axis, n in enumerate(tensor.shape):
        if draw(st.integers(0, 3)) == 0:
            tensor = tensor.narrow(axis, 0, draw(st.integers(1, n)))
    return tensor


def shapes_of(count: int) -> list[tuple[int, ...]]:
    """Every shape of so many values with up to four axes."""
    sides = [n for n in range(1, count + 1) if count % n == 0]
    return [shape for rank in range(1, 5) for shape in product(sides, repeat=rank) if math.prod(shape) == count]


@settings(max_examples=20 * settings().max_examples)
@given(lying(), st.data())
def test_what_is_read_under_another_shape_is_a_view_where_torchs_is(tensor: torch.Tensor, data: st.DataObject) -> None:
    """None where torch would have to copy, and else its strides along every axis of more than one place."""
    shape = data.draw(st.sampled_from(shapes_of(tensor.numel())))
    found = reshaped(tuple(tensor.shape), tensor.stride(), shape)
    try:
        strides = tensor.view(shape).stride()
    except RuntimeError:
        assert found is None
        return

    assert found is not None
    assert [a for a, n in zip(found, shape, strict=True) if n != 1] == [
        b for b, n in zip(strides, shape, strict=True) if n != 1
    ]


@given(SIDES)
def test_an_array_lies_as_torchs_new_ones_do(shape: list[int]) -> None:
    """One value after the other."""
    assert contiguous(tuple(shape)) == torch.empty(shape, device="meta").stride()


# What torch calls differently, or does not have on its module.
CALLED = {
    "kernel": "kernel_size",
    "layers": "num_layers",
    "slope": "negative_slope",
    "out": "",
    "size": "",
    "epsilon": "eps",
}
MODULES = {name.lower(): module for name, module in vars(nn).items() if inspect.isclass(module)}
KINDS = sorted(kind for kind in Layer.kinds if kind in MODULES)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_said_is_as_in_torch(kind: str) -> None:
    """Strides, padding, biases and the rest, for every field that torch's module has under its name."""
    module = inspect.signature(MODULES[kind]).parameters
    different = {}
    for field in msgspec.structs.fields(Layer.kinds[kind]):
        theirs = module.get(CALLED.get(field.name, field.name))
        if theirs is not None and field.default is not msgspec.NODEFAULT and theirs.default is not theirs.empty:
            same = field.default == theirs.default or (field.default is None and not theirs.default)
            different |= {} if same else {field.name: (field.default, theirs.default)}

    assert different == {}


@pytest.mark.parametrize("kind", KINDS)
def test_what_torch_has_in_place_overwrites_its_input(kind: str) -> None:
    """All whose module takes inplace=True, but for dropout, which models leave as it is."""
    assert Layer.kinds[kind].overwrites == (
        "inplace" in inspect.signature(MODULES[kind]).parameters and kind != "dropout"
    )
