"""Attention whose queries, keys and values are pooled, as MViT has it."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase
from typing import Any, ClassVar, NamedTuple

from archcalc.layers.axes import each_axis
from archcalc.layers.base import Core, Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.conv import Conv1d, Conv2d, Conv3d
from archcalc.layers.functions import softmax
from archcalc.layers.gradients import Flows, projection_backward
from archcalc.layers.layer_norm import LayerNorm
from archcalc.layers.projections import attending, projected, projecting, with_biases
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement, require_per_axis
from archcalc.layers.settings import Count, Sizes
from archcalc.layers.views import Views, global_view, loose_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, any_of, divides, equal, format_shape, maximum, quotient, size

_CONVOLUTIONS = (Conv1d, Conv2d, Conv3d)


class Pool(NamedTuple):
    """How one of queries, keys and values is pooled: the convolution of each head, if any, and the places it leaves."""

    name: str
    convolution: Any
    before: Shape
    places: Shape

    @property
    def tokens(self) -> Dim:
        """The places and the class token."""
        return 1 + size(self.places)


class PoolingAttention(Layer, frozen=True):
    """Multi-head attention over places that each head first makes fewer (Fan et al. 2021, arXiv:2104.11227, section 3.1).

    The input is tokens×features: a class token, which is not pooled, and then the `places` of an image or a clip, row by
    row. Every head has the same depthwise convolution of `kernel`, padded by half of it, and a normalisation after it:
    one pair for queries, by `query_stride`, and one each for keys and values, by `key_stride`. Without a stride there is no
    pool. `out` is the width of all heads together and of what comes out, by default the features.

    With `relative` the score of a query and a key gets, for each axis, the product of the query and a trained vector for
    their distance along it, and with `residual` the pooled queries are added to what comes out of the heads, but for the
    class token (Li et al. 2021, arXiv:2112.01526, section 4.1).
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    layout: ClassVar[Layout] = "sequence"
    example: ClassVar[Example] = Example(
        {"heads": 2, "places": (8, 14, 14), "query_stride": 1, "key_stride": (1, 2, 2), "relative": True},
        ((1569, 192),),
    )

    heads: Count
    places: Sizes
    kernel: Sizes = 3
    query_stride: Sizes | None = None
    key_stride: Sizes | None = None
    out: Count | None = None
    relative: bool = False
    residual: bool = False

    @property
    def filters(self) -> Dim | None:
        return self.out

    @property
    def sides(self) -> Shape:
        """The places along each axis."""
        return self.places if isinstance(self.places, tuple) else (self.places,)

    def output(self, x: Shape) -> Shape:
        return (self.pools(x)[0].tokens, x[1] if self.out is None else self.out)

    def requires(self, x: Shape) -> Iterator[Requirement]:
        rank = len(self.sides)
        yield (
            rank <= len(_CONVOLUTIONS),
            f"places={format_shape(self.sides)} has {rank} axes, and there are pools for three",
            "places",
        )
        message = f"places={format_shape(self.sides)} and a class token are {1 + size(self.sides)} tokens, and the input has {x[0]}"
        yield equal(1 + size(self.sides), x[0]), message, "places"
        wide, field = (x[1], "") if self.out is None else (self.out, "out")
        yield divides(self.heads, wide), f"heads={self.heads} does not divide the {wide} features", field or "heads"
        strides = {name: value for name in ("query_stride", "key_stride") if (value := getattr(self, name)) is not None}
        yield from require_per_axis(rank, kernel=self.kernel, **strides)
        queries, keys, _ = self.pools(x)
        for q, k in zip(queries.places, keys.places, strict=True) if self.relative else ():
            message = f"distances of {q} places of queries and {k} of keys need one to divide the other"
            yield any_of(divides(q, k), divides(k, q)), message, "relative"

    def width(self, x: Shape) -> Dim:
        """The values of a head."""
        return quotient(x[1] if self.out is None else self.out, self.heads)

    def pools(self, x: Shape) -> tuple[Pool, Pool, Pool]:
        """The pools of queries, keys and values."""
        strides = {"query": self.query_stride, "key": self.key_stride, "value": self.key_stride}
        first, second, third = (self._pool(name, stride, x) for name, stride in strides.items())
        return first, second, third

    def _pool(self, name: str, stride: Any, x: Shape) -> Pool:
        rank, width = len(self.sides), self.width(x)
        before = (width, *self.sides)
        if stride is None:
            return Pool(name, None, before, self.sides)
        kernel = each_axis(self.kernel, rank)
        half = tuple(k // 2 for k in kernel)
        of_rank: Any = _CONVOLUTIONS[rank - 1]
        convolution = of_rank(out=width, kernel=kernel, stride=stride, padding=half, groups=width, bias=False)
        return Pool(name, convolution, before, convolution.output(before)[1:])

    def _norm(self, pool: Pool, x: Shape) -> tuple[LayerNorm, Shape]:
        shape = (pool.tokens, self.heads, self.width(x))
        return LayerNorm(eps=1e-6).placed(shape), shape

    def weights(self, x: Shape) -> dict[str, Shape]:
        wide = self.heads * self.width(x)
        matrices: dict[str, Shape] = dict.fromkeys(("query", "key", "value"), (wide, x[1])) | {"out": (wide, wide)}
        weights = with_biases(matrices, bias=True)
        pools = self.pools(x)
        for pool in pools:
            if pool.convolution is not None:
                weights[f"{pool.name}_pool"] = pool.convolution.weights(pool.before)["weight"]
                norm, shape = self._norm(pool, x)
                weights |= {_norm_name(pool.name, name): own for name, own in norm.weights(shape).items()}
        if self.relative:
            for axis, (q, k) in enumerate(zip(pools[0].places, pools[1].places, strict=True)):
                weights[f"position_{axis}"] = (2 * maximum(q, k) - 1, self.width(x))
        return weights

    def core(self, x: Shape) -> Core:
        queries, keys, _ = self.pools(x)
        return Core(self.heads * queries.tokens * keys.tokens, self.width(x), self.width(x))

    def work(self, output: Shape, x: Shape) -> Work:
        queries, keys, values = self.pools(x)
        width, core = self.width(x), self.core(x)
        work = projecting({"query": x[0], "key": x[0], "value": x[0], "out": output[0]}, self.weights(x))
        for pool in (queries, keys, values):
            if pool.convolution is not None:
                work += pool.convolution.work((width, *pool.places), pool.before).times(self.heads)
                norm, shape = self._norm(pool, x)
                work += norm.work(shape, shape)
        work += attending(core.scores, self.heads * queries.tokens, core.key, core.value)
        if self.relative:
            pairs = self.heads * size(queries.places) * size(keys.places)
            along = sum(self.heads * size(queries.places) * k * width for k in keys.places)
            work += Work(macs=along, additions=pairs * len(self.sides))
        if self.residual:
            work += Work(additions=self.heads * size(queries.places) * width)
        return work

    def backward(self, use: TrainingContext, output: Shape, x: Shape) -> Work:
        (given,), arrays = use.grads, self.weights(x)
        trained = arrays.keys() - use.frozen
        wide, pools = self.heads * self.width(x), self.pools(x)
        flowing: dict[str, bool] = {}
        work = Work()
        for pool in pools:
            before = given or bool({pool.name, f"{pool.name}_bias"} & trained)
            flowing[pool.name] = given or any(name.split("_")[0] == pool.name for name in trained)
            work += projection_backward(x[0] * size(arrays[pool.name]), weights=pool.name in trained, inputs=given)
            if pool.convolution is not None:
                products = self.heads * pool.convolution.work((self.width(x), *pool.places), pool.before).macs
                work += projection_backward(products, weights=f"{pool.name}_pool" in trained, inputs=before)
        # A bias of the scores has the gradient of the shares.
        positions = any(name.startswith("position") for name in trained)
        flows = Flows(flowing["query"], flowing["key"], flowing["value"], sinks=positions)
        for axis, keys in enumerate(pools[1].places if self.relative else ()):
            rows = f"position_{axis}" in trained
            work += projection_backward(wide * size(pools[0].places) * keys, weights=rows, inputs=flows.queries)
        work += projection_backward(output[0] * wide * wide, weights="out" in trained, inputs=any(flows))
        return work + self.core(x).backward(flows)

    def receptive_views(self, x: Shape) -> tuple[Views, ...]:
        # Between the windows of pools there may be places that no key sees, and a query has its own alone.
        pooled = self.query_stride is not None or self.key_stride is not None
        return (((loose_view if pooled else global_view)(x, 0, 1),),)

    def saved_for_backward(self, use: TrainingContext, _output: Shape, x: Shape) -> Iterator[SavedTensor]:
        pools = self.pools(x)
        wide = self.heads * self.width(x)
        if {"query", "key", "value"} - use.frozen:
            yield SavedTensor(0)
        for pool in pools:
            if pool.convolution is not None:
                yield SavedTensor(f"{pool.name} before its pool", wide * size(self.sides))
                yield SavedTensor(f"{pool.name} before its norm", wide * pool.tokens)
                for name in ("mean", "deviation"):
                    yield SavedTensor(f"{pool.name} {name}", self.heads * pool.tokens, "float32")
        yield from (SavedTensor(pool.name, wide * pool.tokens) for pool in pools)
        scores = self.core(x).scores
        # A bias of its own needs the scores, which fused kernels do not have.
        if use.scores != "recomputed":
            yield SavedTensor("probabilities", scores)
        if use.scores == "dropout":
            yield SavedTensor("mask of dropout", scores, "bool")
            yield SavedTensor("probabilities left by dropout", scores)
        if "out" not in use.frozen:
            yield SavedTensor("mixed", wide * pools[0].tokens)

    def forward(self, xp: Any, x: Any, **weights: Any) -> Any:
        pools = self.pools(x.shape[1:])
        queries, keys, values = (
            self._pooled(xp, pool, projected(xp, pool.name, x, weights), weights) for pool in pools
        )
        scores = xp.einsum("nqd,nkd->nqk", queries, keys, optimize=True) / queries.shape[-1] ** 0.5
        if self.relative:
            scores = scores + xp.pad(self._by_distance(xp, pools, queries[:, 1:], weights), [(0, 0), (1, 0), (1, 0)])
        y = xp.einsum("nqk,nkd->nqd", softmax(xp, scores, -1), values, optimize=True)
        if self.residual:
            y = xp.concatenate([y[:, :1], y[:, 1:] + queries[:, 1:]], 1)
        y = y.reshape(len(x), self.heads, *y.shape[1:]).swapaxes(1, 2).reshape(len(x), y.shape[1], -1)
        return projected(xp, "out", y, weights)

    def _pooled(self, xp: Any, pool: Pool, x: Any, weights: dict[str, Any]) -> Any:
        """A projection as batch·heads×tokens×values, pooled."""
        x = x.reshape(*x.shape[:2], self.heads, -1).swapaxes(1, 2)
        x = x.reshape(-1, *x.shape[2:])
        if pool.convolution is None:
            return x
        places = x[:, 1:].swapaxes(1, 2).reshape(len(x), *pool.before)
        y = pool.convolution.forward(xp, places, weight=weights[f"{pool.name}_pool"])
        y = xp.concatenate([x[:, :1], y.reshape(*y.shape[:2], -1).swapaxes(1, 2)], 1)
        norm = LayerNorm(eps=1e-6).placed(y.shape[1:])
        return norm.forward(xp, y, weights[_norm_name(pool.name, "weight")], weights[_norm_name(pool.name, "bias")])

    def _by_distance(self, xp: Any, pools: tuple[Pool, ...], queries: Any, weights: dict[str, Any]) -> Any:
        """The products of queries, places alone, with the vectors of their distances to keys along each axis."""
        asked, seen = pools[0].places, pools[1].places
        rank, rows = len(asked), queries.reshape(len(queries), *asked, -1)
        each = ascii_lowercase[:rank]
        total = 0
        for axis, (q, k) in enumerate(zip(asked, seen, strict=True)):
            vectors = weights[f"position_{axis}"][distances(xp, q, k)]
            along = xp.einsum(f"n{each}V,{each[axis]}KV->n{each}K", rows, vectors, optimize=True)
            total = total + along.reshape(*along.shape[:-1], *(k if other == axis else 1 for other in range(rank)))
        return xp.broadcast_to(total, (len(queries), *asked, *seen)).reshape(len(queries), size(asked), size(seen))


def distances(xp: Any, queries: int, keys: int) -> Any:
    """The row of each distance from a query to a key along an axis, where the fewer of them stand farther apart."""
    apart = xp.arange(queries)[:, None] * max(keys // queries, 1) - xp.arange(keys) * max(queries // keys, 1)
    return apart + (keys - 1) * max(queries // keys, 1)


def _norm_name(name: str, array: str) -> str:
    return f"{name}_norm" if array == "weight" else f"{name}_norm_{array}"
