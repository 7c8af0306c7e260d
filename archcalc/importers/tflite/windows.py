"""Operators on images: convolutions, pools, margins, and those that make the places more or fewer."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.importers.onnx.model import Attribute
from archcalc.importers.tflite.model import Operator
from archcalc.importers.tflite.translation import Axes, Placed, Translation, pass_on, translates, usual

_IMAGE, _VOLUME, _LINE = usual(4), usual(5), (0, 2, 1)


class _Filter(NamedTuple):
    """The axes of what a filter slides over, and its own as ONNX has them: its outputs, its inputs, and its places."""

    order: Axes
    own: Axes
    places: str


_PLANE = _Filter(_IMAGE, (0, 3, 1, 2), "hw")
_CHANNEL = _Filter(_IMAGE, (3, 0, 1, 2), "hw")
_SPACE = _Filter(_VOLUME, (4, 3, 0, 1, 2), "dhw")
_SAME = 0
_REFLECT = 0


def _images(made: Translation, op: Operator, rank: int = 4) -> bool:
    """True if an operator takes and makes one image."""
    number = op.given(0)
    rank = len(_LINE) if op.along else rank
    return number is not None and len(op.outputs) == 1 and made.rank(number) == rank == made.rank(op.outputs[0])


def _order(op: Operator, usually: Axes) -> Axes:
    """The order of axes that a filter slides over."""
    return _LINE if op.along else usually


def window(op: Operator, axes: str = "hw") -> dict[str, Attribute]:
    """The strides, dilations and padding of a window that slides."""
    axes = op.along or axes
    padding: dict[str, Attribute] = {"auto_pad": "SAME_UPPER" if op.whole("padding") == _SAME else "VALID"}
    if op.margins:
        padding = {"pads": op.margins}
    dilations = tuple(op.whole(f"dilation_{axis}") for axis in axes) if op.has("dilation_w") else (1,) * len(axes)
    return {
        "strides": tuple(op.whole(f"stride_{axis}") for axis in axes),
        "dilations": dilations,
        **padding,
    }


def _convolved(made: Translation, op: Operator, kind: _Filter, groups: int) -> None:
    x, weight, bias = op.given(0), op.given(1), op.given(2)
    if x is None or weight is None or made.rank(weight) != len(kind.own):
        pass_on(made, op)
        return
    order, own = _order(op, kind.order), made.arranged(op, weight, kind.own)
    if op.along:
        own = made.step("Squeeze", [own], label=made.label(op), axes=(3 - kind.places.index(op.along),))
    inputs = [made.arranged(op, x, order), own, *made.bias(op, bias)]
    settings = window(op, kind.places)
    if {made.shape(weight)[axis] for axis in kind.own[2:]} == {1} and not op.margins:
        # No place beside a filter of one place is ever read.
        settings["auto_pad"] = "VALID"
    made.put(op, "Conv", inputs, order, group=groups, **settings)


def _groups(made: Translation, op: Operator, axis: int) -> int:
    """How many groups of channels a filter is for: it has as many inputs as one of them has channels."""
    x, weight = op.given(0), op.given(1)
    channels = made.shape(x)[-1] if x is not None else 1
    own = made.shape(weight)[axis] if weight is not None and made.rank(weight) > axis else 1
    return max(1, channels // own if own > 0 else 1)


@translates("CONV_2D", "CONV_3D")
def convolution(made: Translation, op: Operator) -> None:
    """A convolution; a filter with fewer inputs than there are channels is one of groups."""
    volume = op.kind == "CONV_3D"
    if not _images(made, op, 5 if volume else 4):
        pass_on(made, op)
    elif volume:
        _convolved(made, op, _SPACE, _groups(made, op, 3))
    else:
        _convolved(made, op, _PLANE, _groups(made, op, 3))


@translates("DEPTHWISE_CONV_2D")
def depthwise(made: Translation, op: Operator) -> None:
    """A convolution of each channel alone."""
    x = op.given(0)
    if x is None or not _images(made, op):
        pass_on(made, op)
    else:
        _convolved(made, op, _CHANNEL, max(1, made.shape(x)[-1]))


@translates("TRANSPOSE_CONV")
def transposed(made: Translation, op: Operator) -> None:
    """A transposed convolution, whose output has the size that its first input says."""
    size, weight, x, bias = op.given(0), op.given(1), op.given(2), op.given(3)
    if size is None or weight is None or x is None or made.rank(weight) != 4 or made.rank(x) != 4:
        pass_on(made, op)
        return
    inputs = [made.arranged(op, x, _IMAGE), made.arranged(op, weight, _CHANNEL.own)]
    inputs += [*(made.bias(op, bias) or [""]), made.value(op, size).name]
    made.put(op, "SizedTransposedConvolution", inputs, _IMAGE, **window(op))


@translates("MAX_POOL_2D", "AVERAGE_POOL_2D")
def pool(made: Translation, op: Operator) -> None:
    """The largest value of each window, or the mean of those that are no margin."""
    x = op.given(0)
    if x is None or not _images(made, op):
        pass_on(made, op)
        return
    settings = window(op) | {"kernel_shape": tuple(op.whole(f"filter_{axis}") for axis in op.along or "hw")}
    order = _order(op, _IMAGE)
    kind = "MaxPool" if op.kind == "MAX_POOL_2D" else "AveragePool"
    if kind == "AveragePool":
        settings["count_include_pad"] = int(op.whole("padding") != _SAME)
    made.put(op, kind, [made.arranged(op, x, order)], order, **settings)


@translates("LOCAL_RESPONSE_NORMALIZATION")
def response_norm(made: Translation, op: Operator) -> None:
    """Normalisation by neighbouring channels, whose factor is one for their sum and here one for their mean."""
    x = op.given(0)
    if x is None or not _images(made, op):
        pass_on(made, op)
        return
    count = 2 * max(0, op.whole("radius")) + 1
    settings: dict[str, Attribute] = {"alpha": op.number("alpha") * count, "beta": op.number("beta")}
    image = made.arranged(op, x, _IMAGE)
    made.put(op, "LRN", [image], _IMAGE, size=count, bias=op.number("bias"), **settings)


@translates("DEPTH_TO_SPACE", "SPACE_TO_DEPTH")
def squares(made: Translation, op: Operator) -> None:
    """Channels laid out as squares of places, or back."""
    x = op.given(0)
    if x is None or not _images(made, op):
        pass_on(made, op)
        return
    kind = "DepthToSpace" if op.kind == "DEPTH_TO_SPACE" else "SpaceToDepth"
    made.put(op, kind, [made.arranged(op, x, _IMAGE)], _IMAGE, blocksize=op.whole("block"))


@translates("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR")
def resize(made: Translation, op: Operator) -> None:
    """An image of another size, which the second input says."""
    x, size = op.given(0), op.given(1)
    if x is None or size is None or not _images(made, op):
        pass_on(made, op)
        return
    inputs = [made.arranged(op, x, _IMAGE), made.value(op, size).name]
    made.put(op, "SizedResize", inputs, _IMAGE, mode="linear" if op.kind == "RESIZE_BILINEAR" else "nearest")


@translates("PAD", "PADV2", "MIRROR_PAD")
def pad(made: Translation, op: Operator) -> None:
    """Margins around places. What is before the places of a sample has none here, so another axis may come first."""
    x, sides = op.given(0), made.known(op, 1)
    rank = 0 if x is None else made.rank(x)
    mirrored = op.kind == "MIRROR_PAD"
    if x is None or sides is None or len(sides) != 2 * rank or (mirrored and op.whole("mode") != _REFLECT):
        pass_on(made, op)
        return
    kept = order = made.value(op, x).axes
    whole = [axis for axis in order[1:] if sides[2 * axis] == 0 == sides[2 * axis + 1]]
    if len(order) > 2 and whole and order[1] not in whole:
        order = (order[0], whole[0], *(axis for axis in order[1:] if axis != whole[0]))
    settings: dict[str, Attribute] = {
        "pads": tuple(sides[2 * axis + end] for end in (0, 1) for axis in order),
        "mode": "reflect" if mirrored else "constant",
    }
    image = made.arranged(op, x, order)
    if order == kept:
        made.put(op, "Pad", [image], order, **settings)
        return
    padded = made.step("Pad", [image], label=made.label(op), **settings)
    back = tuple(order.index(axis) for axis in kept)
    name = made.step("Transpose", [padded], label=f"{made.label(op)}/permute", perm=back)
    made.make(op.outputs[0], Placed(name, kept))
