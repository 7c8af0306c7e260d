"""Array functions used by several kinds of layer."""

from __future__ import annotations

from typing import Any


def softmax(xp: Any, x: Any, axis: int) -> Any:
    """Softmax along an axis, computed after subtracting the maximum to keep eˣ finite."""
    powers = xp.exp(x - x.max(axis, keepdims=True))
    return powers / powers.sum(axis, keepdims=True)


def sigmoid(xp: Any, x: Any) -> Any:
    """The sigmoid 1 / (1 + e⁻ˣ), computed as e^−log(e⁰ + e⁻ˣ) so that no power overflows."""
    return xp.exp(-xp.logaddexp(0, -x))


def hard_sigmoid(xp: Any, x: Any) -> Any:
    """The hard sigmoid min(max(0, x/6 + 1/2), 1)."""
    return xp.minimum(xp.maximum(x / 6 + 0.5, 0), 1)


def elu(xp: Any, x: Any, alpha: float) -> Any:
    """x where positive, alpha·(eˣ − 1) elsewhere, without the power where it is not needed."""
    return xp.where(x > 0, x, alpha * xp.expm1(xp.minimum(x, 0)))
