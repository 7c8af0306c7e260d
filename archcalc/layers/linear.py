"""Dense layers and learned arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.axes import in_batch, reshape_along
from archcalc.layers.base import Count, Layer, SavedTensor, TrainingContext
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.views import Views, global_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, size


class _Trained(Layer, frozen=True):
    """The base of layers that consist mostly of trained arrays."""

    family: ClassVar[Family] = "linear"
    category: ClassVar[str] = "Dense layers and learned arrays"


class Linear(_Trained, frozen=True):
    """A dense layer over the last axis of a vector or of each token of a sequence (Rumelhart et al. 1986).

    Weights features·out, biases `out`; MACs are weights × tokens.
    """

    features: ClassVar[Literal["as before", "last", "open"]] = "last"
    example: ClassVar[Example] = Example({"out": 10}, ((512,),))

    out: Count
    bias: bool = True

    @property
    def filters(self) -> Dim:
        return self.out

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"

    def output(self, x: Shape) -> Shape:
        return (*x[:-1], self.out)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        # Frameworks would take the last axis of an image; whoever wrote that forgot to flatten it.
        yield len(x) in {1, 2}, "the input must be a vector or a sequence; put flatten before it", ""

    def weights(self, x: Shape) -> dict[str, Shape]:
        weight = (self.out, x[-1])
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def work(self, output: Shape, x: Shape) -> Work:
        return Work(macs=size(output) * x[-1], additions=size(output) if self.bias else 0)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, len(x) - 1),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any = 0.0) -> Any:
        axes = "nt"[: x.ndim - 1]
        return xp.einsum(f"{axes}i,oi->{axes}o", x, weight, optimize=True) + bias


class Embedding(_Trained, frozen=True):
    """A table with a row of `out` values for each entry of the vocabulary (Bengio et al. 2003); a look-up costs no operations."""

    features: ClassVar[Literal["as before", "last", "open"]] = "last"
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

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield len(x) == 1, "the input must be a sequence of token numbers", ""

    def weights(self, _x: Shape) -> dict[str, Shape]:
        return {"weight": (self.vocabulary, self.out)}

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0, type="int64")

    def forward(self, _xp: Any, tokens: Any, weight: Any) -> Any:
        return weight[tokens]


class Learned(_Trained, frozen=True):
    """A trained array that depends on no input, such as a class token (Devlin et al. 2018) or a position embedding."""

    stores: ClassVar[Literal["output", "in place", "view"]] = "view"

    example: ClassVar[Example] = Example({"shape": (128, 512)})

    shape: tuple[Count, ...]

    def output(self) -> Shape:
        return self.shape

    def weights(self) -> dict[str, Shape]:
        return {"weight": self.shape}

    def forward(self, _xp: Any, weight: Any) -> Any:
        return weight[None]


class Scale(_Trained, frozen=True):
    """One trained factor for each entry along an axis, and with `bias` one trained offset (layer scale: Touvron et al. 2021)."""

    axis: int = 0
    bias: bool = False

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield -len(x) <= self.axis < len(x), f"axis={self.axis} is not one of the input's {len(x)}", "axis"

    def weights(self, x: Shape) -> dict[str, Shape]:
        weight = (x[self.axis],)
        return {"weight": weight, "bias": weight} if self.bias else {"weight": weight}

    def work(self, output: Shape, _x: Shape) -> Work:
        return Work(multiplications=size(output), additions=size(output) if self.bias else 0)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, _x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(0)

    def forward(self, _xp: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        axis = in_batch(self.axis, x)
        y = x * reshape_along(axis, weight, x)
        return y if bias is None else y + reshape_along(axis, bias, x)
