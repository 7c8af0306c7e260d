"""Sections of cfg files that read earlier ones by their numbers, what all commands make of a file, and hostile files."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of, source_of
from tests.importers.cfg_files import conv, graph_of, net, params, profile_of, section, shapes
from tests.importers.mutated import mutated

IMAGE = net(3, 32, 32)

# A little of everything, in about the order of a detector.
DETECTOR = (
    IMAGE
    + conv(8, 3)
    + conv(16, 3, 2, "mish")
    + section("route", layers=-1, groups=2, group_id=1)
    + conv(16, 3, 1, "swish")
    + section("shortcut", **{"from": "-3", "activation": "linear"})
    + section("maxpool", size=5, stride=1)
    + section("route", layers="-1, 4")
    + section("convolutional", filters=18, size=1, stride=1, pad=1, activation="linear")
    + section("yolo", mask="0,1,2", anchors="1,1, 2,2, 4,4", classes=1, num=3)
    + section("route", layers=4)
    + section("upsample", stride=2)
    + section("route", layers="-1,0")
    + section("convolutional", filters=18, size=1, stride=1, pad=1, activation="linear")
    + section("yolo", mask="0,1,2", anchors="1,1, 2,2, 4,4", classes=1, num=3)
)


def reads(text: str, name: str) -> list[str]:
    """The names of the rows that a row reads."""
    graph = graph_of(text)
    [node] = [node for node in graph.nodes if node.name == name]
    return [graph.nodes[i].name for i in node.inputs]


def test_a_detector_is_read():
    """Its outputs are what boxes are read out of, and a route of one layer is that layer."""
    graph = graph_of(DETECTOR)

    assert [graph.nodes[i].name for i in graph.outputs] == ["yolo8", "yolo13"]
    assert reads(DETECTOR, "route6") == ["maxpool5", "shortcut4"]
    assert reads(DETECTOR, "upsample10") == ["shortcut4"]
    assert reads(DETECTOR, "route11") == ["upsample10", "conv0/act"]
    assert shapes(DETECTOR)["yolo13"] == (18, 32, 32)


def test_work_of_a_detector_by_hand():
    """Weights times places; the route of half of 16 channels leaves 8."""
    macs = {row.name: row.macs for row in profile_of(DETECTOR).rows if row.macs}

    assert macs == {
        "conv0": 8 * 27 * 1024,
        "conv1": 16 * 72 * 256,
        "conv3": 16 * 72 * 256,
        "conv7": 18 * 32 * 256,
        "conv12": 18 * (16 + 8) * 1024,
    }


def test_all_of_a_detector_holds_when_it_is_run(tmp_path):
    """Its numbers are those of small arrays, counted as they are computed."""
    (tmp_path / "net.cfg").write_text(DETECTOR)
    result = CliRunner().invoke(main, ["verify", str(tmp_path / "net.cfg"), "--quick"])

    assert result.exit_code == 0, result.output


def test_a_part_of_each_of_several_routes():
    text = IMAGE + conv(8, 1) + conv(4, 1) + section("route", layers="0,1", groups=4, group_id=3)

    assert shapes(text)["route2"] == (2 + 1, 32, 32)
    assert reads(text, "route2/part") == ["conv0/act"]


def test_routes_join_vectors_and_images_of_one_place():
    text = IMAGE + section("connected", output=5, activation="linear") + section("route", layers="-1")
    text += section("connected", output=7, activation="linear") + section("route", layers="0,2")

    assert shapes(text)["route3"] == (12,)
    assert shapes(text + section("conv", filters=2, size=1, activation="linear"))["conv4"] == (2, 1, 1)


def test_a_shortcut_adds_several_layers():
    text = IMAGE + conv(4, 1, 1, "linear") * 3 + section("shortcut", **{"from": "-2,-3"})

    assert reads(text, "shortcut3") == ["conv2/norm", "conv1/norm", "conv0/norm"]


@pytest.mark.parametrize(("before", "behind", "added"), [(8, 4, 4), (4, 8, 4)])
def test_a_shortcut_of_other_channels_adds_those_that_both_have(before, behind, added):
    """A partial residual network: the size is that of the layer before it."""
    text = IMAGE + conv(before, 1) + conv(behind, 1) + section("shortcut", **{"from": -2})
    nodes = graph_of(text).nodes
    sums = [node for node in nodes if node.name.startswith("shortcut2") and node.layer.kind == "add"]

    assert shapes(text)["shortcut2"] == (behind, 32, 32)
    assert (
        sum(node.layer.work(node.shape, *(nodes[i].shape for i in node.inputs)).additions for node in sums)
        == added * 1024
    )


@pytest.mark.parametrize(("weights", "each"), [("per_feature", 1), ("per_layer", 1), ("per_channel", 4), ("none", 0)])
def test_a_shortcut_may_have_weights(weights, each):
    """One for each of its three terms, or as many as there are channels."""
    text = IMAGE + conv(4, 1) * 3
    text += section("shortcut", **{"from": "-2,-3", "weights_type": weights, "weights_normalization": "softmax"})

    assert sum(n for name, n in params(text).items() if name.startswith("shortcut3")) == 3 * each


def test_squeeze_and_excitation():
    """Scaled is the earlier layer, by the one before the section, as its size says."""
    text = IMAGE + conv(8, 3, 2) + section("avgpool") + conv(2, 1) + conv(8, 1, 1, "logistic")
    text += section("scale_channels", **{"from": -4}) + section("sam", **{"from": 0})

    assert shapes(text)["scale_channels4"] == (8, 16, 16)
    assert reads(text, "scale_channels4") == ["conv0/act", "conv3/act"]
    assert reads(text, "sam5") == ["conv0/act", "scale_channels4"]


def test_letters_for_the_size_of_the_input(tmp_path):
    (tmp_path / "net.cfg").write_text(DETECTOR)
    result = CliRunner().invoke(main, ["table", str(tmp_path / "net.cfg"), "--input", "3xHxW", "--format", "csv"])

    assert result.exit_code == 0
    assert archcalc.load(str(tmp_path / "net.cfg"), input_shape=(3, 64, 64)).nodes[-1].shape == (18, 64, 64)


def test_an_expanded_file_is_a_spec_of_the_same_rows(tmp_path):
    Path(tmp_path / "net.cfg").write_text(DETECTOR)
    written = CliRunner().invoke(main, ["expand", str(tmp_path / "net.cfg")])
    Path(tmp_path / "net.yaml").write_text(written.output)
    nodes = [[(n.name, n.shape) for n in archcalc.load(str(tmp_path / f"net.{of}")).nodes] for of in ("cfg", "yaml")]

    assert nodes[0] == nodes[1]


@pytest.mark.parametrize("seed", range(3))
def test_mistakes_by_chance_end_in_a_graph_or_a_message(seed):
    """Never in another error, and soon."""
    cells = "".join(section(kind, output=4, hidden=3) for kind in ("rnn", "gru", "lstm"))
    text = (DETECTOR, section("net", inputs=9) + cells, IMAGE + conv(2, 3) + section("crnn", output=2))[seed]
    ends = {"graph": 0, "message": 0}
    for content in mutated(text.encode(), 150, seed):
        importer = importer_of(content[:4096], "net.cfg")
        if importer.name != "darknet":
            continue
        try:
            model = importer.read(Source("net.cfg", content))
            model.graph()
        except SpecError:
            ends["message"] += 1
        else:
            ends["graph"] += 1

    assert all(ends.values())


def test_no_bundled_network_is_taken_for_a_cfg_file():
    assert importer_of(source_of("vgg16").data[:4096], "net.cfg").name == "spec"
