"""Normalisation over axes of each place, in one operator or as arithmetic, and trained factors with offsets."""

from __future__ import annotations

from msgspec.structs import replace

from archcalc.importers.onnx.model import Operator
from archcalc.importers.onnx.pointwise import arithmetic, shifted, vector_axis
from archcalc.importers.onnx.values import Flow
from archcalc.importers.onnx.walk import Handler, Made, Walk
from archcalc.layers.layer_norm import L2Norm, LayerNorm, RMSNorm
from archcalc.layers.linear import Scale


def _eps(op: Operator) -> float:
    eps = op.number("epsilon", 1e-5)
    return eps if 0 < eps < 1 else 1e-5


def _axes(walk: Walk, x: Flow, places: range | tuple[int, ...]) -> tuple[int, ...] | None:
    """The axes of a sample at places of the file's array; None if the samples lie along one."""
    found = [x.own(axis) for axis in places]
    if not found or any(walk.across(x, axis) for axis in places):
        return None
    return None if None in found else tuple(axis for axis in found if axis is not None)


def layer_norm(walk: Walk, op: Operator) -> Made:
    """Layer normalisation over the last axes, or those named."""
    x, scale, bias = walk.flow(op, 0), walk.known(op, 1), walk.known(op, 2)
    named = op.wholes("axes")
    first = range(op.whole("axis", -1) % max(x.rank, 1), x.rank)
    axes = _axes(walk, x, first if named is None else tuple(axis % max(x.rank, 1) for axis in named))
    if axes is None:
        return walk.unknown(op, walk.whole(x))
    layer = LayerNorm(axes=axes, affine=scale is not None, bias=bias is not None or scale is None, eps=_eps(op))
    return [walk.trained(op, layer, x, weight=scale, bias=bias)]


def root_norm(walk: Walk, op: Operator) -> Made:
    """Normalisation by the root mean square over the last axis, or that named."""
    x, scale = walk.flow(op, 0), walk.known(op, 1)
    named = op.wholes("axes") or (op.whole("axis", -1),)
    axes = _axes(walk, x, tuple(axis % max(x.rank, 1) for axis in named))
    if axes is None or len(axes) != 1:
        return walk.unknown(op, walk.whole(x))
    return [walk.trained(op, RMSNorm(affine=scale is not None, eps=_eps(op), axis=axes[0]), x, weight=scale)]


def length_norm(walk: Walk, op: Operator) -> Made:
    """Normalisation by the Euclidean length along one axis."""
    x = walk.flow(op, 0)
    axes = _axes(walk, x, (op.whole("axis", -1) % max(x.rank, 1),))
    if axes is None or op.whole("p", 2) != 2:
        return walk.unknown(op, walk.whole(x))
    return [walk.trained(op, L2Norm(axis=axes[0]), x)]


def affine(walk: Walk, op: Operator) -> Made:
    """A branch times an array of the file, and another one added: a scale with a bias where both are vectors."""
    x, factor, bias = walk.value(op, 0), walk.known(op, 1), walk.known(op, 2)
    fits = isinstance(x, Flow) and factor is not None and bias is not None
    if fits and isinstance(x, Flow) and factor is not None and bias is not None and factor.trained and bias.trained:
        axis = vector_axis(walk, x, factor)
        if axis is not None and factor.shape == bias.shape:
            return [walk.trained(op, Scale(axis=axis, bias=True), x, weight=factor, bias=bias)]
    [made] = arithmetic(walk, replace(op, kind="Mul", inputs=op.inputs[:2]))
    if isinstance(made, Flow) and bias is not None:
        return [shifted(walk, op, made, bias)]
    between = f"{op.outputs[0]}@factor"
    walk.values[between] = made
    return arithmetic(walk, replace(op, kind="Add", inputs=(between, op.inputs[2])))


def weight_norm(walk: Walk, op: Operator) -> Made:
    """An array of the file with other lengths than its own, which are trained too."""
    weight, lengths = walk.known(op, 0), walk.known(op, 1)
    if weight is None or lengths is None:
        return walk.unknown(op)
    both = weight.trained and lengths.trained
    return [replace(weight, content=None, magnitude=lengths if both else None)]


HANDLERS: dict[str, Handler] = {
    "LayerNormalization": layer_norm,
    "RMSNormalization": root_norm,
    "SimplifiedLayerNormalization": root_norm,
    "LpNormalization": length_norm,
    "Affine": affine,
    "WeightNorm": weight_norm,
}
