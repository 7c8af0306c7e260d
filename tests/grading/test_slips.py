"""A wrong cell is explained by the slip that gives it: cells are worked out with a mistake by hand."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.formats.grade import render
from archcalc.language import parse
from archcalc.profiling.engine import profile
from tests.grading.sheets import cell_of, filled, marked, marks, network

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


def test_one_habit_explains_more_than_each_cell_by_itself():
    """conv2's MACs are doubled by leaving its 2 groups out or by counting FLOPs; with conv1's doubled too it is FLOPs."""
    conv1, conv2 = 2 * 11 * 11 * 3 * 96 * 55 * 55, 2 * 5 * 5 * 48 * 256 * 27 * 27
    alone = cell_of(marked(network("alexnet"), f"name,macs\nconv2,{conv2}\n"), "conv2", "macs")
    both = marked(network("alexnet"), f"name,macs\nconv1,{conv1}\nconv2,{conv2}\n")

    assert alone.slips == ("groups ignored", "FLOPs for MACs")
    assert cell_of(both, "conv2", "macs").slips == ("FLOPs for MACs", "groups ignored")
    assert both.habits == (("FLOPs for MACs", 2),)
    assert "More than once: FLOPs for MACs (2 cells)." in render(both)


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
