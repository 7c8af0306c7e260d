"""Hypothesis strategies: layers of every kind, with inputs that suit them or do not.

`layers(kind, *shapes)` draws a layer that fits the inputs, and `cases(kind)` draws both and then, three times in four, spoils
a field or the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from archcalc.layers import Layer
from tests.layers.attention_settings import attention, latent_attention, matmul, window_attention
from tests.layers.axis_settings import SETTINGS, divisors
from tests.layers.inputs import Draw, Shape, named, suited

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


def _each(draw: Draw, entries: list[Any]) -> Any:
    """A field with these entries, written once where they are alike or as a list."""
    once = all(entry == entries[0] for entry in entries) and isinstance(entries[0], int)
    return entries[0] if once and draw(st.booleans()) else tuple(entries)


def _margins(draw: Draw, sides: list[tuple[int, int]]) -> Any:
    """Margins before and after each axis, as pairs only where they differ."""
    return _each(draw, [before if before == after else (before, after) for before, after in sides])


def _every_axis(draw: Draw, x: Shape, axis: Callable[[Draw, int], Any]) -> list[Any]:
    """What `axis` draws for each axis but the first, or one answer for all of them."""
    if draw(st.booleans()):
        return [axis(draw, min(x[1:]))] * len(x[1:])
    return [axis(draw, n) for n in x[1:]]


def _sides(draw: Draw, least: int, most: int) -> tuple[int, int]:
    """Margins before and after an axis, most of them alike."""
    before = draw(st.integers(least, most))
    return (before, draw(st.integers(least, most)) if draw(st.integers(0, 3)) == 0 else before)


def _window(draw: Draw, x: Shape, *, dilated: bool, pooling: bool) -> dict[str, Any]:
    """Kernel, stride, padding and dilation of a window that finds room along every axis."""

    def axis(draw: Draw, n: int) -> tuple[int, int, int, tuple[int, int]]:
        k, s = draw(st.integers(1, 5)), draw(st.integers(1, 4))
        # What the window lacks must be padding on either side; pooling takes half a kernel at most.
        lacking = [max(0, -((n - d * (k - 1) - 1) // 2)) for d in (1, 2, 3)]
        d = draw(st.sampled_from([d for d in (1, 2, 3) if lacking[d - 1] <= k // 2 or not pooling])) if dilated else 1
        return k, s, d, _sides(draw, lacking[d - 1], k // 2 if pooling else lacking[d - 1] + 2)

    kernel, stride, dilation, sides = map(list, zip(*_every_axis(draw, x, axis), strict=True))
    fields = {"kernel": _each(draw, kernel), "stride": _each(draw, stride), "padding": _margins(draw, sides)}
    if dilated:
        fields["dilation"] = _each(draw, dilation)
    if draw(st.integers(0, 4)) == 0:
        fields["padding"] = "same"
    if pooling and draw(st.integers(0, 4)) == 0:
        fields["stride"] = None
    return fields


def _grouped(draw: Draw, x: Shape) -> dict[str, Any]:
    groups = draw(divisors(x[0]))
    return {"groups": groups, "out": groups * draw(st.integers(1, 4))}


def _conv(draw: Draw, x: Shape) -> dict[str, Any]:
    fields = _window(draw, x, dilated=True, pooling=False) | _grouped(draw, x) | {"connections": None}
    if draw(st.integers(0, 4)) == 0:
        row = st.lists(st.integers(0, x[0] - 1), min_size=1, unique=True).map(tuple)
        table = draw(st.lists(row, min_size=1, max_size=5).map(tuple))
        fields |= {"connections": table, "out": len(table), "groups": 1}
    return fields


def _conv_transpose(draw: Draw, x: Shape) -> dict[str, Any]:
    def axis(draw: Draw, n: int) -> tuple[int, int, int, int, tuple[int, int]]:
        k, s, d = draw(st.integers(1, 5)), draw(st.integers(1, 4)), draw(st.integers(1, 3))
        extra = draw(st.integers(0, max(s, d) - 1))
        unpadded = (n - 1) * s + d * (k - 1) + 1 + extra
        return k, s, d, extra, _sides(draw, 0, min(4, (unpadded - 1) // 2))

    kernel, stride, dilation, extra, sides = map(list, zip(*_every_axis(draw, x, axis), strict=True))
    return _grouped(draw, x) | {
        "kernel": _each(draw, kernel),
        "stride": _each(draw, stride),
        "dilation": _each(draw, dilation),
        "output_padding": _each(draw, extra),
        "padding": _margins(draw, sides),
    }


def _sizes(name: str) -> Callable[[Draw, Shape], dict[str, Any]]:
    return lambda draw, x: {name: _each(draw, _every_axis(draw, x, lambda draw, _n: draw(st.integers(1, LARGEST))))}


# The fields that must suit the inputs; any others hold anything of their type.
FITTING: dict[str, Callable[..., dict[str, Any]]] = {
    **SETTINGS,
    **{f"conv{rank}d": _conv for rank in (1, 2, 3)},
    **{f"convtranspose{rank}d": _conv_transpose for rank in (1, 2, 3)},
    **{f"maxpool{rank}d": partial(_window, dilated=True, pooling=True) for rank in (1, 2, 3)},
    **{f"avgpool{rank}d": partial(_window, dilated=False, pooling=True) for rank in (1, 2, 3)},
    **{f"adaptive{pool}pool{rank}d": _sizes("size") for rank in (1, 2, 3) for pool in ("max", "avg")},
    "attention": attention,
    "latentattention": latent_attention,
    "matmul": matmul,
    "windowattention": window_attention,
    **dict.fromkeys(("channelshuffle", "groupnorm"), lambda draw, x: {"groups": draw(divisors(x[0]))}),
    "crop": lambda draw, x: {
        "margin": _margins(draw, _every_axis(draw, x, lambda draw, n: _sides(draw, 0, (n - 1) // 2)))
    },
    **dict.fromkeys(("dropout", "stochasticdepth"), lambda draw, _x: {"rate": draw(st.sampled_from([0.0, 0.1, 1.0]))}),
    "hardtanh": lambda draw, _x: {"min": draw(st.sampled_from([-1.0, 0.0])), "max": draw(st.sampled_from([0.5, 6.0]))},
    "maxout": lambda draw, x: {"pieces": draw(divisors(x[0]))},
    "pad": lambda draw, x: {"margin": _margins(draw, _every_axis(draw, x, lambda draw, _n: _sides(draw, 0, 4)))},
    "pixelshuffle": lambda draw, x: {"factor": draw(st.sampled_from([f for f in (1, 2, 3) if x[0] % f**2 == 0]))},
    **dict.fromkeys(("gru", "lstm", "rnn"), lambda draw, _x: {"layers": draw(st.integers(1, 3))}),
    "subsample2d": lambda draw, x: {
        "kernel": _each(draw, _every_axis(draw, x, lambda draw, n: draw(st.integers(1, n))))
    },
    # By 0 nothing would come through, whatever is seen.
    "times": lambda draw, _x: {"factor": draw(st.sampled_from([-1.5, 0.25, 2.0]))},
    "upsample": _sizes("scale"),
}
