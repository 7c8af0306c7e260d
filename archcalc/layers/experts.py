"""Mixtures of experts: the choice of a few experts for each token, their layers, and the sum of what they put out.

A token takes one slot for each expert chosen for it. Without a capacity every slot is kept, in the order of the tokens
(dropless: Gale et al. 2022); with one, each expert has as many slots as any other, some of them empty, and what finds
none is dropped (Fedus et al. 2021, section 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count, Positive
from archcalc.layers.slots import choice_of, seats_of, slots_of, tinged
from archcalc.layers.splitting import Split
from archcalc.layers.views import At, View, Views, global_view, loose_view, pointwise_view
from archcalc.layers.window import IDENTITY, whole_axis
from archcalc.layers.windows import blocks
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, Truth, at_least, decided, equal, format_dim, quotient, size
from archcalc.symbols.shape import axes_of

_TOKENS, _EXPERTS = 128, 8


class _OfExperts(Layer, frozen=True):
    """The base of the layers of a mixture of experts."""

    family: ClassVar[Family] = "linear"
    category: ClassVar[str] = "Mixtures of experts"
    layout: ClassVar[Layout] = "sequence"


class TopK(_OfExperts, frozen=True):
    """The `chosen` largest scores of each token, all others made 0: the gates of experts (Shazeer et al. 2017, equation 3).

    With `normalise` the chosen ones are divided by their sum. With `bias` the choice, and it alone, sees the scores plus a
    trained offset for each expert (DeepSeek-V3: arXiv:2412.19437, equation 16).
    """

    example: ClassVar[Example] = Example({"chosen": 2}, ((_TOKENS, _EXPERTS),))

    chosen: Count
    normalise: bool = True
    bias: bool = False

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield _enough(self.chosen, x)

    def weights(self, x: Shape) -> dict[str, Shape]:
        return {"bias": (x[1],)} if self.bias else {}

    def work(self, output: Shape, _x: Shape) -> Work:
        tokens, experts = output
        # The largest of all, then of those that are left.
        comparisons = self.chosen * (experts - 1) - quotient(self.chosen * (self.chosen - 1), 2)
        return Work(
            comparisons=tokens * comparisons,
            additions=(size(output) if self.bias else 0) + (tokens * (self.chosen - 1) if self.normalise else 0),
            divisions=tokens * self.chosen if self.normalise else 0,
        )

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((global_view(x, 1),),)

    def saved_for_backward(self, _use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor("choice", x[0] * self.chosen, "int64")
        if self.bias:
            yield SavedTensor(0)
        if self.normalise:
            yield SavedTensor("largest", x[0] * self.chosen)
            yield SavedTensor("sums", x[0])

    def forward(self, xp: Any, x: Any, bias: Any = None) -> Any:
        choice = choice_of(xp, x if bias is None else x + bias, self.chosen)
        largest = xp.take_along_axis(x, choice, -1)
        if self.normalise:
            largest = largest / largest.sum(-1, keepdims=True)
        gates = xp.zeros_like(x)
        xp.put_along_axis(gates, choice, largest, -1)
        return tinged(gates, x.sum(-1, keepdims=True))


def _enough(chosen: Dim, gates: Shape) -> Requirement:
    message = f"chosen={format_dim(chosen)} is more than the {format_dim(gates[1])} experts"
    return at_least(gates[1], chosen), message, "chosen"


def _filled(x: Shape, chosen: Dim, capacity: float | None, gates: Shape) -> Iterator[Requirement]:
    """The requirement that a layer's input has a row for each slot."""
    yield _enough(chosen, gates)
    slots = slots_of(chosen, capacity, gates)
    yield equal(x[0], slots), f"there are {format_dim(x[0])} rows for {format_dim(slots)} slots of experts", ""


def _per_slot(chosen: Dim, gates: Shape) -> View:
    """The view of a slot's own row of gates."""
    return (At(0, blocks(1, chosen, gates[0])), At(1, whole_axis(gates[1])))


class Dispatch(_OfExperts, frozen=True):
    """Each token once for each of its `chosen` experts: tokens×features and gates in, slots×features out.

    Each expert sees just the tokens that chose it (Shazeer et al. 2017). With a `capacity` each has
    capacity·tokens·chosen / experts slots, rounded up, and which token has one depends on all tokens. Empty slots hold zeros.
    """

    moves_slots: ClassVar[Literal["", "there", "back"]] = "there"
    example: ClassVar[Example] = Example({"chosen": 2}, ((_TOKENS, 512), (_TOKENS, _EXPERTS)))

    chosen: Count
    capacity: Positive | None = None

    def output(self, x: Shape, gates: Shape) -> Shape:
        return (slots_of(self.chosen, self.capacity, gates), x[1])

    def output_axes(self, _output: Shape, x: Shape, _gates: Shape) -> tuple[str, ...]:
        return ("slots", axes_of(x)[1] or "features")

    def requires(self, x: Shape, gates: Shape) -> Iterator[Requirement]:
        yield equal(x[0], gates[0]), f"there are {format_dim(x[0])} tokens and {format_dim(gates[0])} rows of gates", ""
        yield _enough(self.chosen, gates)

    def receptive_views(self, x: Shape, gates: Shape) -> tuple[Views, ...]:
        if self.capacity is None:
            return ((pointwise_view(x, {0: blocks(1, self.chosen, x[0])}),), ())
        return ((loose_view(x, 0),), (loose_view(gates, 0, 1),))

    def saved_for_backward(
        self, _use: TrainingContext, output: Shape, _x: Shape, _gates: Shape
    ) -> Iterator[SavedTensor]:
        yield SavedTensor("tokens", output[0], "int64")

    def forward(self, xp: Any, x: Any, gates: Any) -> Any:
        if self.capacity is None:
            return xp.repeat(x, self.chosen, axis=1)
        _, seats = seats_of(xp, gates, self.chosen, self.capacity)
        y = xp.zeros((len(x), *self.output(x.shape[1:], gates.shape[1:])), x.dtype)
        sample, token, which = xp.nonzero(seats >= 0)
        y[sample, seats[sample, token, which]] = x[sample, token]
        return tinged(y, x.sum(1, keepdims=True), gates.sum((1, 2), keepdims=True))


class ExpertLinear(_OfExperts, frozen=True):
    """A dense layer with weights of its own for each expert, over slots×features; the second input are the gates.

    One projection of the feed-forward networks of Shazeer et al. (2017).

    Weights experts·features·out, biases experts·out, of which a token uses those of `chosen` experts; MACs are
    slots·features·out.
    """

    splits: ClassVar[tuple[Split, ...]] = ("column", "row")
    has_experts: ClassVar[bool] = True
    example: ClassVar[Example] = Example({"out": 2048, "chosen": 2}, ((2 * _TOKENS, 512), (_TOKENS, _EXPERTS)))

    out: Count
    chosen: Count
    bias: bool = True
    capacity: Positive | None = None

    @property
    def filters(self) -> Dim:
        return self.out

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"

    def output(self, x: Shape, gates: Shape) -> Shape:  # noqa: ARG002 - the gates choose weights
        return (x[0], self.out)

    def requires(self, x: Shape, gates: Shape) -> Iterator[Requirement]:
        yield from _filled(x, self.chosen, self.capacity, gates)

    def weights(self, x: Shape, gates: Shape) -> dict[str, Shape]:
        weight = (gates[1], self.out, x[1])
        return {"weight": weight, "bias": weight[:2]} if self.bias else {"weight": weight}

    def active_weights(self, x: Shape, gates: Shape) -> dict[str, Shape]:
        return {name: (self.chosen, *shape[1:]) for name, shape in self.weights(x, gates).items()}

    def work(self, output: Shape, x: Shape, _gates: Shape) -> Work:
        return Work(macs=size(output) * x[1], additions=size(output) if self.bias else 0)

    def backward(self, use: TrainingContext, output: Shape, x: Shape, _gates: Shape) -> Work:
        # The gates choose weights, and are in no product.
        return Work(size(output) * x[1] * (use.grads[0] + ("weight" not in use.frozen)))

    def receptive_views(self, x: Shape, gates: Shape) -> tuple[Views, ...]:
        # With a capacity a slot has its expert by its place.
        choice = (_per_slot(self.chosen, gates),) if self.capacity is None else ()
        return ((global_view(x, 1),), choice)

    def saved_for_backward(
        self, use: TrainingContext, _output: Shape, _x: Shape, _gates: Shape
    ) -> Iterator[SavedTensor]:
        # As where slots are sorted by expert once for all layers, whose products are then of neighbouring rows.
        if "weight" not in use.frozen:
            yield SavedTensor(0)

    def forward(self, xp: Any, x: Any, gates: Any, weight: Any, bias: Any = None) -> Any:
        if self.capacity is not None:
            apart = x.reshape(len(x), len(weight), -1, x.shape[2])
            y = xp.einsum("necf,eof->neco", apart, weight, optimize=True)
            y = y if bias is None else y + bias[:, None]
            return y.reshape(*x.shape[:2], -1)
        experts = choice_of(xp, abs(gates), self.chosen).reshape(x.shape[:2])
        y = xp.zeros((*x.shape[:2], self.out), x.dtype)
        for expert in range(len(weight)):
            of = experts == expert
            y[of] = xp.einsum("sf,of->so", x[of], weight[expert], optimize=True)
        y = y if bias is None else y + bias[experts]
        return tinged(y, xp.repeat(gates.sum(-1, keepdims=True), self.chosen, axis=1))


class Combine(_OfExperts, frozen=True):
    """The sum of what the `chosen` experts put out for each token, times their gates: slots×features in, tokens×features out.

    Equation 1 of Shazeer et al. (2017). With a `capacity` what found no slot adds nothing.
    """

    moves_slots: ClassVar[Literal["", "there", "back"]] = "back"
    example: ClassVar[Example] = Example({"chosen": 2}, ((2 * _TOKENS, 512), (_TOKENS, _EXPERTS)))

    chosen: Count
    capacity: Positive | None = None

    def output(self, y: Shape, gates: Shape) -> Shape:
        return (gates[0], y[1])

    def output_axes(self, _output: Shape, y: Shape, gates: Shape) -> tuple[str, ...]:
        return (axes_of(gates)[0] or "tokens", axes_of(y)[1] or "features")

    def requires(self, y: Shape, gates: Shape) -> Iterator[Requirement]:
        yield from _filled(y, self.chosen, self.capacity, gates)

    def work(self, output: Shape, _y: Shape, _gates: Shape) -> Work:
        return Work(multiplications=self.chosen * size(output), additions=(self.chosen - 1) * size(output))

    def receptive_views(self, y: Shape, gates: Shape) -> tuple[Views, ...]:
        if self.capacity is None:
            rows = pointwise_view(y, {0: blocks(self.chosen, 1, y[0])})
            return ((rows,), ((At(0, IDENTITY), At(1, whole_axis(gates[1]))),))
        return ((loose_view(y, 0),), (loose_view(gates, 0, 1),))

    def saved_for_backward(
        self, _use: TrainingContext, _output: Shape, y: Shape, gates: Shape
    ) -> Iterator[SavedTensor]:
        places = gates[0] * self.chosen
        yield SavedTensor(1)
        yield SavedTensor("chosen gates", places)
        yield SavedTensor("choice", places, "int64")
        if self.capacity is None:
            yield SavedTensor(0)
        else:
            yield SavedTensor("rows", places * y[1])
            yield SavedTensor("seats", places, "int64")
            yield SavedTensor("dropped", places, "bool")

    def forward(self, xp: Any, y: Any, gates: Any) -> Any:
        if self.capacity is None:
            choice = choice_of(xp, abs(gates), self.chosen)
            apart = y.reshape(*choice.shape, -1)
        else:
            choice, seats = seats_of(xp, gates, self.chosen, self.capacity)
            sample = xp.arange(len(y))[:, None, None]
            apart = y[sample, seats] * (seats >= 0)[..., None].astype(y.dtype)
        summed = (apart * xp.take_along_axis(gates, choice, -1)[..., None]).sum(2)
        if self.capacity is None:
            return summed
        return tinged(summed, y.sum(1, keepdims=True), gates.sum((1, 2), keepdims=True))


def scored(x: Shape, count: Dim) -> Truth:
    """The fact that an array has a score for each of so many experts, for each token."""
    return equal(x[1], count) if len(x) == 2 else False


def keeps_slots_apart(layer: Layer, output: Shape, inputs: tuple[Shape, ...]) -> bool:
    """True if a layer on slots×features puts out a row for each slot that depends on no other slot."""
    views = layer.receptive_views(*inputs)[: 1 if isinstance(layer, ExpertLinear) else None]
    own = all(not view or (view[0].axis == 0 and view[0].window == IDENTITY) for each in views for view in each)
    return own and decided(equal(output[0], inputs[0][0])) is not False
