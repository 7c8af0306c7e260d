"""Windows of layers whose settings or sizes are letters: bounds that hold what every number in their place gives, and no more."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import gcd
from typing import Any

import pytest

from archcalc.layers import Layer
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import substitute

K = Layer.kinds
SMALL = range(2, 8)


def window(layer: Layer, length: Any) -> Any:
    """What the layer says it sees along the only axis with places."""
    ((view,),) = layer.receptive_views((2, length))
    return view[1].window


def gaps(loose: Any, exact: Any, values: dict[str, int], outputs: int) -> tuple[Fraction, Fraction]:
    """By how much the bound exceeds what is seen, at the nearest, before and after; below 0 it would cut something off."""
    before, after = [], []
    for i in range(outputs):
        lo, hi = exact.at(i)
        if hi < lo:
            continue
        low, high = (Fraction(substitute(end, values)) for end in loose.at(i))
        before.append(lo - low)
        after.append(high - hi)
    return min(before), min(after)


@pytest.mark.parametrize("kind", ["adaptiveavgpool1d", "adaptivemaxpool1d"])
def test_pooling_to_a_size_in_letters(kind):
    """Windows ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉ for every n and m up to 7; where they share no divisor, the bound is reached on both sides."""
    loose = window(K[kind](size=symbol("m")), symbol("n"))
    for n, m in product(SMALL, SMALL):
        exact = [(i * n // m, -(-(i + 1) * n // m) - 1) for i in range(m)]
        assert [window(K[kind](size=m), n).at(i) for i in range(m)] == exact
        nearest = gaps(loose, window(K[kind](size=m), n), {"n": n, "m": m}, m)
        assert min(nearest) >= 0
        assert gcd(n, m) > 1 or nearest == (0, 0)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_upsampling_by_a_letter(mode):
    """Every scale up to 7 at 40 outputs: the bound holds what is seen, and is reached on both sides."""
    loose = window(K["upsample"](scale=symbol("s"), mode=mode), 10)
    for s in SMALL:
        exact = window(K["upsample"](scale=s, mode=mode), 10)
        middles = [Fraction(2 * i + 1, 2 * s) - Fraction(1, 2) for i in range(40)]
        seen = [(i // s,) * 2 if mode == "nearest" else (x // 1, -(-x // 1)) for i, x in enumerate(middles)]
        assert [exact.at(i) for i in range(40)] == seen
        # Middles lie at whole and half cells for an even scale, at whole ones alone for an odd one, which a letter leaves open.
        slack = Fraction(1, 2 * s) if mode == "linear" and s % 2 else 0
        assert gaps(loose, exact, {"s": s}, 40) == (slack, slack)


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_a_transposed_convolution_by_a_letter(dilation):
    """Every kernel up to 5, stride up to 5 and padding up to 2: the bound holds what is seen, and is reached where each phase is."""
    for kernel, padding in product(range(1, 6), range(3)):
        fields = {"out": 1, "kernel": kernel, "padding": padding, "dilation": dilation}
        loose = window(K["convtranspose1d"](stride=symbol("s"), **fields), 30)
        for s in range(2, 6):
            exact = window(K["convtranspose1d"](stride=s, **fields), 30)
            meets = [
                [(i + padding - dilation * t) // s for t in range(kernel) if (i + padding - dilation * t) % s == 0]
                for i in range(40)
            ]
            assert all(exact.at(i) == (min(m), max(m)) for i, m in enumerate(meets) if m)
            assert gaps(loose, exact, {"s": s}, 40) == (0, 0)
