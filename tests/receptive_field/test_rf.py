"""`archcalc rf`: fields by axis, branches that do not line up, and what the command prints and refuses."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import archcalc
from archcalc.receptive_field.fields import receptive_fields
from tests.receptive_field.asked import run, spec


def test_height_and_width_apart():
    """A 1×7 and a 7×1 convolution see a row, then a square; strides and dilation hold for their own axis."""
    graph = spec(
        "input: {channels: 1, height: 64, width: 64}\nlayers:\n"
        "  - conv2d: {name: a, out: 1, kernel: [1, 7], padding: [0, 3]}\n"
        "  - conv2d: {name: b, out: 1, kernel: [7, 1], padding: [3, 0], stride: [2, 1]}\n"
        "  - conv2d: {name: c, out: 1, kernel: 3, dilation: [1, 4], padding: [1, 4]}\n"
    )
    fields = receptive_fields(graph)

    assert [(f.size, f.jump, f.padding) for f in (fields[name] for name in "abc")] == [
        ((1, 7), (1, 1), (0, 3)),
        ((7, 7), (2, 1), (3, 3)),
        ((11, 15), (2, 1), (5, 7)),
    ]


def test_rational_jumps():
    """A transposed convolution and an upsampling move by a part of an input for each output."""
    graph = spec(
        "input: {channels: 1, height: 9, width: 9}\nlayers:\n"
        "  - convtranspose2d: {name: up, out: 1, kernel: 3, stride: 2}\n  - upsample: {name: nearest, scale: 3}\n"
    )
    fields = receptive_fields(graph)

    assert [fields[name].jump for name in ("up", "nearest")] == [(Fraction(1, 2),) * 2, (Fraction(1, 6),) * 2]
    assert [fields[name].size for name in ("up", "nearest")] == [(2, 2), (2, 2)]
    assert json.loads(run("-", "--format", "json", input=UNEVEN).stdout)["rows"][1]["jump"] == ["1/3", "1/3"]


UNEVEN = "input: {channels: 1, height: 9, width: 9}\nlayers: [upsample: {scale: 3}]"


def test_branches_that_do_not_line_up_are_said():
    """An even kernel padded before the input only looks half a pixel to the left of what it is added to."""
    text = (
        "input: {channels: 1, height: 9, width: 9}\n"
        "layers: [add: {x: [conv2d: {out: 1, kernel: 2, padding: [[1, 0], [0, 1]]}], y: []}]"
    )
    field = receptive_fields(spec(text))["add"]

    assert field.misalignment == {"height": "centres -0.5 and 0", "width": "centres 0.5 and 0"}
    assert "Branches joined in add do not line up in height: centres -0.5 and 0." in run("-", input=text).stdout


def test_branches_of_two_resolutions_are_said():
    """A stride and a crop to the same size are not the same resolution."""
    text = (
        "input: {channels: 1, height: 8, width: 8}\n"
        "layers: [add: {x: [conv2d: {out: 1, kernel: 1, stride: 2}], y: [crop: {margin: 2}]}]"
    )

    assert receptive_fields(spec(text))["add"].misalignment == {"height": "jumps 2 and 1", "width": "jumps 2 and 1"}


def test_json_has_the_keys_of_its_contract():
    """Programs rely on size, jump, start and padding, each with an entry for each axis."""
    data = json.loads(run("googlenet", "--format", "json").stdout)

    assert (data["network"], data["input"], data["axes"]) == ("googlenet", [3, 224, 224], ["height", "width"])
    assert all(len(row[key]) == 2 for row in data["rows"] for key in ("size", "jump", "start", "padding"))
    assert len(data["rows"]) == len(archcalc.load("googlenet").nodes)


def test_json_of_a_place():
    """The box, clipped and unclipped, what of it is padding, and the effective field."""
    row = json.loads(run("vgg16", "pool1[0, 111]", "-e", "--format", "json").stdout)["rows"][0]

    assert row["box"] == {
        "place": [0, 111],
        "unclipped": [[-2, 3], [220, 225]],
        "clipped": [[0, 3], [220, 223]],
        "seen": 16,
        "padding": 20,
    }
    assert row["path"][0] == ["input", "conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
    assert row["effective"]["within"][-1] == {"distance": 2.5, "share": 1.0}


def test_acrossof_a_table():
    """Fields stand in any table that asks for them, once for both axes where they are alike."""
    graph = spec("input: {channels: 1, height: 8, width: 16}\nlayers: [conv2d: {out: 1, kernel: 4, stride: 4}]")
    table = archcalc.render(archcalc.profile(graph), "csv", ["name", "rf", "jump", "start", "rf_coverage"])

    assert table == "name,rf,jump,start,rf_coverage\ninput,1,1,0,12.5×6.2\nconv2d,4,4,1.5,50.0×25.0"


def test_a_folded_row_has_no_field():
    """A block that repeats sees more each time, so that one row cannot say it for all."""
    folded = archcalc.render(archcalc.profile(archcalc.load("resnet152")), "csv", ["name", "rf"], fold=True)
    rows = [line.split(",") for line in folded.splitlines()[1:]]

    assert all(bool(field) == (times == "1") for _, times, field in rows)


MISTAKES = {
    ("vgg16", "pol5"): (1, "no layer 'pol5'\n  = did you mean 'pool5'?\n"),
    ("vgg16", "pool5[7,0]"): (1, "pool5 puts out 512×7×7; 7 is not one of 0 to 6\n"),
    ("vgg16", "pool5[1]"): (1, "pool5 puts out 512×7×7; a place of it is 2 numbers, not 1\n"),
    ("vgg16", "pool5[1"): (1, "no layer 'pool5[1'\n  = did you mean 'pool5'?\n"),
    ("vgg16", "pool5", "--plot", "x.gif"): (1, "x.gif: a chart ends in .svg, .png, .pdf\n"),
    ("--depth", "999999999999999", "--stride", "999999999999999"): (
        1,
        (
            "the field of 999,999,999,999,999 layers of stride 999,999,999,999,999 has some"
            " 14,999,999,999,999,984 digits\n  = at most 1,000 are worked out\n"
        ),
    ),
    ("--stacks", "32"): (1, "stacks are listed for a field of 2 to 31, not 32\n"),
    ("vgg16", "pool5[0,0]", "--input", "3xHxW"): (
        1,
        "the input is 3×H×W\n  = a single place is found only in numbers\n",
    ),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_mistakes(arguments):
    """Each mistake is told in a sentence."""
    result = run(*arguments)

    assert (result.exit_code, result.stderr) == MISTAKES[arguments]


@pytest.mark.parametrize(
    "arguments", [(), ("vgg16", "--stacks", "7"), ("--stacks", "7", "--depth", "n"), ("vgg16", "-e")]
)
def test_misuse(arguments):
    """Asking for nothing, for two things, or for one layer's picture without the layer is a misuse of the command."""
    assert run(*arguments).exit_code == 2


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_a_picture_is_written_whole(tmp_path, suffix):
    """The file is there, nothing else is, and the text is printed beside it."""
    pytest.importorskip("matplotlib")
    result = run("lenet5", "C3", "--plot", str(tmp_path / f"field{suffix}"))

    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == [f"field{suffix}"]


def test_without_matplotlib_a_picture_says_what_to_install(monkeypatch, tmp_path):
    """The extra is named, and no file is left."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    result = run("lenet5", "C3", "--plot", str(tmp_path / "field.png"))

    assert (result.exit_code, result.stderr) == (1, "a chart needs matplotlib\n  = pip install 'archcalc[plot]'\n")
    assert list(tmp_path.iterdir()) == []
