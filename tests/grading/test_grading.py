"""`archcalc grade`: slips are planted by plain arithmetic, and every expected number here comes from that or from hand."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import lru_cache

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.cli import main
from archcalc.diagnosis.network import rebuilt
from archcalc.errors import Source, SpecError
from archcalc.formats.grade import FORMATS, render
from archcalc.formats.table.columns import COLUMNS as COLUMNS_OF_TABLES
from archcalc.formats.table.csv import render as exact_csv
from archcalc.grading import grade, read, worksheet
from archcalc.grading.answers import written
from archcalc.grading.sheet import GRADED, PASSED_OVER
from archcalc.language import bundled, load, parse
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.profiling.engine import profile
from tests.layers.strategies import cases

COLUMNS = ("name", "output", "params", "weights", "biases", "buffers", "activations", "macs", "flops", "rf")


@lru_cache(maxsize=8)
def network(name):
    return profile(load(name))


def marked(result, text):
    """The grade of a worksheet's text."""
    return grade(result, read(Source("s.csv", text), [row.name for row in result.rows]))


def filled(result, wrong, columns=COLUMNS, total=None):
    """The exact worksheet of a network with some cells, by layer and column, written otherwise."""
    rows = list(csv.reader(io.StringIO(exact_csv(result, columns))))
    rows[0] = list(columns)
    for row in rows[1:]:
        for at, column in enumerate(columns):
            row[at] = str(wrong.get((row[0], column), row[at]))
    if total:
        rows.append(["total", *(str(total.get(column, "")) for column in columns[1:])])
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def cell_of(found, row, column):
    return next(cell for cell in found.cells if (cell.row, cell.column) == (row, column))


def marks(found):
    """What is not right of a grade."""
    return {(cell.row, cell.column): cell.verdict for cell in found.cells if cell.verdict not in {"right", "rounded"}}


@pytest.mark.parametrize("name", bundled())
@pytest.mark.parametrize("columns", [COLUMNS, None], ids=["graded columns", "default columns"])
def test_the_exact_table_of_every_network_is_all_right(name, columns):
    """What archcalc prints as CSV is a worksheet without a mistake."""
    result = network(name)
    found = marked(result, exact_csv(result, columns))

    assert found.cells
    assert {cell.verdict for cell in found.cells} == {"right"}
    assert not found.missing


@pytest.mark.parametrize("convention", ["flops", "textbook", "ptflops", "torchinfo", "fvcore"])
def test_the_heading_of_a_column_names_its_convention(convention, tmp_path):
    """The table by any convention is graded by that convention without being told."""
    file = tmp_path / "s.csv"
    file.write_text(run("table", "vgg11", "--convention", convention, "--format", "csv"))
    counts = json.loads(run("grade", "vgg11", str(file), "--format", "json"))["counts"]

    assert counts["right"] == sum(counts.values()) > 0


# By hand: alexnet has conv1 of 96 11×11 at stride 4 on 3×227×227, conv2 of 256 5×5 with padding 2 in 2 groups on 96×27×27,
# pool1 3×3 at stride 2 on 96×55×55; googlenet's pool1 is 3×3 at stride 2 rounded up on 64×112×112.
BY_HAND = [
    ("alexnet", "conv2", "output", "256x23x23", "no padding"),
    ("alexnet", "conv2", "output", "256x25x25", "padding on one side only"),
    ("alexnet", "conv1", "output", "96x54x54", "the + 1 of the output formula forgotten"),
    ("alexnet", "conv1", "output", "54x54x96", "the + 1 of the output formula forgotten"),
    ("alexnet", "conv1", "output", "96x217x217", "stride ignored"),
    ("alexnet", "conv1", "output", "3x55x55", "the input's channels kept"),
    ("alexnet", "conv1", "output", "55x55", "the channels left out"),
    ("alexnet", "pool1", "output", "96x18x18", "divided by the kernel, not by the stride"),
    ("googlenet", "pool1", "output", "64x55x55", "rounded down where the layer rounds up"),
    ("alexnet", "conv2", "output", "265x27x27", "two digits exchanged"),
    ("alexnet", "conv2", "output", "256x72x72", "two digits exchanged"),
    ("alexnet", "conv1", "params", 11 * 11 * 3 * 96, "the bias forgotten"),
    ("alexnet", "conv1", "params", 11 * 11 * 3 * 96 + 96 + 96, "the biases counted twice"),
    ("alexnet", "conv1", "params", 11 * 11 * 3 * 96 + 96 * 55 * 55, "a bias counted at every position"),
    ("alexnet", "conv1", "params", 11 * 3 * 96 + 96, "kernel counted along one axis only"),
    ("alexnet", "conv1", "params", 11 * 11 * 96 + 96, "input channels forgotten"),
    ("alexnet", "conv1", "weights", 11 * 11 * 3 * 96 + 96, "the biases counted in: params for weights"),
    ("alexnet", "conv2", "weights", 5 * 5 * 96 * 256, "groups ignored"),
    ("alexnet", "conv2", "weights", 5 * 5 * 24 * 256, "divided by the groups twice"),
    ("alexnet", "fc6", "params", "37,752,823", "two digits exchanged"),
    ("alexnet", "conv1", "macs", 11 * 11 * 3 * 96 * 227 * 227, "over the places of the input, not of the output"),
    ("alexnet", "conv1", "macs", 2 * 11 * 11 * 3 * 96 * 55 * 55, "FLOPs for MACs"),
    ("alexnet", "conv1", "flops", 11 * 11 * 3 * 96 * 55 * 55, "MACs for FLOPs"),
    ("alexnet", "conv1", "macs", 11 * 11 * 3 * 96 * 55 * 55 * 1000, "1,000 times too large"),
    ("alexnet", "conv1", "macs", 11 * 11 * 3 * 96 * 55 * 55 * 1024, "1,024 times too large"),
    ("alexnet", "conv1", "activations", 96 * 55 * 55 * 4, "bytes for values (4 bytes each)"),
    ("alexnet", "relu1", "activations", 96 * 55 * 55, "counted as stored, though it overwrites its input"),
    ("alexnet", "flatten", "activations", 256 * 6 * 6, "counted as stored, though it is a view"),
    ("alexnet", "conv1", "activations", 3 * 227 * 227, "the input's values in place of the output's"),
    ("alexnet", "norm1", "activations", 96 * 27 * 27, "the activations of pool1, the line below"),
    ("alexnet", "conv1", "weights", 96, "the biases of this line"),
    ("alexnet", "conv2", "rf", 19 + 5 * 8, "kernel in place of kernel − 1"),
    ("alexnet", "conv2", "rf", 19 + 4, "the jump forgotten: kernel − 1 added once"),
    ("resnet18", "conv1/batchnorm2d", "params", 4 * 64, "running statistics counted as params"),
    ("resnet18", "conv1/batchnorm2d", "buffers", 64, "one of the two running statistics"),
    ("alexnet", "conv1", "output", "blue", "not a shape"),
    ("alexnet", "conv1", "macs", "=1+1", "not a number"),
    ("alexnet", "conv1", "macs", -5, "not a number"),
    # Two slips together, where no single one gives it.
    (
        *("alexnet", "conv1", "macs", 2 * 11 * 11 * 3 * 96 * 227 * 227),
        "over the places of the input, not of the output, and FLOPs for MACs",
    ),
    ("alexnet", "conv2", "weights", 5 * 96 * 256, "kernel counted along one axis only, and groups ignored"),
]


@pytest.mark.parametrize(("name", "row", "column", "wrote", "slip"), BY_HAND)
def test_a_slip_is_named(name, row, column, wrote, slip):
    """One wrong cell, worked out by hand with a mistake, is wrong for that mistake, and every other cell is right."""
    found = marked(network(name), filled(network(name), {(row, column): wrote}))

    assert marks(found) == {(row, column): "wrong"}
    assert slip in cell_of(found, row, column).slips


def test_dilation_ignored():
    """A 3×3 with dilation 2 covers 5 places: 28 of 32, which are 30 without it; a field of 5 is 3."""
    text = "input: {channels: 3, height: 32, width: 32}\nlayers: [conv2d: {name: a, out: 4, kernel: 3, dilation: 2}]"
    found = marked(profile(parse(Source("a.yaml", text))), "name,output,rf\na,4x30x30,3\n")

    assert "dilation ignored" in cell_of(found, "a", "output").slips
    assert "dilation ignored" in cell_of(found, "a", "rf").slips


def test_what_no_slip_gives_is_left_unexplained():
    """A number that comes from nowhere gets no guess."""
    found = marked(network("alexnet"), filled(network("alexnet"), {("conv1", "macs"): 123_456_791}))

    assert cell_of(found, "conv1", "macs").slips == ()
    assert "no slip found" in render(found)


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


@given(st.sampled_from(bundled()), st.randoms(use_true_random=False))
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


@pytest.mark.parametrize("kind", [kind for kind in Layer.kinds if kind != "input"])
@settings(max_examples=settings().max_examples // 2)
@given(st.data())
def test_every_kind_of_layer(kind, data):
    """Any settings and inputs: the exact numbers are right, and any others are marked and never right."""
    layer, shapes = data.draw(cases(kind, flaws=False))
    builder = Builder()
    places = [builder.add(f"input{at}", Input(shape)) for at, shape in enumerate(shapes)]
    try:
        builder.add("layer", layer, *places)
    except SpecError:
        return
    result = profile(builder.graph(), convention_name=data.draw(st.sampled_from(["macs", "textbook", "ptflops"])))
    row = result.rows[-1]
    other = tuple(data.draw(st.integers(1, 12)) for _ in row.output)
    numbers = [data.draw(st.integers(0, 2000)) for _ in COLUMNS[2:-1]]
    found = marked(
        result, f"{','.join(COLUMNS[:-1])}\nlayer,{'x'.join(map(str, other))},{','.join(map(str, numbers))}\n"
    )
    verdicts = {cell.column: cell.verdict for cell in found.cells}
    exact = {column: getattr(row, column, None) for column in COLUMNS[2:-1]} | {"flops": result.shown(row)}
    wrote = {column: n for column, n in zip(COLUMNS[2:-1], numbers, strict=True) if exact[column] is not None}
    last = (*row.output[1:], *row.output[:1])

    assert {cell.verdict for cell in marked(result, exact_csv(result, COLUMNS[:-1])).cells} == {"right"}
    assert {cell.row for cell in found.cells} == {"layer"}
    assert list(verdicts) == ["output", *wrote]
    for column, n in wrote.items():
        assert (verdicts[column] == "right") is (n == exact[column])
    assert "rounded" not in verdicts.values()
    [output] = [cell for cell in found.cells if cell.column == "output"]
    if other == row.output:
        assert (output.verdict, output.remark) == ("right" if other else "unanswered", "")
    elif output.verdict == "right":
        assert (other, output.remark) == (last, "channels last")
        assert len(other) > 2 or layer.rank == 1
    else:
        assert output.verdict == "wrong"
        assert other != last or len(other) < 3


def test_a_mark_against_formulas_is_no_part_of_a_cell():
    """A page that saves what was typed puts an apostrophe before what a spreadsheet would run."""
    found = marked(network("alexnet"), "name,params,macs\n'conv1,'=1+1,'-\n")
    params = cell_of(found, "conv1", "params")

    assert (params.wrote, params.slips) == ("=1+1", ("not a number",))
    assert cell_of(found, "conv1", "macs").verdict == "unanswered"


def test_one_habit_explains_more_than_each_cell_by_itself():
    """conv2's MACs are doubled by leaving its 2 groups out or by counting FLOPs; with conv1's doubled too it is FLOPs."""
    conv1, conv2 = 2 * 11 * 11 * 3 * 96 * 55 * 55, 2 * 5 * 5 * 48 * 256 * 27 * 27
    alone = cell_of(marked(network("alexnet"), f"name,macs\nconv2,{conv2}\n"), "conv2", "macs")
    both = marked(network("alexnet"), f"name,macs\nconv1,{conv1}\nconv2,{conv2}\n")

    assert alone.slips == ("groups ignored", "FLOPs for MACs")
    assert cell_of(both, "conv2", "macs").slips == ("FLOPs for MACs", "groups ignored")
    assert both.habits == (("FLOPs for MACs", 2),)
    assert "More than once: FLOPs for MACs (2 cells)." in render(both)


def test_a_wrong_size_is_carried_on():
    """54×54 after conv1: pool1 makes 26 of it, pool2 12, pool5 5, and fc6 has 6,400 inputs; all of that is one slip."""
    side = {"conv1": 54, "relu1": 54, "norm1": 54, "pool1": 26, "conv2": 26, "relu2": 26, "norm2": 26, "pool2": 12}
    side |= dict.fromkeys(("conv3", "relu3", "conv4", "relu4", "conv5", "relu5"), 12) | {"pool5": 5}
    channels = {row.name: row.output[0] for row in network("alexnet").rows}
    wrong = {(name, "output"): f"{channels[name]}x{n}x{n}" for name, n in side.items()}
    wrong |= {("flatten", "output"): 6400, ("fc6", "weights"): 6400 * 4096, ("fc6", "params"): 6400 * 4096 + 4096}
    wrong |= {("fc6", "macs"): 6400 * 4096, ("conv2", "macs"): 5 * 5 * 48 * 256 * 26 * 26}
    wrong |= {("pool5", "activations"): 256 * 5 * 5, ("conv2", "flops"): 2 * 5 * 5 * 48 * 256 * 26 * 26}
    found = marked(network("alexnet"), filled(network("alexnet"), wrong))
    verdicts = marks(found)

    assert verdicts.pop(("conv1", "output")) == "wrong"
    assert set(verdicts) == set(wrong) - {("conv1", "output")}
    assert set(verdicts.values()) == {"carried on"}
    assert {cell.carried for cell in found.cells if cell.verdict == "carried on"} == {("conv1",)}


def test_wrong_channels_are_carried_on():
    """46 filters in place of 64 have 46·27 weights, and the next layer 64·9·46."""
    places = 224 * 224
    lines = [
        "name,output,weights,biases,params,macs,activations",
        f"conv1_1,46x224x224,{46 * 27},46,{46 * 27 + 46},{46 * 27 * places},{46 * places}",
        f"conv1_2,64x224x224,{64 * 9 * 46},64,{64 * 9 * 46 + 64},{64 * 9 * 46 * places},{64 * places}",
    ]
    verdicts = marks(marked(network("vgg16"), "\n".join(lines)))

    assert verdicts.pop(("conv1_1", "output")) == "wrong"
    assert set(verdicts.values()) == {"carried on"}
    assert len(verdicts) == 8


@pytest.mark.parametrize(
    ("wrote", "verdict", "remark"),
    [
        ("60,965,224", "right", ""),
        ("61.0M", "rounded", ""),
        ("61M", "rounded", ""),
        ("60M", "rounded", "cut off, not rounded"),
        ("6E+07", "rounded", ""),
        ("243.9MB", "rounded", "bytes in single precision"),
        # No digit of the exact number is left in these.
        ("100M", "wrong", ""),
        ("0G", "wrong", ""),
        ("0.1G", "wrong", ""),
        ("62M", "wrong", ""),
    ],
)
def test_a_rounded_number_keeps_a_digit(wrote, verdict, remark):
    """AlexNet's 60,965,224 params as people write them."""
    found = cell_of(marked(network("alexnet"), f"name;params\ntotal;{wrote}"), "total", "params")

    assert (found.verdict, found.remark) == (verdict, remark)


def test_what_is_left_open_is_carried_through():
    """With relu1 to pool1 left blank, conv2 is still worked out from the wrong size of conv1."""
    text = "name,output,macs\nconv1,54x54x96,\nrelu1,,\npool1,-,\nconv2,26x26x256,207667200\n"
    found = marked(network("alexnet"), text)

    assert 5 * 5 * 48 * 256 * 26 * 26 == 207_667_200
    assert cell_of(found, "conv2", "output").verdict == cell_of(found, "conv2", "macs").verdict == "carried on"
    assert cell_of(found, "relu1", "output").verdict == "unanswered"


def test_a_new_slip_on_a_wrong_size_is_told_from_what_is_carried_on():
    """From 26×26 without padding conv2 has 22×22: a slip of its own on what conv1 made wrong."""
    text = "name,output\nconv1,96x54x54\npool1,96x26x26\nconv2,256x22x22\nrelu2,256x22x22\n"
    found = marked(network("alexnet"), text)
    conv2, relu2 = cell_of(found, "conv2", "output"), cell_of(found, "relu2", "output")

    assert (conv2.verdict, conv2.carried) == ("wrong", ("conv1",))
    assert "no padding" in conv2.slips
    assert (relu2.verdict, relu2.carried) == ("carried on", ("conv2",))


def test_cells_that_follow_from_a_wrong_cell_of_their_line():
    """Weights without groups are one mistake: params, MACs and FLOPs that follow from them are right from there."""
    weights = 5 * 5 * 96 * 256
    text = f"name,params,weights,biases,macs,flops\nconv2,{weights + 256},{weights},256,{weights * 729},{2 * weights * 729}\n"
    found = marked(network("alexnet"), text)

    assert marks(found) == {
        ("conv2", "weights"): "wrong",
        **{("conv2", column): "carried on" for column in ("params", "macs", "flops")},
    }
    assert cell_of(found, "conv2", "macs").carried == ("the weights of conv2",)


def test_a_wrong_receptive_field_grows_rightly():
    """pool1 adds 2·4 and conv2 4·8 to whatever was had before."""
    text = "name,rf\nconv1,12\nrelu1,12\nnorm1,12\npool1,20\nconv2,52\npool2,52\n"
    verdicts = marks(marked(network("alexnet"), text))

    assert verdicts.pop(("conv1", "rf")) == verdicts.pop(("pool2", "rf")) == "wrong"
    assert set(verdicts.values()) == {"carried on"}


@pytest.mark.parametrize(
    ("wrote", "verdict", "words"),
    [
        ("62,378,344", "right", ""),
        ("62.4M", "rounded", ""),
        # Sums of the column: 34,944 more in conv1, and from there on.
        ("62,378,345", "wrong", None),
        ("62,343,400", "wrong", "conv1 left out"),
        ("62,413,288", "wrong", "conv1 counted twice"),
        ("62,367,776", "wrong", "the weights without the biases"),
        ("249,513,376", "wrong", "bytes for values (4 bytes each)"),
    ],
)
def test_totals(wrote, verdict, words):
    """The total of alexnet-224, 62,378,344 params of which 10,568 are biases and 34,944 those of conv1, and slips in it."""
    result = network("alexnet-224")
    found = cell_of(marked(result, f'name,params\ntotal,"{wrote}"\n'), "total", "params")

    assert found.verdict == verdict
    assert not words or words in found.slips
    assert words is not None or found.slips == ()


def test_a_total_adds_up_wrong_cells():
    """A column with 1,000 too many in conv1 and its sum is one mistake."""
    result = network("alexnet-224")
    wrong = {("conv1", "params"): 34_944 + 1000}
    found = marked(result, filled(result, wrong, ("name", "params"), {"params": 62_378_344 + 1000}))
    total = cell_of(found, "total", "params")

    assert (total.verdict, total.carried) == ("carried on", ("conv1",))


def test_a_total_with_the_auxiliary_heads():
    """GoogLeNet's heads are 1·1·512·128 + 128 (and 528), 2048·1024 + 1024 and 1024·1000 + 1000 params each."""
    heads = sum(channels * 128 + 128 + 2048 * 1024 + 1024 + 1024 * 1000 + 1000 for channels in (512, 528))
    result = network("googlenet")
    found = cell_of(marked(result, f"name,params\ntotal,{6_998_552 + heads}\n"), "total", "params")

    assert found.slips == ("with the auxiliary heads",)


# Three blocks of a linear layer of 8·8 + 8 = 72 params and a relu before one of 8·5 + 5 = 45: 261 in all.
BLOCKS = """\
input: {features: 8}
blocks: {b: [linear: {name: fc, out: 8}, relu: {name: act}]}
layers: [b: {name: b, repeat: 3}, linear: {name: last, out: 5}]
"""
BLOCK = "b_1/fc"


def folded(*lines):
    return marked(profile(parse(Source("a.yaml", BLOCKS))), "\n".join(["name,times,params", *lines]))


@pytest.mark.parametrize("times", ["× 3", "3", "x3", "×3", "* 3"])
def test_a_folded_line_is_added_up_as_often_as_it_stands(times):
    """3 · 72 + 45, however the 3 is written."""
    found = folded("input,,0", f"{BLOCK},{times},72", f"b_1/act,{times},0", "last,,45", "total,,261")

    assert marks(found) == {}
    assert len(found.cells) == 5
    assert found.missing == ()


@pytest.mark.parametrize(
    ("cell", "total", "verdict", "slip"),
    [
        (72, 72 + 45, "wrong", "each line counted once, whatever its times"),
        (72, 45, "wrong", f"{BLOCK} left out"),
        (72, 261 - 45, "wrong", "last left out"),
        (64, 3 * 64 + 45, "carried on", None),
        (64, 64 + 45, "wrong", "each line counted once, whatever its times"),
    ],
)
def test_totals_of_a_folded_sheet(cell, total, verdict, slip):
    """What a student adds up is 3 times the block's line, and what they had there is carried on 3 times."""
    found = cell_of(folded(f"{BLOCK},3,{cell}", "b_1/act,3,0", "last,,45", f"total,,{total}"), "total", "params")

    assert found.verdict == verdict
    assert slip in found.slips if slip else not found.slips
    assert found.carried == ((BLOCK,) if cell == 64 else ())


def test_one_line_of_several_that_is_counted_once():
    """The blocks of another kind are added up as they should be: 2 · 72 of them, 72 of the first, and 45."""
    text = BLOCKS.replace("{b: [", "{c: [linear: {name: fc, out: 8}], b: [").replace(
        "layers: [", "layers: [c: {name: a, repeat: 2}, "
    )
    lines = ["name,times,params", "a_1/fc,2,72", "b_1/fc,3,72", "last,,45", f"total,,{2 * 72 + 72 + 45}"]
    found = marked(profile(parse(Source("a.yaml", text))), "\n".join(lines))

    assert "b_1/fc counted once" in cell_of(found, "total", "params").slips


def test_layers_without_a_line_in_a_folded_sheet():
    """A line for one block alone leaves the two others without, and is one block in the sum."""
    found = folded(f"{BLOCK},,72", "b_1/act,3,0", "last,,45", "total,,117")

    assert found.missing == ("input", "b_2/fc", "b_3/fc")


BAD_TIMES = {
    f"{BLOCK},2,72": ("a line that stands for 2 layers", "the network has 3 of it in a row"),
    "last,2,45": ("a line that stands for 2 layers", "the network has one of it"),
    "b_2/fc,2,72": ("a line that stands for 2 layers", "the network has one of it"),
    f"{BLOCK},many,72": ("a line stands for a whole number of layers", "such as × 3"),
    f"{BLOCK},0,72": ("a line stands for a whole number of layers", "such as × 3"),
    f"{BLOCK},3,72\nb_3/fc,,72": ("line 2 stands for this layer too", "it is for 3 layers"),
}


@pytest.mark.parametrize("lines", BAD_TIMES)
def test_times_are_those_of_the_network(lines):
    """A line cannot stand for layers that the network has not."""
    with pytest.raises(SpecError) as caught:
        folded(lines)

    assert (caught.value.fact, *caught.value.notes) == BAD_TIMES[lines]
    assert caught.value.place is not None


@pytest.mark.parametrize(
    ("text", "column", "numbers"),
    [
        *((text, "params", (1792,)) for text in ("1792", "1,792", "1 792", "1_792", "1'792", "1792.0", " 1792 ")),
        ("1.792", "params", (1.792, 1792)),
        ("1.79K", "params", (1790,)),
        ("١٢", "params", (12,)),
        ("1,79K", "params", (1790,)),
        ("138M", "params", (138_000_000,)),
        ("1.05E+08", "macs", (105_000_000,)),
        ("1,5e3", "macs", (1500,)),
        ("1.55E+10", "macs", (15_500_000_000,)),
        *((text, "params", (224,)) for text in (".224K", ",224K", "0.224K")),
        *((text, "params", ()) for text in (".", ".5.5", "x", "1e99", "12%", ">5", "1/2")),
    ],
)
def test_numbers_as_they_are_typed(text, column, numbers):
    """Each is read as the number that a person means by it, or as none."""
    assert tuple(float(number.value) for number in written(text, column).numbers) == numbers


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        *((text, ((64, 224, 200),)) for text in ("64x224x200", "64×224×200", "64 × 224 × 200", "64*224*200")),
        *((text, ((64, 224, 200),)) for text in ("(64, 224, 200)", "[64,224,200]", "(64; 224; 200)")),
        ("(1000,)", ((1000,),)),
        ("1000", ((1000,),)),
        ("9,216", ((9216,),)),
        ("64x", ()),
        ("-1x3", ()),
    ],
)
def test_shapes_as_they_are_typed(text, shapes):
    """Each is read as the shapes that a person may mean by it."""
    assert written(text, "output").shapes == shapes


@pytest.mark.parametrize(
    ("row", "column", "wrote"),
    [
        # 0.05G and 0.15G would be 50M and 150M, 60,965,224 lies between; 34,944 lies between 0 and 0.1M.
        ("total", "params", "0.1G"),
        ("total", "params", "0G"),
        ("conv1", "params", "0.1M"),
        ("conv1", "params", "1M"),
    ],
)
def test_no_slip_is_sought_where_no_digit_is_left(row, column, wrote):
    """What nearly any number is rounded to says nothing of a slip."""
    found = cell_of(marked(network("alexnet"), f"name,{column}\n{row},{wrote}\n"), row, column)

    assert (found.verdict, found.slips) == ("wrong", ("rounded until no digit is left",))


@pytest.mark.parametrize(("row", "wrote"), [("total", "0.2G"), ("conv1", "0.2M"), ("conv1", "36K"), ("conv1", "34943")])
def test_what_has_a_digit_or_another_size_is_searched(row, wrote):
    """60,965,224 is no 0.2G however it is rounded, nor is 34,944 any of the others."""
    found = cell_of(marked(network("alexnet"), f"name,params\n{row},{wrote}\n"), row, "params")

    assert found.verdict == "wrong"
    assert "rounded until no digit is left" not in found.slips


@pytest.mark.parametrize(
    ("features", "wrote", "verdict"),
    [
        ("24", "1,024", "wrong"),
        ("224", "1,224", "wrong"),
        ("224", "1,001,224", "wrong"),
        ("1224", "1,224", "right"),
        ("1001224", "1,001,224", "right"),
        ("24", "1, 24", "right"),
        ("224", "(1,224)", "right"),
        # Tokens and features.
        ("9x216", "9,216", "right"),
        ("9x16", "9,016", "wrong"),
        ("216x216", "1,216,216", "wrong"),
        ("216x216", "(1,216,216)", "right"),
    ],
)
def test_a_number_with_commas_is_a_list_only_where_a_shape_has_as_many_sizes(features, wrote, verdict):
    """1,024 is no batch of one with 24 features; with a space or in brackets it is a list of sizes."""
    sizes = ["{features: N}", "{tokens: T, features: N}"]["x" in features]
    for letter, size in zip("NT", reversed(features.split("x")), strict=False):
        sizes = sizes.replace(letter, size)
    result = profile(parse(Source("a.yaml", f"input: {sizes}\nlayers: [identity: {{name: a}}]")))

    assert cell_of(marked(result, f'name,output\na,"{wrote}"\n'), "a", "output").verdict == verdict


SEQUENCE = """\
input: {channels: 3, length: 100}
layers:
  - conv1d: {name: a, out: 8, kernel: 3}
  - relu: {name: b}
  - maxpool1d: {name: c, kernel: 2}
  - permute: {name: d, order: [1, 0]}
  - linear: {name: e, out: 5}
  - gelu: {name: f}
"""


def test_channels_last_in_one_dimension():
    """8 channels of 98 or 49 values may be written 49x8; 49 tokens of 8 or 5 features are no 8x49."""
    text = "name,output\ninput,100x3\na,98x8\nb,1x98x8\nc,49x8\nd,8x49\ne,5x49\nf,5x49\n"
    found = marked(profile(parse(Source("a.yaml", SEQUENCE))), text)
    remarks = {cell.row: cell.remark for cell in found.cells if cell.verdict == "right"}

    last = "channels last"
    assert remarks == {"input": last, "a": last, "b": f"with the batch, {last}", "c": last}
    assert marks(found)["d", "output"] == "wrong"


def test_a_slip_is_found_with_the_channels_last_in_one_dimension():
    """(100 − 3) is 97 where the + 1 is left out, of which the pool makes 48: that is carried on."""
    text = "name,output\na,97x8\nb,97x8\nc,48x8\n"
    found = marked(profile(parse(Source("a.yaml", SEQUENCE))), text)

    assert "the + 1 of the output formula forgotten" in cell_of(found, "a", "output").slips
    assert cell_of(found, "b", "output").verdict == cell_of(found, "c", "output").verdict == "carried on"


@pytest.mark.parametrize(
    ("wrote", "remark"),
    [
        ("55x55x96", "channels last"),
        ("1x96x55x55", "with the batch"),
        ("1x55x55x96", "with the batch, channels last"),
        ("96x55x55", ""),
    ],
)
def test_shapes_in_other_orders_are_right(wrote, remark):
    """Channels last or with the batch is as right as channels first, and is remarked on."""
    found = cell_of(marked(network("alexnet"), f"name,output\nconv1,{wrote}\n"), "conv1", "output")

    assert (found.verdict, found.remark) == ("right", remark)


def test_remarks_are_counted_and_not_listed():
    """Right cells are not in the table; how they were written is said once."""
    text = render(marked(network("alexnet"), "name,output,params\nconv1,55x55x96,34K\nconv2,27x27x256,307456\n"))

    assert text.splitlines()[0] == "s.csv on alexnet: 4 of 4 cells right"
    assert (
        text.splitlines()[2]
        == "Right though otherwise written: channels last (2 cells); cut off, not rounded (1 cell)."
    )


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends(separator, end):
    """Commas, semicolons or tabs, with the line ends of any system, empty lines and empty cells at the end."""
    lines = ["Name|Params|MACs||", "conv1|34944|105415200||", "||||", "fc8|4097000|4096000||", ""]
    found = marked(network("alexnet"), end.join(lines).replace("|", separator))

    assert [(cell.row, cell.verdict) for cell in found.cells] == [
        (name, "right") for name in ("conv1", "fc8") for _ in "ab"
    ]


def test_a_byte_order_mark_is_no_part_of_the_heading(tmp_path):
    """Spreadsheets begin UTF-8 with one."""
    file = tmp_path / "s.csv"
    file.write_bytes("name;params\nconv1;34\u202f944\n".encode("utf-8-sig"))

    assert "1 of 1 cell right" in run("grade", "alexnet", str(file))


BAD = {
    "": "s.csv: the worksheet is empty\n  = its first line is such as name,output",
    "layer,params\n": (
        "s.csv:1:1: no column 'name', which says the layer of each line\n"
        "  1 | layer,params\n"
        "    | ^^^^^\n"
        "    = such as name,output,params"
    ),
    "name,parms\n": ("s.csv:1:6: no column 'parms'\n  1 | name,parms\n    |      ^^^^^\n    = did you mean 'params'?"),
    "name,macs,macs\n": "s.csv:1:11: a second column 'macs'\n  1 | name,macs,macs\n    |           ^^^^",
    "name,flops (mac)\n": (
        "s.csv:1:6: no convention 'mac'\n  1 | name,flops (mac)\n    |      ^^^^^^^^^^^\n    = did you mean 'macs'?"
    ),
    "name,params\nconv1,1\ncnv2,2\n": (
        "s.csv:3:1: no layer named 'cnv2'\n  3 | cnv2,2\n    | ^^^^\n    = did you mean 'conv2'?"
    ),
    "name,params\n,2\n": (
        "s.csv:2:1: a line without the name of its layer\n  2 | ,2\n    | ^\n    = archcalc table names all"
    ),
    "name,params\nconv1,1\n\nconv1,2\n": (
        "s.csv:4:1: a second line for 'conv1'\n  4 | conv1,2\n    | ^^^^^\n    = the first is line 2"
    ),
    "name,params\nconv1,34,944\n": (
        "s.csv:2:1: 3 cells under 2 columns\n"
        "  2 | conv1,34,944\n"
        "    | ^^^^^^^^^^^^\n"
        '    = a number with a comma in it stands in quotation marks: "1,792"'
    ),
    "name,params\nconv1\n": (
        "s.csv:2:1: 1 cell under 2 columns\n"
        "  2 | conv1\n"
        "    | ^^^^^\n"
        '    = a number with a comma in it stands in quotation marks: "1,792"'
    ),
    'name,params\nconv1,"34\n944"\n': (
        "s.csv:2:7: a quotation mark is out of place\n"
        '  2 | conv1,"34\n'
        "    |       ^^^\n"
        '    = a cell is 1,792 or "1,792"'
    ),
    "name,params\nconv1,3\x004\n": (
        "s.csv:2:8: character U+0000 cannot be printed\n"
        "  2 | conv1,3 4\n"
        "    |        ^\n"
        "    = export it again as CSV UTF-8"
    ),
    "name,params\nconv1,\x1b[2J\n": (
        "s.csv:2:7: character U+001B cannot be printed\n"
        "  2 | conv1, [2J\n"
        "    |       ^\n"
        "    = export it again as CSV UTF-8"
    ),
    f"name,params\nconv1,{'9' * 16}\n": (
        "s.csv:2:7: a number of 16 digits\n  2 | conv1,9999999999999999\n    |       ^^^^^^^^^^^^^^^^"
    ),
    f"name,params\nconv1,{'9' * 61}\n": (
        "s.csv:2:7: a cell of 61 characters\n"
        f"  2 | conv1,{'9' * 61}\n"
        f"    |       {'^' * 61}\n"
        "    = a cell has at most 60"
    ),
}


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_a_bad_worksheet_gets_a_whole_message(text):
    """What cannot be read is said with the line, the column and what would mend it."""
    with pytest.raises(SpecError) as caught:
        marked(network("alexnet"), text)

    assert str(caught.value) == BAD[text]


def test_files_that_are_no_worksheets(tmp_path):
    """A file that is not there, a folder, another encoding and a file of 4 MB each get one message."""
    for name, raw, message in (
        ("a.csv", "name,params\nconv1,é\n".encode("latin-1"), "a.csv:2:7: byte 0xe9 is not UTF-8"),
        ("b.csv", "name\n".encode("utf-16"), "b.csv:1:1: byte 0xff is not UTF-8"),
        ("c.csv", b"name\n" * 800_001, "c.csv: the file holds more than 4,000,000 bytes"),
    ):
        file = tmp_path / name
        file.write_bytes(raw)
        with pytest.raises(SpecError) as caught:
            worksheet(str(file))
        assert str(caught.value).startswith(f"{tmp_path}/{message}\n")
    with pytest.raises(SpecError, match="no such file or directory"):
        worksheet(str(tmp_path / "d.csv"))
    with pytest.raises(SpecError, match="is a directory"):
        worksheet(str(tmp_path))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_worksheet_or_a_short_message(raw):
    """Nothing that a file holds makes the command fail otherwise."""
    done = CliRunner().invoke(main, ["grade", "alexnet", "-"], input=b"name,output,params,rf\nconv1," + raw)

    assert done.exit_code in {0, 1}
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert len(done.output) < 5_000


def test_a_file_may_be_named_anything():
    """What a terminal would obey in the name of a file is not printed."""
    result = network("alexnet")
    found = grade(result, read(Source("\x1b[2J|<b>.csv", "name,macs\nconv1,1\n"), [row.name for row in result.rows]))

    assert render(found).startswith("\\x1b[2J|<b>.csv on alexnet: 0 of 1 cell right, 1 wrong")
    assert render(found, "markdown").startswith("# \\\\x1b\\[2J\\|&lt;b&gt;.csv on alexnet")


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_name_that_is_no_text_is_cleaned_in_every_format(form):
    """A byte that is not UTF-8 comes as half of a pair, which cannot be written."""
    result = network("alexnet")
    found = grade(result, read(Source("y\udcff\x1b.csv", "name,macs\nconv1,1\n"), [row.name for row in result.rows]))
    text = render(found, form)

    # LaTeX, markdown and JSON have ways of their own to write a \.
    assert "yudcffx1b.csv" in re.sub(r"\\textbackslash\{\}|\\", "", text)
    assert not {"\x1b", "\udcff"} & {*text}
    assert text.encode()


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
@pytest.mark.parametrize("hostile", ["=HYPERLINK(1)", "<script>alert(1)</script>", "|x| *y* [z](w)", "{{7*7}}", "%s%n"])
def test_hostile_cells_are_harmless(form, hostile):
    """Formulas, HTML and markdown in a cell are shown as what they are, and as nothing else."""
    found = marked(network("alexnet"), f'name,params\nconv1,"{hostile}"\n')
    text = render(found, form)

    assert cell_of(found, "conv1", "params").slips == ("not a number",)
    if form == "json":
        assert json.loads(text)["cells"][0]["wrote"] == hostile
    elif form == "markdown":
        assert "<script" not in text
        assert "[z](w)" not in text
        assert all(line.replace("\\|", "").count("|") == 7 for line in text.splitlines() if line.startswith("|"))


def run(*arguments, code=0, stdin=None):
    done = CliRunner().invoke(main, list(arguments), input=stdin)
    assert done.exit_code == code, done.output
    return done.output


SHEET = """\
name;output;params;macs
conv1;54x54x96;34 944;101 616 768
pool1;26x26x96;0;0
conv2;26x26x256;614,656;-
fc8;1000;4.1M;4096001
"""
# 34,848·54·54 = 101,616,768; 5·5·96·256 + 256 = 614,656.
MARKED = """\
<stdin> on alexnet: 5 of 12 cells right, 3 carried on from earlier slips, 3 wrong, 1 unanswered

layer    column    written      exact        verdict     why
-------  --------  -----------  -----------  ----------  ---------------------------------------
conv1    output    54x54x96     96×55×55     wrong       the + 1 of the output formula forgotten
conv1    macs      101 616 768  105,415,200  carried on  from conv1
pool1    output    26x26x96     96×27×27     carried on  from conv1
conv2    output    26x26x256    256×27×27    carried on  from conv1
conv2    params    614,656      307,456      wrong       groups ignored
fc8      macs      4096001      4,096,000    wrong       no slip found

Unanswered: conv2 macs.
No line for: input, relu1, norm1 and 18 more.
"""


def test_the_command_marks_standard_input():
    """The score comes first, then every cell that is not right, and wrong cells are no failure of the command."""
    text = "\n".join(line.rstrip() for line in run("grade", "alexnet", "-", stdin=SHEET).splitlines())

    assert text == MARKED.rstrip()


def test_json_holds_every_cell():
    """The counts add up to the cells, right ones too."""
    said = json.loads(run("grade", "alexnet", "-", "--format", "json", stdin=SHEET))

    assert said["counts"] == {"right": 4, "rounded": 1, "unanswered": 1, "carried on": 3, "wrong": 3}
    assert len(said["cells"]) == 12
    assert said["cells"][0] == {
        "row": "conv1",
        "column": "output",
        "wrote": "54x54x96",
        "exact": [96, 55, 55],
        "verdict": "wrong",
        "slips": ["the + 1 of the output formula forgotten"],
        "carried": [],
        "remark": "",
    }


def test_the_network_can_be_another_one():
    """With --set and --input the worksheet is held against the network at those."""
    text = "name,output,params\nfc8,10,40970\n"

    assert ": 2 of 2 cells right" in run("grade", "alexnet", "-", "--set", "classes=10", stdin=text)
    assert ": 1 of 1 cell right" in run(
        "grade", "vgg16", "-", "--input", "3x64x64", stdin="name,output\npool5,512x2x2\n"
    )


def test_what_the_command_cannot_be_asked():
    """Two files on standard input, letters in the network, and two conventions are refused."""
    assert "cannot both be standard input" in run("grade", "-", "-", code=2)
    assert "has letters" in run("grade", "alexnet", "-", "--set", "classes=n", stdin="name\n", code=1)
    assert "by the convention textbook, not macs" in run(
        "grade", "alexnet", "-", "--convention", "macs", stdin="name,flops (textbook)\n", code=1
    )


def test_every_column_of_a_table_is_known_to_a_worksheet():
    """What archcalc's own tables have is marked or passed over, and nothing is that they have not."""
    assert {*GRADED, *PASSED_OVER, "name", "times"} == set(COLUMNS_OF_TABLES)
