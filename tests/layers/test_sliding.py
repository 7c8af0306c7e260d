"""Windows that slide, held against all of their places tried one by one."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, reject
from hypothesis import strategies as st

from archcalc.errors import SpecError
from archcalc.layers import Layer
from archcalc.network.shapes import infer
from archcalc.reference import CountingNumpy
from tests.layers.strategies import cases

K = Layer.kinds


@pytest.mark.parametrize("kind", ["maxpool1d", "avgpool1d"])
def test_the_last_window_starts_inside_the_input_or_the_padding_before_it(kind):
    """Every size, kernel, stride, dilation, margin before and another after, rounded up: places are counted by trying each."""
    dilations = (1, 2) if kind == "maxpool1d" else (1,)
    sizes = product(range(1, 7), range(1, 5), range(1, 5), range(3), range(3), dilations)
    tried = 0
    for n, k, s, before, after, d in sizes:
        span = d * (k - 1) + 1
        if max(before, after) > k // 2 or n + before + after + s - 1 < span:
            continue
        layer = K[kind](
            kernel=k, stride=s, padding=((before, after),), ceil_mode=True, **({"dilation": d} if d > 1 else {})
        )
        fits = [p for p in range(40) if p * s + span <= n + before + after + s - 1]
        starts = [p for p in fits if p * s < before + n]
        assert infer(layer, ((2, n),)).shape == (2, len(starts)), layer
        assert layer.forward(np, np.ones((1, 2, n))).shape[1:] == (2, len(starts)), layer
        tried += before != after
    assert tried > 200


class Spy(CountingNumpy):
    """numpy that remembers the sizes of what its einsum is given and what it makes."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def einsum(self, subscripts: str, *arrays: Any, optimize: bool = False) -> Any:
        y = super().einsum(subscripts, *arrays, optimize=optimize)
        self.sizes += [arrays[0].size, y.size]
        return y


CONVOLUTIONS = [f"{kind}{rank}d" for kind in ("conv", "convtranspose") for rank in (1, 2, 3)]


@pytest.mark.parametrize("kind", CONVOLUTIONS)
@given(data=st.data())
def test_the_columns_of_a_convolution_are_what_its_product_reads_or_spreads(kind, data):
    """im2col lays out every window's values, and its transpose what every input value spreads before it is added up."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    try:
        infer(layer, shapes)
    except SpecError:
        reject()
    assume(getattr(layer, "connections", None) is None)
    spy = Spy()
    weights = {name: np.ones(shape) for name, shape in layer.weights(*shapes).items()}
    layer.forward(spy, *(np.ones((1, *x)) for x in shapes), **weights)
    windows, spread = spy.sizes
    if "transpose" not in kind and windows == math.prod(shapes[0]) and set(np.hstack(layer.geometry()[:2])) == {1}:
        # The windows of one place each are the input itself, and nothing is laid out.
        windows = 0

    assert layer.im2col_size(*shapes) == (spread if "transpose" in kind else windows)


def test_no_other_kind_has_columns():
    """What is no convolution lays out nothing."""
    for kind, layer in K.items():
        assert (layer.im2col_size is Layer.im2col_size) == (kind not in {*CONVOLUTIONS, "deformconv2d"}), kind
