"""Hypothesis strategies: layers of every kind, with inputs that suit them or do not.

`layers(kind, *shapes)` draws a layer that fits the inputs, and `cases(kind)` draws both and then, three times in four, spoils
a field or the inputs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from archcalc.layers import Layer
from tests.layers.attention_settings import (
    attention,
    grid_bias,
    latent_attention,
    matmul,
    pooling_attention,
    relative_bias,
    window_attention,
)
from tests.layers.axis_settings import SETTINGS, divisors
from tests.layers.expert_cases import EXPERT_SETTINGS
from tests.layers.inputs import Draw, Shape, named, suited
from tests.layers.place_settings import aligned, blur, crop, deformed, fold, padded, roll, unfold
from tests.layers.window_settings import each, every_axis, filling, grouped, margins, two_sides, window

LARGEST = 9
ANY_SHAPE = st.lists(st.integers(1, 6), max_size=5).map(tuple)
SIMPLE = {
    inspect.BoolType: st.booleans(),
    inspect.FloatType: st.sampled_from([-1.5, 0.0, 0.25, 1.0, 2.0]),
    inspect.NoneType: st.none(),
    inspect.StrType: st.sampled_from(["channels", "features", "tokens", "height", "width", "bands", "nothing"]),
}


@st.composite
def cases(draw: Draw, kind: str, *, flaws: bool = True) -> tuple[Layer, tuple[Shape, ...]]:
    """A layer of a kind and its inputs; with `flaws`, most have a field or inputs drawn without looking."""
    shapes = draw(named(kind, draw(suited(kind))))
    layer = draw(layers(kind, *shapes))
    flaw = draw(st.sampled_from(["none", "inputs", "field", "field"])) if flaws else "none"
    slight = draw(st.booleans())
    if flaw == "inputs":
        shapes = draw(nudged(shapes) if slight else st.lists(ANY_SHAPE, max_size=3).map(tuple))
    elif flaw == "field" and layer.__struct_fields__:
        field, fields = draw(st.sampled_from(msgspec.structs.fields(layer))), msgspec.structs.asdict(layer)
        spoilt = nudged(fields[field.name]) if slight else of_type(inspect.type_info(field.type))
        layer = msgspec.convert({**fields, field.name: draw(spoilt)}, type(layer))
    return layer, shapes


@st.composite
def nudged(draw: Draw, value: Any) -> Any:
    """The value with one of its numbers one more or one less, never below 1 where it was not."""
    if isinstance(value, tuple) and value:
        i = draw(st.integers(0, len(value) - 1))
        return (*value[:i], draw(nudged(value[i])), *value[i + 1 :])
    if isinstance(value, int) and not isinstance(value, bool):
        return value + draw(st.sampled_from([1] if value in {0, 1} else [1, -1]))
    return value


@st.composite
def layers(draw: Draw, kind: str, *shapes: Shape) -> Layer:
    """A layer of a kind that takes inputs of these shapes, whose ranks must be among `ranks(kind)`."""
    cls = Layer.kinds[kind]
    fields = FITTING[kind](draw, *shapes) if kind in FITTING else {}
    for name, kind_of_field in types_of(cls).items():
        if name not in fields:
            fields[name] = draw(of_type(kind_of_field))
    # Not the constructor, which checks nothing: a field holds only what a spec may say.
    return msgspec.convert(fields, cls)


@cache
def types_of(cls: type[Layer]) -> dict[str, inspect.Type]:
    """The types of a kind's fields, by name."""
    return {field.name: inspect.type_info(field.type) for field in msgspec.structs.fields(cls)}


def of_type(kind: inspect.Type) -> st.SearchStrategy[Any]:
    """Any value that a field of this type may hold, small where it is a number."""
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    match kind:
        case inspect.IntType(ge=ge):
            return st.integers(-LARGEST if ge is None else ge, LARGEST)
        case inspect.UnionType(types=types):
            return st.one_of(*map(of_type, types))
        case inspect.VarTupleType(item_type=item):
            return st.lists(of_type(item), max_size=4).map(tuple)
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.FloatType(gt=0):
            return st.sampled_from([1e-6, 1e-5, 1e-3, 0.5])
        case _:
            return SIMPLE[type(kind)]


def _conv(draw: Draw, x: Shape) -> dict[str, Any]:
    fields = window(draw, x, dilated=True, pooling=False) | grouped(draw, x) | {"connections": None}
    fields["padding_mode"] = filling(draw, x, fields)
    fields["norm"] = draw(st.sampled_from([None, "weight", "spectral"]))
    tapped = len(x) == 2 and fields["norm"] == "weight"
    fields["magnitudes"] = draw(st.sampled_from(["filters", "taps"])) if tapped else "filters"
    if draw(st.integers(0, 4)) == 0:
        row = st.lists(st.integers(0, x[0] - 1), min_size=1, unique=True).map(tuple)
        table = draw(st.lists(row, min_size=1, max_size=5).map(tuple))
        fields |= {"connections": table, "out": len(table), "groups": 1, "norm": None, "magnitudes": "filters"}
    return fields


def _conv_transpose(draw: Draw, x: Shape) -> dict[str, Any]:
    def axis(draw: Draw, n: int) -> tuple[int, int, int, int, tuple[int, int]]:
        k, s, d = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
        extra = draw(st.integers(0, max(s, d) - 1))
        unpadded = (n - 1) * s + d * (k - 1) + 1 + extra
        return k, s, d, extra, two_sides(draw, 0, min(4, (unpadded - 1) // 2))

    kernel, stride, dilation, extra, sides = map(list, zip(*every_axis(draw, x, axis), strict=True))
    return grouped(draw, x) | {
        "kernel": each(draw, kernel),
        "stride": each(draw, stride),
        "dilation": each(draw, dilation),
        "output_padding": each(draw, extra),
        "padding": margins(draw, sides),
    }


def _sizes(name: str) -> Callable[[Draw, Shape], dict[str, Any]]:
    return lambda draw, x: {name: each(draw, every_axis(draw, x, lambda draw, _n: draw(st.integers(1, LARGEST))))}


def _lstm(draw: Draw, _x: Shape) -> dict[str, Any]:
    hidden = draw(st.integers(1, LARGEST))
    proj = draw(st.none() | st.integers(1, hidden - 1)) if hidden > 1 else None
    return {"layers": draw(st.integers(1, 3)), "hidden": hidden, "proj": proj}


def _linear_attention(draw: Draw, q: Shape, k: Shape, v: Shape) -> dict[str, Any]:
    return {"heads": draw(divisors(math.gcd(q[1], v[1]))), "causal": q[0] == k[0] and draw(st.booleans())}


# The fields that must suit the inputs; any others hold anything of their type.
FITTING: dict[str, Callable[..., dict[str, Any]]] = {
    **SETTINGS,
    **EXPERT_SETTINGS,
    **{f"conv{rank}d": _conv for rank in (1, 2, 3)},
    **{f"convtranspose{rank}d": _conv_transpose for rank in (1, 2, 3)},
    **{f"maxpool{rank}d": partial(window, dilated=True, pooling=True) for rank in (1, 2, 3)},
    **{f"avgpool{rank}d": partial(window, dilated=False, pooling=True) for rank in (1, 2, 3)},
    **{f"adaptive{pool}pool{rank}d": _sizes("size") for rank in (1, 2, 3) for pool in ("max", "avg")},
    "attention": attention,
    "latentattention": latent_attention,
    "matmul": matmul,
    "poolingattention": pooling_attention,
    "windowattention": window_attention,
    **dict.fromkeys(("channelshuffle", "groupnorm"), lambda draw, x: {"groups": draw(divisors(x[0]))}),
    "anchors": lambda draw, _x: {
        "sizes": draw(st.lists(st.integers(1, 40), min_size=1, max_size=2).map(tuple)),
        "ratios": draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=1, max_size=3).map(tuple)),
    },
    **{f"blurpool{rank}d": blur for rank in (1, 2, 3)},
    "deformconv2d": deformed,
    "nms": lambda draw, boxes, _scores: {
        "keep": draw(st.integers(1, boxes[0])),
        "threshold": draw(st.sampled_from([0.0, 0.3, 0.5, 1.0])),
    },
    "roialign": aligned,
    "crop": crop,
    "relativebias": relative_bias,
    "gridbias": grid_bias,
    **dict.fromkeys(("dropout", "stochasticdepth"), lambda draw, _x: {"rate": draw(st.sampled_from([0.0, 0.1, 1.0]))}),
    "hardtanh": lambda draw, _x: {"min": draw(st.sampled_from([-1.0, 0.0])), "max": draw(st.sampled_from([0.5, 6.0]))},
    "linearattention": _linear_attention,
    "ssd": lambda draw, _x, dt, b, _c: {"groups": draw(divisors(math.gcd(dt[1], b[1])))},
    "maxout": lambda draw, x: {"pieces": draw(divisors(x[0]))},
    "pad": padded,
    "resize": lambda draw, x, *like: {"size": None} if like else _sizes("size")(draw, x),
    "pixelshuffle": lambda draw, x: {"factor": draw(st.sampled_from([f for f in (1, 2, 3) if x[0] % f**2 == 0]))},
    **dict.fromkeys(("gru", "rnn"), lambda draw, _x: {"layers": draw(st.integers(1, 3))}),
    "lstm": _lstm,
    # By 0 everything would be 1.
    "power": lambda draw, _x: {"exponent": draw(st.sampled_from([-1.0, 0.5, 1.0, 2.0, 3.0]))},
    "pixelunshuffle": lambda draw, x: {"factor": draw(divisors(math.gcd(*x[1:])))},
    "roll": roll,
    "fold": fold,
    "unfold": unfold,
    "prelu": lambda draw, _x: draw(
        st.sampled_from([(False, False), (True, False), (False, True)]).map(
            lambda each: dict(zip(("per_channel", "elementwise"), each, strict=True))
        )
    ),
    "subsample2d": lambda draw, x: {"kernel": each(draw, every_axis(draw, x, lambda draw, n: draw(st.integers(1, n))))},
    # By 0 nothing would come through, whatever is seen.
    "times": lambda draw, _x: {"factor": draw(st.sampled_from([-1.5, 0.25, 2.0]))},
    "upsample": _sizes("scale"),
}
