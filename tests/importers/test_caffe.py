"""Layers of Caffe's prototxt files: sizes and trained values against published figures, torch and sums by hand."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from tests.importers.prototxt_files import (
    alexnet,
    conv,
    dense,
    given,
    graph_of,
    inplace,
    layer,
    params,
    pool,
    profile_of,
    shape_of,
    shapes,
)

IMAGE = given(3, 32, 32)


def test_alexnet_has_its_published_size():
    """60.97M params (netscope); 724,406,816 multiply-accumulates, the biases' additions left out."""
    totals = profile_of(alexnet()).totals

    assert (totals.params, totals.macs) == (60_965_224, 724_406_816)
    assert graph_of(alexnet()).name == "AlexNet"


def test_rows_are_called_by_their_layers():
    """A layer in place is a row behind the one whose blob it writes over, and a dense layer flattens by itself."""
    text = IMAGE + conv("a/b", "data", 2, "kernel_size: 3") + inplace("ReLU", "c", "a/b") + dense("fc", "a/b", 5)
    nodes = graph_of(text).nodes

    assert [node.name for node in nodes] == ["data", "a/b", "c", "fc/flatten", "fc"]
    assert [node.inputs for node in nodes] == [(), (0,), (1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ("kernel_size: 3", (4, 30, 30)),
        ("kernel_size: 3 stride: 2 pad: 1", (4, 16, 16)),
        ("kernel_size: 3 dilation: 2", (4, 28, 28)),
        ("kernel_h: 1 kernel_w: 7 pad_h: 0 pad_w: 3", (4, 32, 32)),
        ("kernel_size: 1 kernel_size: 7 pad: 0 pad: 3", (4, 32, 32)),
        ("kernel_size: [1, 7] stride_h: 2 stride_w: 1", (4, 16, 26)),
    ],
)
def test_a_convolution_rounds_down(settings, shape):
    assert shape_of(IMAGE + conv("c", "data", 4, settings)) == shape


def test_a_transposed_convolution_is_as_large_as_torch_makes_it():
    settings = "convolution_param { num_output: 4 kernel_size: 4 stride: 2 pad: 1 group: 2 bias_term: false }"
    made = functional.conv_transpose2d(torch.zeros(1, 6, 9, 9), torch.zeros(6, 2, 4, 4), None, 2, 1, 0, 2)
    text = given(6, 9, 9) + layer("Deconvolution", "up", "data", settings=settings)

    assert shape_of(text) == tuple(made.shape[1:])
    assert params(text) == {"up": 6 * 2 * 4 * 4}


@pytest.mark.parametrize("side", [7, 8, 9, 15])
@pytest.mark.parametrize(("kernel", "stride", "pad"), [(2, 2, 0), (3, 2, 0), (3, 2, 1), (3, 3, 1), (2, 3, 1)])
def test_pooling_rounds_up_and_drops_a_window_in_the_padding(side, kernel, stride, pad):
    """As torch does with ceil_mode, which is Caffe's rule for these."""
    settings = f"kernel_size: {kernel} stride: {stride} pad: {pad}"
    made = functional.max_pool2d(torch.zeros(1, 3, side, side), kernel, stride, pad, ceil_mode=True)

    assert shape_of(given(3, side, side) + pool("p", "data", settings)) == tuple(made.shape[1:])


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        # Without padding Caffe keeps a window that starts beyond the image: ⌈(32 − 1) / 2⌉ + 1.
        ("kernel_size: 1 stride: 2", (3, 17, 17)),
        ("kernel_size: 3 stride: 2 round_mode: FLOOR", (3, 15, 15)),
        ("kernel_size: 3 stride: 2 ceil_mode: false", (3, 15, 15)),
        ("kernel_size: 3", (3, 30, 30)),
        ("pool: AVE global_pooling: true", (3, 1, 1)),
        ("pool: 1 kernel_h: 4 kernel_w: 32", (3, 29, 1)),
    ],
)
def test_pooling_has_the_size_that_its_settings_say(settings, shape):
    """Its stride is 1 where the file says none."""
    assert shape_of(IMAGE + pool("p", "data", settings)) == shape


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (conv("c", "data", 6, "kernel_size: 3 group: 3"), {"c": 6 * 9 + 6}),
        (conv("c", "data", 6, "kernel_size: 3 bias_term: false"), {"c": 6 * 27}),
        (
            layer("DepthwiseConvolution", "c", "data", settings="convolution_param { num_output: 3 kernel_size: 3 }"),
            {"c": 27 + 3},
        ),
        (dense("fc", "data", 5), {"fc": 3072 * 5 + 5}),
        (
            layer("InnerProduct", "fc", "data", settings="inner_product_param { num_output: 5 axis: 3 }"),
            {"fc": 32 * 5 + 5},
        ),
        # The statistics are not trained, and the scale and shift are a layer's behind it.
        (layer("BatchNorm", "n", "data"), {}),
        (layer("BN", "n", "data"), {"n": 6}),
        (layer("Scale", "s", "data", settings="scale_param { bias_term: true }"), {"s": 6}),
        (layer("Scale", "s", "data", settings="scale_param { num_axes: 2 }"), {"s/factors": 3 * 32}),
        (layer("Bias", "b", "data"), {"b/offsets": 3}),
        (layer("PReLU", "r", "data"), {"r": 3}),
        (layer("PReLU", "r", "data", settings="prelu_param { channel_shared: true }"), {"r": 1}),
        (layer("Normalize", "n", "data", settings="norm_param { channel_shared: false }"), {"n": 3}),
        (
            layer("Normalize", "n", "data", settings="norm_param { across_spatial: false channel_shared: false }"),
            {"n": 3},
        ),
        (layer("LSTM", "l", "data", settings="recurrent_param { num_output: 7 }"), {"l": 4 * 7 * (1024 + 7 + 1)}),
        (layer("RNN", "l", "data", settings="recurrent_param { num_output: 7 }"), {"l": 7 * 1024 + 7 + 49 + 49 + 7}),
    ],
)
def test_what_is_trained_is_counted_as_caffe_keeps_it(text, found):
    assert params(IMAGE + text) == found


def test_weights_of_one_name_are_counted_once_and_used_twice():
    """As in a siamese network: 4·3·9 weights and 4 biases, over 30·30 places each time."""
    names = 'param { name: "w" } param { name: "b" }'
    text = IMAGE + given(3, 32, 32, blob="other")
    text += conv("c", "data", 4, "kernel_size: 3", names) + conv("d", "other", 4, "kernel_size: 3", names)
    totals = profile_of(text).totals

    assert (totals.params, totals.macs) == (4 * 27 + 4, 2 * 4 * 27 * 900)


def test_weights_that_are_shared_in_part_are_counted_again_with_a_note():
    text = IMAGE + conv("c", "data", 3, "kernel_size: 1", 'param { name: "w" } param { name: "b" }')
    text += conv("d", "c", 3, "kernel_size: 1", 'param { name: "w" } param { name: "b2" }')

    assert params(text) == {"c": 12, "d": 12}
    assert graph_of(text).nodes[-1].note == "shares w with another layer, and counts it again"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (
            layer("Normalize", "n", "data", settings="norm_param { across_spatial: false channel_shared: false }"),
            ["l2norm", "scale"],
        ),
        (layer("Normalize", "n", "data", settings="norm_param { channel_shared: false }"), ["unknown"]),
        (layer("ReLU", "r", "data", settings="relu_param { negative_slope: 0.1 }"), ["leakyrelu"]),
        (layer("TanH", "t", "data"), ["tanh"]),
        (layer("AbsVal", "a", "data"), ["abs"]),
        (layer("BNLL", "b", "data"), ["softplus"]),
        (layer("Power", "p", "data", settings="power_param { power: 2 scale: 0.5 }"), ["times", "power"]),
        (layer("Power", "p", "data", settings="power_param { shift: 1 }"), ["unknown"]),
        (layer("Power", "p", "data"), []),
        (layer("LRN", "l", "data", settings="lrn_param { norm_region: WITHIN_CHANNEL }"), ["unknown"]),
        (layer("Eltwise", "e", "data,data"), ["add"]),
        (layer("Eltwise", "e", "data,data", settings="eltwise_param { operation: PROD }"), ["multiply"]),
        (layer("Eltwise", "e", "data,data", settings="eltwise_param { operation: 2 }"), ["maximum"]),
        (layer("Eltwise", "e", "data,data", settings="eltwise_param { coeff: 1 coeff: -1 }"), ["subtract"]),
        (layer("Eltwise", "e", "data,data", settings="eltwise_param { coeff: [1, 0.5] }"), ["times", "add"]),
        (layer("Split", "s", "data", "x,y") + layer("Eltwise", "e", "x,y"), ["add"]),
    ],
)
def test_a_layer_becomes_the_kinds_that_do_what_it_does(text, kinds):
    assert [node.layer.kind for node in graph_of(IMAGE + text).nodes[1:]] == kinds


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (layer("Concat", "c", "data,data"), (6, 32, 32)),
        (layer("Concat", "c", "data,data", settings="concat_param { axis: -1 }"), (3, 32, 64)),
        (layer("Concat", "c", "data,data", settings="concat_param { concat_dim: 1 }"), (6, 32, 32)),
        (layer("Slice", "s", "data", "x,y", "slice_param { slice_point: 1 }"), (2, 32, 32)),
        (layer("Slice", "s", "data", "x,y,z"), (1, 32, 32)),
        (layer("Flatten", "f", "data"), (3072,)),
        (layer("Flatten", "f", "data", settings="flatten_param { axis: 2 }"), (3, 1024)),
        (layer("Flatten", "f", "data", settings="flatten_param { end_axis: 2 }"), (96, 32)),
        (layer("Reshape", "r", "data", settings="reshape_param { shape { dim: 0 dim: -1 dim: 0 } }"), (96, 32)),
        (
            layer("Reshape", "r", "data", settings="reshape_param { shape { dim: 10 dim: 6 dim: 16 dim: 32 } }"),
            (6, 16, 32),
        ),
        (layer("Permute", "p", "data", settings="permute_param { order: 0 order: 2 order: 3 order: 1 }"), (32, 32, 3)),
        (layer("Tile", "t", "data", settings="tile_param { axis: 2 tiles: 3 }"), (3, 96, 32)),
        (layer("ArgMax", "a", "data", settings="argmax_param { axis: 1 }"), (1, 32, 32)),
        (layer("Reduction", "r", "data", settings="reduction_param { axis: 2 }"), (3,)),
        (layer("Upsample", "u", "data", settings="upsample_param { scale: 2 }"), (3, 64, 64)),
        (layer("Interp", "i", "data", settings="interp_param { zoom_factor: 8 }"), (3, 249, 249)),
        (layer("Interp", "i", "data", settings="interp_param { height: 9 width: 7 }"), (3, 9, 7)),
        (layer("Softmax", "s", "data"), (3, 32, 32)),
    ],
)
def test_an_output_has_the_shape_that_caffe_gives_it(text, shape):
    assert shape_of(IMAGE + text) == shape


def test_a_crop_is_as_large_as_the_blob_beside_it():
    text = IMAGE + given(3, 20, 24, blob="small")

    assert shape_of(text + layer("Crop", "c", "data,small", settings="crop_param { offset: 5 }")) == (3, 20, 24)
    assert shape_of(text + layer("Crop", "c", "data,small", settings="crop_param { offset: 12 offset: 0 }")) == (
        3,
        20,
        24,
    )


def test_boxes_of_ssd():
    """38×38 places with 4 boxes each and 19×19 with 6 are part of SSD300's 8,732."""
    first = "prior_box_param { min_size: 30 max_size: 60 aspect_ratio: 2 }"
    second = "prior_box_param { min_size: 60 max_size: 111 aspect_ratio: 2 aspect_ratio: 3 flip: true }"
    text = IMAGE + given(8, 38, 38, blob="x") + given(8, 19, 19, blob="y")
    text += layer("PriorBox", "p", "x,data", settings=first) + layer("PriorBox", "q", "y,data", settings=second)
    text += layer("Concat", "all", "p,q", settings="concat_param { axis: 2 }")

    assert shapes(text)["all"] == (2, (38 * 38 * 4 + 19 * 19 * 6) * 4)


def test_a_squeezed_blob_scales_channels():
    """Of a vector and of an image of one place."""
    text = IMAGE + pool("g", "data", "pool: AVE global_pooling: true") + layer("Flatten", "f", "g")
    text += layer("Scale", "s", "data,f", settings="scale_param { axis: 0 }") + layer("Axpy", "a", "g,data,s")

    assert shapes(text)["s"] == shapes(text)["a"] == (3, 32, 32)
