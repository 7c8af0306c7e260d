"""The weighted mean of values that RWKV has in place of attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from archcalc.layers.base import Core, Layer, Layout, SavedTensor, TrainingContext
from archcalc.layers.cached import NO_CACHE, Cache, Cached
from archcalc.layers.registry import Example, Family
from archcalc.layers.requirements import Requirement
from archcalc.layers.views import Views, pointwise_view
from archcalc.layers.windows import causal
from archcalc.layers.work import Work
from archcalc.symbols.dims import Shape, equal, format_shape, size


class WKV(Layer, frozen=True):
    """The mean of the values so far, weighted by keys and distance, as RWKV-4 has for attention (Peng et al. 2023, arXiv:2305.13048).

    Its inputs, keys and values, are tokens×features, and each feature is by itself. A value i tokens before the last one weighs
    e^(k − i·w), and that of the token itself e^(u + k) (equation 16). Trained are, for each feature, `decay`, with w = e^decay as in
    the authors' code, and `first`, which is u. Both sums go on from token to token: the work grows with the tokens.
    """

    family: ClassVar[Family] = "attention"
    category: ClassVar[str] = "Recurrent layers over a sequence"
    layout: ClassVar[Layout] = "sequence"
    example: ClassVar[Example] = Example(inputs=((128, 512), (128, 512)))

    def output(self, k: Shape, v: Shape) -> Shape:  # noqa: ARG002 - arity
        return v

    def requires(self, k: Shape, v: Shape) -> Iterator[Requirement]:
        for axis in (0, 1):
            yield equal(k[axis], v[axis]), f"keys are {format_shape(k)} and values {format_shape(v)}", ""

    def weights(self, k: Shape, _v: Shape) -> dict[str, Shape]:
        return {"decay": (k[1],), "first": (k[1],)}

    def core(self, _k: Shape, v: Shape) -> Core:
        # Weights times values, of the sum that goes on and of the token itself.
        return Core(size(v), 1, 1)

    def work(self, output: Shape, _k: Shape, _v: Shape) -> Work:
        # Keys times values, for the sum that goes on and for the token itself; u + k, and what each adds to the weights;
        # two sums that decay.
        each = Work(macs=2, multiplications=2, additions=3, exponentials=2, divisions=1)
        return each.times(size(output))

    def cached(self, k: Shape, _v: Shape) -> Iterator[Cached]:
        for name in ("values", "weights", "largest power"):
            yield Cached(name, k[1])

    def backward(self, use: TrainingContext, output: Shape, _k: Shape, _v: Shape) -> Work:
        keys, values = use.grads
        # Of each product the values, and the weights: those of the token itself are trained too.
        return Work(size(output) * (2 * values + keys + (keys or "first" not in use.frozen)))

    def receptive_views(self, k: Shape, v: Shape) -> tuple[Views, ...]:
        return tuple((pointwise_view(one, {0: causal()}),) for one in (k, v))

    def saved_for_backward(self, use: TrainingContext, output: Shape, k: Shape, _v: Shape) -> Iterator[SavedTensor]:
        yield SavedTensor(1)
        # As the equations are written; the authors' kernel keeps keys, values and output, and computes these again.
        yield SavedTensor("decays", k[1], once=True)
        if "decay" not in use.frozen:
            yield SavedTensor("rates", k[1], once=True)
            # Before each token, of values times weights and of weights.
            yield SavedTensor("sums", 2 * size(output))
        yield SavedTensor("weights", size(output))
        yield SavedTensor("own weights", size(output))
        yield SavedTensor("numerators", size(output))
        yield SavedTensor("denominators", size(output))

    def forward(self, xp: Any, k: Any, v: Any, decay: Any, first: Any) -> Any:
        return self.forward_after(xp, NO_CACHE, k, v, decay, first)

    def forward_after(self, xp: Any, cache: Cache, k: Any, v: Any, decay: Any, first: Any) -> Any:  # noqa: PLR0913, PLR0917 - two inputs
        rates = xp.exp(decay)
        # Sums are kept over e to the largest power so far, without which powers of large keys would have no end.
        start = xp.zeros(v[:, 0].shape, v.dtype)
        values, weights = (cache.state(name, start) for name in ("values", "weights"))
        largest = cache.state("largest power", start - xp.inf)
        found = []
        for token in range(v.shape[1]):
            value, key = v[:, token], k[:, token]
            _, before, own = _over_largest(xp, largest, first + key)
            sums = before * values + xp.einsum("nd,nd->nd", own, value), before * weights + own
            found.append(sums[0] / sums[1])
            largest, before, own = _over_largest(xp, largest - rates, key)
            values = before * values + xp.einsum("nd,nd->nd", own, value)
            weights = before * weights + own
        for name, state in (("values", values), ("weights", weights), ("largest power", largest)):
            cache.keep(name, state)
        return xp.stack(found, axis=1)


def _over_largest(xp: Any, one: Any, other: Any) -> tuple[Any, Any, Any]:
    """The larger of two powers of e, and e to either less it."""
    largest = xp.maximum(one, other)
    return largest, xp.exp(one - largest), xp.exp(other - largest)
