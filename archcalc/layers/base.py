"""What every kind of layer says of itself, the types of its fields, and the registry of kinds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, NamedTuple, TypeAlias

import msgspec

from archcalc.layers.window import IDENTITY, Window, whole_axis
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, Truth, format_dim

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

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}

# The ways to name the axes of a network's input, in their order.
INPUTS = (
    *(("channels", *axes) for axes in AXES.values()),
    ("tokens", "features"),
    ("tokens",),
    ("features",),
)

# A fact, what to say where it is false, and the field it is about ("" where it is about the input).
Requirement: TypeAlias = tuple[Truth, str, str]


class Rounding(NamedTuple):
    """A division inside the size of one axis of the output, numerator / divisor + 1 places, which need not come out even."""

    axis: int
    numerator: Dim
    divisor: Dim


class At(NamedTuple):
    """How an axis of an input is seen: along which axis of the output, through which window.

    With `ends` nothing lies beyond the input's own places, not even padding, for other inputs lie there.
    """

    axis: int
    window: Window
    ends: bool = False


# For each axis of an input how it is seen, all of them together; () where values keep their order under another shape.
View: TypeAlias = tuple[At, ...]
Views: TypeAlias = tuple[View, ...]


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


class Layer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of layer: its fields are what a spec may say, its methods are all that is known of it.

    Methods take the shapes of the inputs, without the batch, and return values for one sample. They never see the
    graph, the convention or the spec. The number of inputs is read from the signature of `output`.
    """

    kinds: ClassVar[dict[str, type[Layer]]] = {}
    kind: ClassVar[str] = ""
    arity: ClassVar[tuple[int, float]] = (1, 1)
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
    # Whether the gradient of the output, or a part of it, is as it stands that of an input of the same shape or part.
    passes_gradient: ClassVar[bool] = False

    def __init_subclass__(cls, **options: Any) -> None:
        """File the class under its own name in lower case; a leading underscore keeps it out."""
        super().__init_subclass__(**options)
        code = cls.output.__code__
        least = code.co_argcount - 1 - len(cls.output.__defaults__ or ())
        variadic = bool(code.co_flags & 0x04)
        cls.arity = (2, float("inf")) if variadic else (least, code.co_argcount - 1)
        if not cls.__name__.startswith("_"):
            cls.kind = cls.__name__.lower()
            if cls.kind in Layer.kinds:
                message = f"two layer kinds are named {cls.kind}"
                raise TypeError(message)
            Layer.kinds[cls.kind] = cls

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


def format_setting(value: object) -> str:
    """A field's value on one line.

    >>> format_setting((1, 7)), format_setting(((0, 1), (0, 1))), format_setting(True), format_setting(None)
    ('1×7', '(0,1)×(0,1)', 'true', 'none')
    """
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple):
        return str(value) if isinstance(value, (int, float, str)) else format_dim(value)
    if any(isinstance(entry, tuple) for entry in value):
        return "×".join(f"({','.join(map(str, entry))})" if isinstance(entry, tuple) else str(entry) for entry in value)
    return "×".join(map(str, value))


def each_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """A field written once for all axes, or once for each.

    >>> each_axis(3, 2), each_axis((1, 2), 2)
    ((3, 3), (1, 2))
    """
    return value if isinstance(value, tuple) else (value,) * rank


def pointwise_view(x: Shape, axes: dict[int, Window] | None = None) -> View:
    """The value at its own place, but for some of the axes what their windows see there.

    >>> [at.window.at(2) for at in pointwise_view((3, 3, 3), {0: whole_axis(3)})]
    [(0, 2), (2, 2), (2, 2)]
    """
    own = axes or {}
    return tuple(At(axis, own.get(axis, IDENTITY)) for axis in range(len(x)))


def global_view(x: Shape, *axes: int) -> View:
    """Everything along some axes, and along the others the value at its own place."""
    return pointwise_view(x, {axis: whole_axis(x[axis]) for axis in axes})


def reshape_along(axis: int, vector: Any, x: Any) -> Any:
    """A vector shaped to lie along an axis of an array, so that it can be added to it or multiply it."""
    return vector.reshape(-1, *(1 for _ in range(axis + 1, x.ndim)))


def in_batch(axis: int, x: Any) -> int:
    """The axis of a batch that in each of its samples is `axis`, counted from either end."""
    samples: int = x.ndim - 1
    return axis % samples + 1


def both_sides(value: Any, rank: int) -> tuple[tuple[Dim, Dim], ...]:
    """Margins before and after each axis, from any of the ways to write them.

    >>> both_sides(1, 2), both_sides((1, (0, 2)), 2)
    (((1, 1), (1, 1)), ((1, 1), (0, 2)))
    """
    return tuple(side if isinstance(side, tuple) else (side, side) for side in each_axis(value, rank))


def require_per_axis(rank: int, **fields: Any) -> Iterator[Requirement]:
    """A list in a field has one entry for each axis."""
    for name, value in fields.items():
        if isinstance(value, tuple):
            yield (
                len(value) == rank,
                f"{name} has {len(value)} entries for {rank} {'axis' if rank == 1 else 'axes'}",
                name,
            )
            for side in value:
                if isinstance(side, tuple):
                    yield len(side) == 2, f"{name} has {len(side)} entries for the two sides of an axis", name


def require_rank(x: Shape, rank: int) -> Requirement:
    """An input of channels and `rank` further axes."""
    wanted = "×".join(("channels", *AXES[rank]))
    return len(x) == rank + 1, f"the input must be {wanted}", ""
