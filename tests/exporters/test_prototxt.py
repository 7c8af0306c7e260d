"""Prototxt files of Caffe: the text by hand, and networks that come back with the sizes of the spec."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.exporters.prototxt.writer import write
from archcalc.importers import parse
from archcalc.profiling.engine import profile


def spec(*layers, shape="channels: 3, height: 8, width: 8"):
    lines = "".join(f"  - {layer}\n" for layer in layers)
    return parse(Source("tiny.yaml", f"name: tiny\ninput: {{{shape}}}\nlayers:\n{lines}"))


def back(graph):
    return parse(Source("back.prototxt", write(graph)))


def totals(graph):
    found = profile(graph).totals
    return found.params, found.macs


def test_a_network_is_its_layers_in_order():
    """Each with its name, its type, the blobs that it reads and makes, and its settings."""
    assert (
        write(spec("conv2d: {out: 4, kernel: [3, 2], padding: [1, 0], groups: 1}", "relu"))
        == """\
name: "tiny"
layer {
  name: "input"
  type: "Input"
  top: "input"
  input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } }
}
layer {
  name: "conv2d"
  type: "Convolution"
  bottom: "input"
  top: "conv2d"
  convolution_param { num_output: 4 bias_term: true kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 1 \
pad_h: 1 pad_w: 0 dilation: 1 dilation: 1 group: 1 }
}
layer {
  name: "relu"
  type: "ReLU"
  bottom: "conv2d"
  top: "relu"
}"""
    )


# Each with its params and MACs, counted by hand.
TINY = {
    "rounded down": (["maxpool2d: {kernel: 3, stride: 2}", "flatten", "linear: 1"], (28, 27)),
    "rounded up": (["maxpool2d: {kernel: 3, stride: 2, ceil_mode: true}", "flatten", "linear: 1"], (49, 48)),
    # Windows of one value with a stride of 2: a fifth one would begin beyond the 8 rows.
    "none beyond the image": (["maxpool2d: {kernel: 1, stride: 2, ceil_mode: true}", "flatten", "linear: 1"], (49, 48)),
    "a norm and its factors": (
        ["batchnorm2d", "sigmoid", "globalavgpool", "flatten", "linear: {out: 2, bias: false}"],
        (12, 6),
    ),
    "made larger": (["convtranspose2d: {out: 2, kernel: 2, stride: 2}", "scale", "leakyrelu: 0.2"], (28, 1536)),
    "dilated in groups": (
        ["conv2d: {out: 6, kernel: 3, dilation: 2, groups: 3, padding: 2, bias: false}"],
        (54, 54 * 64),
    ),
    "others": (["localresponsenorm", "times: 2.0", "dropout", "tanh", "softmax: {axis: channels}"], (0, 0)),
}


@pytest.mark.parametrize(("layers", "expected"), TINY.values(), ids=TINY)
def test_a_network_comes_back_with_its_sizes(layers, expected):
    """Read as any prototxt it has the shape of the spec, and the params and MACs counted by hand."""
    graph = spec(*layers)
    found = back(graph)

    assert totals(graph) == totals(found) == expected
    assert found.nodes[-1].shape == graph.nodes[-1].shape


def test_branches_are_joined_as_they_were():
    """GoogLeNet's 6,998,552 params and 1,582,671,872 MACs, and ResNet-50's 25,557,032 params."""
    assert totals(back(archcalc.load("googlenet"))) == (6_998_552, 1_582_671_872)
    assert totals(back(archcalc.load("resnet50")))[0] == 25_557_032


@pytest.mark.parametrize(
    ("layer", "fact"),
    [
        (
            "conv2d: {out: 4, kernel: 2, padding: same}",
            r"conv2d \(conv2d\): Caffe pads an axis as much before as after",
        ),
        ("gelu", r"gelu \(gelu\): Caffe has no layer of this kind"),
        ("adaptiveavgpool2d: 2", "Caffe pools all places of an image"),
        ("maxpool2d: {kernel: 2, dilation: 2}", "have no gaps"),
        ("batchnorm2d: {scale: false}", "no factors"),
    ],
)
def test_what_has_no_form_is_named(layer, fact):
    """The layer, its kind, and what Caffe lacks."""
    with pytest.raises(SpecError, match=fact):
        write(spec(layer))


def test_letters_need_numbers():
    """A blob has a size."""
    with pytest.raises(SpecError, match="Caffe needs numbers"):
        write(spec("relu", shape="channels: 3, height: H, width: 8"))
