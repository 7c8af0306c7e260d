"""Wrong formulas, each of them planted and each of them found out by running the layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from archcalc.layers import Layer
from archcalc.layers.work import Work
from archcalc.reference import CountingNumpy
from archcalc.symbols.dims import size
from tests.verify.mutant_cases import CASES

K = Layer.kinds
BATCH = 2


def disagreements(kind: str) -> list[str]:
    """What a kind says of its cases that running them does not bear out."""
    return [f"{fields}: {said}" for fields, shapes in CASES[kind] for said in case(K[kind](**fields), shapes)]


def case(layer: Layer, shapes: list[tuple[int, ...]]) -> list[str]:
    layer, random = layer.placed(*shapes), np.random.default_rng(0)
    wanted = layer.weights(*shapes) | layer.buffers(*shapes)
    arrays = {name: random.random(shape, np.float32) for name, shape in wanted.items()}
    inputs = [random.standard_normal((BATCH, *x), np.float32) for x in shapes]
    if layer.kind == "embedding":
        inputs = [np.ones((BATCH, *x), int) for x in shapes]
    xp = CountingNumpy()
    try:
        y = layer.forward(xp, *inputs, **arrays)
    except (ValueError, IndexError, TypeError, KeyError) as error:
        return [str(error)]
    output, macs = layer.output(*shapes), layer.work_for(BATCH, tuple(y.shape[1:]), *shapes).macs
    # Weights that nothing reads would go unseen by the other two. A key's bias moves all scores of a query alike,
    # and which pairs of a window there are is known without an array.
    unread = [
        name
        for name, array in arrays.items()
        if name not in {"key_bias", "position_index", "position_coordinates"}
        and np.array_equal(y, layer.forward(np, *inputs, **arrays | {name: array + 1}))
    ]
    return [
        *([f"output {output}, found {y.shape[1:]}"] if tuple(y.shape[1:]) != output else []),
        *([f"MACs {macs}, found {xp.macs}"] if xp.macs != macs else []),
        *(f"{name} changes nothing" for name in unread),
    ]


@pytest.mark.parametrize("kind", CASES)
def test_a_right_formula_is_borne_out(kind):
    """The cases find nothing wrong with the kinds as they are."""
    assert disagreements(kind) == []


def more(kind: str, factor: Any) -> Any:
    """MACs wrong by a factor, or by what a function of the layer and its shapes gives."""
    right = K[kind].work

    def work(self, y, *xs):
        macs = right(self, y, *xs).macs
        return Work(factor(self, macs, y, *xs) if callable(factor) else macs * factor)

    return "work", work


def put_out(kind: str, wrong: Any) -> Any:
    """Another output shape, from the right one, the layer and its inputs."""
    right = K[kind].output
    return "output", lambda self, *xs: wrong(self, right(self, *xs), *xs)


def having(kind: str, wrong: Any) -> Any:
    """Other weights, from the right ones, the layer and its inputs."""
    right = K[kind].weights
    return "weights", lambda self, *xs: wrong(self, right(self, *xs), *xs)


def geometry(kind: str, wrong: Any) -> Any:
    """Another kernel, stride, padding, dilation and rounding for the sizes, while the layer runs with the right ones."""
    cls = K[kind]
    right_output, right_geometry = cls.output, cls.geometry

    def output(self, x):
        cls.geometry = lambda self: wrong(*right_geometry(self))
        try:
            return right_output(self, x)
        finally:
            cls.geometry = right_geometry

    return "output", output


def one_sided(padding: Any) -> Any:
    """Padding before each axis only."""
    if padding == "same":
        return padding
    return tuple(
        (p[0] if isinstance(p, tuple) else p, 0) for p in (padding if isinstance(padding, tuple) else (padding,) * 2)
    )


def without_last_window_rule(self, y, x):
    """ceil_mode as it is often written."""
    kernel, stride, padding, dilation, up = self.geometry()
    pairs = zip(
        x[1:], *(v if isinstance(v, tuple) else (v, v) for v in (kernel, stride, padding, dilation)), strict=True
    )
    return (x[0], *(math.ceil((n + 2 * p - d * (k - 1) - 1) / s) + 1 for n, k, s, p, d in pairs)) if up else y


MUTANTS = {
    "conv2d: bias counted as MACs": ("conv2d", more("conv2d", lambda k, macs, y, x: macs + size(y))),
    "conv2d: groups ignored in MACs": ("conv2d", more("conv2d", lambda k, macs, y, x: macs * k.groups)),
    "conv2d: groups divided twice": ("conv2d", more("conv2d", lambda k, macs, y, x: macs // k.groups)),
    "conv2d: MACs over input positions": ("conv2d", more("conv2d", lambda k, m, y, x: m * size(x[1:]) // size(y[1:]))),
    "conv2d: FLOPs for MACs": ("conv2d", more("conv2d", 2)),
    "conv2d: groups ignored in weights": (
        "conv2d",
        having("conv2d", lambda k, w, x: w | {"weight": (k.out, x[0], *w["weight"][-2:])}),
    ),
    "conv2d: kernel turned in weights": (
        "conv2d",
        having("conv2d", lambda k, w, x: w | {"weight": (*w["weight"][:-2], *w["weight"][:-3:-1])}),
    ),
    "conv2d: bias for each input channel": ("conv2d", having("conv2d", lambda k, w, x: w | {"bias": (x[0],)})),
    "conv2d: connection table ignored": (
        "conv2d",
        having("conv2d", lambda k, w, x: w | {"weight": (k.out * x[0], 2, 2)} if k.connections else w),
    ),
    "conv2d: dilation ignored": ("conv2d", geometry("conv2d", lambda k, s, p, d, up: (k, s, p, 1, up))),
    "conv2d: stride and dilation swapped": ("conv2d", geometry("conv2d", lambda k, s, p, d, up: (k, d, p, s, up))),
    "conv2d: stride ignored": ("conv2d", geometry("conv2d", lambda k, s, p, d, up: (k, 1, p, d, up))),
    "conv2d: padding on one side only": (
        "conv2d",
        geometry("conv2d", lambda k, s, p, d, up: (k, s, one_sided(p), d, up)),
    ),
    "conv2d: sizes rounded up": ("conv2d", geometry("conv2d", lambda k, s, p, d, up: (k, s, p, d, True))),
    "conv2d: height and width exchanged": ("conv2d", put_out("conv2d", lambda k, y, x: (y[0], y[2], y[1]))),
    "convtranspose2d: MACs over output positions": (
        "convtranspose2d",
        more("convtranspose2d", lambda k, m, y, x: m * size(y[1:]) // size(x[1:])),
    ),
    "convtranspose2d: groups ignored": ("convtranspose2d", more("convtranspose2d", lambda k, m, y, x: m * k.groups)),
    "convtranspose2d: output padding ignored": (
        "convtranspose2d",
        put_out("convtranspose2d", lambda k, y, x: (y[0], y[1], y[2] - 1)),
    ),
    "convtranspose2d: output size of a convolution": (
        "convtranspose2d",
        put_out("convtranspose2d", lambda k, y, x: (k.out, *(n // 2 for n in x[1:]))),
    ),
    "maxpool2d: ceil mode without its last-window rule": ("maxpool2d", put_out("maxpool2d", without_last_window_rule)),
    "maxpool2d: ceil mode ignored": ("maxpool2d", geometry("maxpool2d", lambda k, s, p, d, up: (k, s, p, d, False))),
    "maxpool2d: dilation ignored": ("maxpool2d", geometry("maxpool2d", lambda k, s, p, d, up: (k, s, p, 1, up))),
    "avgpool2d: stride 1 by default": ("avgpool2d", geometry("avgpool2d", lambda k, s, p, d, up: (k, 1, p, d, up))),
    "avgpool2d: padding ignored": ("avgpool2d", geometry("avgpool2d", lambda k, s, p, d, up: (k, s, 0, d, up))),
    "adaptiveavgpool2d: size turned": (
        "adaptiveavgpool2d",
        put_out("adaptiveavgpool2d", lambda k, y, x: (y[0], *k.size[::-1])),
    ),
    "globalavgpool: axes dropped": ("globalavgpool", put_out("globalavgpool", lambda k, y, x: y[:1])),
    "subsample2d: sizes rounded up": ("subsample2d", put_out("subsample2d", lambda k, y, x: (x[0], 4, 3))),
    "subsample2d: one coefficient for all channels": (
        "subsample2d",
        having("subsample2d", lambda k, w, x: w | {"weight": (2,)}),
    ),
    "linear: tokens forgotten": ("linear", more("linear", lambda k, m, y, x: k.out * x[-1])),
    "linear: weights turned": ("linear", having("linear", lambda k, w, x: w | {"weight": w["weight"][::-1]})),
    "linear: bias counted as MACs": ("linear", more("linear", lambda k, m, y, x: m + size(y))),
    "embedding: a product for each value": ("embedding", more("embedding", lambda k, m, y, x: size(y))),
    "scale: another axis": ("scale", having("scale", lambda k, w, x: dict.fromkeys(w, (x[0],)))),
    "flatten: start ignored": ("flatten", put_out("flatten", lambda k, y, x: (size(x),))),
    "permute: the inverse order": (
        "permute",
        put_out("permute", lambda k, y, x: tuple(x[k.order.index(i)] for i in range(3))),
    ),
    "pad: one margin for both sides": ("pad", put_out("pad", lambda k, y, x: (1, x[1] + 2, x[2] + 4))),
    "crop: one side only": ("crop", put_out("crop", lambda k, y, x: (1, x[1] - 1, x[2] - 1))),
    "upsample: one scale for both axes": ("upsample", put_out("upsample", lambda k, y, x: (x[0], 2 * x[1], 2 * x[2]))),
    "pixelshuffle: channels over the factor": ("pixelshuffle", put_out("pixelshuffle", lambda k, y, x: (4, *y[1:]))),
    "split: all channels": ("split", put_out("split", lambda k, y, x: x)),
    "slice: the last entry included": ("slice", put_out("slice", lambda k, y, x: (4, 3))),
    "concat: channels instead of the axis": ("concat", put_out("concat", lambda k, y, a, b: (4, 3))),
    "add: the first input's shape": ("add", put_out("add", lambda k, y, a, b: a)),
    "batchnorm2d: a weight for each value": (
        "batchnorm2d",
        having("batchnorm2d", lambda k, w, x: dict.fromkeys(w, (3, 4))),
    ),
    "layernorm: the first axes": (
        "layernorm",
        having("layernorm", lambda k, w, x: dict.fromkeys(w, (2, 3))),
    ),
    "groupnorm: a weight for each group": (
        "groupnorm",
        having("groupnorm", lambda k, w, x: dict.fromkeys(w, (2,))),
    ),
    "prelu: a slope for each position": ("prelu", having("prelu", lambda k, w, x: {"weight": (4,)})),
    "maxout: channels unchanged": ("maxout", put_out("maxout", lambda k, y, x: x)),
    "attention: one of its two products": (
        "attention",
        more("attention", lambda k, m, y, *xs: m - k.heads * xs[0][0] * xs[-1][0]),
    ),
    "attention: projections alone": (
        "attention",
        more("attention", lambda k, m, y, *xs: sum(size(w) for w in k.weights(*xs).values() if len(w) == 2) * xs[0][0]),
    ),
    "attention: grouped queries ignored": (
        "attention",
        having("attention", lambda k, w, *xs: w | ({"key": (12, 9), "key_bias": (12,)} if k.kv_heads else {})),
    ),
    "matmul: heads left apart": ("matmul", put_out("matmul", lambda k, y, a, b: (2, *a[-2:]))),
    "matmul: each head as wide as all": ("matmul", more("matmul", lambda k, m, y, a, b: m * (k.heads or 1))),
    "windowattention: no padding": (
        "windowattention",
        more("windowattention", lambda k, m, y, x: 12 * (4 * 36 + 2 * 4 * 6)),
    ),
    "windowattention: every pair of the image": (
        "windowattention",
        more("windowattention", lambda k, m, y, x: m + 2 * 16 * (16 - 4) * 6),
    ),
    "latentattention: keys without their rotary part": (
        "latentattention",
        more("latentattention", lambda k, m, y, x: m - 2 * 9 * 2),
    ),
    "lstm: time steps ignored": ("lstm", more("lstm", lambda k, m, y, x: m // x[0])),
    "lstm: three gates": (
        "lstm",
        having("lstm", lambda k, w, x: {name: (shape[0] * 3 // 4, *shape[1:]) for name, shape in w.items()}),
    ),
    "lstm: one direction feeds the next layer": (
        "lstm",
        having(
            "lstm",
            lambda k, w, x: {name: s if "ih_l1" not in name or len(s) == 1 else (12, 3) for name, s in w.items()},
        ),
    ),
    "lstm: recurrent products of what is not projected": (
        "lstm",
        having(
            "lstm",
            lambda k, w, x: {name: (12, 3) if "hh_l" in name and len(s) == 2 else s for name, s in w.items()},
        ),
    ),
    "scan: what is added to the state forgotten": ("scan", more("scan", lambda k, m, y, *xs: m // 2)),
    "scan: a state for each token alone": ("scan", more("scan", lambda k, m, y, *xs: m // xs[0][0])),
    "scan: one rate for each feature": ("scan", having("scan", lambda k, w, *xs: w | {"A_log": w["D"]})),
    "ssd: a state for each group alone": ("ssd", more("ssd", lambda k, m, y, *xs: m * k.groups)),
    "ssd: a rate for each feature": ("ssd", having("ssd", lambda k, w, x, *_: w | {"A_log": x[1:]})),
    "wkv: the token itself forgotten": ("wkv", more("wkv", lambda k, m, y, *xs: m // 2)),
    "wkv: one rate for all features": ("wkv", having("wkv", lambda k, w, *xs: w | {"decay": (2,)})),
    "linearattention: every query meets every key": (
        "linearattention",
        more("linearattention", lambda k, m, y, q, key, v: q[0] * key[0] * (q[1] + v[1])),
    ),
    "linearattention: the sum below forgotten": (
        "linearattention",
        more("linearattention", lambda k, m, y, q, *_: m - size(q)),
    ),
    "gru: recurrent products forgotten": ("gru", more("gru", lambda k, m, y, x: m - 4 * 27)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_wrong_formula_is_found_out(name, monkeypatch):
    """A planted mistake makes the formula and the run disagree."""
    kind, (method, wrong) = MUTANTS[name]
    monkeypatch.setattr(K[kind], method, wrong)

    assert disagreements(kind)
