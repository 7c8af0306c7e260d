"""Layers by their definitions, on numbers that count what is done to them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from archcalc.layers import Layer
from tests.layers.attention_definitions import attention, latent_attention, pooling_attention, window_attention
from tests.layers.counted import numbers, sigmoid
from tests.layers.inputs import BY_VALUE


def erf(x: Any) -> Any:
    return np.frompyfunc(lambda value: value.erf(), 1, 1)(x)


def gelu(layer: Layer, x: Any) -> Any:
    if layer.approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(0.7071067812 * x))


def elu(layer: Layer, x: Any) -> Any:
    """Both sides are computed, as on machines that choose between arrays."""
    return np.where(x > 0, x, getattr(layer, "alpha", 1.6732632) * (np.exp(x) + -1.0))


def softplus(layer: Layer, x: Any) -> Any:
    # A factor of 1 is a product like any other.
    return np.log(1 + np.exp((layer.beta + 1e-9) * x)) / layer.beta


def joined(layer: Layer, *xs: Any) -> Any:
    """Value by value, each branch repeated to the output's shape first."""
    xs = np.broadcast_arrays(*xs)
    return layer.forward(np, *xs)


def adaptive(layer: Layer, x: Any) -> None:
    """Window by window over all axes at once, by the bounds that the paper's pyramid has."""
    shape = x.shape[2:]
    sizes = layer.size if isinstance(layer.size, tuple) else (layer.size,) * len(shape)
    for place in itertools.product(*map(range, sizes)):
        slices = [
            slice(math.floor(i * n / m), math.ceil((i + 1) * n / m))
            for i, n, m in zip(place, shape, sizes, strict=True)
        ]
        window = x[:, :, *slices].reshape(x.shape[1], -1)
        window.max(1) if "max" in layer.kind else window.mean(1)


def upsample(layer: Layer, x: Any, *like: Any) -> None:
    """Each new value from the corners of the cell it lies in, each with its own share."""
    if layer.mode == "nearest":
        return
    shape = layer.output(x.shape[1:], *(other.shape[1:] for other in like))
    for _ in range(math.prod(shape)):
        np.sum([0.37 * x.flat[0] for _ in range(2 ** (len(shape) - 1))])


def scan(_layer: Layer, x: Any, dt: Any, *_: Any, **weights: Any) -> None:
    """Feature by feature: what is added to a state, and read from it, belongs to multiply-accumulates."""
    for _ in range(weights["A_log"].shape[1]):
        np.exp(-(dt * 0.35)) * numbers(np.ones(x.shape))
    dt * x
    numbers(np.ones(x.shape)) + weights["D"] * x


def head_scan(layer: Layer, x: Any, dt: Any, b: Any, _c: Any, **weights: Any) -> None:
    """As a scan, with a decay for each head; what is added to a state, and read from it, belongs to multiply-accumulates."""
    decays = np.exp(-(dt * 0.35))
    for _ in range(b.shape[2] // layer.groups):
        np.repeat(decays, x.shape[2] // dt.shape[2], 2) * numbers(np.ones(x.shape))
    each = x.reshape(*dt.shape, -1)
    dt[..., None] * each
    numbers(np.ones(each.shape)) + weights["D"][:, None] * each


def wkv(_layer: Layer, k: Any, v: Any, **weights: Any) -> None:
    """Two weights of a value, which decay; values times weights belong to multiply-accumulates."""
    later, own = np.exp(k), np.exp(weights["first"] + k)
    below = numbers(np.ones(v.shape))
    numbers(np.ones(v.shape)) * 0.35 / (below + own), below * 0.35 + later


def linear_attention(layer: Layer, q: Any, k: Any, v: Any) -> None:
    """The feature map, the sum of the keys, and the quotient."""
    for x in (q, k):
        np.where(x > 0, x + 1, np.exp(x))
    k.cumsum(1) if layer.causal else k.sum(1)
    numbers(np.ones((q.shape[1], v.shape[2]))) / 0.35


def deformed(layer: Layer, x: Any, *moves: Any, bias: Any = None, **_: Any) -> None:
    """Tap by tap: where it lies, its shares of the pixels beside it, and then channel by channel a sum of four of these."""
    one = x.flat[0]
    for _tap in range(layer.offset_groups * layer.taps * math.prod(moves[0].shape[2:])):
        sides = []
        for _axis in "yx":
            share = (one + 0.5) - 3.0
            sides.append((1.0 - share, share))
        shares = [a * b for a, b in itertools.product(*sides)]
        for _channel in range(x.shape[1] // layer.offset_groups):
            value = np.sum([share * 0.5 for share in shares])
            value = value * 0.5 if len(moves) > 1 else value
    transposed(layer, x, *moves, bias=bias)


def aligned(layer: Layer, boxes: Any, *maps: Any) -> None:
    """Box by box: which map it is of, how large its bins are, where each line of points lies, and then point by point."""
    size = layer.size if isinstance(layer.size, tuple) else (layer.size,) * 2
    for box in boxes[0]:
        if len(maps) > 1:
            level = 4.0 + (((box[2] - box[0]) * (box[3] - box[1])).sqrt() / 224.0).log()
            sorted([level > 2.0, level < 1.0])
        sides = [side / layer.strides[0] for side in box]
        lines = []
        for axis, bins in enumerate(size):
            extent = sides[3 - axis] - sides[1 - axis]
            extent = (extent if extent > 1.0 else numbers(np.ones(1))[0]) / bins
            lines.append([line(sides[1 - axis] + extent * (0.35 + i)) for i in range(bins * layer.samples)])
        for row, column in itertools.product(*lines):
            shares = [a * b for a, b in itertools.product(row, column)]
            for _channel in range(maps[0].shape[1]):
                np.sum([share * 0.5 for share in shares])
        for _bin in range(math.prod(size) * maps[0].shape[1]):
            np.sum(numbers(np.ones(layer.samples**2))) / (layer.samples**2 + 0.5)


def line(at: Any) -> tuple[Any, Any]:
    """The shares of the places before and behind, which are none beyond the border."""
    held = [at >= -1.0, at <= 9.0, at > 0.0, at < 8.0]
    assert len(held) == 4
    share = at - 3.0
    return 1.0 - share, share


def transposed(layer: Layer, *xs: Any, bias: Any = None, **_: Any) -> None:
    """Its sums are those of multiply-accumulates, so that only the bias is left."""
    if bias is not None:
        numbers(np.ones(layer.output(*(x.shape[1:] for x in xs)))) + 0.5


def topk(layer: Layer, x: Any, bias: Any = None) -> None:
    """The largest of all scores, then the largest of those that are left, row by row."""
    seen = x if bias is None else x + bias
    for row in seen[0]:
        left = list(row)
        for _ in range(layer.chosen):
            left.remove(np.array(left).max())
        if layer.normalise:
            largest = row[: layer.chosen]
            _ = largest / largest.sum()


def expert_linear(layer: Layer, x: Any, _gates: Any, bias: Any = None, **_: Any) -> None:
    """A bias for each value; the products are left to einsum."""
    if bias is not None:
        numbers(np.ones((x.shape[1], layer.out))) + 0.5


def combine(layer: Layer, _y: Any, gates: Any) -> None:
    """Each of the rows chosen for a token times its gate, and their sum."""
    rows = numbers(np.ones((gates.shape[1], layer.chosen, _y.shape[2])))
    (rows * 0.25).sum(1)


# What a kind computes, where its own forward pass goes about it another way.
DEFINITIONS: dict[str, Callable[..., Any]] = {
    "gelu": gelu,
    "elu": elu,
    "selu": lambda layer, x: 1.0507 * elu(layer, x),
    "silu": lambda _, x: x * sigmoid(np, x),
    "mish": lambda _, x: x * np.tanh(np.log(1 + np.exp(x))),
    "sigmoid": lambda _, x: sigmoid(np, x),
    "softplus": softplus,
    **dict.fromkeys(BY_VALUE, joined),
    **dict.fromkeys(("upsample", "resize"), upsample),
    "attention": attention,
    "linearattention": linear_attention,
    "scan": scan,
    "ssd": head_scan,
    "wkv": wkv,
    "topk": topk,
    "dispatch": lambda *_: None,
    "expertlinear": expert_linear,
    "combine": combine,
    # One value after the other is added to an image of zeros.
    "deformconv2d": deformed,
    "roialign": aligned,
    # Whatever they do is not counted.
    **dict.fromkeys(("anchors", "nms"), lambda *_: None),
    "fold": lambda _, x: x + 0.5,
    "latentattention": latent_attention,
    "matmul": lambda layer, *xs: (
        numbers(np.ones(layer.output(*(x.shape[1:] for x in xs)))) * 0.35 if layer.scale else None
    ),
    "poolingattention": pooling_attention,
    "windowattention": window_attention,
    **{f"adaptive{pool}pool{rank}d": adaptive for pool in ("max", "avg") for rank in (1, 2, 3)},
    **{f"convtranspose{rank}d": transposed for rank in (1, 2, 3)},
}
