"""Layers with trained arrays."""

from __future__ import annotations

from archcalc.errors import SpecError
from archcalc.importers.caffe.rows import Rows
from archcalc.importers.caffe.text import Message
from archcalc.layers import Layer
from archcalc.layers.axes import one_for_all
from archcalc.layers.layer_norm import L2Norm
from archcalc.layers.linear import Embedding, Learned, Linear, Scale
from archcalc.layers.merge import Add, Multiply
from archcalc.layers.norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm2d
from archcalc.symbols.dims import Dim

_FIELDS = {"out": "num_output", "kernel": "kernel_size", "stride": "stride", "padding": "pad", "groups": "group"}
_RANKS = {1: "1d", 2: "2d", 3: "3d"}


def convolution(rows: Rows, x: int) -> int:
    """A convolution along all axes but the channels."""
    return _slid(rows, x, "conv")


def depthwise(rows: Rows, x: int) -> int:
    """A convolution with a group for each channel."""
    return _slid(rows, x, "conv", groups=rows.shape(x)[0])


def deconvolution(rows: Rows, x: int) -> int:
    """A transposed convolution."""
    return _slid(rows, x, "convtranspose")


def _slid(rows: Rows, x: int, kind: str, groups: Dim = 1) -> int:
    param = rows.param("convolution_param")
    rank = _RANKS.get(len(rows.shape(x)) - 1)
    if rank is None:
        raise rows.step.error("its input must have channels and one to three further axes")
    kernel = rows.spatial(param, x, "kernel_size", ("kernel_h", "kernel_w"))
    if not kernel:
        raise rows.step.error("it has no kernel_size")
    layer = Layer.kinds[f"{kind}{rank}"](
        out=required(param, "num_output"),
        kernel=one_for_all(kernel),
        stride=one_for_all(rows.spatial(param, x, "stride", ("stride_h", "stride_w")) or (1,)),
        padding=one_for_all(rows.spatial(param, x, "pad", ("pad_h", "pad_w")) or (0,)),
        dilation=one_for_all(rows.spatial(param, x, "dilation") or (1,)),
        groups=param.whole("group", 1, 1) if "group" in param.fields else groups,
        bias=param.flag("bias_term", default=True),
    )
    return rows.add(layer, x, param="convolution_param", fields=_FIELDS)


def required(param: Message, key: str) -> int:
    """A whole number above 0 that must be there."""
    if key not in param.fields:
        raise SpecError(f"it has no {key}", param.place, f"write {key}: and a number")
    return param.whole(key, 1, 1)


def inner_product(rows: Rows, x: int) -> int:
    """A dense layer over all values from an axis on."""
    param = rows.param("inner_product_param")
    start = rows.axis(param, x)
    layer = Linear(required(param, "num_output"), bias=param.flag("bias_term", default=True), axis=start or None)
    x = rows.flat(x, start)
    return rows.add(layer, x, param="inner_product_param", fields={"out": "num_output"})


def embed(rows: Rows, x: int) -> int:
    """A table with a row for each number, plus a bias if it has one."""
    param = rows.param("embed_param")
    out, entries = required(param, "num_output"), required(param, "input_dim")
    if not param.flag("bias_term", default=True):
        return rows.add(Embedding(entries, out), x)
    return rows.unknown((*rows.shape(x), out), x, params=(entries + 1) * out)


def batch_norm(rows: Rows, x: int) -> int:
    """Batch normalisation, which is scaled and shifted by a layer behind it, or in some programs by itself."""
    param = rows.param("batch_norm_param")
    affine = rows.step.type != "batchnorm" or param.flag("scale_bias")
    rank = max(1, len(rows.shape(x)) - 1)
    kinds: dict[int, type[BatchNorm1d | BatchNorm2d | BatchNorm3d]] = {1: BatchNorm1d, 2: BatchNorm2d, 3: BatchNorm3d}
    if rank not in kinds:
        raise rows.step.error("its input must have channels and up to three further axes")
    return rows.add(kinds[rank](affine=affine), x)


def mvn(rows: Rows, x: int) -> int:
    """Each channel of a sample less its mean, over its deviation."""
    param = rows.param("mvn_param")
    if param.flag("across_channels") or not param.flag("normalize_variance", default=True):
        return rows.unknown(tuple(rows.shape(x)), x)
    return rows.add(InstanceNorm2d(), x)


def scale(rows: Rows, *inputs: int) -> int:
    """A product with trained factors, and trained offsets if it says so, or with a second blob."""
    param = rows.param("scale_param")
    x = inputs[0]
    axis = _broadcast(rows, param, x)
    bias = param.flag("bias_term")
    if len(inputs) == 1:
        if param.whole("num_axes", 1) == 1 and axis >= 0:
            return rows.add(Scale(axis=axis, bias=bias), x)
        arrays = _array(rows, param, x)
        y = rows.add(Multiply(), x, rows.add(Learned(arrays), part="factors"), part="product" if bias else "")
        return rows.add(Add(), y, rows.add(Learned(arrays), part="offsets")) if bias else y
    other = rows.like(inputs[1], x, max(0, axis))
    y = rows.add(Multiply(), x, other, part="product" if bias else "")
    return rows.add(Add(), y, rows.add(Learned(tuple(rows.shape(other))), part="offsets")) if bias else y


def bias(rows: Rows, *inputs: int) -> int:
    """A sum with trained offsets, or with a second blob."""
    param = rows.param("bias_param")
    x = inputs[0]
    axis = _broadcast(rows, param, x)
    if len(inputs) > 1:
        return rows.add(Add(), x, rows.like(inputs[1], x, max(0, axis)))
    return rows.add(Add(), x, rows.add(Learned(_array(rows, param, x)), part="offsets"))


def _broadcast(rows: Rows, param: Message, x: int) -> int:
    """The first axis of what is broadcast, counted without the batch, which is -1."""
    return -1 if param.whole("axis", 1) == 0 else rows.axis(param, x)


def _array(rows: Rows, param: Message, x: int) -> tuple[Dim, ...]:
    """The shape of a trained array of some axes of an output: 1 along all others."""
    shape, axis, count = rows.shape(x), max(0, _broadcast(rows, param, x)), param.whole("num_axes", 1, -1)
    last = len(shape) if count == -1 else axis + count
    return tuple(n if axis <= place < last else 1 for place, n in enumerate(shape))


def normalize(rows: Rows, x: int) -> int:
    """The channels of each place over their length, times trained factors, or one for all (SSD's layer)."""
    param = rows.param("norm_param")
    shared = param.flag("channel_shared", default=True)
    if shared or param.flag("across_spatial", default=True):
        return rows.unknown(tuple(rows.shape(x)), x, params=1 if shared else rows.shape(x)[0])
    return rows.add(Scale(axis=0), rows.add(L2Norm(axis=0), x, part="length"))


def recurrent(rows: Rows, x: int, *_others: int) -> int:
    """A recurrent layer, whose first axis is time: what is left of its input is a batch of vectors."""
    param = rows.param("recurrent_param")
    out, shape = required(param, "num_output"), rows.shape(x)
    if len(shape) < 2:
        raise rows.step.error("its input must have time, a batch and features")
    features = rows.count(x) // shape[0]
    # An LSTM has one bias for its four gates, a plain cell one for its state and one for its output.
    params = 4 * out * (features + out + 1) if rows.step.type == "lstm" else out * (features + 2 * out + 2)
    return rows.unknown((shape[0], out), x, params=params)
