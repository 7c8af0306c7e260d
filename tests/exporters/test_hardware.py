"""Rows for Timeloop and SCALE-Sim: the MACs that those programs work out from the numbers written."""

from __future__ import annotations

import math

import pytest
import yaml
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.exporters.scalesim.writer import write as scalesim
from archcalc.exporters.timeloop.writer import write as timeloop
from archcalc.importers import parse

# Of ResNet-18 by hand, in multiply-accumulates: 112²·64·3·49 of the first layer; 4 layers of 56²·64·64·9; in each of three
# stages one of half the channels, three more and a projection; 512·1000 of the last.
_STAGE = 28**2 * 128 * 64 * 9 + 3 * 28**2 * 128 * 128 * 9 + 28**2 * 128 * 64
RESNET18 = 112**2 * 64 * 147 + 4 * 56**2 * 64 * 64 * 9 + 3 * _STAGE + 512_000


def spec(*layers, shape="channels: 8, height: 9, width: 7"):
    return parse(
        Source("tiny.yaml", f"name: tiny\ninput: {{{shape}}}\nlayers:\n" + "".join(f"  - {x}\n" for x in layers))
    )


def rows(text):
    """The rows as SCALE-Sim reads them: the first line passed over, and what stands after the last comma."""
    lines = [line.split(",")[:-1] for line in text.splitlines()[1:]]
    return [(line[0].strip(), *map(int, line[1:])) for line in lines]


def macs(row):
    """The MACs of a row by SCALE-Sim's rule, which rounds the places of the output up; `DP` repeats it for each channel."""
    _, height, width, rows, columns, channels, filters, stride = row
    assert rows <= height
    assert columns <= width
    places = math.ceil((height - rows + stride) / stride) * math.ceil((width - columns + stride) / stride)
    return places * rows * columns * channels * filters


def problems(text):
    return [one["problem"] for one in yaml.safe_load_all(text) if one]


def product(problem):
    return math.prod(problem["instance"][name] for name in problem["shape"]["dimensions"])


def test_resnet18_has_its_macs_in_both():
    """1.814 G, as published; the topology that SCALE-Sim ships has 1.438 G, for it lacks the padding."""
    graph = archcalc.load("resnet18")

    assert RESNET18 == 1_814_073_344
    assert sum(map(macs, rows(scalesim(graph)))) == RESNET18
    assert sum(map(product, problems(timeloop(graph)))) == RESNET18


def test_an_input_is_as_long_as_windows_reach():
    """111 steps of 2 and a window of 7 reach 229 of the 224 + 6 rows; with 230 SCALE-Sim would count 113 places."""
    first = rows(scalesim(archcalc.load("resnet18")))[0]

    assert first[1:] == (229, 229, 7, 7, 3, 64, 2)


def test_a_grouped_convolution_is_a_row_for_each_group():
    """Four groups of 2 channels and 3 filters each: 9·7·2·3·9 products in each."""
    graph = spec("conv2d: {out: 12, kernel: 3, padding: 1, groups: 4, bias: false}")

    assert [row[1:] for row in rows(scalesim(graph))] == [(11, 9, 3, 3, 2, 3, 1)] * 4
    [problem] = problems(timeloop(graph))
    assert problem["instance"] | {"G": 4, "C": 2, "M": 3, "P": 9, "Q": 7, "R": 3, "S": 3} == problem["instance"]
    assert product(problem) == 4 * 63 * 54


def test_a_convolution_of_each_channel_alone_is_marked():
    """SCALE-Sim reads a name with `DP` as one channel after the other: 8 rows of 1 channel and 2 filters."""
    [row] = rows(scalesim(spec("conv2d: {name: DPx, out: 16, kernel: 3, groups: 8, bias: false}")))

    assert row == ("dpx DP", 9, 7, 3, 3, 8, 2, 1)


def test_unlike_strides_and_dilation_make_a_product_of_matrices():
    """A row has one stride: 4·5 places of 8·3·3 values."""
    graph = spec("conv2d: {out: 6, kernel: 3, stride: [2, 1], bias: false}")

    assert rows(scalesim(graph)) == [("conv2d", 20, 1, 1, 1, 72, 6, 1)]
    [problem] = problems(timeloop(graph))
    assert (problem["instance"]["Hstride"], problem["instance"]["Wstride"]) == (2, 1)
    assert product(problem) == 20 * 72 * 6


def test_height_and_width_have_strides_of_their_own_axes():
    """The input's rows are R by the dilation of height and P by its stride, and columns those of width."""
    [problem] = problems(timeloop(spec("conv2d: {out: 6, kernel: [3, 2], dilation: [1, 2], bias: false}")))
    spaces = {space["name"]: space["projection"] for space in problem["shape"]["data_spaces"]}

    assert spaces["Inputs"][3:] == [[["R", "Hdilation"], ["P", "Hstride"]], [["S", "Wdilation"], ["Q", "Wstride"]]]
    assert problem["instance"] | {"R": 3, "S": 2, "P": 7, "Q": 5, "Wdilation": 2} == problem["instance"]


def test_attention_is_six_products():
    """Four dense layers of 8×8 for 5 tokens, and for each of 2 heads 5·5 sums of 4, twice."""
    graph = spec("attention: {heads: 2}", shape="tokens: 5, features: 8")
    found = {problem["instance"]["G"]: problem["instance"] for problem in problems(timeloop(graph))}

    assert [product(problem) for problem in problems(timeloop(graph))] == [320, 320, 320, 200, 200, 320]
    assert set(found) == {1, 2}
    assert sum(map(macs, rows(scalesim(graph)))) == 1680


def test_a_dense_layer_is_a_window_of_one_place():
    """Rows are places, 8 values go in and 10 come out."""
    assert rows(scalesim(spec("linear: 10", shape="tokens: 5, features: 8"))) == [("linear", 5, 1, 1, 1, 8, 10, 1)]


@pytest.mark.parametrize(
    "name", ["vgg16", "mobilenet_v2", "swin_t", "swin_v2_t", "unet", "lenet5", "t5_small", "yolov8"]
)
def test_the_products_of_a_network_are_all_that_it_multiplies(name):
    """Nothing is left out of networks of convolutions, dense layers and attention."""
    graph = archcalc.load(name)

    assert sum(map(product, problems(timeloop(graph)))) == archcalc.profile(graph).totals.macs


def test_layers_of_another_form_are_named():
    """An LSTM's products follow each other token by token; 4·3·(8 + 3) for each of 5."""
    graph = spec("lstm: {hidden: 3}", "linear: 2", shape="tokens: 5, features: 8")
    found = CliRunner().invoke(
        main,
        ["export", "-", "--to", "scalesim"],
        input="name: t\ninput: {tokens: 5, features: 8}\nlayers: [{lstm: 3}, {linear: 2}]\n",
    )

    assert "# left out: lstm (lstm, 660 MACs), no product of one form\n" in timeloop(graph)
    assert "left out: lstm (lstm, 660 MACs), no product of one form" in found.stderr
    assert found.stdout.splitlines() == scalesim(graph).splitlines()


def test_letters_have_no_row():
    """The places of a letter are no number."""
    with pytest.raises(SpecError, match="its products need numbers"):
        timeloop(spec("conv2d: {out: 6, kernel: 3}", shape="channels: 3, height: H, width: 8"))
