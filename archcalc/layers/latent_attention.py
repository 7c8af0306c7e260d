"""Multi-head latent attention, whose keys and values come from one narrow vector for each token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from archcalc.layers.base import Core, Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.gradients import Flows, projection_backward
from archcalc.layers.layer_norm import RMSNorm
from archcalc.layers.pairs import Band
from archcalc.layers.projections import attending, mixed, projected, projecting
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.rotary import rotated, rotation
from archcalc.layers.settings import Count, Positive
from archcalc.layers.splitting import Split
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.window import whole_axis
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, divides, quotient, size

_NORM = RMSNorm(eps=1e-6)


class LatentAttention(Layer, frozen=True):
    """Attention whose keys and values are made of `latent` values for each token (DeepSeek-AI 2024, arXiv:2405.04434, 2.1).

    `query_latent` does the same for queries. Each head has `key` values without a position and `rotary` ones that turn
    with it, of which all heads share the key's, and `value` values. Both latent vectors are normalised by their root mean
    square, and no projection has a bias. Over all tokens at once keys and values are computed in full, as in training.
    After tokens of which the latent vectors are kept, queries are taken to the latent vectors instead, and what they read
    there to values, so that no key or value of a token before is ever made (2.1.2 there; DeepSeek-V3's model.py, "absorb").
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    layout: ClassVar[Layout] = "sequence"
    splits: ClassVar[tuple[Split, ...]] = ("heads",)
    example: ClassVar[Example] = Example(
        {"heads": 8, "latent": 128, "query_latent": 192, "key": 64, "rotary": 32, "value": 64}, ((128, 512),)
    )

    heads: Count
    latent: Count
    query_latent: Count | None = None
    key: Count = 128
    rotary: Count = 64
    value: Count = 128
    causal: bool = False
    base: Positive = 10000.0

    @property
    def band(self) -> Band:
        """The keys that a query sees, by their distance."""
        return Band(after=0) if self.causal else Band()

    def output(self, x: Shape) -> Shape:
        return x

    def requires(self, _x: Shape) -> Iterator[Requirement]:
        yield divides(2, self.rotary), f"rotary={self.rotary} values cannot turn in pairs", "rotary"

    @property
    def _width(self) -> Dim:
        """The values of a head's queries and keys."""
        return self.key + self.rotary

    def weights(self, x: Shape) -> dict[str, Shape]:
        f, queries = x[1], self.heads * self._width
        if self.query_latent is None:
            weights: dict[str, Shape] = {"query": (queries, f)}
        else:
            weights = {
                "query_down": (self.query_latent, f),
                "query_norm": (self.query_latent,),
                "query": (queries, self.query_latent),
            }
        return weights | {
            "down": (self.latent + self.rotary, f),
            "norm": (self.latent,),
            "up": (self.heads * (self.key + self.value), self.latent),
            "out": (f, self.heads * self.value),
        }

    def _latents(self, x: Shape) -> Iterator[tuple[str, Shape]]:
        """The vectors that are normalised, each by the name of its scale."""
        if self.query_latent is not None:
            yield "query_norm", (x[0], self.query_latent)
        yield "norm", (x[0], self.latent)

    def core(self, x: Shape) -> Core:
        scores = self.heads * x[0] * x[0]
        return Core(scores, self._width, self.value, scores - self.heads * self.band.pairs(x[0], x[0]))

    def head_counts(self, *_inputs: Shape) -> dict[str, Dim]:
        return {"heads": self.heads}

    def with_heads(self, parts: int, _output: Shape, *_inputs: Shape) -> Self:
        return self.changed(heads=quotient(self.heads, parts))

    def going_round(self, x: Shape) -> Dim:
        return x[0] * self.heads * (self.key + self.rotary + self.value)

    def cached(self, _x: Shape) -> Iterator[Cached]:
        yield Cached("latent vectors", self.latent, 0)
        yield Cached("rotary keys", self.rotary, 0)

    def work(self, output: Shape, x: Shape) -> Work:
        return self.work_after((0,), output, x)

    def work_after(self, past: tuple[Dim, ...], _output: Shape, x: Shape) -> Work:
        (known,) = past
        n, weights = x[0], self.weights(x)
        scores = self.heads * n * (known + n)
        hidden = scores - self.heads * self.band.pairs_after(known, n, known + n)
        # The projection up is as much work on queries as on keys, and on what is read as on values.
        work = projecting({name: n for name, shape in weights.items() if len(shape) == 2}, weights)
        read, mixes = (self._width, self.value) if known == 0 else (self.latent + self.rotary, self.latent)
        work += attending(scores, self.heads * n, read, mixes, hidden)
        for _, latent in self._latents(x):
            work += _NORM.placed(latent).work(latent, latent)
        # One key turns for all heads.
        return work + rotation((self.heads + 1) * n * self.rotary)

    def flows(self, use: TrainingContext, *_inputs: Shape) -> Flows:
        """The parts that have a gradient, because their input has one or an array before them is trained."""
        asked = {"query", *(() if self.query_latent is None else ("query_down", "query_norm"))}
        queries, both = (use.grads[0] or bool(arrays - use.frozen) for arrays in (asked, {"down", "norm", "up"}))
        # The part of the keys that turns comes from the first of these alone.
        return Flows(queries, both, both)

    def backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Work:
        (given,), flows = use.grads, self.flows(use)
        latents = {
            "query": given or bool({"query_down", "query_norm"} - use.frozen),
            "up": given or bool({"down", "norm"} - use.frozen),
            "out": any(flows),
        }
        if self.query_latent is None:
            latents["query"] = given
        work = self.core(x).backward(flows)
        for name, shape in self.weights(x).items():
            if len(shape) == 2:
                inputs = latents.get(name, given)
                work += projection_backward(x[0] * size(shape), weights=name not in use.frozen, inputs=inputs)
        return work

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        return ((pointwise_view(x, {0: self.band.window(x[0]), 1: whole_axis(x[1])}),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        if {"down", "query" if self.query_latent is None else "query_down"} - use.frozen:
            yield SavedTensor(0)
        for name, latent in self._latents(x):
            # The rotary part of the keys lies in one array with their latent vector.
            beside = self.rotary if name == "norm" else 0
            yield SavedTensor(f"before {name}", latent[0] * (latent[1] + beside))
            yield SavedTensor(f"deviation of {name}", latent[0], "float32")
            if {"norm": "up", "query_norm": "query"}[name] not in use.frozen:
                yield SavedTensor(f"after {name}", latent[0] * latent[1])
        rows = self.heads * x[0]
        parts = {"queries": rows * self._width, "keys": rows * self._width, "values": rows * self.value}
        yield from self.core(x).saved(use.scores, self.flows(use), parts, rows)
        # A fused kernel keeps what it puts out, whether or not the projection after it needs that.
        if use.scores == "fused" or "out" not in use.frozen:
            yield SavedTensor("mixed", rows * self.value)

    def forward(self, xp: Any, x: Any, **weights: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, x, **weights)

    def forward_after(self, xp: Any, cache: Cache, x: Any, **weights: Any) -> Any:
        n, tokens, _ = x.shape

        def headed(name: str, y: Any) -> Any:
            return projected(xp, name, y, weights).reshape(n, tokens, self.heads, -1)

        def normed(y: Any, scale: str) -> Any:
            return _NORM.placed(y.shape[1:]).forward(xp, y, weights[scale])

        queried = x if self.query_latent is None else normed(projected(xp, "query_down", x, weights), "query_norm")
        queries = headed("query", queried)
        plain, turning = queries[..., : self.key], rotated(xp, queries[..., self.key :], self.base, cache.past)
        down = projected(xp, "down", x, weights)
        latents = cache.grown(xp, "latent vectors", normed(down[..., : self.latent], "norm"))
        turned = rotated(xp, down[:, :, None, self.latent :], self.base, cache.past)
        turned = cache.grown(xp, "rotary keys", turned)
        seen = self.band.mask(xp, tokens, latents.shape[1], -cache.past)
        if cache.past:
            y = self._absorbed(xp, (plain, turning), (latents, turned[:, :, 0]), seen, weights["up"])
            return projected(xp, "out", y.reshape(n, tokens, -1), weights)
        queries = xp.concatenate([plain, turning], -1)
        both = headed("up", latents)
        shared = xp.broadcast_to(turned, (n, tokens, self.heads, self.rotary))
        keys = xp.concatenate([both[..., : self.key], shared], -1)
        scores = xp.einsum("nqhd,nkhd->nhqk", queries, keys, optimize=True) / self._width**0.5
        y = mixed(xp, "nhqk,nkhd->nqhd", scores, both[..., self.key :], seen)
        return projected(xp, "out", y.reshape(n, tokens, -1), weights)

    def _absorbed(self, xp: Any, queries: tuple[Any, Any], keys: tuple[Any, Any], seen: Any, up: Any) -> Any:
        """The values that queries read from latent vectors and their rotary keys, with the projection up on the side of the queries."""
        (plain, turning), (latents, turned) = queries, keys
        by_head = up.reshape(self.heads, -1, self.latent)
        asked = xp.einsum("nqhd,hdl->nqhl", plain, by_head[:, : self.key], optimize=True)
        scores = xp.einsum("nqhl,nkl->nhqk", asked, latents, optimize=True)
        scores = scores + xp.einsum("nqhr,nkr->nhqk", turning, turned, optimize=True)
        read = mixed(xp, "nhqk,nkol->nqhl", scores / self._width**0.5, latents[:, :, None], seen)
        return xp.einsum("nqhl,hvl->nqhv", read, by_head[:, self.key :], optimize=True)
