"""The base class of all kinds of layer, and the types of their fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Self, TypeAlias

import msgspec

from archcalc.layers.cached import Cache, Cached
from archcalc.layers.geometry import Geometry, Rounding
from archcalc.layers.gradients import Core as Core  # noqa: PLC0414 - kinds take these from here, with the class
from archcalc.layers.gradients import SavedTensor as SavedTensor  # noqa: PLC0414 - likewise
from archcalc.layers.gradients import TrainingContext as TrainingContext  # noqa: PLC0414 - likewise
from archcalc.layers.placing import Axis, chosen, placed, require_first, require_last, require_sequence
from archcalc.layers.registry import Example, Family, Kinds, Registry, defaults_of
from archcalc.layers.requirements import Requirement
from archcalc.layers.splitting import Splitting
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.work import NOTHING, Work
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import AXES, axes_of, completed

Layout: TypeAlias = Literal["any", "channels first", "channels last", "sequence"]
# An operation that joins branches value by value; "" for none.
Join: TypeAlias = Literal["", "+", "−", "×", "÷"]

_CHANNELS, _SIDE = 64, 56  # the default image of an example


class Layer(Splitting, frozen=True, forbid_unknown_fields=True, metaclass=Kinds):
    """A kind of layer: its fields are the settings in a spec, its methods everything known about it.

    Methods take the shapes of the inputs, without the batch, and return values for one sample. They never see the
    graph, the convention or the spec. The number of inputs is read from the signature of `output`.
    """

    kinds: ClassVar[Registry] = Registry()
    kind: ClassVar[str] = ""
    # Its names elsewhere, by which people ask for it.
    called: ClassVar[tuple[str, ...]] = ()
    arity: ClassVar[tuple[int, float]] = (1, 1)
    # The colour in charts and diagrams.
    family: ClassVar[Family]
    # The heading of the kind on the page of kinds.
    category: ClassVar[str]
    # Needed for a kind with required settings, or one that cannot take an image.
    example: ClassVar[Example] = Example()
    # The number of axes beside the channels that it works along, if fixed: 2 for conv2d.
    rank: ClassVar[int] = 0
    # The order of axes that it needs where no setting names them: channels first, as with a `rank`, or last, or tokens.
    layout: ClassVar[Layout] = "any"
    # The setting that names the axes it works on.
    axis_setting: ClassVar[str] = ""
    # True where axes are named by keys beside the settings: `reshape: {tokens: 49, features: 96}`.
    names_axes: ClassVar[bool] = False
    # True for an activation function, which is nonlinear in each value.
    nonlinear: ClassVar[bool] = False
    # The storage of the output: a new array, possibly the input overwritten, or a view of the input.
    stores: ClassVar[Literal["output", "in place", "view"]] = "output"
    # True where models in frameworks do overwrite the input, when asked to by inplace=True.
    overwrites: ClassVar[bool] = False
    # True where it does nothing at inference, so that the output equals the input.
    idle: ClassVar[bool] = False
    # The usual call in frameworks' models; tools that watch modules do not see an operator.
    call_style: ClassVar[Literal["module", "operator"]] = "module"
    # True where the work depends on the values, so that a total without it is a lower bound.
    uncounted: ClassVar[bool] = False
    # False where nobody says what it computes, so that it cannot be run.
    runs: ClassVar[bool] = True
    # True where values are moved unchanged, though not as a view; token numbers stay token numbers.
    moves: ClassVar[bool] = False
    # True where the same values come out in the same order, in whatever shape.
    keeps_order: ClassVar[bool] = False
    # True for the network's own input, which is given and not computed.
    comes_from_outside: ClassVar[bool] = False
    # True for an array that is kept with the network, neither computed nor trained.
    is_kept: ClassVar[bool] = False
    # The operation that joins its inputs value by value.
    joins_by: ClassVar[Join] = ""
    # True where each input position spreads over a window of the output, rather than windows gathering from the input.
    spreads: ClassVar[bool] = False
    # True where the backward pass returns the output gradient, or a slice of it, without copying.
    passes_gradient: ClassVar[bool] = False

    @classmethod
    def exemplified(cls) -> tuple[Self, tuple[Shape, ...]]:
        """The layer of the worked example, and the shapes of its inputs."""
        image = (_CHANNELS, *(_SIDE,) * (cls.rank or 2))
        inputs = cls.example.inputs or (image,) * cls.arity[0]
        return cls(**cls.example.settings).placed(*inputs), inputs

    @classmethod
    def with_axes(cls, axes: dict[str, Any]) -> dict[str, Any]:
        """The settings that axes named by keys stand for, where the kind has such keys."""
        raise NotImplementedError

    def placed(self, *inputs: Shape) -> Self:
        """The layer with the axes it works on found in its inputs; raises Misplaced if they are not there."""
        if self.axis_setting and inputs:
            stated = getattr(self, self.axis_setting)
            # An axis that was left open is found anew in other inputs.
            left_open = stated is None or _chosen(stated)
            at = chosen(self.usual_axis(*inputs), inputs[0]) if left_open else self.stated_axis(stated, inputs[0])
            return msgspec.structs.replace(self, **{self.axis_setting: at})
        if self.rank or self.layout == "channels first":
            for x in inputs:
                require_first(x, "×".join(("channels", *AXES[self.rank])) if self.rank else "channels")
        elif self.layout == "channels last":
            require_last(inputs[0])
        elif self.layout == "sequence":
            for x in inputs:
                require_sequence(x)
        return self

    def stated_axis(self, stated: Any, x: Shape) -> Any:
        """The axes that its setting states, found in its first input."""
        return placed(stated, x, self.axis_setting)

    def usual_axis(self, *_inputs: Any, **_: Any) -> int | tuple[int, ...]:
        """The axes that it works on where its setting is left open; raises Misplaced if the input leaves them open too."""
        raise NotImplementedError

    def output_axes(self, output: Any, *inputs: Any, **_: Any) -> tuple[str, ...]:
        """The names of the output's axes: those of the first input, if there are as many."""
        if inputs and len(inputs[0]) == len(output):
            return axes_of(inputs[0])
        return completed(("",) * len(output))

    # mypy accepts any signature over (*Any, **Any), so that `output` can declare the number of inputs.
    def output(self, *inputs: Any, **_: Any) -> Shape:
        """The shape of the output."""
        raise NotImplementedError

    def requires(self, *_inputs: Any, **_: Any) -> Iterator[Requirement]:
        """The requirements on inputs and fields; later facts may rely on earlier ones."""
        yield from ()

    def roundings(self, *_inputs: Any, **_: Any) -> Iterator[Rounding]:
        """The divisions that `output` rounds."""
        yield from ()

    def weights(self, *_inputs: Any, **_: Any) -> dict[str, Shape]:
        """Trained arrays by name; a name that holds "bias" is a bias. Params are the sizes of these."""
        return {}

    def active_weights(self, *inputs: Any, **_: Any) -> dict[str, Shape]:
        """Those of its trained arrays, or of each the part, that one token uses: all, unless it holds experts."""
        return self.weights(*inputs)

    def for_experts(self, chosen: Dim, capacity: float | None) -> Layer | None:  # noqa: ARG002 - as overridden
        """The layer with weights for each expert; itself where it has neither weights nor buffers, else None."""
        has = type(self).weights is not Layer.weights or type(self).buffers is not Layer.buffers
        return None if has else self

    def buffers(self, *_inputs: Any, **_: Any) -> dict[str, Shape]:
        """Arrays that are kept but not trained, such as running statistics."""
        return {}

    def settled(self, _xp: Any, arrays: dict[str, Any]) -> dict[str, Any]:
        """Random arrays for `weights` and `buffers`, with those made anew that follow from others."""
        return arrays

    def work(self, output: Shape, *inputs: Any, **_: Any) -> Work:  # noqa: ARG002 - the signature that kinds override
        """Raw operation counts for one sample."""
        return Work()

    def work_once(self, *_inputs: Any, **_: Any) -> Work:
        """Raw operation counts of what is done once for a batch of any size."""
        return NOTHING

    def work_for(self, batch: Dim, output: Shape, *inputs: Shape) -> Work:
        """Raw operation counts for a batch."""
        return self.work(output, *inputs).times(batch) + self.work_once(*inputs)

    def cached(self, *_inputs: Any, **_: Any) -> Iterator[Cached]:
        """The parts that it keeps of earlier tokens for later ones; none where each token is by itself."""
        yield from ()

    def work_after(self, past: tuple[Dim, ...], output: Shape, *inputs: Any, **_: Any) -> Work:  # noqa: ARG002 - as overridden
        """Raw operation counts for the tokens of `inputs` where so many of each input came before, of which it has what it keeps."""
        return self.work(output, *inputs)

    def receptive_views(self, *inputs: Any, **_: Any) -> tuple[Views, ...]:
        """The views of each input that an output value depends on, seen together; by default the value at its own position."""
        return tuple((pointwise_view(x),) for x in inputs)

    def geometry(self) -> Geometry | None:
        """The geometry of its window along the `rank` axes; None if it has no window of fixed size."""
        return None

    @property
    def filters(self) -> Dim | None:
        """The number of filters, units or features in its settings; None if it sets none."""
        return None

    @property
    def filter_groups(self) -> Dim:
        """The number of groups of channels with filters of their own."""
        return 1

    @property
    def joined_axis(self) -> int | None:
        """The axis of the output along which its inputs are concatenated; None if they are not."""
        return None

    @property
    def entries(self) -> Dim | None:
        """The number of token numbers in its lookup table; None if its inputs are values."""
        return None

    @property
    def hides(self) -> Literal["", "later", "as before"]:
        """The keys that scores of −∞, or shares of 0, hide from their query: those after it, or those that were hidden before."""
        return ""

    def variants(self, _rank: int) -> Iterator[str]:
        """The variants of the kind that it is, in the words of conventions' prices, the most specific first.

        `rank` is the number of the output's axes beside the first.
        """
        yield from ()

    @property
    def replaces(self) -> bool:
        """True if the output can overwrite the first input value by value, as += does."""
        return self.stores == "in place" or self.call_style == "operator"

    def view(self, _x: Shape, strides: Shape) -> Shape | None:
        """The strides of the output as a view of its input, given the input's strides; None if it is copied."""
        return strides

    def saved_for_backward(self, use: TrainingContext, output: Shape, *_inputs: Any, **_: Any) -> Iterator[SavedTensor]:  # noqa: ARG002 - as overridden
        """The tensors saved for backward, beside weights and buffers."""
        yield from ()

    def core(self, *_inputs: Any, **_: Any) -> Core | None:
        """The products between activations inside attention; None for other kinds."""
        return None

    def backward(self, use: TrainingContext, output: Shape, *inputs: Any, **_: Any) -> Work:
        """The multiply-accumulates of its gradients, for one sample.

        By default the same products again for each input that has a gradient, and for weights that are trained.
        """
        macs = self.work(output, *inputs).macs
        if macs == 0:
            return NOTHING
        arrays = {name for name in self.weights(*inputs) if "bias" not in name}
        return Work(macs * (sum(use.grads) + bool(arrays - use.frozen)))

    def backward_once(self, _use: TrainingContext, *_inputs: Any, **_: Any) -> Work:
        """The multiply-accumulates of gradients that are computed once for a batch of any size."""
        return NOTHING

    def im2col_size(self, *_inputs: Any, **_: Any) -> Dim:
        """The number of values in a sample's im2col matrix (Chellapilla et al. 2006); 0 unless it is a convolution."""
        return 0

    def forward(self, xp: Any, /, *arrays: Any, **weights: Any) -> Any:
        """The output for a batch: the definition of the layer, written to be read and not to be fast.

        `xp` is numpy or a namespace that stands in for it. Arrays have the batch first and keep their dtype; `weights`
        holds an array for each name in `weights` and in `buffers`. The multiply-accumulates of `work` go through
        `xp.einsum`, and nothing else does, so that they can be counted. A layer without inputs returns a batch of one,
        which the caller repeats, so that all the arrays that meet in a layer are of one batch.
        """
        raise NotImplementedError

    def forward_after(self, xp: Any, cache: Cache, /, *arrays: Any, **weights: Any) -> Any:  # noqa: ARG002 - as overridden
        """The output for tokens that come after those of which `cache` holds what it keeps; theirs is added to it."""
        return self.forward(xp, *arrays, **weights)

    def changed(self, **settings: object) -> Self:
        """The layer with these settings changed, apart from those its kind lacks; itself if nothing changes."""
        new = {n: to for n, to in settings.items() if n in self.__struct_fields__ and getattr(self, n) != to}
        return msgspec.structs.replace(self, **new) if new else self

    def settings(self) -> dict[str, Any]:
        """The fields that differ from their defaults.

        >>> from archcalc.layers.conv import Conv2d
        >>> Conv2d(out=64, kernel=3, padding=1, stride=1).settings()
        {'out': 64, 'kernel': 3, 'padding': 1}
        """
        defaults = defaults_of(type(self))
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) != defaults.get(name, msgspec.UNSET) and not _chosen(value)
        }


def _chosen(value: object) -> bool:
    """True for axes that a layer chose because none were stated."""
    if isinstance(value, tuple):
        return bool(value) and all(map(_chosen, value))
    return isinstance(value, Axis) and not value.stated
