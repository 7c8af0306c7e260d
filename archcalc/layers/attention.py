"""Multi-head attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Literal, Self

from archcalc.layers.base import Core, Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.gradients import Flows, projection_backward
from archcalc.layers.layer_norm import LayerNorm, RMSNorm
from archcalc.layers.low_rank import (
    adapted,
    adapter_arrays,
    adapter_work,
    adapters_backward,
    adapters_saved,
    fitting_ranks,
    input_saved,
)
from archcalc.layers.pairs import Band
from archcalc.layers.projections import attending, bias_variants, mixed, projecting, require_biases_once, with_biases
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.rotary import rotated, rotation
from archcalc.layers.settings import Biases, Count, Natural, Positive
from archcalc.layers.splitting import Split
from archcalc.layers.views import Views, global_view, pointwise_view
from archcalc.layers.window import whole_axis
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, at_least, divides, equal, floor_div, minimum, quotient, size

_NORMS: dict[str, RMSNorm | LayerNorm] = {"rms": RMSNorm(eps=1e-6), "layer": LayerNorm(eps=1e-6)}


class Attention(Layer, frozen=True):
    """Softmax(QKᵀ/√key)·V in `heads` heads between four projections (Vaswani et al. 2017, section 3.2).

    Inputs are queries (tokens×features) and, from elsewhere, memory for keys and values, or keys and values apart; one
    input attends to itself. `key` and `value` are widths of one head and default to features / heads; `kv_heads` below
    `heads` shares keys and values between queries (Ainslie et al. 2023); `out` defaults to features. `bias` says which
    of the four projections have biases. `lora` has the ranks of adapters beside query, key, value and out (Hu et al.
    2021), 0 for none, as `adapt:` sets them.

    With `causal` a query sees the keys up to its own place. `window` is a band (Beltagy et al. 2020): with `causal` the
    last so many keys, else half as many on either side. `positions: rotary` turns queries and keys by their places (Su
    et al. 2021), `qk_norm` normalises each head of them (Henry et al. 2020), and `softcap` keeps scores below it by
    softcap·tanh(score/softcap) (Gemma 2, 2024). With `sinks` each head has a trained score beside those of the keys, which
    takes its share and adds nothing (gpt-oss, 2025).
    """

    called: ClassVar[tuple[str, ...]] = ("mha", "mhsa", "selfattention", "multiheadattention")
    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    layout: ClassVar[Layout] = "sequence"
    splits: ClassVar[tuple[Split, ...]] = ("heads",)
    example: ClassVar[Example] = Example({"heads": 8}, ((128, 512),))

    heads: Count
    kv_heads: Count | None = None
    key: Count | None = None
    value: Count | None = None
    out: Count | None = None
    bias: Biases = True
    lora: tuple[Natural, ...] = ()
    causal: bool = False
    window: Count | None = None
    positions: Literal["rotary"] | None = None
    base: Positive = 10000.0
    qk_norm: Literal["rms", "layer"] | None = None
    softcap: Positive | None = None
    sinks: bool = False

    @property
    def filters(self) -> Dim | None:
        return self.out

    def variants(self, _rank: int) -> Iterator[str]:
        if self.window is not None or self.positions or self.qk_norm or self.softcap is not None or self.sinks:
            yield "of another make"
        yield from bias_variants(self.bias)

    @property
    def band(self) -> Band:
        """The keys that a query sees, by their distance."""
        if self.window is None:
            return Band(after=0) if self.causal else Band()
        half = floor_div(self.window, 2)
        return Band(self.window - 1, 0) if self.causal else Band(half, half)

    def output(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> Shape:  # noqa: ARG002 - arity
        return (q[0], q[1] if self.out is None else self.out)

    def requires(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> Iterator[Requirement]:
        k = q if k is None else k
        v = k if v is None else v
        yield equal(k[0], v[0]), f"there are {k[0]} keys and {v[0]} values", ""
        if self.key is None:
            yield divides(self.heads, q[1]), f"heads={self.heads} does not divide the {q[1]} features", "heads"
        if self.kv_heads is not None:
            yield (
                divides(self.kv_heads, self.heads),
                f"kv_heads={self.kv_heads} does not divide heads={self.heads}",
                "kv_heads",
            )
        if self.positions:
            key = self.widths(q)[1]
            yield divides(2, key), f"rotary positions turn values in pairs, and a head has {key}", "positions"
        if self.band.before is not None:
            message = f"the last of {q[0]} queries sees none of {k[0]} keys through window={self.window}"
            yield at_least(k[0] + self.band.before, q[0]), message, "window"

        yield from require_biases_once(self.bias)
        yield from fitting_ranks(self.projections(q, k, v), self.lora)

    def widths(self, q: Shape) -> tuple[Dim, Dim, Dim]:
        """The number of key/value heads, and the widths of a head's keys and values."""
        key = quotient(q[1], self.heads) if self.key is None else self.key
        return self.kv_heads or self.heads, key, key if self.value is None else self.value

    def projections(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> dict[str, Shape]:
        """The matrices of the four projections, each outputs×inputs."""
        k = q if k is None else k
        v = k if v is None else v
        kv_heads, key, value = self.widths(q)
        return {
            "query": (self.heads * key, q[1]),
            "key": (kv_heads * key, k[1]),
            "value": (kv_heads * value, v[1]),
            "out": (self.output(q)[1], self.heads * value),
        }

    def _normed(self, q: Shape, k: Shape) -> Iterator[tuple[str, RMSNorm | LayerNorm, Shape]]:
        """The normalisations of queries and keys, with what each works on: tokens×heads×values."""
        if self.qk_norm is not None:
            kv_heads, key, _ = self.widths(q)
            for name, x in {"query": (q[0], self.heads, key), "key": (k[0], kv_heads, key)}.items():
                yield name, _NORMS[self.qk_norm].placed(x), x

    def weights(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> dict[str, Shape]:
        matrices = self.projections(q, k, v)
        weights = with_biases(matrices, self.bias)
        for name, norm, x in self._normed(q, q if k is None else k):
            weights |= {_norm_name(name, array): shape for array, shape in norm.weights(x).items()}
        if self.sinks:
            weights["sinks"] = (self.heads,)
        return weights | adapter_arrays(matrices, self.lora)

    def head_counts(self, q: Shape, *_memory: Shape) -> dict[str, Dim]:
        return {"heads": self.heads, "heads of keys and values": self.widths(q)[0]}

    def with_heads(self, parts: int, output: Shape, q: Shape, *_memory: Shape) -> Self:
        shared, key, value = self.widths(q)
        own = None if shared == self.heads else quotient(shared, parts)
        return self.changed(heads=quotient(self.heads, parts), kv_heads=own, key=key, value=value, out=output[1])

    def going_round(self, q: Shape, *memory: Shape) -> Dim:
        kv_heads, key, value = self.widths(q)
        return (memory[0] if memory else q)[0] * kv_heads * (key + value)

    def cached(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> Iterator[Cached]:
        inputs = [x for x in (q, k, v) if x is not None]
        kv_heads, key, value = self.widths(q)
        last = None if self.band.before is None else self.band.before + 1
        for at, (name, values) in enumerate((("key", kv_heads * key), ("value", kv_heads * value)), start=1):
            made_by = tuple(array for array in self.weights(q, k, v) if array.partition("_")[0] == name)
            yield Cached(f"{name}s", values, min(at, len(inputs) - 1), last, made_by)

    def core(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> Core:  # noqa: ARG002 - as overridden
        k = q if k is None else k
        _, key, value = self.widths(q)
        scores = self.heads * q[0] * k[0]
        return Core(scores, key, value, scores - self.heads * self.band.pairs(q[0], k[0]))

    def work(self, output: Shape, q: Shape, k: Shape | None = None, v: Shape | None = None) -> Work:
        return self.work_after((0,), output, q, k, v)

    def work_after(
        self, past: tuple[Dim, ...], output: Shape, q: Shape, k: Shape | None = None, v: Shape | None = None
    ) -> Work:
        queried, known = past[0], past[min(1, len(past) - 1)]
        k = q if k is None else k
        v = k if v is None else v
        kv_heads, key, value = self.widths(q)
        keys = known + k[0]
        if self.band.before is not None and k[0] != 0:
            keys = minimum(keys, self.band.before + k[0])
        scores = self.heads * q[0] * keys
        # Queries counted from the first key that is held.
        hidden = scores - self.heads * self.band.pairs_after(queried - known - k[0] + keys, q[0], keys)
        tokens = {"query": q[0], "key": k[0], "value": v[0], "out": output[0]}
        work = projecting(tokens, self.weights(q, k, v))
        work += adapter_work(self.projections(q, k, v), self.lora, tokens)
        work += attending(scores, self.heads * q[0], key, value, hidden)
        for _, norm, x in self._normed(q, k):
            work += norm.work(x, x)
        if self.positions:
            work += rotation((self.heads * q[0] + kv_heads * k[0]) * key)
        if self.softcap is not None:
            work += Work(divisions=scores, exponentials=scores, multiplications=scores)
        if self.sinks:
            sinks = self.heads * q[0]
            work += Work(additions=sinks, exponentials=sinks, divisions=sinks)
        return work

    def _given(self, use: TrainingContext) -> dict[str, bool]:
        """True for each projection of an input with a gradient."""
        return {"query": use.grads[0], "key": use.grads[min(1, len(use.grads) - 1)], "value": use.grads[-1]}

    def flows(self, use: TrainingContext, *inputs: Shape) -> Flows:
        """The parts that have a gradient, because their inputs have one or an array before them is trained."""
        trained = self.weights(*inputs).keys() - use.frozen
        queries, keys, values = (
            flow or any(array.split("_")[0] == name for array in trained) for name, flow in self._given(use).items()
        )
        return Flows(queries, keys, values, sinks="sinks" in trained)

    def backward(
        self, use: TrainingContext, output: Shape, q: Shape, k: Shape | None = None, v: Shape | None = None
    ) -> Work:
        matrices = self.projections(q, k, v)
        inputs = [x for x in (q, k, v) if x is not None]
        flows = self.flows(use, *inputs)
        k, v = inputs[min(1, len(inputs) - 1)], inputs[-1]
        tokens = {"query": q[0], "key": k[0], "value": v[0], "out": output[0]}
        # What is mixed has a gradient where anything before it has.
        given = {**self._given(use), "out": any(flows)}
        work = self.core(q, k).backward(flows)
        for name, shape in matrices.items():
            work += projection_backward(tokens[name] * size(shape), weights=name not in use.frozen, inputs=given[name])
        return work + adapters_backward(use, matrices, self.lora, tokens, given)

    def receptive_views(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> tuple[Views, ...]:
        def banded(x: Shape) -> Views:
            return (pointwise_view(x, {0: self.band.window(x[0]), 1: whole_axis(x[1])}),)

        memory = tuple(banded(x) for x in (k, v) if x is not None)
        return ((global_view(q, 1),), *memory) if memory else (banded(q),)

    def saved_for_backward(
        self, use: TrainingContext, output: Shape, q: Shape, k: Shape | None = None, v: Shape | None = None
    ) -> Iterator[SavedTensor]:
        matrices = self.projections(q, k, v)
        inputs = [x for x in (q, k, v) if x is not None]
        for at, name in enumerate(("query", "key", "value")):
            if input_saved(use, matrices, self.lora, name):
                yield SavedTensor(min(at, len(inputs) - 1))
        k, v = inputs[min(1, len(inputs) - 1)], inputs[-1]
        kv_heads, key, value = self.widths(q)
        for name, norm, x in self._normed(q, k):
            for of, values, kind, _ in norm.saved_for_backward(TrainingContext(), x, x):
                yield (
                    SavedTensor(f"{name} before it is normalised", size(x))
                    if of == 0
                    else SavedTensor(f"{name} {of}", values, kind)
                )
        parts = {"queries": self.heads * key * q[0], "keys": kv_heads * key * k[0], "values": kv_heads * value * v[0]}
        rows, flows = self.heads * q[0], self.flows(use, *inputs)
        yield from self.core(q, k).saved(use.scores, flows, parts, rows, capped=self.softcap is not None)
        # A fused kernel keeps what it puts out, whether or not the projection after it needs that.
        if use.scores == "fused" or input_saved(use, matrices, self.lora, "out"):
            yield SavedTensor("mixed", self.heads * value * q[0])
        tokens = {"query": q[0], "key": k[0], "value": v[0], "out": output[0]}
        yield from adapters_saved(use, matrices, self.lora, tokens)

    def forward(self, xp: Any, q: Any, k: Any = None, v: Any = None, **weights: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, q, k, v, **weights)

    def forward_after(self, xp: Any, cache: Cache, q: Any, k: Any = None, v: Any = None, **weights: Any) -> Any:
        k = q if k is None else k
        v = k if v is None else v
        kv_heads, key, value = self.widths(q.shape[1:])
        queries = adapted(xp, "query", q, weights).reshape(*q.shape[:2], -1, key)
        keys = adapted(xp, "key", k, weights).reshape(*k.shape[:2], kv_heads, key)
        values = adapted(xp, "value", v, weights).reshape(*v.shape[:2], kv_heads, value)
        heads = {"query": queries, "key": keys}
        for name, norm, x in self._normed(q.shape[1:], k.shape[1:]):
            arrays = {array: weights[_norm_name(name, array)] for array in norm.weights(x)}
            heads[name] = norm.forward(xp, heads[name], **arrays)
        if self.positions:
            heads = {name: rotated(xp, x, self.base, cache.past) for name, x in heads.items()}
        keys, values = cache.grown(xp, "keys", heads["key"]), cache.grown(xp, "values", values)
        # h heads of keys and values, each read by g heads of queries.
        queries = heads["query"].reshape(*q.shape[:2], kv_heads, -1, key)
        scores = xp.einsum("nqhgd,nkhd->nhgqk", queries, keys, optimize=True) / key**0.5
        if self.softcap is not None:
            scores = self.softcap * xp.tanh(scores / self.softcap)
        seen = self.band.mask(xp, q.shape[1], keys.shape[1], cache.first("keys") - cache.past)
        if self.sinks:
            sinks = weights["sinks"].reshape(kv_heads, -1, 1, 1)
            scores = xp.concatenate([scores, xp.broadcast_to(sinks, (*scores.shape[:-1], 1))], -1)
        y = mixed(xp, "nhgqk,nkhd->nqhgd", scores, values, seen)
        return adapted(xp, "out", y.reshape(*q.shape[:2], -1), weights)


def _norm_name(of: str, array: str) -> str:
    return f"{of}_norm" if array == "weight" else f"{of}_norm_{array}"
