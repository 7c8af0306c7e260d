"""Every layer kind's forward pass puts out what torch's does, and does the multiply-accumulates that the kind says."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, reject
from hypothesis import strategies as st
from torch import nn

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.reference import CountingNumpy
from tests.layers.inputs import Shape
from tests.layers.strategies import cases
from tests.layers.torch_attention import MultiheadAttention
from tests.layers.torch_shapes import LAXER, Built, Refusal, built, inferred, listed
from tests.layers.torch_twins import TWINS, Twin
from tests.layers.torch_weights import put

torch.set_num_threads(1)

BATCH = 2
# By how much an output may be off from torch's in float64, as a share of it or of a tenth of the largest.
TOLERANCE = {"float64": 1e-10, "float32": 1e-4}


def drawn(layer: Layer, shapes: tuple[Shape, ...], seed: int) -> tuple[list[Any], dict[str, Any]]:
    """Inputs for a batch, and arrays of the sizes that the layer says, with the variances among them positive."""
    random = np.random.default_rng(seed)
    wanted = layer.weights(*shapes) | layer.buffers(*shapes)
    # In float32, so that either dtype holds the same.
    arrays = {name: random.standard_normal(shape, np.float32) for name, shape in wanted.items()}
    arrays = {name: array**2 if name == "running_var" else array for name, array in arrays.items()}
    arrays = layer.settled(np, arrays)
    if layer.kind == "embedding":
        return [random.integers(0, layer.vocabulary, (BATCH, *x)) for x in shapes], arrays
    return [2 * random.standard_normal((BATCH, *x), np.float32) for x in shapes], arrays


def cast(array: Any, dtype: str) -> Any:
    return array if array.dtype.kind == "i" else np.asarray(array, dtype)


def put_out(module: nn.Module, layer: Layer, inputs: list[Any], arrays: dict[str, Any], dtype: str) -> Any:
    """What torch puts out in float64, but for what RMSNorm adds to a mean square by itself, which is the smallest step of the dtype."""
    for part in module.modules():
        if isinstance(part, nn.RMSNorm) and layer.kind == "rmsnorm" and layer.eps is None:
            part.eps = float(np.finfo(dtype).eps)
    wide = {name: cast(array, "float64") for name, array in arrays.items()}
    xs = [torch.from_numpy(cast(x, "float64")) for x in inputs]
    put(module, layer, wide)
    y = module(*xs).detach()
    return y.numpy() if inputs else y.numpy()[None]


def off(ours: Any, torchs: Any) -> float:
    """The largest error of an array."""
    settled = np.isfinite(torchs)
    assert np.array_equal(ours[~settled], torchs[~settled], equal_nan=True)
    ours, torchs = ours[settled], torchs[settled]
    sizes = np.maximum(np.abs(torchs), 0.1 * np.abs(torchs).max(initial=1e-9))
    return float(np.max(np.abs(ours - torchs) / sizes, initial=0))


def agree(twin: Twin, layer: Layer, shapes: tuple[Shape, ...], seed: int) -> None:
    output = inferred(layer, shapes)
    torchs = built(twin, layer, shapes, device="cpu", batch=BATCH)
    if isinstance(output, SpecError) or (isinstance(torchs, Refusal) and listed(LAXER, layer, str(torchs.error))):
        reject()
    layer = layer.placed(*shapes)
    if layer.kind == "localresponsenorm":
        # Where the sum is less than zero it has no power, and near zero none that float32 could hold.
        layer = msgspec.structs.replace(layer, alpha=abs(layer.alpha), k=1 + abs(layer.k))
        torchs = Built(twin(layer, *shapes), output)
    inputs, arrays = drawn(layer, shapes, seed)
    for dtype, tolerance in TOLERANCE.items():
        xp = CountingNumpy()
        with np.errstate(all="ignore"):
            ours = layer.forward(
                xp, *(cast(x, dtype) for x in inputs), **{name: cast(array, dtype) for name, array in arrays.items()}
            )
        assert ours.dtype == dtype
        assert ours.shape == (BATCH if shapes else 1, *output)
        assert xp.macs == layer.work_for(BATCH, output, *shapes).macs
        assert off(ours, put_out(torchs.module, layer, inputs, arrays, dtype)) <= tolerance


@pytest.mark.parametrize("kind", TWINS)
@given(data=st.data(), seed=st.integers(0, 999))
def test_forward(kind: str, data: st.DataObject, seed: int) -> None:
    """A layer with torch's weights puts out what torch puts out, in either dtype, and multiplies as often as it says."""
    agree(TWINS[kind], *data.draw(cases(kind, flaws=False)), seed)


@given(case=cases("attention", flaws=False), heads=st.integers(1, 6), seed=st.integers(0, 999))
def test_attention_of_equal_heads_is_torchs_own(case: tuple[Layer, tuple[Shape, ...]], heads: int, seed: int) -> None:
    """With heads and bias alone, attention is nn.MultiheadAttention."""
    layer, shapes = case
    if shapes[0][1] % heads:
        reject()
    agree(MultiheadAttention, type(layer)(heads=heads, bias=bool(layer.bias)), shapes, seed)


@pytest.mark.parametrize("kind", [kind for kind in TWINS if Layer.kinds[kind].stores == "in place"])
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_far_from_zero(kind: str, dtype: str) -> None:
    """No activation function overflows on the way to an output that is a number."""
    x = np.array([[-1e4, -300, -90, -40, -1, 0, 1, 40, 90, 300, 1e4]], dtype)
    required = {"times": {"factor": 0.17}, "power": {"exponent": 2.0}}
    layer = Layer.kinds[kind](**required.get(kind, {})).placed(x.shape[1:])
    arrays = {name: np.full(shape, 0.25, dtype) for name, shape in layer.weights(x.shape[1:]).items()}

    with np.errstate(over="raise", invalid="raise", divide="raise"):
        ours = layer.forward(np, x, **arrays)

    assert off(ours, put_out(TWINS[kind](layer, x.shape[1:]).eval(), layer, [x], arrays, dtype)) <= TOLERANCE[dtype]


def test_every_kind_states_its_own() -> None:
    """No kind is left with the placeholder of the base."""
    assert [kind for kind, layer in Layer.kinds.items() if layer.forward is Layer.forward] == []
