"""Normalisation."""

from __future__ import annotations

from archcalc.exporters.keras.registry import Order, Placed, Use, kind, layer
from archcalc.exporters.source.code import Argument, Call, Code, given, plain
from archcalc.exporters.source.records import Unwritten

# What Keras takes where nothing is said.
_EPSILON = 1e-3
# What torch takes where RMS norm says nothing, and so do we.
_LEAST = 1.1920928955078125e-07


@kind("batchnorm1d", "batchnorm2d", "batchnorm3d")
def _batch_norm(use: Use) -> Placed:
    return layer(
        use,
        "BatchNormalization",
        given("axis", use.axis(0), default=-1),
        given("epsilon", use.layer.eps, default=_EPSILON),
        given("center", use.layer.affine, default=True),
        given("scale", use.layer.affine and use.layer.scale, default=True),
    )


@kind("instancenorm1d", "instancenorm2d", "instancenorm3d")
def _instance_norm(use: Use) -> Placed:
    return _grouped(use, -1)


@kind("groupnorm")
def _group_norm(use: Use) -> Placed:
    return _grouped(use, int(use.layer.groups))


def _grouped(use: Use, groups: int) -> Placed:
    affine = use.layer.affine
    return layer(
        use,
        "GroupNormalization",
        plain("groups", groups),
        given("axis", use.axis(0), default=-1),
        given("epsilon", use.layer.eps, default=_EPSILON),
        given("center", affine, default=True),
        given("scale", affine, default=True),
    )


@kind("layernorm")
def _layer_norm(use: Use) -> Placed:
    order = _behind(use, *map(int, use.layer.axes))
    axes = tuple(range(-len(use.layer.axes), 0))
    chosen: Argument = given("axis", -1 if axes == (-1,) else axes, default=-1)
    call = Call(
        "layers.LayerNormalization",
        (
            chosen,
            given("epsilon", use.layer.eps, default=_EPSILON),
            given("center", use.layer.affine and use.layer.bias, default=True),
            given("scale", use.layer.affine, default=True),
        ),
    )
    return Placed(Code(f"$self({use.fed(order)})", call), order)


def _behind(use: Use, *axes: int) -> Order:
    """The order of the input, or another one where some axes are not the last; not all backends have them elsewhere."""
    last = [axis for axis in use.order if axis in axes]
    return (*(axis for axis in use.order if axis not in axes), *last)


@kind("rmsnorm")
def _rms_norm(use: Use) -> Placed:
    order = _behind(use, int(use.layer.axis))
    eps = _LEAST if use.layer.eps is None else use.layer.eps
    x = use.fed(order)
    if not use.layer.affine:
        return Placed(Code(f"ops.rms_normalization({x}, epsilon=$epsilon)", values={"epsilon": eps}), order)
    return Placed(Code(f"$self({x})", Call("layers.RMSNormalization", (given("epsilon", eps, default=1e-6),))), order)


@kind("l2norm")
def _l2_norm(use: Use) -> Placed:
    values = {"axis": use.axis(int(use.layer.axis)), "epsilon": float(use.layer.eps)}
    return Placed(Code("ops.normalize($0, axis=$axis, epsilon=$epsilon)", values=values), use.order)


@kind("localresponsenorm")
def _local_response_norm(use: Use) -> Placed:
    own = use.layer
    if use.axis(0) != -1:
        raise Unwritten("over another axis than the last in Keras")
    return layer(
        use,
        "LocalResponseNorm",
        plain("size", int(own.size)),
        *(given(name, float(getattr(own, name))) for name in ("alpha", "beta", "k")),
        parts=("LocalResponseNorm",),
    )
