"""The steps of the kinds of layer for which there is a faster one than the plain forward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from archcalc.layers.axes import each_axis
from archcalc.layers.filled_margins import NUMPY_MODES
from archcalc.layers.normed_weights import normed
from archcalc.network.graph import Node
from archcalc.reference.fast.conv import convolution
from archcalc.reference.fast.fuse import Chain
from archcalc.reference.fast.pool import largest, mean
from archcalc.reference.fast.scratch import Scratch
from archcalc.reference.fast.sliding_op import Finish, Site, Step, blocks, slice_of
from archcalc.reference.fast.workers import Part, shares

# Values of a block in one pass after another over the same array.
_BLOCK = 1 << 15


class Slot(msgspec.Struct, frozen=True):
    """A node with the arrays it reads and writes, images channels last, its weights, and the layers fused into it."""

    node: Node
    inputs: list[Any]
    output: Any
    arrays: dict[str, Any]
    scratch: Scratch
    workers: int
    chain: Chain
    # The node of a fused batch normalisation, its arrays, and the array added to the outputs.
    norm: tuple[Node, dict[str, Any]] | None = None
    other: Any = None

    @property
    def weight(self) -> Any:
        """Its weight as it is used, normed if it is so in each pass."""
        return normed(np, self.arrays["weight"], self.arrays)

    def finish(self, bias: Any = None) -> Finish:
        """The last pass over outputs: their biases, and the fused layers."""
        return Finish(bias, self.other, self.chain.low, self.chain.high)


def step_of(place: Slot) -> Step:
    """The step of a node: its kernel, or its layer's own forward pass copied into the output, then bounded."""
    kernel = KERNELS.get(place.node.layer.kind)
    if kernel is not None:
        step = kernel(place)
        if step is not None:
            return step
    inputs, output = [channels_first(x) for x in place.inputs], channels_first(place.output)
    finish = place.finish()

    def part() -> None:
        output[...] = place.node.layer.forward(np, *inputs, **place.arrays)
        finish.bound(output)

    return [[part]]


def channels_first(x: Any) -> Any:
    """A batch in the order of its shape, from one whose arrays of three axes lie with the first of these last."""
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def _scale_and_shift(node: Node, arrays: dict[str, Any]) -> tuple[Any, Any]:
    """A batch normalisation as a factor and a summand for each channel."""
    layer: Any = node.layer
    scale = arrays.get("weight", 1) / np.sqrt(arrays["running_var"] + layer.eps)
    return scale, arrays.get("bias", 0) - arrays["running_mean"] * scale


def _conv2d(place: Slot) -> Step | None:
    layer: Any = place.node.layer
    if layer.connections is not None:
        return None
    weight, bias = place.weight, place.arrays.get("bias")
    if place.norm is not None:
        scale, shift = _scale_and_shift(*place.norm)
        weight = (weight * scale.reshape(-1, 1, 1, 1)).astype(place.output.dtype)
        bias = (shift if bias is None else shift + bias * scale).astype(place.output.dtype)
    more = {"weight": weight, "groups": layer.groups, "finish": place.finish(bias)}
    if layer.padding_mode != "zeros":
        _, *space, channels = place.inputs[0].shape
        sides = zip(space, layer.margins((channels, *space)), strict=True)
        mode = NUMPY_MODES[layer.padding_mode]
        more["filled_by"] = tuple(np.pad(np.arange(n), margins, mode=mode) for n, margins in sides)  # type: ignore[call-overload]
    return convolution(_site(place, layer.dilation, **more))


def _site(place: Slot, dilation: Any, **more: Any) -> Site:
    """The site of a window over two axes."""
    layer: Any = place.node.layer
    (x,) = place.inputs
    kernel, stride = layer.geometry()[:2]
    (top, _), (left, _) = layer.margins((x.shape[3], *x.shape[1:3]))
    return Site(
        x,
        place.output,
        each_axis(kernel, 2),
        each_axis(stride, 2),
        each_axis(dilation, 2),
        (top, left),
        place.scratch,
        place.workers,
        **more,
    )


def _maxpool2d(place: Slot) -> Step:
    layer: Any = place.node.layer
    return largest(_site(place, layer.dilation))


def _avgpool2d(place: Slot) -> Step:
    layer: Any = place.node.layer
    x = place.inputs[0]
    inside = np.ones((1, 1, *x.shape[1:3]), x.dtype)
    counted = layer.windows(np, inside, float(layer.count_include_pad)).sum(axis=layer.taps)
    return mean(_site(place, 1), counted[0, 0])


def _linear(place: Slot) -> Step | None:
    x, y, layer_finish = place.inputs[0], place.output, place.finish(place.arrays.get("bias"))
    layer: Any = place.node.layer
    # A matrix product runs along the axis that lies last in memory, which is the first of three.
    if layer.axis != (0 if x.ndim == 4 else x.ndim - 2):
        return None
    weight = place.weight
    flat, out = x.reshape(-1, x.shape[-1]), y.reshape(-1, y.shape[-1])

    def part(rows: slice, columns: slice) -> Part:
        finish = layer_finish.of(columns)

        def run() -> None:
            np.matmul(flat[rows], weight[columns].T, out=out[rows, columns])
            finish(out[rows, columns])

        return run

    everything = slice(None)
    if len(flat) > len(weight):
        return [[part(slice_of(share), everything) for share in shares(len(flat), place.workers)]]
    return [[part(everything, slice_of(share)) for share in shares(len(weight), place.workers)]]


def _batchnorm2d(place: Slot) -> Step:
    scale, shift = (a.astype(place.output.dtype) for a in _scale_and_shift(place.node, place.arrays))
    x, y = (array.reshape(-1, array.shape[-1]) for array in (place.inputs[0], place.output))
    finish = place.finish(shift)

    def pass_over(here: slice) -> None:
        np.multiply(x[here], scale, out=y[here])
        finish(y[here])

    return _in_passes(pass_over, len(y), y.shape[1], place.workers)


def _add(place: Slot) -> Step | None:
    if any(x.shape != place.output.shape for x in place.inputs):
        return None
    inputs = [x.reshape(-1) for x in place.inputs]
    y = place.output.reshape(-1)
    finish = place.finish()

    def pass_over(here: slice) -> None:
        np.add(inputs[0][here], inputs[1][here], out=y[here])
        for other in inputs[2:]:
            np.add(y[here], other[here], out=y[here])
        finish.bound(y[here])

    return _in_passes(pass_over, len(y), 1, place.workers)


def _relu(place: Slot) -> Step:
    return _bounded(place, Finish(low=0.0))


def _relu6(place: Slot) -> Step:
    return _bounded(place, Finish(low=0.0, high=6.0))


def _bounded(place: Slot, finish: Finish) -> Step:
    x, y = place.inputs[0].reshape(-1), place.output.reshape(-1)

    def pass_over(here: slice) -> None:
        if not np.may_share_memory(x, y):
            y[here] = x[here]
        finish.bound(y[here])

    return _in_passes(pass_over, len(y), 1, place.workers)


def _in_passes(pass_over: Callable[[slice], None], rows: int, wide: int, workers: int) -> Step:
    """The step of a pass over rows block by block, shared between workers if that is worth it."""
    high = max(1, _BLOCK // wide)

    def part(share: range) -> Part:
        def run() -> None:
            for block in blocks(share, high):
                pass_over(slice_of(block))

        return run

    return [[part(share) for share in shares(rows, workers if rows * wide > 4 * _BLOCK else 1)]]


def _embedding(place: Slot) -> Step:
    (tokens,) = place.inputs

    def part() -> None:
        # All activations have one dtype, and so have the token numbers; a float32 holds them exactly up to 2²⁴.
        place.output[...] = place.node.layer.forward(np, tokens.astype(np.intp), **place.arrays)

    return [[part]]


def _concat(place: Slot) -> Step:
    axis = place.node.layer.joined_axis or 0
    inputs, output = [channels_first(x) for x in place.inputs], channels_first(place.output)
    along = axis % (output.ndim - 1) + 1

    def part() -> None:
        np.concatenate(inputs, axis=along, out=output)

    return [[part]]


KERNELS: dict[str, Callable[[Slot], Step | None]] = {
    "add": _add,
    "avgpool2d": _avgpool2d,
    "batchnorm2d": _batchnorm2d,
    "concat": _concat,
    "conv2d": _conv2d,
    "embedding": _embedding,
    "linear": _linear,
    "maxpool2d": _maxpool2d,
    "relu": _relu,
    "relu6": _relu6,
}
