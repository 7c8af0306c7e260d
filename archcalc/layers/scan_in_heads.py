"""The scan of Mamba-2, whose heads have one rate each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Core, Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.windows import blocks, causal
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, divides, equal, format_shape, quotient, size


class SSD(Layer, frozen=True):
    """The scan of Mamba-2 over x by step sizes Δ, B and C, in this order, one rate a head (Dao and Gu 2024, arXiv:2405.21060).

    x is tokens×features, Δ tokens×heads, B and C are tokens×(groups·state): so many heads share x, and each of `groups`
    has its B and C for as many heads. Token by token h = e^(Δ·A)·h + Δ·x·B and y = C·h + D·x, as in a `scan`, with one A and one
    D for all features of a head. Trained are `A_log`, with A = −e^A_log, and `D`. What is counted is this recurrence. The authors'
    kernel multiplies chunks of tokens as matrices instead, which is more work of a sort that machines do faster.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Recurrent layers over a sequence"
    layout: ClassVar[Layout] = "sequence"
    example: ClassVar[Example] = Example(inputs=((128, 512), (128, 8), (128, 64), (128, 64)))

    groups: Count = 1

    def output(self, x: Shape, dt: Shape, b: Shape, c: Shape) -> Shape:  # noqa: ARG002 - arity
        return x

    def state(self, b: Shape) -> Dim:
        """The number of values of state that each feature has."""
        return quotient(b[1], self.groups)

    def requires(self, x: Shape, dt: Shape, b: Shape, c: Shape) -> Iterator[Requirement]:
        for name, sequence in {"the step sizes": dt, "B": b, "C": c}.items():
            yield equal(x[0], sequence[0]), f"there are {x[0]} tokens in x and {sequence[0]} in {name}", ""
        yield (
            divides(dt[1], x[1]),
            f"{dt[1]} heads, as there are step sizes, do not divide the {x[1]} features of x",
            "",
        )
        yield divides(self.groups, dt[1]), f"groups={self.groups} does not divide the {dt[1]} heads", "groups"
        yield equal(b[1], c[1]), f"B is {format_shape(b)} and C {format_shape(c)}", ""
        yield divides(self.groups, b[1]), f"groups={self.groups} does not divide the {b[1]} values of B", "groups"

    def weights(self, _x: Shape, dt: Shape, _b: Shape, _c: Shape) -> dict[str, Shape]:
        return {"A_log": (dt[1],), "D": (dt[1],)}

    def core(self, x: Shape, _dt: Shape, b: Shape, _c: Shape) -> Core:
        # Δ·x·B added to each value of state, and C times it.
        return Core(size(x) * self.state(b), 1, 1)

    def work(self, output: Shape, _x: Shape, dt: Shape, b: Shape, _c: Shape) -> Work:
        values = size(output)
        states = values * self.state(b)
        return Work(
            # Δ·x·B added to the state, and C·h.
            macs=2 * states,
            # e^(Δ·A)·h, Δ·A, Δ·x and D·x.
            multiplications=states + size(dt) + 2 * values,
            additions=values,
            exponentials=size(dt),
        )

    def cached(self, x: Shape, _dt: Shape, b: Shape, _c: Shape) -> Iterator[Cached]:
        yield Cached("state", x[1] * self.state(b))

    def backward(self, use: TrainingContext, output: Shape, _x: Shape, _dt: Shape, b: Shape, _c: Shape) -> Work:
        x, dt, before, after = use.grads
        # Of Δ·x·B either factor, of C·h either.
        factors = (x or dt) + before + (x or dt or before or "A_log" not in use.frozen) + after
        return Work(size(output) * self.state(b) * factors)

    def receptive_views(self, x: Shape, dt: Shape, b: Shape, c: Shape) -> tuple[Views, ...]:
        head = blocks(1, quotient(x[1], dt[1]), dt[1])
        group = blocks(self.state(b), quotient(x[1], self.groups), b[1])
        return (
            (pointwise_view(x, {0: causal()}),),
            (pointwise_view(dt, {0: causal(), 1: head}),),
            (pointwise_view(b, {0: causal(), 1: group}),),
            (pointwise_view(c, {1: group}),),
        )

    def saved_for_backward(
        self, _use: TrainingContext, output: Shape, _x: Shape, dt: Shape, b: Shape, _c: Shape
    ) -> Iterator[SavedTensor]:
        yield from map(SavedTensor, range(4))
        # As the equations are written.
        yield SavedTensor("rates", dt[1], once=True)
        yield SavedTensor("decays", size(dt))
        yield SavedTensor("scaled input", size(output))
        # Before each token, and after the last.
        yield SavedTensor("states", (size(output) + output[1]) * self.state(b))

    def forward(self, xp: Any, x: Any, dt: Any, b: Any, c: Any, **weights: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, x, dt, b, c, **weights)

    def forward_after(self, xp: Any, cache: Cache, x: Any, dt: Any, b: Any, c: Any, **weights: Any) -> Any:  # noqa: PLR0913, PLR0917 - four inputs
        n, tokens, features = x.shape
        # Features by group, head and place in the head.
        split = (self.groups, dt.shape[2] // self.groups, features // dt.shape[2])
        x = x.reshape(n, tokens, *split)
        b, c = (one.reshape(n, tokens, self.groups, -1) for one in (b, c))
        dt = dt.reshape(n, tokens, *split[:2])
        rates, skips = (one.reshape(split[:2]) for one in (xp.exp(weights["A_log"]), weights["D"]))
        decays = xp.exp(-(dt * rates))[..., None, None]
        driven = dt[..., None] * x
        h = cache.state("state", xp.zeros((n, *split, b.shape[3]), x.dtype))
        found = []
        for token in range(tokens):
            h = decays[:, token] * h + xp.einsum("nghp,ngs->nghps", driven[:, token], b[:, token])
            found.append(xp.einsum("nghps,ngs->nghp", h, c[:, token], optimize=True))
        cache.keep("state", h)
        return (xp.stack(found, axis=1) + skips[..., None] * x).reshape(n, tokens, features)
