"""Numbers that count what is done to them, so that a layer's definition says how many operations of each sort it takes.

An array of `Number` objects hands every operation on it to the objects, one by one. Python's own numbers stand for what is known
before the input comes: weights, statistics, constants. Products inside an einsum are multiply-accumulates, counted elsewhere.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from archcalc.reference import CountingNumpy

# What keeps a quotient from being divided by zero is no work of a definition.
GUARD = 1.2345e-6
TALLY: Counter[str] = Counter()


class Number:
    """A value of the input, or one that was computed from it."""

    def __init__(self, value: float) -> None:
        self.value = float(value)

    def __float__(self) -> float:
        return self.value

    def __neg__(self) -> Number:
        return Number(-self.value)

    def __abs__(self) -> Number:
        return self if self > 0 else -self

    def __add__(self, other: Any) -> Number:
        # To add the guard, or to start a sum from nothing, is not counted.
        TALLY["additions"] += isinstance(other, Number) or other not in {GUARD, 0}
        return Number(self.value + float(other))

    def __sub__(self, other: Any) -> Number:
        TALLY["additions"] += 1
        return Number(self.value - float(other))

    def __rsub__(self, other: Any) -> Number:
        TALLY["additions"] += 1
        return Number(float(other) - self.value)

    def __mul__(self, other: Any) -> Number:
        TALLY["multiplications"] += isinstance(other, Number) or other != 1
        return Number(self.value * float(other))

    __radd__ = __add__
    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Number:
        TALLY["divisions"] += 1
        return Number(self.value / (float(other) or 1.0))

    def __rtruediv__(self, other: Any) -> Number:
        TALLY["divisions"] += 1
        return Number(float(other) / (self.value or 1.0))

    def __pow__(self, power: float) -> Number:
        if isinstance(power, int):
            TALLY["multiplications"] += power - 1
            return Number(self.value**power)
        TALLY["exponentials"] += 1
        return Number(abs(self.value + 1e-9) ** power)

    def _above(self, other: Any) -> float:
        TALLY["comparisons"] += 1
        return self.value - float(other)

    def __lt__(self, other: Any) -> bool:
        return self._above(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._above(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._above(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._above(other) >= 0

    def exp(self) -> Number:
        return _transcendental(math.exp(min(self.value, 50)))

    def tanh(self) -> Number:
        return _transcendental(math.tanh(self.value))

    def erf(self) -> Number:
        return _transcendental(math.erf(self.value))

    def log(self) -> Number:
        return _transcendental(math.log(abs(self.value) + 1e-9))

    def sqrt(self) -> Number:
        return _transcendental(math.sqrt(abs(self.value)))


def _transcendental(value: float) -> Number:
    TALLY["exponentials"] += 1
    return Number(value)


def numbers(values: Any) -> Any:
    """An array of the same values that count."""
    return np.frompyfunc(Number, 1, 1)(np.asarray(values, float))


class CountedNumpy(CountingNumpy):
    """numpy on arrays of numbers: products in an einsum go uncounted, and padding consists of values like any other."""

    def einsum(self, subscripts: str, *arrays: Any, optimize: bool = False) -> Any:
        return numbers(np.einsum(subscripts, *(array.astype(float) for array in arrays), optimize=optimize))

    def pad(self, x: Any, widths: Any, constant_values: float = 0.0, mode: str = "constant") -> Any:
        if mode != "constant":
            return np.pad(x, widths, mode)
        # As good as infinity, and less itself no riddle.
        padded = np.pad(x.astype(float), widths, constant_values=max(constant_values, -1e9))
        inside = np.pad(np.ones(x.shape, bool), widths)
        if x.dtype != object:
            return padded
        padded = numbers(padded)
        padded[inside] = x.ravel()
        return padded

    def ones_like(self, x: Any) -> Any:
        return np.ones(x.shape)

    def maximum(self, x: Any, bound: Any, out: Any = None) -> Any:
        if isinstance(bound, np.ndarray):
            return np.maximum(x, bound, out=out)
        return np.where(x < bound, Number(bound), x)

    def minimum(self, x: Any, bound: float) -> Any:
        return np.where(x > bound, Number(bound), x)


def sigmoid(_xp: Any, x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(_xp: Any, x: Any, axis: int) -> Any:
    """As it is defined: the largest value is taken off only to keep powers finite."""
    powers = np.exp(x)
    return powers / powers.sum(axis, keepdims=True)


def standard(_xp: Any, x: Any, axes: Any, eps: float) -> Any:
    """As it is defined: the mean of the squared differences, and the differences over its root."""
    mean = x.mean(axis=axes, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=axes, keepdims=True)
    return (x - mean) / np.sqrt(variance + eps)
