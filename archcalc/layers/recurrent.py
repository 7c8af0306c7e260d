"""Recurrent layers over a sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal

from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.functions import sigmoid
from archcalc.layers.recurrent_gradients import cells_backward
from archcalc.layers.recurrent_views import states_seen
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import Views
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, at_least, size

_MAX_LAYERS = 1_000  # each has weights of its own, by name


class _Recurrent(Layer, frozen=True):
    """A cell run over the tokens of a sequence, in `layers` layers and one or both directions.

    Each layer and direction has input weights gates·hidden×features, recurrent weights gates·hidden×hidden and, as torch
    and cuDNN have them, two biases of gates·hidden, one for each product. `bias_mode: single` leaves one, as Keras has it
    (the names are cuDNN's).
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Recurrent layers over a sequence"
    layout: ClassVar[Layout] = "sequence"
    example: ClassVar[Example] = Example({"hidden": 64}, ((128, 512),))
    gates: ClassVar[int] = 1
    # The number of states: the hidden values and, in an LSTM, the cell's.
    states: ClassVar[int] = 1
    # The number of values per hidden one that a step saves for backward, beside the states it starts from.
    kept_per_value: ClassVar[int] = 0
    # True where the gradient of the recurrent weights alone needs the states before the first token.
    first_states: ClassVar[bool] = True
    # The products with states of 0 before the first token that have a gradient, for a gate is in them.
    gated_states: ClassVar[Dim] = 0
    # The work per hidden value at each step, beside the products and the biases.
    per_value: ClassVar[Work] = Work()

    hidden: Count
    layers: int = 1
    bidirectional: bool = False
    bias: bool = True
    bias_mode: Literal["double", "single"] = "double"

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"
        elif self.bias_mode == "single":
            yield "with one bias"

    @property
    def state(self) -> Dim:
        """The number of values that a direction puts out, and multiplies with its recurrent weights."""
        return self.hidden

    def both_ways(self, n: Dim) -> Dim:
        """A number of values in each direction, summed over the directions."""
        return n * (2 if self.bidirectional else 1)

    def output(self, x: Shape) -> Shape:
        return (x[0], self.both_ways(self.state))

    def requires(self, _x: Shape) -> Iterator[Requirement]:
        yield 1 <= self.layers <= _MAX_LAYERS, f"layers={self.layers} is not one of 1 to {_MAX_LAYERS:,}", "layers"

    def weights(self, x: Shape) -> dict[str, Shape]:
        weights: dict[str, Shape] = {}
        rows = self.gates * self.hidden
        features = x[1]
        for layer in range(self.layers):
            for direction in ("", "_reverse") if self.bidirectional else ("",):
                suffix = f"l{layer}{direction}"
                weights[f"weight_ih_{suffix}"] = (rows, features)
                weights[f"weight_hh_{suffix}"] = (rows, self.state)
                if self.bias:
                    weights[f"bias_ih_{suffix}"] = (rows,)
                    if self.bias_mode == "double":
                        weights[f"bias_hh_{suffix}"] = (rows,)
                weights |= {f"{name}_{suffix}": shape for name, shape in self.further_weights().items()}
            features = self.output(x)[1]
        return weights

    def further_weights(self) -> dict[str, Shape]:
        """The weights of each layer and direction beside those of the gates."""
        return {}

    def work(self, _output: Shape, x: Shape) -> Work:
        sizes = [(name.startswith("bias"), size(shape)) for name, shape in self.weights(x).items()]
        cells = self.both_ways(self.hidden) * self.layers
        products = Work(
            macs=sum(n for bias, n in sizes if not bias),
            # The two products of a gate are added to each other, and its biases to them.
            additions=self.gates * cells + sum(n for bias, n in sizes if bias),
        )
        return (self.per_value.times(cells) + products).times(x[0])

    def cached(self, _x: Shape) -> Iterator[Cached]:
        # One that also runs from the end has no state before it has seen all tokens.
        if not self.bidirectional:
            yield Cached("hidden values", self.layers * self.state)
            if self.states > 1:
                yield Cached("cell", self.layers * (self.states - 1) * self.hidden)

    def backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Work:
        directions = ("", "_reverse")[: 2 if self.bidirectional else 1]
        stacked = [[f"_l{layer}{direction}" for direction in directions] for layer in range(self.layers)]
        return cells_backward(use, self.weights(x), stacked, x[0], self.gated_states)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return (states_seen(x, self.layers, self.state if self.bidirectional else None),)

    def saved_for_backward(self, use: TrainingContext, output: Shape, x: Shape) -> Iterator[SavedTensor]:
        ways = ("", "_reverse") if self.bidirectional else ("",)

        def trained(weight: str, layer: int) -> int:
            """The number of directions in which a layer's weights are trained."""
            return sum(f"{weight}_l{layer}{way}" not in use.frozen for way in ways)

        if trained("weight_ih", 0):
            yield SavedTensor(0)
        for layer in range(self.layers):
            if layer and trained("weight_ih", layer):
                yield SavedTensor(f"input of layer {layer}", size(output))
            # As in plain cells; the fused kernels of cuDNN and oneDNN keep a workspace of their own instead. The states
            # before each token, the intermediate values that lead to those after it, and the inputs of further products.
            further = sum(trained(weight, layer) for weight in self.further_weights())
            kept = x[0] * self.hidden * (self.both_ways(self.states - 1 + self.kept_per_value) + further)
            yield SavedTensor(f"cells of layer {layer}", kept + self.products_keep(x, trained("weight_hh", layer)))
        if self.first_states and any(trained("weight_hh", layer) for layer in range(self.layers)):
            # One array for all layers.
            yield SavedTensor("first states", self.layers * output[1])

    def products_keep(self, x: Shape, ways: int) -> Dim:
        """The values that a layer's recurrent products keep beside the first, in `ways` whose weights are trained."""
        return ways * (x[0] - 1) * self.state

    def forward(self, xp: Any, x: Any, **weights: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, x, **weights)

    def forward_after(self, xp: Any, cache: Cache, x: Any, **weights: Any) -> Any:
        for layer in range(self.layers):
            hidden = [self.run(xp, cache, x, f"l{layer}", weights)]
            if self.bidirectional:
                hidden.append(self.run(xp, cache, x[:, ::-1], f"l{layer}_reverse", weights)[:, ::-1])
            x = xp.concatenate(hidden, axis=2)
        return x

    def run(self, xp: Any, cache: Cache, x: Any, suffix: str, weights: dict[str, Any]) -> Any:
        """The hidden values of one layer in one direction: input products at once, recurrent ones step by step."""
        driven = xp.einsum("nti,gi->ntg", x, weights[f"weight_ih_{suffix}"], optimize=True)
        driven = driven + weights.get(f"bias_ih_{suffix}", 0.0)
        weight, bias = weights[f"weight_hh_{suffix}"], weights.get(f"bias_hh_{suffix}")

        def product(h: Any, first: int = 0, last: int | None = None) -> Any:
            y = xp.einsum("nh,gh->ng", h, weight[first:last], optimize=True)
            return y if bias is None else y + bias[first:last]

        states = [xp.zeros((len(x), self.hidden), x.dtype)] * self.states
        states[0] = xp.zeros((len(x), self.state), x.dtype)
        states = [cache.state(f"{number} {suffix}", start) for number, start in enumerate(states)]
        hidden = []
        for token in range(x.shape[1]):
            h, *rest = self.step(xp, driven[:, token], product, *states)
            states = [self.put_out(xp, h, suffix, weights), *rest]
            hidden.append(states[0])
        for number, state in enumerate(states):
            cache.keep(f"{number} {suffix}", state)
        return xp.stack(hidden, axis=1)

    def put_out(self, _xp: Any, h: Any, _suffix: str, _weights: dict[str, Any]) -> Any:
        """The output of a direction at a token, with which the next begins, from the hidden values."""
        return h

    def step(self, *_: Any, **__: Any) -> list[Any]:
        """The states after a token, hidden values first, from the input's product, a recurrent product, and the states.

        The recurrent product is a function of the hidden values, and of the first and last gate row wanted.
        """
        raise NotImplementedError


class LSTM(_Recurrent, frozen=True):
    """Long short-term memory: three gates and a candidate at each step (Hochreiter and Schmidhuber 1997; Gers et al. 2000).

    With `proj` the hidden values are projected to so many, by weights proj·hidden without biases, before they are put out
    and before the next step's recurrent products (Sak et al. 2014, arXiv:1402.1128, equation 6).
    """

    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2
    # The gates and tanh(c).
    kept_per_value: ClassVar[int] = 5
    # Three sigmoids, two tanh, c = f·c + i·g, h = o·tanh(c).
    per_value: ClassVar[Work] = Work(exponentials=5, additions=4, divisions=3, multiplications=3)

    proj: Count | None = None

    def variants(self, rank: int) -> Iterator[str]:
        if self.proj is not None:
            yield "with projection"
        yield from super().variants(rank)

    @property
    def state(self) -> Dim:
        return self.hidden if self.proj is None else self.proj

    def requires(self, x: Shape) -> Iterator[Requirement]:
        yield from super().requires(x)
        if self.proj is not None:
            fits = at_least(self.hidden - 1, self.proj)
            yield fits, f"proj={self.proj} must be less than hidden={self.hidden}", "proj"

    def further_weights(self) -> dict[str, Shape]:
        return {} if self.proj is None else {"weight_hr": (self.proj, self.hidden)}

    def put_out(self, xp: Any, h: Any, suffix: str, weights: dict[str, Any]) -> Any:
        return h if self.proj is None else xp.einsum("nh,ph->np", h, weights[f"weight_hr_{suffix}"], optimize=True)

    def step(self, xp: Any, driven: Any, product: Callable[..., Any], h: Any, c: Any) -> list[Any]:
        i, f, g, o = xp.split(driven + product(h), 4, axis=1)
        c = sigmoid(xp, f) * c + sigmoid(xp, i) * xp.tanh(g)
        return [sigmoid(xp, o) * xp.tanh(c), c]


class GRU(_Recurrent, frozen=True):
    """Gated recurrent unit: two gates and a candidate at each step (Cho et al. 2014).

    The reset gate takes its part after the candidate's recurrent product, as in torch and cuDNN, or with `reset_after: false`
    before it, as in the paper. Keras has two biases with it after and one with it before.
    """

    gates: ClassVar[int] = 3
    # Two sigmoids, one tanh, r·(hidden part), h = (1 − z)·n + z·h.
    per_value: ClassVar[Work] = Work(exponentials=3, additions=4, divisions=2, multiplications=3)

    reset_after: bool = True

    def variants(self, rank: int) -> Iterator[str]:
        if not self.reset_after:
            yield "with reset before"
        yield from super().variants(rank)

    @property
    def kept_per_value(self) -> int:  # type: ignore[override]
        """The number of values saved per hidden one: the gates, h − n, and the terms of the recurrent product."""
        return 6 if self.reset_after else 5

    @property
    def first_states(self) -> bool:  # type: ignore[override]
        """True unless the reset gate is multiplied with them."""
        return self.reset_after

    @property
    def gated_states(self) -> Dim:  # type: ignore[override]
        """The candidate's, of states that are multiplied with the reset gate before."""
        return 0 if self.reset_after else self.hidden * self.hidden

    def products_keep(self, x: Shape, ways: int) -> Dim:
        # Before the candidate's product hidden values are kept with the reset gate.
        return super().products_keep(x, ways) if self.reset_after else ways * x[0] * self.hidden

    def step(self, xp: Any, driven: Any, product: Callable[..., Any], h: Any) -> list[Any]:
        if self.reset_after:
            (r, z, n), (hr, hz, hn) = xp.split(driven, 3, axis=1), xp.split(product(h), 3, axis=1)
            z = sigmoid(xp, z + hz)
            return [(1 - z) * xp.tanh(n + sigmoid(xp, r + hr) * hn) + z * h]
        gates = 2 * self.hidden
        r, z = xp.split(sigmoid(xp, driven[:, :gates] + product(h, 0, gates)), 2, axis=1)
        return [(1 - z) * xp.tanh(driven[:, gates:] + product(r * h, gates)) + z * h]


class RNN(_Recurrent, frozen=True):
    """The plain cell: one tanh or ReLU of the two products (Elman 1990)."""

    called: ClassVar[tuple[str, ...]] = ("simplernn", "elman")

    nonlinearity: Literal["tanh", "relu"] = "tanh"

    def work(self, output: Shape, x: Shape) -> Work:
        products = super().work(output, x)
        values = self.both_ways(self.hidden) * self.layers * x[0]
        return products + (Work(exponentials=values) if self.nonlinearity == "tanh" else Work(comparisons=values))

    def products_keep(self, x: Shape, ways: int) -> Dim:  # noqa: ARG002 - as in other cells
        # All outputs, from which the derivative is computed.
        return size(self.output(x))

    def step(self, xp: Any, driven: Any, product: Callable[..., Any], h: Any) -> list[Any]:
        x = driven + product(h)
        return [xp.tanh(x) if self.nonlinearity == "tanh" else xp.maximum(x, 0)]
