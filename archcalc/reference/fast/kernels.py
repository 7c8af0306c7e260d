"""The step of each kind of layer that has one better than its plain forward pass."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from archcalc.graph import Node
from archcalc.layers.base import each_axis
from archcalc.layers.norm import EPSILON
from archcalc.reference.fast.arena import Scratch
from archcalc.reference.fast.conv import convolution
from archcalc.reference.fast.site import Site, Step


class Place(msgspec.Struct, frozen=True):
    """A node's inputs and output where they lie, and its arrays."""

    node: Node
    inputs: list[Any]
    output: Any
    arrays: dict[str, Any]
    scratch: Scratch
    # The arrays of a batch normalisation that follows a convolution and is folded into it.
    norm: dict[str, Any] | None = None
    relu: bool = False


def step_of(place: Place) -> Step:
    """The step of a node: its kernel, or its layer's own forward pass copied into place."""
    kernel = KERNELS.get(place.node.layer.kind)
    if kernel is not None and getattr(place.node.layer, "connections", None) is None:
        return kernel(place)

    def step() -> None:
        place.output[...] = place.node.layer.forward(np, *place.inputs, **place.arrays)

    return step


def _conv2d(place: Place) -> Step:
    layer: Any = place.node.layer
    (x,), y = place.inputs, place.output
    weight = place.arrays["weight"]
    bias = place.arrays.get("bias", np.zeros(len(weight), x.dtype))
    if place.norm is not None:
        scale = place.norm.get("weight", 1) / np.sqrt(place.norm["running_var"] + EPSILON)
        weight = weight * scale.reshape(-1, 1, 1, 1).astype(x.dtype)
        bias = ((bias - place.norm["running_mean"]) * scale + place.norm.get("bias", 0)).astype(x.dtype)
    stride, dilation = each_axis(layer.stride, 2), each_axis(layer.dilation, 2)
    sides = tuple(layer.margins(x.shape[1:]))
    return convolution(Site(x, y, weight, bias, stride, sides, dilation, layer.groups, place.scratch, place.relu))


def _linear(place: Place) -> Step:
    (x,), y = place.inputs, place.output
    weight, bias = place.arrays["weight"], place.arrays.get("bias")
    flat, out = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])

    def step() -> None:
        np.matmul(flat, weight.T, out=out)
        if bias is not None:
            np.add(out, bias, out=out)
        if place.relu:
            np.maximum(out, 0, out=out)

    return step


def _relu(place: Place) -> Step:
    (x,) = place.inputs
    return lambda: _quiet(np.maximum(x, 0, out=place.output))


def _relu6(place: Place) -> Step:
    (x,) = place.inputs
    return lambda: _quiet(np.clip(x, 0, 6, out=place.output))


def _add(place: Place) -> Step:
    first, second, *others = place.inputs

    def step() -> None:
        np.add(first, second, out=place.output)
        for other in others:
            np.add(place.output, other, out=place.output)
        if place.relu:
            np.maximum(place.output, 0, out=place.output)

    return step


def _concat(place: Place) -> Step:
    axis: int = getattr(place.node.layer, "axis", 0)
    along = axis % (place.output.ndim - 1) + 1
    return lambda: _quiet(np.concatenate(place.inputs, axis=along, out=place.output))


def _quiet(_: Any) -> None:
    """Nothing, of what a ufunc returns."""


KERNELS = {"conv2d": _conv2d, "linear": _linear, "relu": _relu, "relu6": _relu6, "add": _add, "concat": _concat}
