"""The layout of the CS231n course notes, row by row, with totals that are the sums of the rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.document.content import Fact, Facts, Head, Notes, Page, Part, Section, Table
from archcalc.formats.summary import bytes_text, published, title
from archcalc.profiling.rows import Profile, Row, Totals
from archcalc.symbols.dims import Dim, Shape, format_dim, size
from archcalc.symbols.evaluate import Form
from archcalc.symbols.shape import axes_of, places_of, values_axis
from archcalc.symbols.units import abbreviated

_NAMES = {"linear": "FC", "maxpool": "POOL", "avgpool": "POOL", "conv": "CONV"}


class Line(msgspec.Struct, frozen=True):
    """A line of the notes: the layer's label, its volume, and the products that give its memory and its weights."""

    label: str
    volume: str
    memory: str
    weights: str


def render(
    profile: Profile,
    columns: Sequence[str] | None = None,  # noqa: ARG001 - one signature
    *,
    fold: bool = False,  # noqa: ARG001 - likewise
    formulas: Form = "plain",  # noqa: ARG001 - likewise
) -> str:
    """The table: a line for the input and each layer that stores or trains values, with size, memory and weights."""
    lines = _lines(profile)
    heads = [f"{line.label}: {line.volume}" for line in lines]
    memories = [f"memory: {line.memory}" for line in lines]
    first, second = max(map(len, heads)), max(map(len, memories))
    return "\n".join(
        [
            title(profile),
            "",
            *(
                f"{head:{first}}  {memory:{second}}  weights: {line.weights}".rstrip()
                for head, memory, line in zip(heads, memories, lines, strict=True)
            ),
            "",
            *(f"TOTAL {label}: {said}" for label, said in _totals(profile.totals).items()),
            *(["", *differing] if (differing := published(profile)) else []),
        ],
    )


def page(profile: Profile) -> Page:
    """The table with a column for each part of a line of the notes, for the other formats."""
    head = tuple(map(Head, ("layer", "volume", "memory", "weights")))
    rows = tuple(msgspec.structs.astuple(line) for line in _lines(profile))
    facts = Facts(tuple(Fact(f"TOTAL {label}", said) for label, said in _totals(profile.totals).items()))
    said = tuple(published(profile))
    parts: tuple[Part, ...] = (Table(head, rows), facts, *([Notes(said)] if said else []))
    return Page(title(profile), sections=(Section("", parts),))


def _lines(profile: Profile) -> list[Line]:
    rows = {row.name: row for row in profile.rows}
    volumes = _volumes(profile)
    return [
        Line(
            _label(row),
            f"[{'x'.join(map(_factor, volumes[row.name]))}]",
            _memory(row, volumes[row.name], profile.batch),
            _weights(row, rows, volumes),
        )
        for row in profile.rows
        if (row.activations != 0 or row.weights != 0) and not row.auxiliary
    ]


def _totals(totals: Totals) -> dict[str, str]:
    """The totals with the sums that give them, by their names in the notes."""
    parts = f"{format_dim(totals.weights)} weights + {format_dim(totals.biases)} biases"
    return {
        "memory": f"{_bytes(totals)} bytes = {bytes_text(totals.activation_bytes)}",
        "params": f"{parts} = {format_dim(totals.params)}",
    }


def _bytes(totals: Totals) -> str:
    """The product or sum that gives the bytes of all values."""
    if totals.tokens == 0:
        return f"{format_dim(totals.activations)} * 4"
    return f"{format_dim(totals.activations - totals.tokens)} * 4 + {format_dim(totals.tokens)} * 8"


def _label(row: Row) -> str:
    """The label of a layer in the notes: CONV3-64, POOL2, FC, or the kind in capitals."""
    kind = re.sub("[123]d$", "", row.kind)
    name = _NAMES.get(kind, kind.upper())
    if name not in {"CONV", "POOL"}:
        return name
    layer: Any = row.layer
    kernel = layer.kernel
    sides = "x".join(map(_factor, kernel if isinstance(kernel, tuple) else (kernel,)))
    return f"CONV{sides}-{_factor(layer.filters)}" if name == "CONV" else f"POOL{sides}"


def _volumes(profile: Profile) -> dict[str, Shape]:
    """The shape of each output with its channels or features last; a vector is one pixel of many channels."""
    found = {}
    for row in profile.rows:
        last = len(row.output) - 1
        values = values_axis(axes_of(row.output))
        at = last if values is None else values
        space = tuple(n for axis, n in enumerate(row.output) if axis != at)
        found[row.name] = (*(space or (1, 1)), row.output[at])
    return found


def _factor(n: Dim) -> str:
    """A size as a factor of a product, in brackets if it needs them."""
    text = str(n) if isinstance(n, int) else format_dim(n)
    return text if re.fullmatch(r"\w+|⌊[^⌊]*⌋", text) else f"({text})"


def _product(factors: Sequence[Dim]) -> str:
    return "*".join(map(_factor, factors))


def _memory(row: Row, volume: Shape, batch: Dim) -> str:
    values = _rounded(row.activations)
    factors = [*([batch] if batch != 1 else []), *(volume if places_of(row.output) else row.output)]
    return f"{_product(factors)}={values}" if len(factors) > 1 and size(tuple(factors)) == row.activations else values


def _weights(row: Row, rows: dict[str, Row], volumes: dict[str, Shape]) -> str:
    """The weights of a layer, with the product that gives them unless all arrays have one axis."""
    total = format_dim(row.weights)
    arrays = [shape for name, shape in row.layer.weights(*row.inputs).items() if "bias" not in name]
    if row.weights != sum(map(size, arrays)) or all(len(shape) == 1 for shape in arrays):
        return total
    if len(arrays) == 1 and row.kind == "linear":
        said = _product([*_before_flatten(row, rows, volumes), row.layer.filters or 1])
    elif len(arrays) == 1 and row.layer.family == "conv":
        [(filters, *seen)] = arrays
        # The notes write the sides of a filter before its channels.
        said = f"({_product([*seen[1:], seen[0]] if len(seen) == len(row.output) else seen)})*{_factor(filters)}"
    else:
        said = " + ".join(f"{n}*({_product(each)})" if n > 1 else _product(each) for each, n in Counter(arrays).items())
    return f"{said} = {total}"


def _before_flatten(row: Row, rows: dict[str, Row], volumes: dict[str, Shape]) -> Shape:
    """The features of a dense layer's input, as the volume before it was flattened."""
    source = rows[row.sources[0]]
    while source.kind in {"dropout", "relu"}:
        source = rows[source.sources[0]]
    layer: Any = row.layer
    features = (row.inputs[0][layer.axis],)
    if source.kind != "flatten" or places_of(source.output):
        return features
    before = volumes[source.sources[0]] if places_of(source.inputs[0]) else ()
    return before if before and (size(before),) == features else features


def _rounded(n: Any) -> str:
    """A number as the notes print it: from 10,000 on two digits, in K or M.

    >>> _rounded(9_999), _rounded(150_528), _rounded(999_500)
    ('9999', '150K', '1M')
    """
    if not isinstance(n, int):
        return format_dim(n)
    return str(n) if n < 10**4 else abbreviated(n, 2)
