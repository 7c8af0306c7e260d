"""Linear attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import whole_axis
from archcalc.layers.windows import blocks, causal
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, divides, equal, quotient, size


def _features(xp: Any, x: Any) -> Any:
    """The feature map φ(x) = elu(x) + 1, which is x + 1 where x is positive and eˣ elsewhere."""
    return xp.where(x > 0, x + 1, xp.exp(xp.minimum(x, 0)))


class LinearAttention(Layer, frozen=True):
    """φ(Q)·(φ(K)ᵀV) over φ(Q)·Σφ(K), φ = elu + 1, of queries, keys and values (Katharopoulos et al. 2020, arXiv:2006.16236).

    Its inputs are tokens×features, which dense layers before it make: it has no weights, and cuts features into `heads`.
    No query meets a key, so the work grows with the tokens and not with their square. With `causal` a query sees the keys
    up to its own, by sums that are kept up token by token (equations 9 to 12); that is as much work.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    layout: ClassVar[Layout] = "sequence"
    example: ClassVar[Example] = Example({"heads": 8}, ((128, 512),) * 3)

    heads: Count = 1
    causal: bool = False

    def output(self, q: Shape, k: Shape, v: Shape) -> Shape:  # noqa: ARG002 - arity
        return (q[0], v[1])

    def requires(self, q: Shape, k: Shape, v: Shape) -> Iterator[Requirement]:
        yield equal(k[0], v[0]), f"there are {k[0]} keys and {v[0]} values", ""
        yield equal(q[1], k[1]), f"queries have {q[1]} features and keys {k[1]}", ""
        for n, of in ((q[1], "queries and keys"), (v[1], "values")):
            yield divides(self.heads, n), f"heads={self.heads} does not divide the {n} features of {of}", "heads"
        if self.causal:
            yield equal(q[0], k[0]), f"causal needs a key for each query, not {k[0]} for {q[0]}", "causal"

    def work(self, output: Shape, q: Shape, k: Shape, v: Shape) -> Work:
        value = quotient(v[1], self.heads)
        mapped = size(q) + size(k)
        return Work(
            # φ(K)ᵀV, its product with φ(Q), and that of φ(Q) with the sum of φ(K).
            macs=size(k) * value + size(q) * value + size(q),
            additions=mapped + size(k) - k[1],
            comparisons=mapped,
            exponentials=mapped,
            divisions=size(output),
        )

    def cached(self, _q: Shape, k: Shape, v: Shape) -> Iterator[Cached]:
        if self.causal:
            yield Cached("sums of products", k[1] * quotient(v[1], self.heads))
            yield Cached("sums of keys", k[1])

    def backward(self, use: TrainingContext, _output: Shape, q: Shape, k: Shape, v: Shape) -> Work:
        queries, keys, values = use.grads
        value = quotient(v[1], self.heads)
        # The sums of products have a gradient where keys or values have one.
        states = size(k) * value * (keys + values) + size(q) * value * (queries + (keys or values))
        return Work(states + size(q) * (queries + keys))

    def receptive_views(self, q: Shape, k: Shape, v: Shape) -> tuple[Views, ...]:
        tokens = causal() if self.causal else whole_axis(k[0])
        head = blocks(quotient(q[1], self.heads), quotient(v[1], self.heads), q[1])
        return (
            (pointwise_view(q, {1: head}),),
            (pointwise_view(k, {0: tokens, 1: head}),),
            (pointwise_view(v, {0: tokens}),),
        )

    def saved_for_backward(
        self, _use: TrainingContext, output: Shape, q: Shape, k: Shape, v: Shape
    ) -> Iterator[SavedTensor]:
        yield from map(SavedTensor, range(3))
        # As the equations are written: with `causal` the sums after each token.
        times = q[0] if self.causal else 1
        yield SavedTensor("mapped queries", size(q))
        yield SavedTensor("mapped keys", size(k))
        yield SavedTensor("sums of products", times * k[1] * quotient(v[1], self.heads))
        yield SavedTensor("sums of keys", times * k[1])
        yield SavedTensor("numerators", size(output))
        yield SavedTensor("denominators", q[0] * self.heads)

    def forward(self, xp: Any, q: Any, k: Any, v: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, q, k, v)

    def forward_after(self, xp: Any, cache: Cache, q: Any, k: Any, v: Any) -> Any:
        queries, keys = (_features(xp, x).reshape(*x.shape[:2], self.heads, -1) for x in (q, k))
        values = v.reshape(*v.shape[:2], self.heads, -1)
        if self.causal:
            state = xp.zeros((len(v), *keys.shape[2:], values.shape[3]), v.dtype)
            state = cache.state("sums of products", state)
            read = []
            for token in range(q.shape[1]):
                state = state + xp.einsum("nhd,nhm->nhdm", keys[:, token], values[:, token])
                read.append(xp.einsum("nhd,nhdm->nhm", queries[:, token], state, optimize=True))
            mixed = xp.stack(read, axis=1)
            summed = cache.state("sums of keys", xp.zeros_like(keys[:, :1])) + keys.cumsum(1)
            cache.keep("sums of products", state)
            cache.keep("sums of keys", summed[:, -1:])
            weights = xp.einsum("nqhd,nqhd->nqh", queries, summed, optimize=True)
        else:
            state = xp.einsum("nkhd,nkhm->nhdm", keys, values, optimize=True)
            mixed = xp.einsum("nqhd,nhdm->nqhm", queries, state, optimize=True)
            weights = xp.einsum("nqhd,nhd->nqh", queries, keys.sum(1), optimize=True)
        return (mixed / weights[..., None]).reshape(*q.shape[:2], -1)
