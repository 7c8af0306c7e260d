"""Cfg files of darknet: sizes and work against what its programs print and against sums by hand."""

from __future__ import annotations

import pytest

from archcalc.importers import darknet
from tests.importers.cfg_files import (
    conv,
    darknet53,
    graph_of,
    message,
    net,
    params,
    profile_of,
    section,
    shapes,
    vgg16,
)

IMAGE = net(3, 32, 32)


def test_darknet53_has_the_operations_that_the_program_prints():
    """`darknet ops` says 18570231808, and the weights alone are 41.57M (README of CrossStagePartialNetworks)."""
    profile = profile_of(darknet53())
    normalised = sum(row.params for row in profile.rows if row.name.endswith("/norm"))

    assert 2 * profile.totals.macs == 18_570_231_808
    assert round((profile.totals.params - normalised - 1000) / 1e6, 2) == 41.57
    assert len([node for node in graph_of(darknet53()).nodes if node.name.startswith("shortcut")]) == 23


def test_vgg16_has_its_published_size():
    """It is cropped from 256 to 224."""
    totals = profile_of(vgg16()).totals

    assert (totals.params, totals.macs) == (138_357_544, 15_470_264_320)


def test_a_recurrent_network_has_the_operations_that_the_program_prints():
    """`darknet ops` on rnn.cfg says 17825792, for one step."""
    options = {"batch_normalize": 1, "output": 1024, "hidden": 1024, "activation": "leaky"}
    text = section("net", inputs=256) + section("rnn", **options) * 3 + section("connected", output=256)

    assert 2 * profile_of(text).totals.macs == 17_825_792


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (conv(8, 3), (8, 32, 32)),
        (conv(8, 4), (8, 33, 33)),
        (section("convolutional", filters=8, size=3, padding=2, stride=2), (8, 17, 17)),
        (section("convolutional", filters=8, size=3, pad=1, stride=4, stride_x=2), (8, 8, 16)),
        (section("convolutional", filters=8, size=3, pad=1, dilation=2), (8, 32, 32)),
        (section("convolutional", filters=8, size=3, pad=1, stride=2, antialiasing=1), (8, 16, 16)),
        (section("convolutional", filters=8, size=3, pad=1, stride=2, antialiasing=2), (8, 16, 16)),
        (section("deconvolutional", filters=8, size=4, stride=2, padding=1), (8, 64, 64)),
        # By default the padding is size - 1 for both sides together, so that stride 1 keeps the size.
        (section("maxpool", size=2, stride=1), (3, 32, 32)),
        (section("maxpool", size=2, stride=2), (3, 16, 16)),
        (section("maxpool", size=3, stride=2), (3, 16, 16)),
        (section("maxpool", size=3, stride=2, padding=0), (3, 15, 15)),
        (section("maxpool", size=2, stride=2, antialiasing=1), (3, 16, 16)),
        (section("maxpool", size=4, stride=4, maxpool_depth=1, out_channels=5), (5, 32, 32)),
        (section("local_avgpool", size=2, stride=2), (3, 16, 16)),
        (section("avgpool"), (3, 1, 1)),
        (section("upsample", stride=2), (3, 64, 64)),
        (section("upsample", stride=-2), (3, 16, 16)),
        (section("reorg", stride=2), (12, 16, 16)),
        (section("reorg3d", stride=4), (48, 8, 8)),
        (section("crop", crop_height=28, crop_width=30), (3, 28, 30)),
        (section("local", filters=4, size=3, stride=2, pad=1), (4, 16, 16)),
        (section("connected", output=10), (10,)),
        (section("softmax"), (3072,)),
        (section("softmax", spatial=1), (3, 32, 32)),
        (section("softmax", groups=4), (3072,)),
        (section("dropout", probability=0.3), (3, 32, 32)),
        (section("lrn", size=5), (3, 32, 32)),
        (section("history", history_size=3), (9, 32, 32)),
        (section("conv_lstm", output=8, pad=1, peephole=1), (8, 32, 32)),
        (section("crnn", output=6, hidden=8, pad=1), (6, 32, 32)),
        (section("cost") + section("silence"), (3, 32, 32)),
    ],
)
def test_the_output_of_a_layer_has_the_size_that_the_program_gives_it(layer, shape):
    """By the sums in the make_ functions of its layers."""
    assert tuple(graph_of(IMAGE + layer).nodes[-1].shape) == shape


def test_rows_are_called_by_their_sections_and_numbers():
    text = IMAGE + conv(4, 3) + section("max", size=2, stride=2) + section("conn", output=5, activation="linear")

    assert [*shapes(text)] == [
        *("input", "conv0", "conv0/norm", "conv0/act", "maxpool1", "connected2/flatten", "connected2"),
    ]


@pytest.mark.parametrize(
    ("word", "kinds"),
    [
        ("linear", []),
        ("leaky", ["leakyrelu"]),
        ("mish", ["mish"]),
        ("swish", ["silu"]),
        ("logistic", ["sigmoid"]),
        ("relu", ["relu"]),
        # x where it is positive, and a tenth of x everywhere.
        ("ramp", ["relu", "times", "add"]),
        ("loggy", ["unknown"]),
    ],
)
def test_an_activation_function_is_a_row_of_its_own(word, kinds):
    nodes = graph_of(IMAGE + section("activation", activation=word)).nodes

    assert [node.layer.kind for node in nodes[1:]] == kinds


def test_a_convolution_without_an_activation_has_a_logistic_one():
    """The programs' default."""
    assert graph_of(IMAGE + section("conv", filters=2)).nodes[-1].layer.kind == "sigmoid"


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        # Batch normalisation has a scale and a shift for each filter, and the convolution then no biases.
        (conv(8, 3), {"conv0": 8 * 3 * 9, "conv0/norm": 16}),
        (section("conv", filters=8, size=3), {"conv0": 8 * 3 * 9 + 8}),
        (section("conv", filters=9, size=3, groups=3), {"conv0": 9 * 9 + 9}),
        (section("conv", filters=9, size=3, groups=3, xnor=1), {"conv0": 9 * 27 + 9}),
        (section("deconv", filters=8, size=4), {"deconv0": 3 * 8 * 16 + 8}),
        (section("connected", output=10), {"connected0": 3072 * 10 + 10}),
        (section("connected", output=10, batch_normalize=1), {"connected0": 30720, "connected0/norm": 20}),
        (section("batchnorm"), {"batchnorm0/norm": 6}),
        (section("implicit", filters=7, atoms=2), {"implicit0": 14}),
        # Filters of their own, and biases, at each of 16×16 places.
        (section("local", filters=4, size=3, stride=2, pad=1), {"local0": 256 * 4 * (27 + 1)}),
        # Four convolutions of the input and four of the state.
        (section("conv_lstm", output=8, pad=1), {"conv_lstm0": 4 * (8 * 27 + 8) + 4 * (8 * 72 + 8)}),
        (section("conv_lstm", output=8, bottleneck=1), {"conv_lstm0": 4 * (8 * 27 + 8) + 8 * 144 + 8}),
        # The blur is not trained.
        (section("conv", filters=8, size=3, antialiasing=1), {"conv0": 8 * 27 + 8}),
        # Statistics are shared as the weights are, and count once.
        (
            conv(3, 3) + section("conv", filters=3, size=3, pad=1, batch_normalize=1, share_index=0),
            {"conv0": 81, "conv0/norm": 6},
        ),
    ],
)
def test_what_is_trained_is_counted_as_the_program_keeps_it(layers, found):
    assert params(IMAGE + layers) == found


@pytest.mark.parametrize(("kind", "gates"), [("gru", 3), ("lstm", 4)])
@pytest.mark.parametrize("normalised", [0, 1])
def test_a_cell_has_two_products_for_each_gate(kind, gates, normalised):
    """Of 20 inputs and of 30 states, each with 30 biases, and with 30 scales if it is normalised."""
    text = section("net", inputs=20) + section(kind, output=30, batch_normalize=normalised)
    totals = profile_of(text).totals

    assert totals.macs == gates * 30 * (20 + 30)
    assert totals.params == totals.macs + gates * 2 * 30 * (1 + normalised)


def test_files_are_known_by_their_first_section():
    assert darknet.recognises(b"\xef\xbb\xbf; a comment\r\n\r\n  [ net ] # another\nbatch=1", "")
    assert darknet.recognises(b"[network]", "")
    assert not any(
        darknet.recognises(head, "net.cfg") for head in (b"", b"net: 1\n", b"[nets]\n", b"[[net]]\n", b"# [net]\n")
    )


def test_text_is_read_as_the_program_reads_it():
    """Spaces go everywhere, the first of two options holds, a number may have more behind it, no encoding is asked of comments."""
    text = b"# \xb2\xe3\r\n[net]\r\n  wid th = 8x\r\nheight=8\r\nchannels=3\r\nnothing\r\n[conv]\r\nfilters=2 # two\nfilters=5\n"

    assert tuple(graph_of(text).nodes[-1].shape) == (2, 8, 8)
    assert tuple(graph_of(text, input_shape=(1, 4, 6)).nodes[-1].shape) == (2, 4, 6)


def test_another_input_is_cropped_anew():
    text = IMAGE + section("crop", crop_height=16, crop_width=16)

    assert tuple(graph_of(text, input_shape=(3, 64, 48)).nodes[-1].shape) == (3, 16, 16)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[net]\nwidth=8\n", "net.cfg:1:1: [net]: it gives no input"),
        ("# \u2028width=8\n[net]\n", "net.cfg:2:1: an option before the first section"),
        (IMAGE + " [conv", "net.cfg:5:2: a section without its closing bracket"),
        (IMAGE + "[yolov4]\n", "net.cfg:5:1: no section [yolov4]"),
        (
            IMAGE + "[convolutional]\nfilters = many\n",
            "net.cfg:6:10: [convolutional]: filters must be a whole number, not 'many'",
        ),
        (
            IMAGE + "[convolutional]\nfilters=0\n",
            "net.cfg:6:9: [convolutional]: filters must be a whole number of at least 1",
        ),
        (IMAGE + "[convolutional]\nfilters=99999999999\n", "at most 31 bits, not 99999999999"),
        (IMAGE + "[convolutional]\nactivation=leeky\n", "net.cfg:6:12: [convolutional]: no activation 'leeky'"),
        (
            IMAGE + "[convolutional]\nsize=99\n",
            "net.cfg:6:6: conv2d: kernel 99 is larger than the input's height of 32",
        ),
        (IMAGE + "[route]\n", "net.cfg:5:1: [route]: it has no layers"),
        (IMAGE + "[route]\nlayers=-1\n", "[route]: layers names layer -1; before this one, none stands"),
        (IMAGE + conv(2, 1) + "[route]\nlayers=0,4\n", "names layer 4; before this one, layers 0 to 0 stand"),
        (IMAGE + conv(2, 1) + "[route]\nlayers=0,\n", "layers must be a whole number, not ''"),
        (
            IMAGE + "[yolo]\nmask=0,1\nclasses=3\n",
            "net.cfg:7:9: [yolo]: its boxes have 16 channels, the layer before it 3",
        ),
        (IMAGE + "[Gaussian_yolo]\nclasses=3\n", "its boxes have 12 channels"),
        (IMAGE + "[region]\nclasses=20\nnum=5\n", "its boxes have 125 channels"),
        (IMAGE + "[detection]\nclasses=20\ncoords=4\nnum=2\n", "its boxes have 1470 values, the layer before it 3072"),
        (IMAGE + "[crop]\ncrop_height=64\n", "crop_height=64 is more than the input's 32"),
    ],
)
def test_a_mistake_has_its_place(text, said):
    assert said in message(text)
