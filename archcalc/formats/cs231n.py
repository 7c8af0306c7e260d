"""The layout of the CS231n course notes, row for row, with totals that are the sums of the rows."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.dims import Dim, Shape, size, written
from archcalc.formats.summary import bytes_text, published, title
from archcalc.rows import Profile, Row, Totals

_NAMES = {"linear": "FC", "maxpool": "POOL", "avgpool": "POOL", "conv": "CONV", "input": "INPUT"}


def render(profile: Profile, columns: Sequence[str] | None = None, *, fold: bool = False) -> str:  # noqa: ARG001 - one signature
    """A line for the input and for each layer that stores values: its size, its memory and its weights."""
    rows = {row.name: row for row in profile.rows}
    shown = [row for row in profile.rows if row.activations != 0 and not row.auxiliary]
    heads = [f"{_label(row)}: [{_volume(row.output)}]" for row in shown]
    memories = [f"memory: {_memory(row, profile.batch)}" for row in shown]
    weights = [f"weights: {_weights(row, rows)}" for row in shown]
    first, second = max(map(len, heads)), max(map(len, memories))
    totals = profile.totals
    return "\n".join(
        [
            title(profile),
            "",
            *(f"{a:{first}}  {b:{second}}  {c}".rstrip() for a, b, c in zip(heads, memories, weights, strict=True)),
            "",
            f"TOTAL memory: {_bytes(totals)} bytes = {bytes_text(totals.activation_bytes)}",
            f"TOTAL params: {written(totals.weights)} weights + {written(totals.biases)} biases = {written(totals.params)}",
            *(["", *differing] if (differing := published(profile)) else []),
        ],
    )


def _bytes(totals: Totals) -> str:
    """What the bytes of all values are the product or the sum of."""
    if totals.tokens == 0:
        return f"{written(totals.activations)} * 4"
    return f"{written(totals.activations - totals.tokens)} * 4 + {written(totals.tokens)} * 8"


def _label(row: Row) -> str:
    """CONV3-64, POOL2, FC, or the kind in capitals."""
    kind = row.layer.rstrip("123").removesuffix("d").rstrip("123")
    name = _NAMES.get(kind, kind.upper())
    settings = dict(part.split("=", 1) for part in row.settings.split(" ") if "=" in part)
    if name == "CONV":
        return f"CONV{settings['kernel']}-{settings['out']}"
    return f"{name}{settings['kernel']}" if name == "POOL" else name


def _volume(shape: Shape) -> str:
    """Height, width, channels; a vector is written as one pixel of many channels."""
    channels, *space = shape
    return "x".join(map(str, [*(space or [1, 1]), channels]))


def _memory(row: Row, batch: Dim) -> str:
    channels, *space = row.output
    factors = [*([batch] if batch != 1 else []), *space, channels]
    product = _rounded(row.activations)
    return product if len(factors) == 1 else f"{'*'.join(map(str, factors))}={product}"


def _weights(row: Row, rows: dict[str, Row]) -> str:
    if row.weights == 0:
        return "0"
    total = written(row.weights)
    if row.layer == "linear":
        # The notes write a dense layer after a pool as a product of the pool's axes.
        channels, *space = _before_flatten(row, rows)
        return f"{'*'.join(map(str, [*space, channels, row.output[-1]]))} = {total}"
    if row.layer.startswith("conv") and isinstance(row.weights, int) and row.weights % row.output[0] == 0:
        channels = row.inputs[0][0]
        seen = row.weights // row.output[0]
        kernel = dict(part.split("=", 1) for part in row.settings.split(" "))["kernel"]
        sides = kernel.split("×") if "×" in kernel else [kernel] * (len(row.output) - 1)
        if seen == size(tuple(map(int, sides))) * channels:
            return f"({'*'.join([*sides, str(channels)])})*{row.output[0]} = {total}"
    return total


def _before_flatten(row: Row, rows: dict[str, Row]) -> Shape:
    """The shape that a dense layer's input had before it was flattened."""
    source = rows[row.sources[0]]
    while source.layer in {"dropout", "relu"}:
        source = rows[source.sources[0]]
    return source.inputs[0] if source.layer == "flatten" else row.inputs[0]


def _rounded(n: Dim) -> str:
    """A number as the notes print it: from 10,000 on in K or M with two digits."""
    if not isinstance(n, int) or n < 10**4:
        return str(n)
    unit, suffix = (10**6, "M") if n >= 999_500 else (10**3, "K")
    value = float(f"{n / unit:.2g}")
    return f"{value:g}{suffix}"
