"""Normalisation."""

from __future__ import annotations

from archcalc.exporters.onnx.part import Handler, Part, Value

# The smallest step of a number of 32 bits beside 1, which stands for an `eps` that is left out.
_STEP = 2.0**-23


def batch_norm(part: Part) -> Value:
    """Batch normalisation by running statistics. Factors of one and offsets of zero are written so that none is trained."""
    count = part.known(part.shape[:1], "the channels")[0]
    scale = part.weight() if part.has("weight") else part.filled(1.0, count)
    bias = part.weight("bias") if part.has("bias") else part.filled(0.0, count)
    statistics = [part.made(name, part.values(name)) for name in ("running_mean", "running_var")]
    return part.main("BatchNormalization", part.x, scale, bias, *statistics, epsilon=float(part.layer.eps))


def instance_norm(part: Part) -> Value:
    """Instance normalisation."""
    count = part.known(part.shape[:1], "the channels")[0]
    scale = part.weight() if part.has("weight") else part.filled(1.0, count)
    bias = part.weight("bias") if part.has("bias") else part.filled(0.0, count)
    return part.main("InstanceNormalization", part.x, scale, bias, epsilon=float(part.layer.eps))


def group_norm(part: Part) -> Value:
    """Group normalisation: instance normalisation of groups as channels, then a factor and an offset for each channel."""
    groups = part.known((part.layer.groups,), "the groups")[0]
    x = part.op("Reshape", part.x, part.file.numbers(0, groups, -1))
    ones, zeros = part.filled(1.0, groups), part.filled(0.0, groups)
    x = part.main("InstanceNormalization", x, ones, zeros, epsilon=float(part.layer.eps))
    y = part.reshape(x, (), part.shape)
    if part.layer.affine:
        y = part.op("Add", part.op("Mul", y, part.along(0)), part.along(0, "bias"))
    return y


def layer_norm(part: Part) -> Value:
    """Layer normalisation: one operator over the last axes, arithmetic over others or without factors."""
    layer, rank = part.layer, len(part.shape)
    axes = sorted(axis % rank for axis in layer.axes)
    eps = float(layer.eps)
    if layer.affine and axes == list(range(axes[0], rank)):
        bias = [part.weight("bias")] if part.has("bias") else []
        return part.main("LayerNormalization", part.x, part.weight(), *bias, axis=axes[0] + 1, epsilon=eps)
    along = tuple(axis + 1 for axis in axes)
    centred = part.op("Sub", part.x, part.op("ReduceMean", part.x, axes=along, keepdims=1))
    y = _over_root(part, centred, along, eps)
    own = [n if axis in axes else 1 for axis, n in enumerate(part.shape)]
    if part.has("weight"):
        y = part.op("Mul", y, part.weight("weight", part.known(own)))
    return part.op("Add", y, part.weight("bias", part.known(own))) if part.has("bias") else y


def root_norm(part: Part) -> Value:
    """Normalisation by the root mean square."""
    layer = part.layer
    axis = layer.axis % len(part.shape)
    y = _over_root(part, part.x, (axis + 1,), _STEP if layer.eps is None else float(layer.eps))
    return part.op("Mul", y, part.along(axis)) if layer.affine else y


def length_norm(part: Part) -> Value:
    """Normalisation by the Euclidean length; that of ONNX itself divides by zero where all values are."""
    axis = part.layer.axis % len(part.shape) + 1
    length = part.main("ReduceL2", part.x, axes=(axis,), keepdims=1)
    return part.op("Div", part.x, part.op("Max", length, part.constant(float(part.layer.eps))))


def _over_root(part: Part, x: Value, axes: tuple[int, ...], eps: float) -> Value:
    """Values over the root of the mean of their squares."""
    squares = part.main("ReduceMean", part.op("Pow", x, part.constant(2.0)), axes=axes, keepdims=1)
    return part.op("Div", x, part.op("Sqrt", part.op("Add", squares, part.constant(eps))))


def response_norm(part: Part) -> Value:
    """Normalisation by neighbouring channels."""
    layer = part.layer
    if layer.size % 2 == 0:
        raise part.refused(f"a window of {layer.size} channels, an even number, lies otherwise in ONNX")
    numbers = {"alpha": float(layer.alpha), "beta": float(layer.beta), "bias": float(layer.k)}
    return part.main("LRN", part.x, size=layer.size, **numbers)


HANDLERS: dict[str, Handler] = {
    **{f"batchnorm{rank}d": batch_norm for rank in (1, 2, 3)},
    **{f"instancenorm{rank}d": instance_norm for rank in (1, 2, 3)},
    "groupnorm": group_norm,
    "layernorm": layer_norm,
    "rmsnorm": root_norm,
    "l2norm": length_norm,
    "localresponsenorm": response_norm,
}
