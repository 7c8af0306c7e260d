"""Each layer kind with a setting for its axes as torch has it, which moves the axis to where it works and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.layers import Layer
from archcalc.symbols.shape import axes_of
from tests.layers.torch_axes import OPEN, positions, working
from tests.layers.torch_function import Function, each
from tests.layers.torch_norms import normed

Shape = tuple[int, ...]


def scale(k: Layer, x: Shape) -> nn.Module:
    axis = working("scale", k.axis, x)

    def scaled(t: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        t = t.movedim(axis, -1) * weight
        return (t if bias is None else t + bias).movedim(-1, axis)

    names = ("weight", "bias") if k.bias else ("weight",)
    return Function(each(scaled), **dict.fromkeys(names, (x[axis],)))


def shrunk(name: str) -> Callable[..., nn.Module]:
    """A reduction over some axes, each left as 1."""

    def twin(k: Layer, x: Shape) -> nn.Module:
        kept = None if k.axes is not None else OPEN[k.kind](x)
        along = [axis for axis in range(len(x)) if axis != kept] if k.axes is None else positions(k.axes, x)
        if not along:
            # torch takes no axis for all of them.
            raise ValueError("nothing to reduce")
        return Function(lambda t: getattr(t, name)([axis + 1 for axis in along], keepdim=True))

    return twin


def moved(axes: list[int], inner: nn.Module) -> nn.Module:
    """A module over the last axes, of which these are made; its output lies in memory as that of a convolution does."""
    ends, batch = list(range(-len(axes), 0)), [axis + 1 for axis in axes]
    there = Function(lambda t: t.movedim(batch, ends))
    back = Function(lambda t: t.movedim(ends, batch).contiguous())
    return nn.Sequential(there, inner, back)


def linear(k: Layer, x: Shape) -> nn.Module:
    axis = working("linear", k.axis, x)
    return moved([axis], normed(nn.Linear(x[axis], k.out, k.bias), k))


def rms_norm(k: Layer, x: Shape) -> nn.Module:
    axis = working("rmsnorm", k.axis, x)
    return moved([axis], nn.RMSNorm(x[axis], k.eps, k.affine))


def squash(k: Layer, x: Shape) -> nn.Module:
    axis = working("squash", k.axis, x) + 1

    def squashed(t: Tensor) -> Tensor:
        squares = (t * t).sum(axis, keepdim=True)
        return t * (squares.sqrt() / (1 + squares))

    return Function(squashed)


def layer_norm(k: Layer, x: Shape) -> nn.Module:
    """As many of the last axes as a number says; its weights lie as the axes do in the input."""
    if k.axes is None:
        axes = [OPEN["layernorm"](x)]
    elif isinstance(k.axes, int):
        axes = [len(x) - i for i in range(k.axes, 0, -1)]
    else:
        axes = sorted(positions(k.axes, x))
    return moved(axes, nn.LayerNorm([x[axis] for axis in axes], k.eps, k.affine, k.bias))


def concat(k: Layer, *xs: Shape) -> nn.Module:
    x = max(xs, key=lambda x: any(axes_of(x)))
    axis = working("concat", k.axis, x)
    return Function(lambda *ts: torch.cat(ts, axis + 1))


def split(k: Layer, x: Shape) -> nn.Module:
    axis = working("split", k.axis, x) + 1
    return Function(lambda t: t.unflatten(axis, (k.parts, -1)).select(axis, k.part))


def sliced(k: Layer, x: Shape) -> nn.Module:
    axis = working("slice", k.axis, x) + 1
    return Function(lambda t: t.narrow(axis, k.start, k.stop - k.start))


def flatten(k: Layer, x: Shape) -> nn.Module:
    run = list(range(k.start, len(x))) if k.axes is None else positions(k.axes, x)
    if not run or run != list(range(run[0], run[-1] + 1)):
        raise ValueError("no run of axes")
    return nn.Flatten(run[0] + 1, run[-1] + 1)


def permute(k: Layer, x: Shape) -> nn.Module:
    order = positions(k.order, x)
    return Function(lambda t: t.permute(0, *(axis + 1 for axis in order)))


AXIS_TWINS: dict[str, Callable[..., nn.Module]] = {
    "concat": concat,
    "flatten": flatten,
    "globalavgpool": shrunk("mean"),
    "globalmaxpool": shrunk("amax"),
    "l2norm": lambda k, x: Function(partial(functional.normalize, dim=working("l2norm", k.axis, x) + 1, eps=k.eps)),
    "layernorm": layer_norm,
    "linear": linear,
    "permute": permute,
    "reshape": lambda k, _x: Function(lambda t: t.reshape(t.shape[0], *k.shape)),
    "rmsnorm": rms_norm,
    "scale": scale,
    "slice": sliced,
    "softmax": lambda k, x: nn.Softmax(working("softmax", k.axis, x) + 1),
    "split": split,
    "squash": squash,
}
