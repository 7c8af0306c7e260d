"""The projections of attention: dense layers by name, with or without biases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archcalc.layers.functions import softmax
from archcalc.layers.requirements import Requirement
from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, size


def with_biases(weights: dict[str, Shape], bias: bool | tuple[str, ...]) -> dict[str, Shape]:
    """The weights of projections, each outputs×inputs, and the biases of those that have one."""
    named = weights if bias is True else bias or ()
    return weights | {f"{name}_bias": shape[:1] for name, shape in weights.items() if name in named}


def require_biases_once(bias: bool | tuple[str, ...]) -> Iterator[Requirement]:
    """The requirement that a list of projections with biases names each once."""
    names = bias if isinstance(bias, tuple) else ()
    for name in sorted(set(names)):
        yield names.count(name) == 1, f"bias names {name} twice", "bias"


def bias_variants(bias: bool | tuple[str, ...]) -> Iterator[str]:
    """The words of conventions' prices for attention whose projections lack biases."""
    if bias is not True:
        yield "with some biases" if bias else "without bias"


def projecting(tokens: dict[str, Dim], weights: dict[str, Shape]) -> Work:
    """The work of projections, each for so many tokens."""
    return Work(
        macs=sum(n * size(weights[name]) for name, n in tokens.items()),
        additions=sum(n * weights[name][0] for name, n in tokens.items() if f"{name}_bias" in weights),
    )


def projected(xp: Any, name: str, x: Any, weights: dict[str, Any]) -> Any:
    """A batch of sequences through a projection."""
    return xp.einsum("nti,oi->nto", x, weights[name], optimize=True) + weights.get(f"{name}_bias", 0.0)


def mixed(xp: Any, subscripts: str, scores: Any, values: Any, seen: Any = None) -> Any:
    """Softmax of the scores, whose last axis is that of the keys, times the values; `seen` is false for pairs that are hidden.

    Scores behind those of the keys are sinks: they take their share, and no values belong to them.
    """
    keys = values.shape[-3]
    scores, sinks = scores[..., :keys], scores[..., keys:]
    if seen is None:
        return xp.einsum(subscripts, _shares(xp, scores, sinks), values, optimize=True)
    shares = _shares(xp, xp.where(seen, scores, -xp.inf), sinks)
    # A hidden share is 0, and 0 times what is no number would be none.
    lost = xp.isnan(values)
    y = xp.einsum(subscripts, shares, xp.where(lost, 0, values), optimize=True)
    if not lost.any():
        return y
    ones, empty = xp.ones_like(scores), xp.zeros_like(scores)
    reached = xp.einsum(subscripts, xp.where(seen, ones, empty), xp.asarray(lost, values.dtype), optimize=True)
    return xp.where(reached > 0, xp.nan, y)


def _shares(xp: Any, scores: Any, sinks: Any) -> Any:
    if not sinks.shape[-1]:
        return softmax(xp, scores, -1)
    return softmax(xp, xp.concatenate([scores, sinks], -1), -1)[..., : scores.shape[-1]]


def attending(scores: Dim, queries: Dim, key: Dim, value: Dim, hidden: Dim = 0) -> Work:
    """The work of products and softmax for so many scores, of queries in all heads; `hidden` scores are masked."""
    return Work(
        macs=scores * (key + value),
        additions=scores - queries,
        multiplications=scores,
        exponentials=scores,
        divisions=scores,
        masked=hidden * (key + value),
    )
