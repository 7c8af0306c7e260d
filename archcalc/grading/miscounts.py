"""Mistakes in counting: each gives another number from the right costs of a layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from archcalc.grading.case import Case
from archcalc.layers.axes import each_axis
from archcalc.profiling.rows import Profile
from archcalc.profiling.slips import BUFFERS_AS_PARAMS
from archcalc.symbols.dims import Shape, size

# The mistake in words, and the number that it gives.
Counted = tuple[str, int]
_FACTORS = (1000, 1024, 10**6, 2**20)


def miscounts(case: Case, column: str) -> Iterator[Counted]:
    """The numbers of a column when something else is counted in it."""
    found = _BY_COLUMN.get(column)
    if found is not None:
        yield from found(case, case.costs)


def scaled(profile: Profile, column: str, value: int) -> Iterator[Counted]:
    """A number too large or too small by a factor that people confuse."""
    if column in {"macs", "flops"}:
        in_flops = column == "flops" and profile.convention.column == "FLOPs"
        yield "doubled once more" if in_flops else "FLOPs for MACs", 2 * value
        if value % 2 == 0:
            yield "MACs for FLOPs" if in_flops else "half the MACs", value // 2
    else:
        yield "bytes for values (4 bytes each)", 4 * value
    for factor in _FACTORS:
        yield f"{factor:,} times too large", factor * value
        if value % factor == 0:
            yield f"{factor:,} times too small", value // factor


def doubled(value: int) -> Iterator[Counted]:
    """A number doubled or halved, for any reason."""
    yield "twice the number", 2 * value
    if value % 2 == 0:
        yield "half the number", value // 2


def swapped_digits(value: int) -> Iterator[Counted]:
    """A number with two neighbouring digits exchanged.

    >>> list(swapped_digits(1792))
    [('two digits exchanged', 7192), ('two digits exchanged', 1972), ('two digits exchanged', 1729)]
    """
    digits = str(value)
    for at, (a, b) in enumerate(pairwise(digits)):
        if a != b:
            yield "two digits exchanged", int(digits[:at] + b + a + digits[at + 2 :])


def _values(shape: Shape) -> int:
    found = size(shape)
    assert isinstance(found, int)  # noqa: S101 - letters were refused with the network
    return found


def _biases(case: Case, costs: Mapping[str, int]) -> Iterator[Counted]:
    """Other numbers of biases."""
    if costs["biases"]:
        yield "a bias counted at every position", costs["biases"] * case.places(case.output)
        yield (
            "a bias counted for each input channel",
            _values(case.inputs[0][case.values : case.values + 1]) if case.inputs else 0,
        )
        yield "the biases counted twice", 2 * costs["biases"]
        yield "one bias for the whole layer", 1
    elif costs["weights"]:
        yield "a bias counted though the layer has none", _filters(case)


def _filters(case: Case) -> int:
    filters = case.layer.filters
    return filters if isinstance(filters, int) else 0


def _params(case: Case, costs: Mapping[str, int]) -> Iterator[Counted]:
    for said, biases in _biases(case, costs):
        yield said, costs["weights"] + biases
    if costs["buffers"]:
        yield BUFFERS_AS_PARAMS, costs["params"] + costs["buffers"]


def _weights(case: Case, costs: Mapping[str, int]) -> Iterator[Counted]:
    if costs["biases"]:
        yield "the biases counted in: params for weights", costs["params"]
    elif costs["weights"]:
        yield "a bias counted though the layer has none", costs["weights"] + _filters(case)


def _buffers(_case: Case, costs: Mapping[str, int]) -> Iterator[Counted]:
    if costs["buffers"]:
        yield "running statistics forgotten", 0
        yield "one of the two running statistics", costs["buffers"] // 2
        yield "trained params counted as running statistics", costs["params"] + costs["buffers"]


def _activations(case: Case, costs: Mapping[str, int]) -> Iterator[Counted]:
    if costs["activations"] == 0:
        said = "counted as stored, though it overwrites its input"
        yield (said if case.row.in_place else "counted as stored, though it is a view"), _values(case.output)
        return
    yield "counted as overwritten in place", 0
    for x in case.inputs:
        yield "the input's values in place of the output's", _values(x)
        yield "input and output both counted", _values(x) + _values(case.output)
    yield "channels forgotten: places alone", case.places(case.output)


def _macs(case: Case, costs: Mapping[str, int], factor: int = 1) -> Iterator[Counted]:
    if not costs["macs"]:
        yield from _others(case)
        return
    weights, biases = _own(case)
    if weights and case.inputs:
        x = case.inputs[0]
        yield "over the places of the input, not of the output", factor * weights * case.places(x)
        yield "over the places of the output, not of the input", factor * weights * case.places(case.output)
        yield "over the values of the input, not its places", factor * weights * _values(x)
        yield "over the values of the output, not its places", factor * weights * _values(case.output)
        yield "the places forgotten: the weights alone", factor * weights
        yield (
            "biases counted as multiply-accumulates",
            costs["macs"] * factor + factor * biases * case.places(case.output),
        )
        yield "params for weights, over the places", factor * (weights + biases) * case.places(case.output)


def _own(case: Case) -> tuple[int, int]:
    """The weights and biases that a layer uses, shared ones too."""
    arrays = {name: _values(shape) for name, shape in case.layer.weights(*case.inputs).items()}
    biases = sum(n for name, n in arrays.items() if "bias" in name)
    return sum(arrays.values()) - biases, biases


def _others(case: Case) -> Iterator[Counted]:
    """The operations of a layer without multiply-accumulates."""
    if case.inputs:
        yield "an operation for each output value", _values(case.output)
        yield "an operation for each input value", _values(case.inputs[0])
    work = case.row.work
    for name in ("additions", "multiplications", "comparisons", "divisions", "exponentials"):
        count = getattr(work, name)
        if isinstance(count, int) and count:
            yield f"its {name} counted", count
    geometry = case.layer.geometry()
    if geometry:
        taps = _values(each_axis(geometry.kernel, case.layer.rank))
        yield "the window's values counted like those of a convolution", taps * _values(case.output)


def _flops(case: Case, costs: Mapping[str, int]) -> Iterator[Counted]:
    if "flops" not in costs:
        return
    factor = 2 if costs["flops"] == 2 * costs["macs"] else 1
    yield from _macs(case, costs, factor)
    if factor == 2:
        _, biases = _own(case)
        yield "an addition counted for each bias", costs["flops"] + biases * case.places(case.output)


_BY_COLUMN: dict[str, Callable[[Case, Mapping[str, int]], Iterator[Counted]]] = {
    "params": _params,
    "weights": _weights,
    "biases": _biases,
    "buffers": _buffers,
    "activations": _activations,
    "macs": _macs,
    "flops": _flops,
}
