"""Normalisation."""

from __future__ import annotations

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import Made, makes
from archcalc.importers.pt2.operators.windows import image
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Value
from archcalc.layers.base import Layer


def _affine(call: Call) -> dict[str, bool]:
    weight, bias = call.maybe("weight"), call.maybe("bias")
    return {"affine": weight is not None or bias is not None}


@makes("batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm", "cudnn_batch_norm")
def batch_norm(call: Call, rows: Rows) -> Made:
    """By running statistics."""
    x, full = image(call, rows), call.outputs[0][1] if call.outputs else call.full
    weight, bias = call.maybe("weight"), call.maybe("bias")
    trained = [each for each in (weight, bias) if each is not None]
    if any(each.origin != "trained" for each in trained) or (weight is not None and bias is None):
        return None
    rank = max(1, len(rows.own(x)) - 1)
    if rank > 3:
        return None
    settings = {
        "affine": bool(trained),
        "scale": weight is not None or not trained,
        "eps": float(call.number("eps", 1e-5)),
    }
    return _first(
        call, rows.add(call, Layer.kinds[f"batchnorm{rank}d"](**settings), [x], full, x.batch, trained=trained)
    )


@makes("layer_norm", "native_layer_norm")
def layer_norm(call: Call, rows: Rows) -> Made:
    """By the statistics of the last axes."""
    x, last = call.tensor("input"), call.sizes("normalized_shape")
    trained = [call.maybe("weight"), call.maybe("bias")]
    if any(each is not None and each.origin != "trained" for each in trained) or (trained[0] is None and trained[1]):
        return None
    axes = tuple(rows.axis(call, x, axis - len(last)) for axis in range(len(last)))
    settings = {"axes": axes, **_affine(call), "bias": trained[1] is not None or trained[0] is None}
    layer = Layer.kinds["layernorm"](**settings, eps=float(call.number("eps", 1e-5)))
    return _first(call, rows.add(call, layer, [x], call.outputs[0][1], x.batch, trained=trained))


@makes("rms_norm", "_fused_rms_norm")
def rms_norm(call: Call, rows: Rows) -> Made:
    """By the root of the mean square along the last axis."""
    x, last, weight = call.tensor("input"), call.sizes("normalized_shape"), call.maybe("weight")
    if len(last) != 1 or (weight is not None and weight.origin != "trained"):
        return None
    eps = call.given("eps")
    layer = Layer.kinds["rmsnorm"](axis=rows.axis(call, x, -1), affine=weight is not None, eps=eps and float(eps))
    return _first(call, rows.add(call, layer, [x], call.outputs[0][1], x.batch, trained=[weight]))


@makes("group_norm", "native_group_norm")
def group_norm(call: Call, rows: Rows) -> Made:
    """By the statistics of groups of channels."""
    x, trained = image(call, rows), [call.maybe("weight"), call.maybe("bias")]
    if any(each is not None and each.origin != "trained" for each in trained) or (trained[0] is None) != (
        trained[1] is None
    ):
        return None
    groups = call.given("num_groups", "group")
    layer = Layer.kinds["groupnorm"](groups=groups, **_affine(call), eps=float(call.number("eps", 1e-5)))
    return _first(call, rows.add(call, layer, [x], call.outputs[0][1], x.batch, trained=trained))


@makes("instance_norm")
def instance_norm(call: Call, rows: Rows) -> Made:
    """By the statistics of each channel."""
    x, trained = image(call, rows), [call.maybe("weight"), call.maybe("bias")]
    rank = len(rows.own(x)) - 1
    if not 1 <= rank <= 3 or any(each is not None and each.origin != "trained" for each in trained):
        return None
    layer = Layer.kinds[f"instancenorm{rank}d"](**_affine(call), eps=float(call.number("eps", 1e-5)))
    return rows.add(call, layer, [x], batch=x.batch, trained=trained)


def _first(call: Call, made: Value) -> Made:
    """The outputs of an operator of which only the first is read."""
    return [made, *(Value(full, "fixed", name=name) for name, full in call.outputs[1:])]
