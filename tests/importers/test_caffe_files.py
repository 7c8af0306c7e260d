"""Prototxt files as a whole: their text, their inputs, their phases, mistakes in them, and hostile ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.importers import caffe, importer_of, source_of
from tests.importers.mutated import mutated
from tests.importers.prototxt_files import (
    conv,
    dense,
    given,
    graph_of,
    inplace,
    layer,
    message,
    params,
    pool,
    profile_of,
    shape_of,
    shapes,
)

IMAGE = given(3, 32, 32)
CONV = conv("c", "data", 4, "kernel_size: 3")

# A network with an auxiliary head, in the form in which it is trained.
TRAINED = (
    'layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TRAIN } transform_param { crop_size: 16 } }\n'
    'layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST } transform_param { crop_size: 12 } }\n'
    + conv("stem", "data", 4, "kernel_size: 3")
    + inplace("BatchNorm", "norm", "stem")
    + inplace("Scale", "scale", "stem", "scale_param { bias_term: true }")
    + inplace("ReLU", "act", "stem")
    + dense("side", "stem", 7)
    + layer("SoftmaxWithLoss", "side_loss", "side,label", settings="loss_weight: 0.3")
    + pool("p", "stem", "pool: AVE global_pooling: true")
    + dense("fc", "p", 7)
    + layer("SoftmaxWithLoss", "loss", "fc,label")
    + layer("Accuracy", "top-1", "fc,label", settings="include { phase: TEST }")
)


def test_text_is_read_in_all_its_forms():
    """Comments, quotes of both sorts, texts in pieces, other brackets, lists, extensions, and fields that nobody knows."""
    text = """# a network
name: 'a' "b"; input: "data", input_shape < dim: [0x1, 3, 8,8] >
layer { name: "c" type: 'Convolution' bottom: "data" top: "c", # here
  convolution_param: { num_output: 4 kernel_size: 3 weight_filler { type: "xavier" std: 1e-3f value: -0.5 } }
  unknown_param { deep < [my.extension]: 5 > [other.one] { x: TRUE } more: "a \\" b" } blobs_lr: 1 blobs_lr: 2. }
"""
    assert caffe.recognises(text.encode(), "")
    assert graph_of(text).name == "ab"
    assert shape_of(text) == (4, 6, 6)


def test_the_older_form_is_read():
    """Types are words without quotes there, and shapes four sizes."""
    text = """input: "data" input_dim: 10 input_dim: 3 input_dim: 8 input_dim: 8
layers { name: "ip" type: INNER_PRODUCT bottom: "data" top: "ip" param: "w" param: "b" inner_product_param { num_output: 5 } }
layers { name: "r" type: RELU bottom: "ip" top: "ip" }
layers { name: "loss" type: SOFTMAX_LOSS bottom: "ip" bottom: "label" }
"""
    assert [node.layer.kind for node in graph_of(text).nodes] == ["input", "flatten", "linear", "relu"]


def test_bytes_that_are_not_text_may_stand_in_comments():
    assert tuple(graph_of(b"# \xb2\xe3\n" + (IMAGE + CONV).encode()).nodes[-1].shape) == (4, 30, 30)


@pytest.mark.parametrize(
    "source",
    [
        given(3, 12, 10),
        layer("Input", "in", top="data", settings="input_param { shape { dim: 1 dim: 3 dim: 12 dim: 10 } }"),
        layer(
            "DummyData", "in", top="data,label", settings="dummy_data_param { num: 5 channels: 3 height: 12 width: 10 }"
        ),
        layer("MemoryData", "in", top="data,label", settings="memory_data_param { channels: 3 height: 12 width: 10 }"),
        layer("ImageData", "in", top="data,label", settings="image_data_param { new_height: 12 new_width: 10 }"),
    ],
)
def test_the_input_is_where_the_file_has_it(source):
    graph = graph_of(source + conv("c", "data", 4, "kernel_size: 3"))

    assert graph.input_shapes == {"data": (3, 12, 10)}
    assert graph.nodes[-1].shape == (4, 10, 8)


def test_a_layer_of_data_crops_its_images():
    """In gray if it says so; where only a file for training has one, it is that."""
    data = layer("Data", "d", top="data,label", settings="{} transform_param {{ crop_size: 28 {} }}")
    for more, channels in (("", 3), ("force_gray: true", 1)):
        text = (
            data.replace("{{", "{")
            .replace("}}", "}")
            .replace("{}", "include { phase: TRAIN }", 1)
            .replace("{}", more, 1)
        )
        assert graph_of(text + CONV).input == (channels, 28, 28)


def test_an_input_that_the_file_leaves_open_is_asked_for(tmp_path):
    """With the words by which it is given."""
    data = layer("Data", "d", top="data,label", settings='data_param { source: "/etc/passwd" }')
    (tmp_path / "net").write_text(data + CONV)
    refused = CliRunner().invoke(main, ["table", str(tmp_path / "net")])
    told = CliRunner().invoke(main, ["table", str(tmp_path / "net"), "--input", "3x12x12"])

    assert "the file does not say the shape of 'data'" in refused.output
    assert "give it, such as --input 3x224x224" in refused.output
    assert "4×10×10" in told.output
    assert archcalc.load(str(tmp_path / "net"), input_shape=(3, 7, 9)).nodes[-1].shape == (4, 5, 7)


def test_one_of_several_inputs_is_given_by_its_name():
    text = IMAGE + layer("Data", "d", top="other") + CONV + conv("e", "other", 4, "kernel_size: 3")

    assert graph_of(text, input_shape={"other": (3, 9, 9)}).nodes[-1].shape == (4, 7, 7)
    assert graph_of(text, input_shape=(3, 9, 9)).input_shapes == {"data": (3, 32, 32), "other": (3, 9, 9)}
    assert "the network has no input 'othr'" in message(text, input_shape={"othr": (3, 9, 9)})


def test_layers_of_the_phase_of_testing_are_read():
    """Included or not excluded, at the level and stage that the file itself is in."""
    text = 'state { level: 2 stage: "deploy" }' + IMAGE
    for name, rule in (
        ("a", "include { phase: TEST }"),
        ("b", "include { phase: TRAIN }"),
        ("c", "exclude { phase: TEST }"),
        ("d", "exclude { phase: TRAIN }"),
        ("e", "include { min_level: 3 }"),
        ("f", 'include { stage: "deploy" }'),
        ("g", 'include { not_stage: "deploy" }'),
        ("h", "include { phase: TRAIN } include { max_level: 2 }"),
    ):
        text += layer("ReLU", name, "data", settings=rule)

    assert [*shapes(text)] == ["data", "a", "d", "f", "h"]


def test_a_head_for_training_is_auxiliary():
    """It leads to a loss of less weight on the same labels; losses and measures themselves are left out."""
    graph = graph_of(TRAINED)

    assert graph.input == (3, 12, 12)
    assert [node.name for node in graph.nodes if node.auxiliary] == ["side/flatten", "side"]
    assert [graph.nodes[i].name for i in graph.outputs] == ["fc"]
    assert profile_of(TRAINED).totals.params == 4 * 27 + 4 + 8 + 4 * 7 + 7


def test_losses_of_several_tasks_have_no_auxiliary_heads():
    """They differ in what they are compared with."""
    text = IMAGE + dense("a", "data", 2) + dense("b", "data", 4) + layer("SoftmaxWithLoss", "x", "a,label")
    text += layer("EuclideanLoss", "y", "b,box", settings="loss_weight: 0.5")
    graph = graph_of(layer("HDF5Data", "d", top="none,label,box").replace("none", "skipped") + text)

    assert [graph.nodes[i].name for i in graph.outputs] == ["a", "b"]


def test_what_is_silenced_is_no_output():
    text = IMAGE + dense("a", "data", 2) + dense("b", "data", 4) + layer("Silence", "s", "b", "none")
    graph = graph_of(text)

    assert [graph.nodes[i].name for i in graph.outputs] == ["a"]


def test_statistics_are_kept_beside_the_params():
    """A mean and a variance for each channel."""
    assert params(TRAINED)["scale"] == 8
    assert profile_of(TRAINED).totals.buffers == 8


def test_a_file_is_known_by_its_layers():
    assert caffe.recognises(b'\xef\xbb\xbfname: "x" layers {', "")
    assert caffe.recognises(b"input_dim: 1\n", "")
    assert not any(
        caffe.recognises(head, "net.prototxt") for head in (b"", b"layers:\n  - relu\n", b"[net]\n", b"layer: 3\n")
    )
    assert importer_of(source_of("vgg16").data[:4096], "net.prototxt").name == "spec"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("layer {", "net.prototxt:1:1: a message without its closing }"),
        ("layer { }", "net.prototxt:1:1: a layer without a type"),
        ("input_dim: 3", "net.prototxt:1:1: a network without layers"),
        ('layer { type: "ReLU" bottom: "x" }', "net.prototxt:1:1: a network without an input"),
        (IMAGE + "layer { type: }", "net.prototxt:2:15: type has no value"),
        (IMAGE + "layer { type 3 }", "net.prototxt:2:14: neither a value nor a message behind type"),
        (IMAGE + 'layer { type: "ReLU }', "a text without its closing quote"),
        (IMAGE + "layer { } ; layer { 5: 3 }", "net.prototxt:2:21: '5' is not the name of a field"),
        (IMAGE + layer("Convolutoin", "c", "data"), "c: no layer of type 'Convolutoin' is known"),
        (IMAGE + conv("c", "data", 4, ""), "net.prototxt:2:1: c: it has no kernel_size"),
        (IMAGE + conv("c", "data", 0, "kernel_size: 3"), "num_output must be a whole number of at least 1"),
        (IMAGE + conv("c", "data", 4, "kernel_size: three"), "kernel_size must be a whole number, not 'three'"),
        (IMAGE + conv("c", "data", 4, "kernel_size: 99"), "conv2d: kernel 99 is larger than the input's height of 32"),
        (IMAGE + conv("c", "dta", 4, "kernel_size: 3"), "c: no blob 'dta' before it\n  2 | "),
        (IMAGE + pool("p", "data", "pool: MEAN kernel_size: 2"), "no pool 'MEAN'"),
        (
            IMAGE + layer("Eltwise", "e", "data,data", settings="eltwise_param { coeff: 1 }"),
            "1 values of coeff for 2 blobs",
        ),
        (IMAGE + layer("Concat", "c", "data,data", settings="concat_param { axis: 0 }"), "axis=0 is the batch"),
        (IMAGE + layer("Softmax", "s", "data", settings="softmax_param { axis: 4 }"), "axis=4 is none of 4 axes"),
        (IMAGE + layer("Crop", "c", "data"), "c: a Crop does not read 1 blobs"),
        (
            IMAGE + layer("Crop", "c", "data,data", settings="crop_param { offset: 1 }"),
            "does not hold 3×32×32 at its offset",
        ),
        (IMAGE + layer("Reshape", "r", "data", settings="reshape_param { shape { dim: 0 dim: 7 } }"), "7 has 7 values"),
        (IMAGE + layer("Python", "p", "data"), "p: what a layer in Python puts out cannot be known"),
        (IMAGE + "a {" * 99, "messages more than 30 deep in each other"),
    ],
)
def test_a_mistake_has_its_place(text, said):
    found = message(text)

    assert said in found
    assert "net.prototxt:" in found


@pytest.mark.parametrize("seed", range(3))
def test_mistakes_by_chance_end_in_a_graph_or_a_message(seed):
    """Never in another error, and soon."""
    ends = {"graph": 0, "message": 0}
    moved = layer("Permute", "m", "data", settings="permute_param { order: 0 order: 2 order: 3 order: 1 }")
    moved += layer("Reshape", "r", "m", settings="reshape_param { shape { dim: 0 dim: -1 dim: 8 } }")
    moved += layer("Slice", "s", "r", "x,y", "slice_param { slice_point: 5 }") + layer("Concat", "k", "x,y")
    text = (TRAINED, IMAGE + CONV + layer("Eltwise", "e", "c,c") + dense("fc", "e", 3), IMAGE + moved)[seed]
    for content in mutated(text.encode(), 150, seed):
        importer = importer_of(content[:4096], "net.prototxt")
        if importer.name != "caffe":
            continue
        try:
            model = importer.read(Source("net.prototxt", content))
            model.graph()
        except SpecError:
            ends["message"] += 1
        else:
            ends["graph"] += 1

    assert all(ends.values())


def test_an_expanded_file_is_a_spec_of_the_same_rows(tmp_path):
    Path(tmp_path / "net.prototxt").write_text(TRAINED)
    written = CliRunner().invoke(main, ["expand", str(tmp_path / "net.prototxt")])
    Path(tmp_path / "net.yaml").write_text(written.output)
    files = (str(tmp_path / f"net.{of}") for of in ("prototxt", "yaml"))
    nodes = [[(node.name, node.shape, node.auxiliary) for node in archcalc.load(file).nodes][1:] for file in files]

    assert nodes[0] == nodes[1]
