"""The quantities of a layer that prices are made of, for the whole batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple, Protocol

from archcalc.layers.work import Work
from archcalc.symbols.dims import Dim, Shape, quotient, size
from archcalc.symbols.shape import place_sizes, places_of, without


class Priceable(Protocol):
    """The protocol of a row that a convention can price: a layer, its inputs and output, its work and its call."""

    @property
    def kind(self) -> str:
        """The kind of the layer."""

    @property
    def layer(self) -> Any:
        """The layer itself."""

    @property
    def times(self) -> Dim:
        """The repetitions of the layer that its numbers, which are of one, stand for."""

    @property
    def call(self) -> str:
        """The form of the call in the reference implementation: module, function, operator, matmul, or absent."""

    @property
    def batch(self) -> Dim:
        """Samples in the batch."""

    @property
    def inputs(self) -> tuple[Shape, ...]:
        """The shapes of its inputs, without the batch."""

    @property
    def output(self) -> Shape:
        """The shape of its output, without the batch."""

    @property
    def work(self) -> Work:
        """Its raw operations, for the whole batch."""


def _each(row: Priceable, value: Any) -> tuple[Dim, ...]:
    """A field with one entry per spatial axis, from a single value or a tuple."""
    return value if isinstance(value, tuple) else (value,) * row.layer.rank


def _stride(row: Priceable) -> Any:
    return row.layer.geometry().stride


def _side(row: Priceable) -> Dim:
    kernel: Any = row.layer.kernel
    return size(kernel) if isinstance(kernel, tuple) else kernel


def _pairs(row: Priceable) -> Dim:
    return quotient(without(row.inputs[0], places_of(row.inputs[0])) * row.layer.out, row.layer.groups)


def _weights(row: Priceable, *, biases: bool) -> Dim:
    arrays = row.layer.weights(*row.inputs)
    return sum(size(shape) for name, shape in arrays.items() if ("bias" in name) is biases)


def _ratio(row: Priceable) -> Dim:
    # torchscan's window of an adaptive pool: n / m where that is even, and n mod m + 1 elsewhere.
    ratio: Dim = 1
    for n, m in zip(place_sizes(row.inputs[0]), place_sizes(row.output), strict=True):
        ratio *= quotient(n, m) if not isinstance(n, int) or not isinstance(m, int) or n % m == 0 else n % m + 1
    return ratio


def _shrunk(row: Priceable) -> Dim:
    layer = row.layer
    axes = zip(
        place_sizes(row.inputs[0]),
        *(_each(row, value) for value in (layer.kernel, layer.stride, layer.dilation)),
        strict=True,
    )
    # torchscan has one padding for both sides, so only an even sum of both can be had from it.
    padding = [2 * side if isinstance(side, int) else sum(side) for side in _each(row, layer.padding)]
    places = [(n + p - d * (k - 1) - 1) // s + 1 for (n, k, s, d), p in zip(axes, padding, strict=True)]
    return layer.out * size(tuple(places))


def _projections(row: Priceable) -> Dim:
    weights = row.layer.weights(*row.inputs)
    q, k, v = (*row.inputs, *[row.inputs[-1]] * (3 - len(row.inputs)))
    read = {"query": q[0], "key": k[0], "value": v[0], "out": q[0]}
    return row.batch * sum(tokens * size(weights[name]) for name, tokens in read.items())


class Quantity(NamedTuple):
    """A number of a layer that prices are made of, and its meaning in words."""

    meaning: str
    of: Callable[[Priceable], Dim]


# Each quantity by the name that prices have for it.
QUANTITIES: dict[str, Quantity] = {
    "macs": Quantity("multiply-accumulates", lambda row: row.work.macs),
    "masked": Quantity(
        "those of them between positions that a mask hides from each other", lambda row: row.work.masked
    ),
    "additions": Quantity("additions outside them", lambda row: row.work.additions),
    "multiplications": Quantity("multiplications outside them", lambda row: row.work.multiplications),
    "comparisons": Quantity("comparisons", lambda row: row.work.comparisons),
    "divisions": Quantity("divisions", lambda row: row.work.divisions),
    "exponentials": Quantity("exponentials, roots and the like", lambda row: row.work.exponentials),
    "in": Quantity("values of the first input", lambda row: row.batch * size(row.inputs[0])),
    "out": Quantity("values of the output", lambda row: row.batch * size(row.output)),
    "batch": Quantity("samples", lambda row: row.batch),
    "places": Quantity(
        "positions of the output, whatever its channels", lambda row: row.batch * size(place_sizes(row.output))
    ),
    # Layers on sequences take no other order than features last.
    "tokens": Quantity("tokens of a sequence", lambda row: row.batch * size(row.output[:-1])),
    # Trained values that the layer uses, its own or shared.
    "weights": Quantity("trained values but biases", lambda row: _weights(row, biases=False)),
    "biases": Quantity("biases", lambda row: _weights(row, biases=True)),
    "params": Quantity("weights and biases", lambda row: _weights(row, biases=False) + _weights(row, biases=True)),
    "window": Quantity("values under the kernel", lambda row: size(_each(row, row.layer.kernel))),
    "side": Quantity("the kernel as it is written: its side, or its area where it has one for each axis", _side),
    "strides": Quantity("the product of the strides", lambda row: size(_each(row, _stride(row)))),
    "ratio": Quantity("input positions for each output position", _ratio),
    "pairs": Quantity("pairs of an input and an output channel that are joined", _pairs),
    "groups": Quantity("groups of channels", lambda row: row.layer.groups),
    "projections": Quantity("multiply-accumulates of attention's four matrices", _projections),
    "shrunk": Quantity("what a convolution of the same settings would put out", _shrunk),
    "layers": Quantity("layers on each other", lambda row: row.layer.layers),
    "size": Quantity("channels that are normalised together", lambda row: row.layer.size),
}


@cache
def _terms(price: str) -> tuple[tuple[str, int, tuple[str, ...]], ...]:
    """The terms of a price: the text of each, its coefficient, and the names of its quantities."""
    terms = []
    for written in price.replace(" - ", " + -").split(" + "):
        sign, factors = (-1, written[1:]) if written.startswith("-") else (1, written)
        names = factors.split("*")
        if names[0].isdecimal():
            sign *= int(names.pop(0))
        terms.append((written, sign, tuple(names)))
    return tuple(terms)


def _product(number: int, names: tuple[str, ...], row: Priceable) -> Dim:
    product: Dim = number
    for name in names:
        if product == 0:
            break
        product = product * QUANTITIES[name].of(row)
    return product


def value(price: str, row: Priceable) -> Dim:
    """The value of a price for a layer: a sum of products of quantities, such as `2*macs - batch*pairs`."""
    total: Dim = 0
    for _, number, names in _terms(price):
        total = total + _product(number, names, row)
    return total


def nonzero_terms(price: str, row: Priceable) -> str:
    """A price without the terms that are zero for a layer."""
    terms = [written for written, number, names in _terms(price) if _product(number, names, row) != 0]
    return " + ".join(terms).replace("+ -", "- ") or "0"


def used_in(price: str) -> set[str]:
    """The quantities in a price."""
    return {name for _, _, names in _terms(price) for name in names}
