"""An optimiser's state, and what it makes on the side while it updates, against the storages that torch's optimisers hold."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.utils import _foreach_utils as foreach

from archcalc.errors import SpecError
from archcalc.language import load
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.memory_plan.plan import Dtypes, training
from archcalc.memory_plan.weights import arrays_of
from archcalc.profiling.engine import profile
from tests.memory.torch_alive import Alive

TORCHS = {
    "sgd": lambda arrays, **how: torch.optim.SGD(arrays, lr=0.1, **how),
    "momentum": lambda arrays, **how: torch.optim.SGD(arrays, lr=0.1, momentum=0.9, **how),
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adafactor": torch.optim.Adafactor,
}
ASKED = {"single": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}
WAYS = [(rule, way) for rule in TORCHS for way in OPTIMIZERS[rule].makes]


def updated(shapes, rule, way):
    """Arrays of these shapes after a first step, with gradients for a second, and their optimiser."""
    arrays = [nn.Parameter(torch.ones(shape)) for shape in shapes]
    optimizer = TORCHS[rule](arrays, **ASKED[way])
    for _ in range(2):
        for array in arrays:
            array.grad = torch.ones_like(array)
        optimizer.step()
    return arrays, optimizer


def state_of(optimizer, way):
    """The tensors of state on the device: a counter of steps is there only where the kernel is one."""
    return [
        value
        for state in optimizer.state.values()
        for name, value in state.items()
        if isinstance(value, torch.Tensor) and (name != "step" or way == "fused")
    ]


def made(shapes, rule, way):
    """The most bytes that torch holds in a step, beside arrays, gradients and state."""
    arrays, optimizer = updated(shapes, rule, way)
    alive = Alive()
    with alive:
        for tensor in [*arrays, *(array.grad for array in arrays), *state_of(optimizer, "fused")]:
            alive.see(tensor)
        alive.most = resident = sum(alive.sizes.values())
        optimizer.step()
    return alive.most - resident


@pytest.mark.parametrize(("rule", "way"), WAYS)
@given(shapes=st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple), min_size=1, max_size=6))
def test_an_update_makes_what_torchs_makes(rule, way, shapes):
    """Byte for byte, for arrays of any shapes in any order."""
    # What torch makes for the norm of an update: one value, which shows where nothing else is made.
    norm = 4 * ((rule, way) == ("adafactor", "foreach") and all(len(shape) == 1 for shape in shapes))

    assert OPTIMIZERS[rule].temporaries([(shape, 32) for shape in shapes], way) // 8 + norm == made(shapes, rule, way)


@pytest.mark.parametrize(("rule", "way"), WAYS)
@pytest.mark.parametrize("spec", ["lenet5", "squeezenet1_1"])
def test_a_networks_update_holds_what_torchs_holds(rule, way, spec):
    """State, gradients and what is made on the side, together with the counters of steps where they are on the device."""
    graph = load(spec)
    plan = training(profile(graph), rule=rule, step=way)
    shapes = [array.shape for arrays in arrays_of(graph) for array in arrays if array.trained]
    _, optimizer = updated(shapes, rule, way)
    params = sum(row.weights.bytes(1) for row in plan.rows)

    assert sum(row.state.bytes(1) for row in plan.rows) == sum(
        tensor.untyped_storage().nbytes() for tensor in state_of(optimizer, way)
    )
    assert plan.timeline.bytes(1)[-1] == params + made(shapes, rule, way)


def test_alexnets_update_is_its_peak():
    """Adam, one array after the other, has two temporaries of the largest, 4096×9216, and still one of the bias before it."""
    alexnet = profile(load("alexnet-torchvision"))
    params, largest = 4 * 61_100_840, 4 * 4096 * 9216

    assert largest == 150_994_944
    assert training(alexnet, step="single").peak(1) == 4 * params + 2 * largest + 4 * 256
    assert training(alexnet, step="foreach").peak(1) == training(alexnet).peak(1) == 5 * params
    # The counters of 16 arrays; at a batch of 1 nothing in the backward pass is larger than the gradients all together.
    assert training(alexnet, step="fused").timeline.bytes(1)[-1] == params
    assert training(alexnet, step="fused").resident["adam state"].bytes(1) == 2 * params + 4 * 16
    assert training(alexnet, rule="sgd").peak(64) == training(alexnet, rule="sgd", step="fused").peak(64)


def test_temporaries_are_as_wide_as_the_state():
    """Beside narrow weights with fp32 masters they are fp32, without masters as narrow as the weights."""
    lenet = profile(load("lenet5"))
    bf16 = Dtypes("bf16", "bf16")
    wide, narrow = (training(lenet, bf16, master=master).timeline.bytes(1)[-1] for master in (True, False))

    # 60,840 params, whose gradients have two bytes each.
    assert (wide, narrow) == (60_840 * (2 + 4), 60_840 * (2 + 2))


def test_the_way_that_is_not_asked_for_is_torchs_on_a_gpu():
    """Where neither is asked for torch takes foreach on CUDA, but Adafactor one array after the other."""
    assert "cuda" in foreach._get_foreach_kernels_supported_devices()  # noqa: SLF001 - it has no public name
    assert [OPTIMIZERS[rule].way() for rule in ("sgd", "momentum", "adam", "adamw")] == ["foreach"] * 4
    assert OPTIMIZERS["adafactor"].way() == "single"


def test_a_way_that_a_rule_does_not_have_is_refused():
    """torch has no fused Adafactor."""
    with pytest.raises(TypeError):
        torch.optim.Adafactor([nn.Parameter(torch.ones(2))], fused=True)
    with pytest.raises(SpecError, match="adafactor has no fused step\n  = it has single and foreach"):
        training(profile(load("lenet5")), rule="adafactor", step="fused")
