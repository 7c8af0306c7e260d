"""Dense layers and learned arrays."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase, ascii_uppercase
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import in_batch, reshape_along
from archcalc.layers.base import Layer, SavedTensor, TrainingContext
from archcalc.layers.experts import ExpertLinear
from archcalc.layers.normed_weights import Norm, norm_buffers, norm_saved, norm_weights, normed, settled
from archcalc.layers.placing import usual_last, values_or_first
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_names
from archcalc.layers.settings import Count, OneAxis
from archcalc.layers.splitting import Split
from archcalc.layers.views import Views, global_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, size
from archcalc.symbols.shape import VALUES, axes_of


class _Trained(Layer, frozen=True):
    """The base of layers that consist mostly of trained arrays."""

    family: ClassVar[Family] = "linear"
    category: ClassVar[str] = "Dense layers and learned arrays"


class Linear(_Trained, frozen=True):
    """A dense layer over the features of a vector or of each place (Rumelhart et al. 1986).

    Weights features·out, biases `out`; MACs are weights × places. `axis` names the axis that it works on, by default the
    last: features, or channels behind their places. `axis: channels` on an image is a 1×1 convolution. `norm` learns the
    length of each row of weights apart from its direction (`weight`), or divides all by their largest singular value
    (`spectral`).
    """

    called: ClassVar[tuple[str, ...]] = ("dense", "fc", "fullyconnected", "innerproduct", "affine", "gemm")
    splits: ClassVar[tuple[Split, ...]] = ("column", "row", "vocabulary")
    axis_setting: ClassVar[str] = "axis"
    example: ClassVar[Example] = Example({"out": 10}, ((512,),))

    out: Count
    bias: bool = True
    axis: OneAxis = None
    norm: Norm | None = None

    @property
    def filters(self) -> Dim:
        return self.out

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"

    @property
    def projected_axis(self) -> int:
        return -1 if self.axis is None else int(self.axis)

    def usual_axis(self, x: Shape) -> int:
        # Frameworks would take the last axis of an image; whoever wrote that forgot to flatten it.
        ones = "×".join("1" * (len(x) - 1))
        return usual_last(x, {"axis: {}": f"makes it a {ones} convolution", "flatten": "before it makes one vector"})

    def output(self, x: Shape) -> Shape:
        return (*x[: self.axis], self.out, *x[self.axis + 1 :])

    def weights(self, x: Shape) -> dict[str, Shape]:
        weight = (self.out, x[self.axis])
        arrays = {"weight": weight, **norm_weights(self.norm, weight)}
        return {**arrays, "bias": (self.out,)} if self.bias else arrays

    def buffers(self, x: Shape) -> dict[str, Shape]:
        return norm_buffers(self.norm, self.weights(x)["weight"])

    def settled(self, xp: Any, arrays: dict[str, Any]) -> dict[str, Any]:
        return settled(xp, arrays)

    def for_experts(self, chosen: Dim, capacity: float | None) -> Layer | None:
        if self.norm is not None or self.axis not in {None, *VALUES, 1, -1}:
            return None
        return ExpertLinear(self.out, chosen, bias=self.bias, capacity=capacity)

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(macs=size(output) * x[self.axis], additions=size(output) if self.bias else 0)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, self.axis),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        arrays = self.weights(x)
        yield from norm_saved(self.norm, use, arrays, self.buffers(x), used=use.grads[0])
        # For the gradient of its weights; that of the input needs the weights alone.
        if not arrays.keys() - {"bias"} <= use.frozen:
            yield SavedTensor(0)

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any = None, **norm: Any) -> Any:
        axis, weight = in_batch(self.axis, x), normed(xp, weight, norm)
        before, after = ascii_lowercase[:axis], ascii_uppercase[: x.ndim - axis - 1]
        y = xp.einsum(f"{before}y{after},zy->{before}z{after}", x, weight, optimize=True)
        return y if bias is None else y + reshape_along(axis, bias, y)


class Embedding(_Trained, frozen=True):
    """A table with a row of `out` values for each entry of the vocabulary (Bengio et al. 2003); a look-up costs no operations."""

    called: ClassVar[tuple[str, ...]] = ("lookup",)
    splits: ClassVar[tuple[Split, ...]] = ("vocabulary",)
    example: ClassVar[Example] = Example({"vocabulary": 30000, "out": 512}, ((128,),))

    vocabulary: Count
    out: Count

    @property
    def filters(self) -> Dim:
        return self.out

    @property
    def entries(self) -> Dim:
        return self.vocabulary

    def output(self, x: Shape) -> Shape:
        return (*x, self.out)

    def output_axes(self, _output: Shape, x: Shape) -> tuple[str, ...]:
        # Whatever the numbers were called, each is a token now.
        return (*(name if name not in VALUES else "tokens" for name in axes_of(x)), "features")

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) == 1, "the input must be a sequence of token numbers", ""

    def weights(self, _x: Shape) -> dict[str, Shape]:
        return {"weight": (self.vocabulary, self.out)}

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0, type="int64")

    def forward(self, _xp: Any, tokens: Any, weight: Any) -> Any:
        return weight[tokens]


class _Array(_Trained, frozen=True):
    """The base of arrays that depend on no input.

    `shape` is a list of sizes, and `axes` their names; a size under the name of its axis says both.
    """

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"
    names_axes: ClassVar[bool] = True

    example: ClassVar[Example] = Example({"shape": (128, 512)})

    shape: tuple[Count, ...]
    axes: tuple[str, ...] | None = None

    @classmethod
    def with_axes(cls, axes: dict[str, Any]) -> dict[str, Any]:
        return {"shape": list(axes.values()), "axes": list(axes)}

    def output(self) -> Shape:
        return self.shape

    def output_axes(self, output: Shape) -> tuple[str, ...]:
        return self.axes or super().output_axes(output)

    def requires(self) -> Iterator[Requirement]:
        yield from require_names(self.axes, self.shape)


class Learned(_Array, frozen=True):
    """A trained array that depends on no input, such as a class token (Devlin et al. 2018) or a position embedding.

    `shape` is a list of sizes, and `axes` their names; a size under the name of its axis says both.
    """

    def weights(self) -> dict[str, Shape]:
        return {"weight": self.shape}

    def forward(self, _xp: Any, weight: Any) -> Any:
        return weight[None]


class Constant(_Array, frozen=True):
    """An array that depends on no input and is not trained, such as a mask (Vaswani et al. 2017) or a table of positions.

    `shape` is a list of sizes, and `axes` their names; a size under the name of its axis says both.
    """

    is_kept: ClassVar[bool] = True

    def buffers(self) -> dict[str, Shape]:
        return {"value": self.shape}

    def forward(self, _xp: Any, value: Any) -> Any:
        return value[None]


class Scale(_Trained, frozen=True):
    """One trained factor for each entry along an axis, and with `bias` one trained offset (layer scale: Touvron et al. 2021).

    By default the axis is that of the channels or features.
    """

    called: ClassVar[tuple[str, ...]] = ("layerscale",)
    axis_setting: ClassVar[str] = "axis"

    axis: OneAxis = None
    bias: bool = False

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"

    def usual_axis(self, x: Shape) -> int:
        return values_or_first(x)

    def output(self, x: Shape) -> Shape:
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        weight = (x[self.axis],)
        return {"weight": weight, "bias": weight} if self.bias else {"weight": weight}

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(multiplications=size(output), additions=size(output) if self.bias else 0)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        # For the gradient of its weights; that of the input needs the weights alone.
        if "weight" not in use.frozen:
            yield SavedTensor(0)

    def forward(self, _xp: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        axis = in_batch(self.axis, x)
        y = x * reshape_along(axis, weight, x)
        return y if bias is None else y + reshape_along(axis, bias, x)
