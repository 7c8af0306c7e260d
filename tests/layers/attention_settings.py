"""Hypothesis strategies: the settings of attention of all sorts, and of products of branches, that suit their inputs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.layers.axis_settings import divisors
from tests.layers.inputs import Draw, Shape
from tests.layers.products import fitting_product

LARGEST = 9
BASES = st.sampled_from([100.0, 10000.0])
# All projections have one, none has, or those that are named, each once.
BIASES = st.booleans() | st.lists(st.sampled_from(["query", "key", "value", "out"]), unique=True).map(tuple)


def attention(draw: Draw, q: Shape, *memory: Shape) -> dict[str, Any]:
    key = draw(st.none() | st.integers(1, LARGEST))
    heads = draw(divisors(q[1]) if key is None else st.sampled_from([1, 2, 3, 4, 6, 8]))
    width = q[1] // heads if key is None else key
    queries, keys = q[0], memory[0][0] if memory else q[0]
    causal = draw(st.booleans())
    # The last query sees a key.
    least = max(1, queries - keys + 1 if causal else 2 * (queries - keys))
    return {
        "key": key,
        "heads": heads,
        "kv_heads": draw(st.none() | divisors(heads)),
        # Adapters of ranks that fit the smallest matrices there are.
        "lora": draw(st.just(()) | st.lists(st.integers(0, 2), min_size=4, max_size=4).map(tuple)),
        "bias": draw(BIASES),
        "causal": causal,
        "window": draw(st.none() | st.integers(least, least + LARGEST)),
        "positions": draw(st.sampled_from([None, "rotary"])) if width % 2 == 0 else None,
        "base": draw(BASES),
        "softcap": draw(st.none() | st.sampled_from([0.5, 2.0, 30.0])),
        "sinks": draw(st.booleans()),
    }


def window_attention(draw: Draw, x: Shape) -> dict[str, Any]:
    """Windows of one size or one for each axis, some larger than the image, and shifts that are less than they."""
    own = {"heads": draw(divisors(x[-1])), "bias": draw(BIASES), "grid": draw(st.booleans())}
    own |= {"key": draw(st.none() | st.integers(1, 4)), "out": draw(st.none() | st.integers(1, LARGEST))}
    own["relative"] = draw(st.sampled_from([False, True, "mlp", "queries"]))
    # Dense layers need a distance; a grid has no place of its own.
    least = 2 if own["relative"] == "mlp" else 1
    # The pairs of a window grow with its side to the power of twice the axes.
    most = 5 if len(x) < 4 else 3
    if draw(st.booleans()):
        window = draw(st.integers(least, most))
        return own | {"window": window, "shift": draw(st.integers(0, 0 if own["grid"] else window - 1))}
    windows = [draw(st.integers(least, most)) for _ in x[1:]]
    shifts = tuple(draw(st.integers(0, 0 if own["grid"] else w - 1)) for w in windows)
    shift = draw(st.sampled_from([shifts, min(shifts)]))
    return own | {"window": tuple(windows), "shift": shift}


def pooling_attention(draw: Draw, x: Shape) -> dict[str, Any]:
    """Places along one axis or several, which strides leave some of, or as many where distances ask for that."""
    rank, left, places = draw(st.integers(1, 3)), x[0] - 1, []
    for _ in range(rank - 1):
        places.append(draw(divisors(left)))
        left //= places[-1]
    places.append(left)
    own = {"places": places[0] if rank == 1 and draw(st.booleans()) else tuple(places), "relative": draw(st.booleans())}
    least = own["relative"] and draw(st.booleans())
    # With strides of 1 and an odd kernel all places are left.
    kernels = st.sampled_from([1, 3]) if least else st.integers(1, 4)
    strides = st.none() | (st.just(1) if least else st.integers(1, 3))
    own["kernel"] = draw(kernels | st.tuples(*[kernels] * rank))
    own |= {
        name: draw(strides | st.tuples(*[st.integers(1, 1 if least else 3)] * rank))
        for name in ("query_stride", "key_stride")
    }
    # Of one value a normalisation leaves nothing, and of two the sign.
    heads = draw(divisors(x[1]).filter(lambda n: x[1] // n > 2))
    return own | {"heads": heads, "out": draw(st.none() | st.integers(3, 5).map(lambda n: n * heads))}


def latent_attention(draw: Draw, _x: Shape) -> dict[str, Any]:
    key, rotary = draw(st.integers(1, 6)), draw(st.sampled_from([2, 4, 6]))
    # Half of the time values are as wide as keys, so that torch has a kernel for them.
    value = draw(st.sampled_from([key + rotary, draw(st.integers(1, LARGEST))]))
    return {"key": key, "rotary": rotary, "value": value, "base": draw(BASES), "heads": draw(st.integers(1, 4))}


def relative_bias(draw: Draw, _x: Shape) -> dict[str, Any]:
    """So few buckets that distances of an input share them, and a distance near or far."""
    causal = draw(st.booleans())
    side = draw(st.integers(2, LARGEST))
    buckets = side if causal else 2 * side + draw(st.integers(0, 1))
    return {"causal": causal, "buckets": buckets, "distance": side // 2 + draw(st.integers(1, LARGEST))}


def grid_bias(draw: Draw, x: Shape) -> dict[str, Any]:
    """A grid of some axes, alone or behind a token without a place."""
    class_token = x[1] > 1 and draw(st.booleans())
    left, grid = x[1] - class_token, []
    for _ in range(draw(st.integers(0, 2))):
        grid.append(draw(divisors(left)))
        left //= grid[-1]
    return {"class_token": class_token, "grid": (*grid, left)}


def matmul(draw: Draw, *xs: Shape) -> dict[str, Any]:
    """Any of the ways in which the inputs can be turned and split so that they fit."""
    turns = [None, "first", "second", "both"]
    ways = [{"heads": heads, "transpose": turn} for heads in (None, *range(1, 13)) for turn in turns]
    fits = [way for way in ways if fitting_product(way["heads"], way["transpose"], *xs)]
    split = [way for way in fits if way["heads"]]
    return draw(st.sampled_from(split if split and draw(st.booleans()) else fits))
