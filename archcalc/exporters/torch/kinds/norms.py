"""Normalisation."""

from __future__ import annotations

from typing import Any

from archcalc.exporters.source.code import Argument, Call, Code, given, module, plain
from archcalc.exporters.torch.registry import kind
from archcalc.symbols.dims import Shape

_EPS = 1e-5


@kind("batchnorm1d", "batchnorm2d", "batchnorm3d")
def _batch_norm(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    channels, eps = plain("channels", int(shapes[0][0])), given("eps", layer.eps, default=_EPS)
    if layer.affine and not layer.scale:
        return module("ShiftBatchNorm", channels, eps, parts=("ShiftBatchNorm",))
    return module(f"nn.BatchNorm{layer.rank}d", channels, eps, given("affine", layer.affine, default=True))


@kind("instancenorm1d", "instancenorm2d", "instancenorm3d")
def _instance_norm(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    channels = plain("channels", int(shapes[0][0]))
    options = given("eps", layer.eps, default=_EPS), given("affine", layer.affine, default=False)
    return module(f"nn.InstanceNorm{layer.rank}d", channels, *options)


@kind("groupnorm")
def _group_norm(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    sizes = plain("num_groups", int(layer.groups)), plain("channels", int(shapes[0][0]))
    return module(
        "nn.GroupNorm", *sizes, given("eps", layer.eps, default=_EPS), given("affine", layer.affine, default=True)
    )


@kind("layernorm")
def _layer_norm(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    axes = sorted(int(axis) for axis in layer.axes)
    sizes = tuple(int(shapes[0][axis]) for axis in axes)
    options = (
        given("eps", layer.eps, default=_EPS),
        given("elementwise_affine", layer.affine, default=True),
        given("bias", layer.bias, default=True),
    )
    call = Call("nn.LayerNorm", (plain("features", sizes[0] if len(sizes) == 1 else sizes), *options))
    return _over(call, axes, len(shapes[0]))


@kind("rmsnorm")
def _rms_norm(layer: Any, shapes: tuple[Shape, ...], _output: Shape) -> Code:
    axis = int(layer.axis)
    options: tuple[Argument, ...] = (
        given("eps", layer.eps, default=None),
        given("elementwise_affine", layer.affine, default=True),
    )
    return _over(Call("nn.RMSNorm", (plain("features", int(shapes[0][axis])), *options)), [axis], len(shapes[0]))


@kind("l2norm")
def _l2_norm(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    values = {"dim": int(layer.axis) + 1, "eps": float(layer.eps)}
    return Code("F.normalize($0, dim=$dim, eps=$eps)", values=values)


def _over(call: Call, axes: list[int], rank: int) -> Code:
    """The code of a module that works on the last axes, moved there and back where it is to work on others."""
    last = list(range(rank - len(axes), rank))
    if axes == last:
        return Code("$self($0)", call)
    there = tuple(axis + 1 for axis in axes)
    back = tuple(range(-len(axes), 0))
    values = {"there": there[0], "back": back[0]} if len(axes) == 1 else {"there": there, "back": back}
    return Code("$self($0.movedim($there, $back)).movedim($back, $there)", call, values)


@kind("localresponsenorm")
def _local_response_norm(layer: Any, _shapes: tuple[Shape, ...], _output: Shape) -> Code:
    values = {"size": int(layer.size), "alpha": float(layer.alpha), "beta": float(layer.beta), "k": float(layer.k)}
    return Code("F.local_response_norm($0, $size, alpha=$alpha, beta=$beta, k=$k)", values=values)
