"""Pairs of positions that masks leave: counted one by one, in letters, and as a convention prices them."""

from __future__ import annotations

from itertools import product

import pytest

from archcalc.conventions import CONVENTIONS
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.layers import Layer
from archcalc.layers.pairs import Band
from archcalc.profiling.engine import profile
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import substitute

SIZES = range(1, 8)
BOUNDS = (None, 0, 1, 2, 3, 9)


def test_pairs_of_a_band_are_those_that_one_counts():
    """Any number of queries and keys, as many before and after as there may be; and the same from formulas of letters."""
    n, m, b, a = (symbol(name) for name in "nmba")
    for before, after in product(BOUNDS, BOUNDS[1:]):
        formula = Band(None if before is None else b, a).pairs(n, m)
        for queries, keys in product(SIZES, SIZES):
            counted = sum(
                i - (queries if before is None else before) <= j <= i + after
                for i, j in product(range(queries), range(keys))
            )
            values = {"n": queries, "m": keys, "b": before or 0, "a": after}

            assert Band(before, after).pairs(queries, keys) == counted
            assert substitute(formula, values) == counted


def test_a_causal_mask_leaves_half_of_the_pairs_and_half_of_the_diagonal():
    """T(T + 1)/2 of T² in letters; with a window of at least T the same, with a smaller one w(w + 1)/2 + (T - w)w."""
    t = symbol("T")

    assert Band(after=0).pairs(t, t).equals(t * (t + 1) / 2)
    for length, w in product(SIZES, SIZES):
        least = min(w, length)
        layer = Layer.kinds["attention"](heads=1, causal=True, window=w)

        assert layer.band.pairs(length, length) == least * (least + 1) // 2 + (length - least) * least


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("window", [None, 1, 3, 4])
def test_a_convention_counts_the_pairs_that_are_seen(causal, window):
    """Every pair as dense kernels and torch's counter have it, or only those within the mask, for both products."""
    heads, tokens, features = 2, 7, 8
    setting = f", window: {window}" if window else ""
    text = f"input: {{tokens: {tokens}, features: {features}}}\nlayers: [attention: {{heads: {heads}, causal: {str(causal).lower()}{setting}}}]"
    row = profile(parse(Source("a.yaml", text))).rows[1]
    before = tokens if window is None else window - 1 if causal else window // 2
    after = 0 if causal else tokens if window is None else window // 2
    pairs = sum(i - before <= j <= i + after for i, j in product(range(tokens), repeat=2))
    projections = 4 * tokens * features**2

    assert CONVENTIONS["macs"].price(row) == projections + 2 * tokens**2 * features
    assert CONVENTIONS["macs-seen"].price(row) == projections + 2 * pairs * features


def together(i: int, j: int, n: int, w: int, s: int) -> bool:
    """Whether two places of an axis lie in one window, and on one side of its end, after a shift that goes around it."""
    length = -(-n // w) * w
    if length == w:
        return True
    a, b = ((place - s) % length for place in (i, j))
    return a // w == b // w and (i < s) == (j < s)


@pytest.mark.parametrize("sides", [(6, 8), (5, 7), (3, 9), (2, 4), (4,), (5, 3, 2)])
def test_pairs_of_shifted_windows_are_those_that_one_counts(sides):
    """Places of the padded image two by two, which are in one window and were so before the shift."""
    for w, s in [(3, 0), (3, 1), (3, 2), (4, 2), (2, 1)]:
        layer, x = Layer.kinds["windowattention"](heads=2, window=w, shift=s), (*sides, 8)
        padded = [-(-n // w) * w for n in sides]
        seen = 1
        for n, length in zip(sides, padded, strict=True):
            seen *= sum(together(i, j, n, w, s) for i, j in product(range(length), repeat=2))
        work = layer.work(x, x)
        places, inside = 1, w ** len(sides)
        for length in padded:
            places *= length

        assert work.macs == 4 * places * 8**2 + 2 * places * inside * 8
        assert work.macs - work.masked == 4 * places * 8**2 + 2 * seen * 8


def test_deepseek_v3s_attention_has_its_weights():
    """By the sizes of its paper (arXiv:2412.19437, section 4.2): 7168·1536, 1536·128·192, 7168·576, 512·128·256, 128·128·7168, two norms."""
    layer = Layer.kinds["latentattention"](
        heads=128, latent=512, query_latent=1536, key=128, rotary=64, value=128, causal=True
    )
    sizes = [7168 * 1536, 1536, 1536 * 128 * 192, 7168 * 576, 512, 512 * 128 * 256, 128 * 128 * 7168]
    weights = layer.weights((10, 7168))

    assert [rows * (columns[0] if columns else 1) for rows, *columns in weights.values()] == sizes
    assert sum(sizes) == 187_107_328
