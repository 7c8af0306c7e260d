"""A slip planted by plain arithmetic in any layer of any network is found."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archcalc.diagnosis.network import rebuilt
from archcalc.formats.table.csv import render as exact_csv
from archcalc.profiling.engine import profile
from tests.grading.sheets import COLUMNS, cell_of, filled, marked, marks, network
from tests.zoo import ZOO


def sizes(row):
    """The sizes of a convolution or a pool as plain numbers: for each axis input, kernel, stride, padding, dilation."""
    layer = row.layer

    def each(value):
        return list(value) if isinstance(value, tuple) else [value] * 2

    stride = layer.kernel if layer.stride is None else layer.stride
    fields = (layer.kernel, stride, layer.padding, getattr(layer, "dilation", 1))
    return list(zip(row.inputs[0][1:], *map(each, fields), strict=True))


def places(row, change=lambda axis: axis, *, up=False, more=1):
    """⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1 along each axis, or rounded up, of sizes with a mistake in them."""
    found = []
    for n, k, s, p, d in map(change, sizes(row)):
        room = n + p - d * (k - 1) - 1
        found.append((-(-room // s) if up else room // s) + more)
    return found


def doubled(axis):
    n, k, s, p, d = axis
    return n, k, s, 2 * p, d


def planted(row):
    """Slips that can be made in a row, each with its column, what is then written, and words that name it."""
    yield "activations", 4 * row.activations, "bytes for values"
    for at in range(len(str(row.macs)) - 1):
        digits = list(str(row.macs))
        digits[at], digits[at + 1] = digits[at + 1], digits[at]
        if digits[0] != "0":
            yield "macs", int("".join(digits)), "two digits exchanged"
    if row.macs:
        yield from (("macs", 2 * row.macs, "FLOPs for MACs"), ("flops", row.macs, "MACs for FLOPs"))
        yield from (("macs", 1000 * row.macs, "1,000 times"), ("macs", 1024 * row.macs, "1,024 times"))
    if row.macs > row.params:
        yield "params", row.macs, "the macs of this line"
    if row.biases and row.macs:
        yield "params", row.weights, "the bias forgotten"
        yield "weights", row.weights + row.biases, "params for weights"
        yield "params", row.weights + 2 * row.biases, "biases counted twice"
    if row.buffers:
        yield "params", row.params + row.buffers, "running statistics counted as params"
    if row.in_place:
        yield "activations", values(row.output), "overwrites its input"
    if row.kind in {"conv2d", "maxpool2d", "avgpool2d"} and isinstance(simple := row.layer.padding, (int, tuple)):
        whole = all(isinstance(p, int) for p in (simple if isinstance(simple, tuple) else (simple,)))
        yield from windows(row) if whole else ()
    if row.kind == "conv2d" and row.layer.connections is None:
        yield from convolved(row)


def values(shape):
    product = 1
    for n in shape:
        product *= n
    return product


def windows(row):
    channels, up = row.output[0], getattr(row.layer, "ceil_mode", False)

    def size(found):
        return "x".join(map(str, (channels, *found)))

    exact = row.output[1:]
    yield "output", size(n - 1 for n in exact), "+ 1 of the output formula"
    if not up:
        yield "output", size(places(row, doubled, up=True) if row.kind == "conv2d" else exact), "rounded up"
        yield "output", size(places(row, lambda axis: (*axis[:3], 0, axis[4]))), "no padding"
        yield "output", size(places(row)), "padding on one side only"
        yield "output", size(places(row, lambda axis: (*doubled(axis)[:4], 1))), "dilation ignored"
        ones = places(row, lambda axis: (*axis[:2], 1, *doubled(axis)[3:]))
        yield "output", size(ones), "stride ignored"
    else:
        yield "output", size(places(row, doubled)), "rounded down"


def convolved(row):
    (channels, *wide), (out, *tall), groups = row.inputs[0], row.output, row.layer.groups
    kernel = [k for _, k, *_ in sizes(row)]
    taps, seen, biases = kernel[0] * kernel[1], channels // groups, row.biases
    yield "weights", out * channels * taps, "groups ignored"
    if groups > 1 and seen % groups == 0 and out % groups**2 == 0:
        yield "weights", out * seen // groups * taps, "divided by the groups twice"
    if min(kernel) > 1:
        yield "params", out * seen * kernel[0] + biases, "along one axis only"
    yield "params", out * taps + biases, "input channels forgotten"
    yield "macs", out * seen * taps * wide[0] * wide[1], "places of the input"
    if biases:
        yield "params", out * seen * taps + out * tall[0] * tall[1], "at every position"


@given(st.sampled_from(ZOO), st.randoms(use_true_random=False))
def test_a_planted_slip_is_named(name, rng):
    """In any network and any layer a slip that was planted is among those that are named, and nothing else is wrong."""
    result = network(name)
    kinds = sorted({row.kind for row in result.rows})
    kind = rng.choice(kinds)
    row = rng.choice([row for row in result.rows if row.kind == kind])
    exact = {"output": "x".join(map(str, row.output)), "flops": 2 * row.macs}
    slips = [
        (column, wrote, words)
        for column, wrote, words in planted(row)
        if wrote != (exact[column] if column in exact else getattr(row, column))
        # Sizes below 1 are no sizes.
        and not (isinstance(wrote, str) and any(int(n) < 1 for n in wrote.split("x")))
    ]
    assume(slips)
    column, wrote, words = rng.choice(slips)
    found = marked(result, filled(result, {(row.name, column): wrote}))

    assert marks(found) == {(row.name, column): "wrong"}
    assert any(words in slip for slip in cell_of(found, row.name, column).slips)


# Each changes the sizes of a layer, and by that of all that follow.
SETTINGS = {
    "no padding": {"padding": 0},
    "stride ignored": {"stride": 1},
    "rounded down where the layer rounds up": {"ceil_mode": False},
    "rounded up where the layer rounds down": {"ceil_mode": True},
}


@pytest.mark.parametrize(
    "name", ["alexnet", "nin", "overfeat", "zfnet", "squeezenet1_0", "mobilenet_v1", "vgg11", "googlenet"]
)
def test_a_whole_table_of_another_network_is_one_slip(name):
    """The exact table of a network with one setting changed has one wrong cell, named, and the rest is carried on from it."""
    result = network(name)
    tried = 0
    for row in result.rows:
        for slip, fields in SETTINGS.items():
            old = {field: getattr(row.layer, field, value) for field, value in fields.items()}
            if old == fields:
                continue
            layer = msgspec.structs.replace(row.layer, **fields)
            other = rebuilt(result.graph, lambda node, at=row.name, new=layer: new if node.name == at else node.layer)
            if other is None or [node.shape for node in other.nodes] == [row.output for row in result.rows]:
                continue
            found = marked(result, exact_csv(profile(other), COLUMNS[:-1]))
            wrong = [cell for cell in found.cells if cell.verdict == "wrong"]

            tried += 1
            assert [(cell.row, cell.column) for cell in wrong] == [(row.name, "output")]
            assert slip in wrong[0].slips
            assert {cell.carried for cell in found.cells if cell.verdict == "carried on"} == {(row.name,)}
    assert tried
