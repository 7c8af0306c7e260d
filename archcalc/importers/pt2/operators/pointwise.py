"""Operators on each value alone, or along one axis of a tensor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import MAKERS, Made, makes
from archcalc.importers.pt2.rows import Rows, same
from archcalc.layers.base import Layer
from archcalc.symbols.dims import equal, size

# The largest number that a spec may hold, for a bound that is left open.
_MOST = 1e15
Settings = Callable[[Call], dict[str, Any]]


def _none(_call: Call) -> dict[str, Any]:
    return {}


def _bounds(call: Call) -> dict[str, Any]:
    return {"min": float(call.number("min_val", -1)), "max": float(call.number("max_val", 1))}


# The kind of layer that each operator is, and its settings.
_KINDS: dict[str, tuple[str, Settings]] = {
    **{
        name: (name.replace("_", ""), _none)
        for name in ("relu", "relu6", "selu", "silu", "mish", "sigmoid", "tanh", "hardsigmoid", "hardswish", "abs")
    },
    "gelu": ("gelu", lambda call: {"approximate": "tanh"} if call.given("approximate") == "tanh" else {}),
    "leaky_relu": ("leakyrelu", lambda call: {"slope": float(call.number("negative_slope", 0.01))}),
    "elu": ("elu", lambda call: {"alpha": float(call.number("alpha", 1))}),
    "softplus": ("softplus", lambda call: {"beta": float(call.number("beta", 1))}),
    **dict.fromkeys(
        ("dropout", "feature_dropout", "alpha_dropout", "native_dropout"),
        ("dropout", lambda call: {"rate": float(call.number("p", 0.5))}),
    ),
    "neg": ("times", lambda _: {"factor": -1.0}),
    "sqrt": ("power", lambda _: {"exponent": 0.5}),
    "rsqrt": ("power", lambda _: {"exponent": -0.5}),
    "square": ("power", lambda _: {"exponent": 2.0}),
    "reciprocal": ("power", lambda _: {"exponent": -1.0}),
}


def _alone(call: Call, rows: Rows, kind: str, settings: Settings) -> Made:
    x = call.tensor("self", "input")
    return rows.add(call, Layer.kinds[kind](**settings(call)), [x], batch=x.batch)


MAKERS.update({name: partial(_alone, kind=kind, settings=settings) for name, (kind, settings) in _KINDS.items()})


@makes("hardtanh", "clamp", "clamp_min", "clamp_max")
def held(call: Call, rows: Rows) -> Made:
    """Values held between two bounds."""
    x = call.tensor("self")
    if call.word == "hardtanh":
        bounds = _bounds(call)
    else:
        low, high = call.given("min"), call.given("max")
        if any(not isinstance(bound, (int, float, type(None))) for bound in (low, high)):
            return None
        bounds = {
            "min": -_MOST if low is None else float(low),
            "max": _MOST if high is None else float(high),
        }
    kind = {(0.0, 6.0): "relu6", (0.0, _MOST): "relu"}.get((bounds["min"], bounds["max"]))
    return rows.add(call, Layer.kinds[kind]() if kind else Layer.kinds["hardtanh"](**bounds), [x], batch=x.batch)


@makes("pow")
def power(call: Call, rows: Rows) -> Made:
    """A constant power."""
    x, exponent = call.maybe("self"), call.given("exponent")
    if x is None or not isinstance(exponent, (int, float)):
        return None
    return rows.add(call, Layer.kinds["power"](exponent=float(exponent)), [x], batch=x.batch)


@makes("cumsum")
def running(call: Call, rows: Rows) -> Made:
    """The sums of the entries of an axis so far."""
    x = call.tensor("self")
    layer = Layer.kinds["cumsum"](axis=rows.axis(call, x, call.whole("dim", -1)))
    return rows.add(call, layer, [x], batch=x.batch)


@makes("masked_fill")
def masked(call: Call, rows: Rows) -> Made:
    """The same values with one number in place of those that a mask of the file names, which is no work."""
    x, mask = call.tensor("self"), call.tensor("mask")
    if mask.origin != "fixed" or x.origin != "computed" or not same(x.full, call.full):
        return None
    note = "some values are replaced by one number, which is not counted"
    return rows.add(call, Layer.kinds["identity"](), [x], batch=x.batch, note=note)


@makes("prelu", "_prelu_kernel")
def prelu(call: Call, rows: Rows) -> Made:
    """A trained slope."""
    x, slope = call.tensor("self"), call.tensor("weight")
    if slope.origin != "trained":
        return None
    layer = Layer.kinds["prelu"](per_channel=equal(size(slope.full), 1) is not True)
    return rows.add(call, layer, [x], batch=x.batch, trained=[slope])


@makes("softmax", "_softmax", "_safe_softmax")
def softmax(call: Call, rows: Rows) -> Made:
    """Powers over their sum along an axis."""
    x = call.tensor("self")
    layer = Layer.kinds["softmax"](axis=rows.axis(call, x, call.whole("dim", -1)))
    return rows.add(call, layer, [x], batch=x.batch)


@makes(
    *(
        "contiguous",
        "clone",
        "detach",
        "alias",
        "lift_fresh_copy",
        "to",
        "_to_copy",
        "type_as",
        "float",
        "half",
        "double",
    ),
    *("bfloat16", "fill", "zero", "requires_grad"),
)
def as_it_is(call: Call, rows: Rows) -> Made:
    """The same values in another place or format: no row."""
    return rows.view(call, call.tensor("self", "input"), call.full)
