"""Multi-head attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.functions import softmax
from archcalc.layers.low_rank import (
    adapted_product,
    adapter_arrays,
    adapter_work,
    adapters_saved,
    fitting_ranks,
    input_saved,
)
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.settings import Count, Natural
from archcalc.layers.views import Views, global_view
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, divides, equal, quotient, size


class Attention(Layer, frozen=True):
    """Softmax(QKᵀ/√key)·V in `heads` heads between four projections (Vaswani et al. 2017, section 3.2).

    Inputs are queries (tokens×features) and, from elsewhere, memory for keys and values, or keys and values apart; one
    input attends to itself. `key` and `value` are widths of one head and default to features / heads; `kv_heads` below
    `heads` shares keys and values between queries (Ainslie et al. 2023); `out` defaults to features.
    `lora` has the ranks of adapters beside query, key, value and out (Hu et al. 2021), 0 for none, as `adapt:` sets them.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Multi-head attention"
    layout: ClassVar[Layout] = "sequence"
    example: ClassVar[Example] = Example({"heads": 8}, ((128, 512),))

    heads: Count
    kv_heads: Count | None = None
    key: Count | None = None
    value: Count | None = None
    out: Count | None = None
    bias: bool = True
    lora: tuple[Natural, ...] = ()

    @property
    def filters(self) -> Dim | None:
        return self.out

    def variants(self, _rank: int) -> Iterator[str]:
        if not self.bias:
            yield "without bias"

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

    def weights(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> dict[str, Shape]:
        matrices = self.projections(q, k, v)
        biases = {f"{name}_bias": shape[:1] for name, shape in matrices.items()} if self.bias else {}
        return matrices | biases | adapter_arrays(matrices, self.lora)

    def work(self, output: Shape, q: Shape, k: Shape | None = None, v: Shape | None = None) -> Work:
        k = q if k is None else k
        v = k if v is None else v
        weights = self.projections(q, k, v)
        _, key, value = self.widths(q)
        tokens = {"query": q[0], "key": k[0], "value": v[0], "out": output[0]}
        projections = sum(n * size(weights[name]) for name, n in tokens.items())
        shifts = sum(n * weights[name][0] for name, n in tokens.items()) if self.bias else 0
        scores = self.heads * q[0] * k[0]
        beside = adapter_work(weights, self.lora, tokens)
        return Work(
            macs=projections + scores * (key + value) + beside.macs,
            additions=shifts + scores - self.heads * q[0] + beside.additions,
            multiplications=scores,
            exponentials=scores,
            divisions=scores,
        )

    def receptive_views(self, q: Shape, k: Shape | None = None, v: Shape | None = None) -> tuple[Views, ...]:
        queries = (1,) if k is not None else (0, 1)
        return (global_view(q, *queries),), *((global_view(x, 0, 1),) for x in (k, v) if x is not None)

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
        # As in fused kernels, which never store the scores (Dao et al. 2022, arXiv:2205.14135, algorithm 1).
        yield SavedTensor("queries", self.heads * key * q[0])
        yield SavedTensor("keys", kv_heads * key * k[0])
        yield SavedTensor("values", kv_heads * value * v[0])
        yield SavedTensor("log sums", self.heads * q[0], "float32")
        yield SavedTensor("mixed", self.heads * value * q[0])
        tokens = {"query": q[0], "key": k[0], "value": v[0], "out": output[0]}
        yield from adapters_saved(use, matrices, self.lora, tokens)

    def forward(self, xp: Any, q: Any, k: Any = None, v: Any = None, **weights: Any) -> Any:
        k = q if k is None else k
        v = k if v is None else v
        kv_heads, key, value = self.widths(q.shape[1:])

        def projected(name: str, x: Any) -> Any:
            y = xp.einsum("nti,oi->nto", x, weights[name], optimize=True) + weights.get(f"{name}_bias", 0.0)
            return y + adapted_product(xp, name, x, weights)

        # h heads of keys and values, each read by g heads of queries.
        queries = projected("query", q).reshape(*q.shape[:2], kv_heads, -1, key)
        keys = projected("key", k).reshape(*k.shape[:2], kv_heads, key)
        values = projected("value", v).reshape(*v.shape[:2], kv_heads, value)
        scores = xp.einsum("nqhgd,nkhd->nhgqk", queries, keys, optimize=True) / key**0.5
        mixed = xp.einsum("nhgqk,nkhd->nqhgd", softmax(xp, scores, -1), values, optimize=True)
        return projected("out", mixed.reshape(*q.shape[:2], -1))
