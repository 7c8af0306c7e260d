"""The selective scan of state space models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Core, Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import whole_axis
from archcalc.layers.windows import causal
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, equal, format_shape, size


class Scan(Layer, frozen=True):
    """The selective scan of Mamba over x by step sizes Δ, B and C, in this order (Gu and Dao 2023, arXiv:2312.00752).

    x and Δ are tokens×features, B and C tokens×state: each feature has so many values of state. Token by token
    h = e^(Δ·A)·h + Δ·x·B and y = C·h + D·x (equations 2 and 4; that Δ·B stands for B̄, and D, are from the authors' code).
    Trained are `A_log`, features×state, with A = −e^A_log, and `D`, one factor for each feature.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Recurrent layers over a sequence"
    layout: ClassVar[Layout] = "sequence"
    example: ClassVar[Example] = Example(inputs=((128, 512), (128, 512), (128, 16), (128, 16)))

    def output(self, x: Shape, dt: Shape, b: Shape, c: Shape) -> Shape:  # noqa: ARG002 - arity
        return x

    def requires(self, x: Shape, dt: Shape, b: Shape, c: Shape) -> Iterator[Requirement]:
        for axis in (0, 1):
            yield equal(x[axis], dt[axis]), f"x is {format_shape(x)}, and the step sizes are {format_shape(dt)}", ""
        for name, sequence in {"B": b, "C": c}.items():
            yield equal(x[0], sequence[0]), f"there are {x[0]} tokens in x and {sequence[0]} in {name}", ""
        yield equal(b[1], c[1]), f"the state has {b[1]} values in B and {c[1]} in C", ""

    def weights(self, x: Shape, _dt: Shape, b: Shape, _c: Shape) -> dict[str, Shape]:
        return {"A_log": (x[1], b[1]), "D": (x[1],)}

    def core(self, x: Shape, _dt: Shape, b: Shape, _c: Shape) -> Core:
        # Δ·x·B added to each value of state, and C times it.
        return Core(size(x) * b[1], 1, 1)

    def work(self, output: Shape, _x: Shape, _dt: Shape, b: Shape, _c: Shape) -> Work:
        values = size(output)
        states = values * b[1]
        return Work(
            # Δ·x·B added to the state, and C·h.
            macs=2 * states,
            # Δ·A and e^(Δ·A)·h; Δ·x and D·x.
            multiplications=2 * states + 2 * values,
            additions=values,
            exponentials=states,
        )

    def cached(self, x: Shape, _dt: Shape, b: Shape, _c: Shape) -> Iterator[Cached]:
        yield Cached("state", x[1] * b[1])

    def backward(self, use: TrainingContext, output: Shape, _x: Shape, _dt: Shape, b: Shape, _c: Shape) -> Work:
        x, dt, before, after = use.grads
        # Of Δ·x·B either factor, of C·h either.
        factors = (x or dt) + before + (x or dt or before or "A_log" not in use.frozen) + after
        return Work(size(output) * b[1] * factors)

    def receptive_views(self, x: Shape, dt: Shape, b: Shape, c: Shape) -> tuple[Views, ...]:
        return (
            *((pointwise_view(one, {0: causal()}),) for one in (x, dt)),
            (pointwise_view(b, {0: causal(), 1: whole_axis(b[1])}),),
            (pointwise_view(c, {1: whole_axis(c[1])}),),
        )

    def saved_for_backward(
        self, _use: TrainingContext, output: Shape, _x: Shape, _dt: Shape, b: Shape, _c: Shape
    ) -> Iterator[SavedTensor]:
        yield from map(SavedTensor, range(4))
        # As the equations are written; the authors' fused kernel computes these again instead.
        states = size(output) * b[1]
        yield SavedTensor("rates", output[1] * b[1], once=True)
        yield SavedTensor("decays", states)
        yield SavedTensor("scaled input", size(output))
        # Before each token, and after the last.
        yield SavedTensor("states", states + output[1] * b[1])

    def forward(self, xp: Any, x: Any, dt: Any, b: Any, c: Any, **weights: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, x, dt, b, c, **weights)

    def forward_after(self, xp: Any, cache: Cache, x: Any, dt: Any, b: Any, c: Any, **weights: Any) -> Any:  # noqa: PLR0913, PLR0917 - four inputs
        rates = xp.exp(weights["A_log"])
        driven = dt * x
        h = cache.state("state", xp.zeros((len(x), *rates.shape), x.dtype))
        found = []
        for token in range(x.shape[1]):
            h = xp.exp(-(dt[:, token, :, None] * rates)) * h
            h = h + xp.einsum("nd,ns->nds", driven[:, token], b[:, token])
            found.append(xp.einsum("nds,ns->nd", h, c[:, token], optimize=True))
        cache.keep("state", h)
        return xp.stack(found, axis=1) + weights["D"] * x
