"""The layers of Caffe that stand for each kind, with their settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from archcalc.errors import SpecError
from archcalc.layers.axes import each_axis
from archcalc.network.graph import Node
from archcalc.symbols.dims import Shape, ceil_div

Words: TypeAlias = dict[str, Any]
# The types of layers one after the other, each with its settings.
Made: TypeAlias = list[tuple[str, Words]]
Maker: TypeAlias = Callable[[Node, Sequence[Shape]], Made]


def refused(node: Node, fact: str) -> SpecError:
    """The error that a layer has no form in Caffe."""
    remedy = "another format of archcalc export may have one"
    return SpecError(f"{node.name} ({node.layer.kind}): {fact}", node.place, remedy)


def _margins(node: Node, x: Shape) -> list[int]:
    """The padding of each axis, as much before it as after."""
    sides = list(node.layer.margins(x))  # type: ignore[attr-defined]
    if any(before != after for before, after in sides):
        raise refused(node, "Caffe pads an axis as much before as after")
    return [int(before) for before, _ in sides]


def _slid(kind: str) -> Maker:
    def make(node: Node, shapes: Sequence[Shape]) -> Made:
        layer: Any = node.layer
        if getattr(layer, "connections", None) is not None:
            raise refused(node, "a table of connections is not written")
        transposed = kind == "Deconvolution"
        if transposed and (
            any(each_axis(layer.output_padding, 2)) or any(isinstance(n, tuple) for n in each_axis(layer.padding, 2))
        ):
            raise refused(node, "Caffe pads an axis as much before as after, and an output not at all")
        pads = list(each_axis(layer.padding, 2)) if transposed else _margins(node, shapes[0])
        param: Words = {"num_output": layer.out, "bias_term": layer.bias}
        param |= _sides("kernel", each_axis(layer.kernel, 2)) | _sides("stride", each_axis(layer.stride, 2))
        param |= _sides("pad", pads) | {"dilation": list(each_axis(layer.dilation, 2)), "group": layer.groups}
        return [(kind, {"convolution_param": param})]

    return make


def _sides(name: str, sizes: Sequence[int]) -> Words:
    """A setting of height and width."""
    return {f"{name}_h": sizes[0], f"{name}_w": sizes[1]}


def _pool(method: str) -> Maker:
    def make(node: Node, shapes: Sequence[Shape]) -> Made:
        layer: Any = node.layer
        pads = _margins(node, shapes[0])
        if method == "AVE" and any(pads) and not layer.count_include_pad:
            raise refused(node, "padding counts in Caffe's means")
        kernel, stride, _, dilation, _ = layer.geometry()
        if any(n != 1 for n in each_axis(dilation, 2)):
            raise refused(node, "windows of Caffe's pooling have no gaps")
        param: Words = {"pool": method} | _sides("kernel", each_axis(kernel, 2))
        param |= _sides("stride", each_axis(stride, 2)) | _sides("pad", pads)
        windows = [*zip(shapes[0][1:], each_axis(kernel, 2), each_axis(stride, 2), pads, strict=True)]
        param |= _rounding(node, windows, padded=any(pads))
        return [("Pooling", {"pooling_param": param})]

    return make


def _rounding(node: Node, windows: Sequence[tuple[Any, int, int, int]], *, padded: bool) -> Words:
    """The rounding by which a pool has the sizes of its layer: up, unless it is said otherwise."""

    def up(n: int, k: int, s: int, pad: int) -> int:
        places: int = ceil_div(n + 2 * pad - k, s) + 1
        # With padding on either axis none begins beyond the image.
        return places - 1 if padded and (places - 1) * s >= n + pad else places

    wanted = tuple(node.shape[1:])
    if wanted == tuple(up(*window) for window in windows) and getattr(node.layer, "ceil_mode", False):
        return {}
    if wanted == tuple((n + 2 * pad - k) // s + 1 for n, k, s, pad in windows):
        return {"round_mode": "FLOOR"}
    raise refused(node, "a last window that begins beyond the image is one more in Caffe")


def _everywhere(method: str) -> Maker:
    def make(node: Node, shapes: Sequence[Shape]) -> Made:
        if tuple(node.shape) != (shapes[0][0], 1, 1):
            raise refused(node, "Caffe pools all places of an image, or windows of one size")
        return [("Pooling", {"pooling_param": {"pool": method, "global_pooling": True}})]

    return make


def _batch_norm(node: Node, _shapes: Sequence[Shape]) -> Made:
    layer: Any = node.layer
    if layer.affine and not layer.scale:
        raise refused(node, "a norm with offsets and no factors is not written")
    norm = ("BatchNorm", {"batch_norm_param": {"use_global_stats": True, "eps": layer.eps}})
    return [norm, ("Scale", {"scale_param": {"bias_term": True}})] if layer.affine else [norm]


def _linear(node: Node, shapes: Sequence[Shape]) -> Made:
    layer: Any = node.layer
    if layer.axis % len(shapes[0]) != len(shapes[0]) - 1:
        raise refused(node, "a dense layer of Caffe is one over the last axes")
    param = {"num_output": layer.out, "bias_term": layer.bias, "axis": len(shapes[0])}
    return [("InnerProduct", {"inner_product_param": param})]


def _flatten(node: Node, _shapes: Sequence[Shape]) -> Made:
    if len(node.shape) != 1:
        raise refused(node, "only a flatten of all axes is written")
    return [("Flatten", {})]


def _axis(node: Node, x: Shape) -> int:
    """The axis of a layer, counted with the batch."""
    layer: Any = node.layer
    return int(layer.axis) % len(x) + 1


def _joined(operation: str) -> Maker:
    def make(node: Node, shapes: Sequence[Shape]) -> Made:
        if len(set(shapes)) > 1:
            raise refused(node, "branches of unlike sizes are not joined in Caffe")
        return [("Eltwise", {"eltwise_param": {"operation": operation}})]

    return make


def _plain(kind: str, param: str = "", **settings: str) -> Maker:
    """A layer with settings of other names."""

    def make(node: Node, _shapes: Sequence[Shape]) -> Made:
        found = {name: getattr(node.layer, ours) for name, ours in settings.items()}
        return [(kind, {param: found} if param else {})]

    return make


MAKERS: dict[str, Maker] = {
    "conv2d": _slid("Convolution"),
    "convtranspose2d": _slid("Deconvolution"),
    "maxpool2d": _pool("MAX"),
    "avgpool2d": _pool("AVE"),
    "globalavgpool": _everywhere("AVE"),
    "globalmaxpool": _everywhere("MAX"),
    "adaptiveavgpool2d": _everywhere("AVE"),
    "adaptivemaxpool2d": _everywhere("MAX"),
    **{f"batchnorm{rank}d": _batch_norm for rank in (1, 2, 3)},
    "localresponsenorm": _plain("LRN", "lrn_param", local_size="size", alpha="alpha", beta="beta", k="k"),
    "linear": _linear,
    "flatten": _flatten,
    "concat": lambda node, shapes: [("Concat", {"concat_param": {"axis": _axis(node, shapes[0])}})],
    "softmax": lambda node, shapes: [("Softmax", {"softmax_param": {"axis": _axis(node, shapes[0])}})],
    "scale": lambda node, shapes: [
        ("Scale", {"scale_param": {"axis": _axis(node, shapes[0]), "bias_term": node.layer.bias}})  # type: ignore[attr-defined]
    ],
    "add": _joined("SUM"),
    "multiply": _joined("PROD"),
    "maximum": _joined("MAX"),
    "relu": _plain("ReLU"),
    "leakyrelu": _plain("ReLU", "relu_param", negative_slope="slope"),
    "elu": _plain("ELU", "elu_param", alpha="alpha"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("TanH"),
    "abs": _plain("AbsVal"),
    "power": _plain("Power", "power_param", power="exponent"),
    "times": _plain("Power", "power_param", scale="factor"),
    "dropout": _plain("Dropout", "dropout_param", dropout_ratio="rate"),
}
