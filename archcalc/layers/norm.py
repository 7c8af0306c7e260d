"""Normalisation. Operations are those of the definition at inference, before anything is folded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.axes import reshape_along
from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_rank
from archcalc.layers.settings import Count, Positive
from archcalc.layers.views import Views, global_view, pointwise_view
from archcalc.layers.window import whole_axis
from archcalc.layers.windows import blocks
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, at_least, divides, quotient, size


def _standard(xp: Any, x: Any, axes: int | tuple[int, ...], eps: float) -> Any:
    """Values minus their mean, divided by their deviation; `eps` avoids a division by zero."""
    centred = x - x.mean(axis=axes, keepdims=True)
    return centred / xp.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)


def _shifted(x: Any, weight: Any = None, bias: Any = None) -> Any:
    """Each channel times its weight plus its bias, if it has them."""
    x = x if weight is None else x * reshape_along(1, weight, x)
    return x if bias is None else x + reshape_along(1, bias, x)


def _affine(shape: Shape, *, affine: bool, bias: bool = True) -> dict[str, Shape]:
    if not affine:
        return {}
    return {"weight": shape, "bias": shape} if bias else {"weight": shape}


def _applied(n: Dim, affine: bool) -> Work:
    """The work to subtract the mean, divide by the deviation, scale and shift n values."""
    return Work(additions=(2 if affine else 1) * n, divisions=n, multiplications=n if affine else 0)


def _measured(n: Dim, groups: Dim, affine: bool) -> Work:
    """The work of the mean and variance of each group, n values in all, and of applying them."""
    applied = _applied(n, affine)
    return Work(
        # n for the means, 2n for the squared differences and their sum, minus the first of each sum.
        additions=applied.additions + 3 * n - 2 * groups,
        multiplications=applied.multiplications + n,
        divisions=applied.divisions + 2 * groups,
        exponentials=groups,
    )


def _statistics(groups: Dim, *, once: bool = False) -> Iterator[SavedTensor]:
    """The input, and the mean and inverse deviation of each group of its values."""
    yield SavedTensor(0)
    yield SavedTensor("mean", groups, "float32", once)
    yield SavedTensor("deviation", groups, "float32", once)


class _Norm(Layer, frozen=True):
    """The base of normalisation layers, whose output has the input's shape."""

    family: ClassVar[Family] = "norm"
    category: ClassVar[str] = "Normalisation"

    def output(self, x: Shape) -> Shape:
        return x


class _BatchNorm(_Norm, frozen=True):
    """Each channel less its running mean, over its running deviation, then scaled and shifted.

    Params 2·channels where `affine`, buffers 2·channels (Ioffe and Szegedy 2015, algorithm 2). Without `scale` the values
    are shifted alone, which before a ReLU and another convolution is as good (TF-Slim's default).
    """

    called: ClassVar[tuple[str, ...]] = ("bn", "batchnorm", "batchnormalization")

    affine: bool = True
    scale: bool = True
    eps: Positive = 1e-5

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.affine:
            yield "without affine"

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, self.rank)

    def weights(self, x: Shape) -> dict[str, Shape]:
        weights = _affine((x[0],), affine=self.affine)
        return {name: shape for name, shape in weights.items() if name == "bias" or self.scale}

    def buffers(self, x: Shape) -> dict[str, Shape]:
        return {"running_mean": (x[0],), "running_var": (x[0],)}

    def work(self, output: Shape, _x: Shape) -> Work:
        work = _applied(size(output), self.affine)
        return work if self.scale else Work(additions=work.additions, divisions=work.divisions)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield from _statistics(x[0], once=True)

    def forward(self, xp: Any, x: Any, running_mean: Any, running_var: Any, **affine: Any) -> Any:
        deviation = xp.sqrt(running_var + self.eps)
        return _shifted((x - reshape_along(1, running_mean, x)) / reshape_along(1, deviation, x), **affine)


class BatchNorm1d(_BatchNorm, frozen=True):
    __doc__ = _BatchNorm.__doc__
    rank: ClassVar[int] = 1

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) in {1, 2}, "the input must be a vector or channels×length", ""


class BatchNorm2d(_BatchNorm, frozen=True):
    __doc__ = _BatchNorm.__doc__
    rank: ClassVar[int] = 2


class BatchNorm3d(_BatchNorm, frozen=True):
    __doc__ = _BatchNorm.__doc__
    rank: ClassVar[int] = 3


class _InstanceNorm(_Norm, frozen=True):
    """Each channel of each sample less its mean, over its deviation; no running statistics (Ulyanov et al. 2016)."""

    called: ClassVar[tuple[str, ...]] = ("instancenorm", "instancenormalization")

    affine: bool = False
    eps: Positive = 1e-5

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.affine:
            yield "without affine"

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield require_rank(x, self.rank)
        yield at_least(size(x[1:]), 2), "one value for each channel has no deviation to divide by", ""

    def weights(self, x: Shape) -> dict[str, Shape]:
        return _affine((x[0],), affine=self.affine)

    def work(self, output: Shape, _x: Shape) -> Work:
        return _measured(size(output), output[0], self.affine)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, *range(1, len(x))),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield from _statistics(x[0])
        if self.affine:
            # torch takes each sample's channels as channels of one batch, and repeats the weights for them.
            yield SavedTensor("weights", x[0])

    def forward(self, xp: Any, x: Any, **affine: Any) -> Any:
        return _shifted(_standard(xp, x, tuple(range(2, x.ndim)), self.eps), **affine)


class InstanceNorm1d(_InstanceNorm, frozen=True):
    __doc__ = _InstanceNorm.__doc__
    rank: ClassVar[int] = 1


class InstanceNorm2d(_InstanceNorm, frozen=True):
    __doc__ = _InstanceNorm.__doc__
    rank: ClassVar[int] = 2


class InstanceNorm3d(_InstanceNorm, frozen=True):
    __doc__ = _InstanceNorm.__doc__
    rank: ClassVar[int] = 3


class GroupNorm(_Norm, frozen=True):
    """Groups of channels less their mean, over their deviation, then each channel scaled and shifted (Wu and He 2018)."""

    called: ClassVar[tuple[str, ...]] = ("gn", "groupnormalization")
    layout: ClassVar[Layout] = "channels first"

    example: ClassVar[Example] = Example({"groups": 32})

    groups: Count
    affine: bool = True
    eps: Positive = 1e-5

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.affine:
            yield "without affine"

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield divides(self.groups, x[0]), f"groups={self.groups} does not divide the {x[0]} input channels", "groups"

    def weights(self, x: Shape) -> dict[str, Shape]:
        return _affine((x[0],), affine=self.affine)

    def work(self, output: Shape, _x: Shape) -> Work:
        return _measured(size(output), self.groups, self.affine)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        group = quotient(x[0], self.groups)
        return (
            (pointwise_view(x, {0: blocks(group, group, x[0]), **{a: whole_axis(x[a]) for a in range(1, len(x))}}),),
        )

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield from _statistics(self.groups)

    def forward(self, xp: Any, x: Any, **affine: Any) -> Any:
        groups = x.reshape(len(x), self.groups, -1)
        return _shifted(_standard(xp, groups, 2, self.eps).reshape(x.shape), **affine)
