"""Kinds of layer asked for by the names that they have in other programs, papers and lectures."""

from __future__ import annotations

import re

import pytest

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.layers import Layer

# Classes of torch.nn, of Keras, layers of Caffe and sections of Darknet, and what people say.
ASKED = {
    "Dense": "linear",
    "InnerProduct": "linear",
    "fully_connected": "linear",
    "fc": "linear",
    "Conv1D": "conv1d",
    "Convolution": "conv1d, conv2d, conv3d",
    "convolutional": "conv1d, conv2d, conv3d",
    "conv": "conv1d, conv2d, conv3d",
    "conv_2d": "conv2d",
    "Convolution2D": "conv2d",
    "Conv2DTranspose": "convtranspose2d",
    "Deconvolution": "convtranspose1d, convtranspose2d, convtranspose3d",
    "MaxPooling2D": "maxpool2d",
    "maxpool": "maxpool1d, maxpool2d, maxpool3d",
    "Pooling": "maxpool1d, maxpool2d, maxpool3d",
    "AveragePooling1D": "avgpool1d",
    "GlobalAveragePooling2D": "globalavgpool",
    "gap": "globalavgpool",
    "BatchNormalization": "batchnorm1d, batchnorm2d, batchnorm3d",
    "bn": "batchnorm1d, batchnorm2d, batchnorm3d",
    "LayerNormalization": "layernorm",
    "lrn": "localresponsenorm",
    "Concatenate": "concat",
    "cat": "concat",
    "Eltwise": "add",
    "shortcut": "add",
    "swish": "silu",
    "DropPath": "stochasticdepth",
    "MultiheadAttention": "attention",
    "multi_head_attention": "attention",
    "ZeroPad2d": "pad",
    "UpSampling2D": "upsample",
    "SimpleRNN": "rnn",
}


@pytest.mark.parametrize("word", ASKED)
def test_a_kind_is_found_by_another_name(word):
    with pytest.raises(SpecError) as caught:
        parse(Source("a.yaml", f"input: {{channels: 3, height: 32, width: 32}}\nlayers:\n  - {word}: {{out: 4}}\n"))
    said = str(caught.value)
    assert f"no layer or block named '{word}'" in said
    [remedy] = re.findall("did you mean (.*)[?]", said)
    assert re.findall(r"'(\w+)'", remedy) == ASKED[word].split(", ")


def test_no_name_of_elsewhere_is_a_kind():
    """One that is would never be looked up, and one that is not in plain letters would never be found."""
    assert Layer.kinds.called.keys().isdisjoint(Layer.kinds)
    assert all(name.isalnum() and name.islower() for name in Layer.kinds.called)


def test_a_block_is_found_before_a_name_of_elsewhere():
    graph = parse(Source("a.yaml", "input: {features: 8}\nblocks:\n  dense:\n    - relu\nlayers: [dense]\n"))
    assert [node.layer.kind for node in graph.nodes] == ["input", "relu"]
