"""The values of its inputs that a layer reads, found out by putting what is no number in the place of each."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, reject, settings

from archcalc.devices.touched import touched
from archcalc.layers import Layer
from archcalc.layers.placing import Misplaced
from archcalc.symbols.dims import size, symbol
from tests.layers.strategies import cases
from tests.zoo import THOROUGH

MOST = 300
K = Layer.kinds
# Whole numbers go in, or choices by which values move, and neither can be no number.
_NUMBERED = {"embedding", "topk", "dispatch", "expertlinear", "combine", "onehot", "gather", "nms"}
KINDS = [kind for kind, cls in Layer.kinds.items() if cls.arity[1] > 0 and cls.runs and kind not in _NUMBERED]
# Those that look over windows or take parts, of which all that is read comes out.
EXACT = {
    *(f"{kind}{rank}d" for kind in ("conv", "maxpool", "avgpool") for rank in (1, 2, 3)),
    *("crop", "slice", "split", "linear", "relu", "layernorm", "flatten", "add"),
}


def moved(layer: Layer, shapes: tuple[tuple[int, ...], ...], which: int) -> int:
    """The values of an input without which some value of the output is no number."""
    draw = np.random.default_rng(0)
    n = math.prod(shapes[which])
    inputs = [np.repeat(draw.uniform(0.5, 1.5, (1, *x)), n, axis=0) for x in shapes]
    inputs[which].reshape(n, n)[np.arange(n), np.arange(n)] = np.nan
    wanted = layer.weights(*shapes) | layer.buffers(*shapes)
    arrays = layer.settled(np, {name: draw.uniform(0.5, 1.5, x) for name, x in wanted.items()})
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y = layer.forward(np, *inputs, **arrays)
    return int(np.isnan(y.reshape(n, -1).astype(float)).any(axis=1).sum())


# The long run is over every kind.
SOME = [
    kind
    for kind in KINDS
    if kind in EXACT or kind in {"attention", "roll", "concat", "localresponsenorm", "convtranspose2d"}
]


@pytest.mark.parametrize("kind", KINDS if THOROUGH else SOME)
def test_no_more_is_counted_than_is_read(kind):
    """Of every kind, on layers at random; and of those over windows all of it."""

    @settings(
        max_examples=30 if THOROUGH else 4,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(kind, flaws=False))
    def check(case):
        layer, shapes = case
        assume(all(0 < math.prod(x) <= MOST for x in shapes))
        try:
            layer = layer.placed(*shapes)
        except Misplaced:
            reject()
        output = layer.output(*shapes)
        assume(0 < math.prod(output) <= 10 * MOST)
        counted = touched(layer, output, shapes)
        for which, n in enumerate(counted):
            read = moved(layer, shapes, which)
            assert n <= read, (layer, shapes, which)
            if kind in EXACT and getattr(layer, "padding_mode", "zeros") == "zeros":
                assert n == read, (layer, shapes, which)

    check()


def test_gaps_are_left_out():
    """By hand: a 1×1 at every second place reads a quarter, a pool drops what does not fill a window, a crop reads its part."""
    assert touched(K["conv2d"](out=4, kernel=1, stride=2), (4, 4, 4), [(3, 8, 8)]) == [3 * 4 * 4]
    assert touched(K["avgpool2d"](kernel=2), (3, 3, 3), [(3, 7, 7)]) == [3 * 6 * 6]
    assert touched(K["conv2d"](out=4, kernel=2, dilation=3), (4, 1, 1), [(3, 4, 4)]) == [3 * 2 * 2]
    assert touched(K["crop"](margin=1), (2, 3, 3), [(2, 5, 5)]) == [2 * 3 * 3]
    assert touched(K["slice"](start=1, stop=3).placed((4, 5)), (2, 5), [(4, 5)])[0] in {2 * 5, 4 * 2}


def test_letters_count_all_of_an_input():
    n = symbol("N")
    assert touched(K["conv2d"](out=4, kernel=1, stride=2), (4, n, n), [(3, 2 * n, 2 * n)]) == [size((3, 2 * n, 2 * n))]
