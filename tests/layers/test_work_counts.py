"""Additions, multiplications, comparisons, divisions and functions of every kind, counted while the definition is computed."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers import Layer, layer_norm, norm, recurrent
from archcalc.layers import softmax as softmax_layer
from tests.layers.counted import GUARD, TALLY, CountedNumpy, numbers, sigmoid, softmax, standard
from tests.layers.definitions import DEFINITIONS
from tests.layers.inputs import Shape
from tests.layers.strategies import cases
from tests.layers.torch_shapes import inferred

SORTS = ("additions", "multiplications", "comparisons", "divisions", "exponentials")
LARGEST = 300


@pytest.fixture
def by_definition(monkeypatch):
    """The parts that several kinds share, as they are defined."""
    monkeypatch.setattr(softmax_layer, "softmax", softmax)
    monkeypatch.setattr(recurrent, "sigmoid", sigmoid)
    for module in (norm, layer_norm):
        monkeypatch.setattr(module, "_standard", standard)


def of_its_own(layer: Layer) -> Layer:
    """The layer with constants that are no 0 and no 1, which would not be counted, and with the guard for its eps."""
    wanted = {"eps": GUARD, "alpha": 0.5, "k": 2.0, "slope": 0.25}
    if layer.kind == "localresponsenorm":
        wanted |= {"beta": 0.75}
    if layer.kind == "times":
        wanted |= {"factor": 0.5}
    return msgspec.structs.replace(layer, **{name: wanted[name] for name in wanted if name in layer.__struct_fields__})


def counted(layer: Layer, shapes: tuple[Shape, ...]) -> dict[str, int]:
    """How many operations of each sort its definition takes for one sample."""
    random = np.random.default_rng(0)
    wanted = layer.weights(*shapes) | layer.buffers(*shapes)
    arrays = {name: 1.5 + random.random(shape) for name, shape in wanted.items()}
    inputs: list[Any] = [numbers(random.standard_normal((1, *shape))) for shape in shapes]
    if layer.kind == "embedding":
        inputs = [np.zeros((1, *shape), int) for shape in shapes]
    TALLY.clear()
    if layer.kind in DEFINITIONS:
        DEFINITIONS[layer.kind](layer, *inputs, **arrays)
    else:
        layer.forward(CountedNumpy(), *inputs, **arrays)
    return {sort: int(TALLY[sort]) for sort in SORTS}


@pytest.mark.usefixtures("by_definition")
@pytest.mark.parametrize("kind", [kind for kind, cls in Layer.kinds.items() if cls.runs and kind != "input"])
@settings(
    max_examples=max(20, settings().max_examples // 2),
    suppress_health_check=[HealthCheck.filter_too_much, *settings().suppress_health_check],
)
@given(data=st.data())
def test_raw_counts_are_those_of_the_definition(kind, data):
    """Each operation on a value of the input is counted as it is done, and the sums are what the kind's `work` says."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    output = inferred(layer, shapes)
    assume(not isinstance(output, SpecError))
    layer = layer.placed(*shapes)
    assume(max(map(math.prod, (output, *shapes)), default=1) <= LARGEST and min(output, default=1) > 0)
    layer = of_its_own(layer)
    work = layer.work_for(1, output, *shapes)

    assert {sort: getattr(work, sort) for sort in SORTS} == counted(layer, shapes)
