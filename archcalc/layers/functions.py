"""Functions of arrays that several kinds of layer are made with."""

from __future__ import annotations

from typing import Any


def softmax(xp: Any, x: Any, axis: int) -> Any:
    """eˣ over the sum of eˣ along an axis; less its largest value first, which changes nothing but keeps eˣ finite."""
    powers = xp.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + e⁻ˣ), written as e^−log(e⁰ + e⁻ˣ) so that no power overflows."""
    return xp.exp(-xp.logaddexp(0, -x))


def hard_sigmoid(xp: Any, x: Any) -> Any:
    """min(max(0, x/6 + 1/2), 1), straight lines in place of a sigmoid."""
    return xp.minimum(xp.maximum(x / 6 + 0.5, 0), 1)


def elu(xp: Any, x: Any, alpha: float) -> Any:
    """x where positive, alpha·(eˣ − 1) elsewhere, without the power where it is not needed."""
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))
