"""What every kind of layer says of itself, the types of its fields, and the registry of kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, Self, TypeAlias

import msgspec

from archcalc.layers.registry import Example, Family, Kinds
from archcalc.layers.requirements import Requirement
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape

if TYPE_CHECKING:
    Count: TypeAlias = Dim
    Natural: TypeAlias = Dim
    Positive: TypeAlias = float
else:
    Count = Annotated[int, msgspec.Meta(ge=1, description="a whole number of at least 1")]
    Natural = Annotated[int, msgspec.Meta(ge=0, description="a whole number of at least 0")]
    Positive = Annotated[float, msgspec.Meta(gt=0, description="a number above 0")]

# A description is what an error, the kinds page and an editor say that a field takes.
Sizes: TypeAlias = Annotated[
    Count | tuple[Count, ...],
    msgspec.Meta(description="a whole number of at least 1, or a list with one for each axis"),
]
# A pair would be tuple[Natural, Natural], but msgspec 0.22 crashes in garbage collection on a fixed tuple inside a union;
# `require_per_axis` checks the length instead.
Margins: TypeAlias = Annotated[
    Natural | tuple[Natural | tuple[Natural, ...], ...],
    msgspec.Meta(
        description="a whole number of at least 0, or a list with one for each axis, or with a pair [before, after] for each axis"
    ),
]
Padding: TypeAlias = Annotated[
    Natural | tuple[Natural | tuple[Natural, ...], ...] | Literal["same"],
    msgspec.Meta(
        description="a whole number of at least 0, a list with one for each axis or with a pair [before, after] for each axis, or same"
    ),
]


# The image that an example is worked on where it does not say.
_CHANNELS, _SIDE = 64, 56


class Geometry(NamedTuple):
    """How a window moves over the axes, as written in the fields, and whether sizes are rounded up."""

    kernel: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    dilation: Sizes = 1
    rounds_up: bool = False


class Rounding(NamedTuple):
    """A division inside the size of one axis of the output, numerator / divisor + 1 places, which need not come out even."""

    axis: int
    numerator: Dim
    divisor: Dim


class SavedTensor(NamedTuple):
    """A tensor that the backward pass needs: what it is, how many values it has, and of which type.

    `of` is the position of an input, "output", or the name of a tensor of the layer's own, for which `values` says how
    many there are for each sample, or with `once` for the whole batch. `type` is "activation" for that of the
    activations, "float32" for statistics, which are never narrower, "int64" for positions or "bool" for a mask.
    """

    of: int | str
    values: Dim = 0
    type: Literal["activation", "float32", "int64", "bool"] = "activation"
    once: bool = False


class TrainingContext(NamedTuple):
    """How a layer stands in a network in training: which inputs a gradient flows to, and whether it overwrites its input."""

    grads: tuple[bool, ...] = (True,)
    in_place: bool = False


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, metaclass=Kinds):
    """A kind of layer: its fields are what a spec may say, its methods are all that is known of it.

    Methods take the shapes of the inputs, without the batch, and return values for one sample. They never see the
    graph, the convention or the spec. The number of inputs is read from the signature of `output`.
    """

    kinds: ClassVar[dict[str, type[Layer]]] = {}
    kind: ClassVar[str] = ""
    arity: ClassVar[tuple[int, float]] = (1, 1)
    # The colour in charts and diagrams.
    family: ClassVar[Family]
    # The heading under which the page on kinds has it.
    category: ClassVar[str]
    # Needed where a kind has required settings or cannot take an image.
    example: ClassVar[Example] = Example()
    # How many axes beside the channels it works along, where that is fixed: 2 for conv2d.
    rank: ClassVar[int] = 0
    # Whether it is an activation function, which bends every value by itself.
    nonlinear: ClassVar[bool] = False
    # Whether the output is a new array, could overwrite the input, or is the input seen under another shape.
    stores: ClassVar[Literal["output", "in place", "view"]] = "output"
    # Whether models in frameworks do have it overwrite its input: where that is asked for with inplace=True.
    overwrites: ClassVar[bool] = False
    # Whether it does nothing at inference, so that what it puts out is what it was given.
    idle: ClassVar[bool] = False
    # How models in frameworks mostly call it; tools that watch modules do not see an operator.
    call_style: ClassVar[Literal["module", "operator"]] = "module"
    # Whether values come out as they went in, wherever, though not as a view; token numbers stay token numbers.
    moves: ClassVar[bool] = False
    # Whether the same values come out in the same order, under whatever shape.
    keeps_order: ClassVar[bool] = False
    # Whether it is the network's own input, which is given and not computed.
    comes_from_outside: ClassVar[bool] = False
    # Where channels or features stand in the output: where they stood in the input, on the last axis behind tokens, or
    # with some settings or inputs elsewhere than before.
    features: ClassVar[Literal["as before", "last", "open"]] = "as before"
    # The operation that joins its inputs value by value.
    joins_by: ClassVar[Literal["", "+", "×"]] = ""
    # Whether each place of the input spreads over a window of the output, where other windows gather from the input.
    spreads: ClassVar[bool] = False
    # Whether the gradient of the output, or a part of it, is as it stands that of an input of the same shape or part.
    passes_gradient: ClassVar[bool] = False

    @classmethod
    def exemplified(cls) -> tuple[Self, tuple[Shape, ...]]:
        """The layer of the worked example, and the shapes of its inputs."""
        image = (_CHANNELS, *(_SIDE,) * (cls.rank or 2))
        return cls(**cls.example.settings), cls.example.inputs or (image,) * cls.arity[0]

    # mypy accepts any signature over (*Any, **Any), which lets `output` say how many inputs a kind takes.
    def output(self, *inputs: Any, **_: Any) -> Shape:
        """The shape of the output."""
        raise NotImplementedError

    def requires(self, *_inputs: Any, **_: Any) -> Iterator[Requirement]:
        """What must hold for the inputs and fields; later facts may rely on earlier ones."""
        yield from ()

    def roundings(self, *_inputs: Any, **_: Any) -> Iterator[Rounding]:
        """The divisions that `output` rounds."""
        yield from ()

    def weights(self, *_inputs: Any, **_: Any) -> dict[str, Shape]:
        """Trained arrays by name; a name that holds "bias" is a bias. Params are the sizes of these."""
        return {}

    def buffers(self, *_inputs: Any, **_: Any) -> dict[str, Shape]:
        """Arrays that are kept but not trained, such as running statistics."""
        return {}

    def work(self, output: Shape, *inputs: Any, **_: Any) -> Work:  # noqa: ARG002 - the signature that kinds override
        """Raw operation counts for one sample."""
        return Work()

    def receptive_views(self, *inputs: Any, **_: Any) -> tuple[Views, ...]:
        """Which values of each input an output value depends on: for each input one or more views, seen together.

        What is not said otherwise sees the value at its own place.
        """
        return tuple((pointwise_view(x),) for x in inputs)

    def geometry(self) -> Geometry | None:
        """How its window moves along the `rank` axes; None where no window of a fixed size does."""
        return None

    @property
    def filters(self) -> Dim | None:
        """How many filters, units or features it was asked for; None where it was not."""
        return None

    @property
    def filter_groups(self) -> Dim:
        """How many groups of channels have filters of their own."""
        return 1

    @property
    def joined_axis(self) -> int | None:
        """The axis of the output along which its inputs lie one after the other; None where they do not."""
        return None

    @property
    def entries(self) -> Dim | None:
        """How many token numbers can be looked up in its table; None where its inputs are values."""
        return None

    def variants(self, _rank: int) -> Iterator[str]:
        """How it departs from the plain layer of its kind, in the words of conventions' prices, the most telling first.

        `rank` is the number of the output's axes beside the first.
        """
        yield from ()

    @property
    def replaces(self) -> bool:
        """Whether a value of the output could take the place of one of the first input, as += puts it there."""
        return self.stores == "in place" or self.call_style == "operator"

    def view(self, _x: Shape, strides: Shape) -> Shape | None:
        """How the output of a view lies in its input's memory, given the strides of the input; None where it is copied."""
        return strides

    def saved_for_backward(self, use: TrainingContext, output: Shape, *_inputs: Any, **_: Any) -> Iterator[SavedTensor]:  # noqa: ARG002 - as overridden
        """The tensors that are kept from the forward pass for the backward pass, beside weights and buffers."""
        yield from ()

    def im2col_size(self, *_inputs: Any, **_: Any) -> Dim:
        """How many values the windows of one sample hold, copied side by side so that a matrix product does the rest.

        This is im2col (Chellapilla et al. 2006); a layer that is no convolution has none.
        """
        return 0

    def forward(self, xp: Any, /, *arrays: Any, **weights: Any) -> Any:
        """The output for a batch: the definition of the layer, written to be read and not to be fast.

        `xp` is numpy or a namespace that stands in for it. Arrays have the batch first and keep their dtype; `weights`
        holds an array for each name in `weights` and in `buffers`. The multiply-accumulates of `work` go through
        `xp.einsum`, and nothing else does, so that they can be counted. A layer without inputs returns a batch of one,
        which whoever runs the network repeats, so that all the arrays that meet in a layer are of one batch.
        """
        raise NotImplementedError

    def changed(self, **settings: object) -> Self:
        """The layer with those settings changed that its kind has; itself where that changes nothing."""
        new = {n: to for n, to in settings.items() if n in self.__struct_fields__ and getattr(self, n) != to}
        return msgspec.structs.replace(self, **new) if new else self

    def settings(self) -> dict[str, Any]:
        """The fields that differ from their defaults.

        >>> from archcalc.layers.conv import Conv2d
        >>> Conv2d(out=64, kernel=3, padding=1, stride=1).settings()
        {'out': 64, 'kernel': 3, 'padding': 1}
        """
        required = len(self.__struct_fields__) - len(self.__struct_defaults__)
        defaults = dict(zip(self.__struct_fields__[required:], self.__struct_defaults__, strict=True))
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) != defaults.get(name, msgspec.UNSET)
        }
