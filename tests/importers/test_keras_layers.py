"""Layers of Keras one by one: their params and the shape of the output, as Keras 3.15 counts and infers them."""

from __future__ import annotations

from typing import Any

import pytest

from archcalc.errors import SpecError
from tests.importers.keras_models import graph, layer, params, sequential, shapes

IMAGE = [17, 19, 6]
SEQUENCE = [20, 6]

# The class, its settings, the input in the order of Keras, the params, and the shape of the output in our order.
LAYERS: list[tuple[str, dict[str, Any], list[int | None], int, tuple[int, ...]]] = [
    ("Conv2D", {"filters": 4, "kernel_size": [3, 5], "strides": [2, 3], "padding": "same"}, IMAGE, 364, (4, 9, 7)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "dilation_rate": 3, "groups": 2}, IMAGE, 112, (4, 11, 13)),
    ("Conv1D", {"filters": 8, "kernel_size": [3], "padding": "causal", "dilation_rate": [2]}, SEQUENCE, 152, (8, 20)),
    ("Conv3D", {"filters": 8, "kernel_size": [3, 3, 3]}, [9, 10, 11, 2], 440, (8, 7, 8, 9)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 2, "strides": 3, "padding": "valid"}, IMAGE, 100, (4, 51, 57)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 5, "strides": 2, "padding": "valid"}, IMAGE, 604, (4, 37, 41)),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 5, "strides": 2, "padding": "same"}, IMAGE, 604, (4, 34, 38)),
    (
        "Conv2DTranspose",
        {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1},
        IMAGE,
        220,
        (4, 34, 38),
    ),
    ("DepthwiseConv2D", {"kernel_size": [3, 3], "depth_multiplier": 2, "strides": 2}, IMAGE, 120, (12, 8, 9)),
    ("SeparableConv2D", {"filters": 4, "kernel_size": [3, 3], "depth_multiplier": 2}, IMAGE, 160, (4, 15, 17)),
    ("ConvLSTM2D", {"filters": 4, "kernel_size": [3, 3]}, [5, 20, 20, 3], 1024, (4, 18, 18)),
    ("MaxPooling2D", {"pool_size": [3, 3], "strides": None, "padding": "same"}, IMAGE, 0, (6, 6, 7)),
    ("AveragePooling2D", {"pool_size": [2, 2], "strides": [3, 3], "padding": "valid"}, IMAGE, 0, (6, 6, 6)),
    ("AdaptiveAveragePooling2D", {"output_size": [3, 4]}, IMAGE, 0, (6, 3, 4)),
    ("GlobalAveragePooling2D", {}, IMAGE, 0, (6,)),
    ("GlobalMaxPooling2D", {"keepdims": True}, IMAGE, 0, (6, 1, 1)),
    ("BatchNormalization", {"axis": 3}, IMAGE, 12, (6, 17, 19)),
    ("BatchNormalization", {"axis": [1], "scale": False}, IMAGE, 17, (17, 19, 6)),
    ("BatchNormalization", {"axis": -1, "center": False}, IMAGE, 6, (6, 17, 19)),
    ("LayerNormalization", {"axis": [1, 2]}, IMAGE, 646, (6, 17, 19)),
    ("LayerNormalization", {"center": False}, SEQUENCE, 6, (20, 6)),
    ("LayerNormalization", {"scale": False}, SEQUENCE, 6, (20, 6)),
    ("GroupNormalization", {"groups": -1}, IMAGE, 12, (6, 17, 19)),
    ("RMSNormalization", {}, SEQUENCE, 6, (20, 6)),
    ("UnitNormalization", {"axis": -1}, IMAGE, 0, (6, 17, 19)),
    ("PReLU", {}, IMAGE, 1938, (6, 17, 19)),
    ("PReLU", {"shared_axes": [1, 2]}, IMAGE, 6, (6, 17, 19)),
    ("PReLU", {"shared_axes": [1]}, IMAGE, 114, (6, 17, 19)),
    ("PReLU", {"shared_axes": [1, 2, 3]}, IMAGE, 1, (6, 17, 19)),
    ("Dense", {"units": 5}, IMAGE, 35, (5, 17, 19)),
    ("Dense", {"units": 5, "use_bias": False}, SEQUENCE, 30, (20, 5)),
    ("Embedding", {"input_dim": 100, "output_dim": 8}, [20], 800, (20, 8)),
    ("ZeroPadding2D", {"padding": [[1, 2], [3, 0]]}, IMAGE, 0, (6, 20, 22)),
    ("Cropping2D", {"cropping": [2, 3]}, IMAGE, 0, (6, 13, 13)),
    ("UpSampling2D", {"size": [2, 3], "interpolation": "bilinear"}, IMAGE, 0, (6, 34, 57)),
    ("Resizing", {"height": 8, "width": 9}, IMAGE, 0, (6, 8, 9)),
    ("RepeatVector", {"n": 5}, [6], 0, (6, 5)),
    ("LSTM", {"units": 4}, SEQUENCE, 176, (4,)),
    ("GRU", {"units": 4, "reset_after": True, "return_sequences": True}, SEQUENCE, 144, (20, 4)),
    ("GRU", {"units": 4, "reset_after": False}, SEQUENCE, 132, (4,)),
    ("SimpleRNN", {"units": 4, "use_bias": False}, SEQUENCE, 40, (4,)),
    ("Bidirectional", {"layer": layer("LSTM", units=4, return_sequences=True)}, SEQUENCE, 352, (20, 8)),
    ("Bidirectional", {"layer": layer("LSTM", units=4), "merge_mode": "sum"}, SEQUENCE, 352, (4,)),
    ("TimeDistributed", {"layer": layer("Conv2D", filters=4, kernel_size=[3, 3])}, [5, 8, 8, 3], 112, (4, 5, 6, 6)),
    ("TimeDistributed", {"layer": layer("Flatten")}, [5, 8, 8, 3], 0, (5, 192)),
    ("TimeDistributed", {"layer": layer("Dense", units=3)}, SEQUENCE, 21, (20, 3)),
]


@pytest.mark.parametrize(("kind", "config", "given", "wanted", "shape"), LAYERS)
def test_a_layer_has_the_params_and_the_shape_of_keras(
    kind: str, config: dict[str, Any], given: list[int | None], wanted: int, shape: tuple[int, ...]
) -> None:
    made = graph(sequential(given, layer(kind, **config)))
    assert (params(made), tuple(made.nodes[-1].shape)) == (wanted, shape)


# The same convolution of 3 maps of 20×20 with 8 filters of 3×5, by its settings of Keras 1 and 2.
SAME = [
    (
        "Convolution2D",
        {"nb_filter": 8, "nb_row": 3, "nb_col": 5, "border_mode": "same", "subsample": [2, 2], "bias": False},
    ),
    ("Conv2D", {"filters": 8, "kernel_size": [3, 5], "padding": "same", "strides": [2, 2], "use_bias": False}),
]


@pytest.mark.parametrize(("kind", "config"), SAME)
@pytest.mark.parametrize("first", [True, False])
def test_settings_of_keras_1_and_of_channels_first_say_the_same(kind: str, config: dict[str, Any], first: bool) -> None:
    said = {"dim_ordering": "th" if first else "tf"} if "nb_row" in config else {}
    said = said or {"data_format": "channels_first" if first else "channels_last"}
    made = graph(sequential([3, 20, 20] if first else [20, 20, 3], layer(kind, **config, **said)))
    assert (params(made), made.input, made.nodes[-1].shape) == (8 * 3 * 3 * 5, (3, 20, 20), (8, 10, 10))


@pytest.mark.parametrize(
    ("mode", "shape"), [("sum", (7, 5)), ("mul", (7, 5)), ("ave", (7, 5)), ("max", (7, 5)), ("concat", (7, 10))]
)
def test_a_merge_of_keras_1_joins_the_models_in_front_of_it(mode: str, shape: tuple[int, ...]) -> None:
    branch = {"class_name": "Sequential", "config": [layer("Dense", output_dim=5, batch_input_shape=[None, 7, 4])]}
    merged = layer("Merge", mode=mode, layers=[branch, branch], concat_axis=-1)
    made = graph({"class_name": "Sequential", "keras_version": "1.2.2", "config": [merged]})
    assert made.nodes[-1].shape == shape


def test_a_reshape_and_a_permute_read_the_values_in_the_order_of_keras() -> None:
    # Rows of 6 channels at each of 17·19 places become columns.
    made = graph(sequential(IMAGE, layer("Reshape", target_shape=[-1, 6]), layer("Permute", dims=[2, 1])))
    assert [node.layer.kind for node in made.nodes] == ["input", "permute", "reshape", "permute"]
    assert made.nodes[2].shape == (323, 6)
    assert made.nodes[-1].shape == (6, 323)


def test_a_flat_vector_is_put_in_order_only_where_it_is_read_as_an_image_again() -> None:
    flat = graph(sequential(IMAGE, layer("Flatten"), layer("Dense", units=2)))
    again = graph(
        sequential(
            IMAGE, layer("Flatten"), layer("Reshape", target_shape=IMAGE), layer("Conv2D", filters=2, kernel_size=1)
        )
    )
    assert [node.layer.kind for node in flat.nodes] == ["input", "flatten", "linear"]
    assert [node.layer.kind for node in again.nodes] == ["input", "permute", "flatten", "reshape", "permute", "conv2d"]


@pytest.mark.parametrize(
    ("activation", "kind"),
    [("relu", "relu"), ("swish", "silu"), ("hard_silu", "hardswish"), ("softmax", "softmax"), ("softsign", "unknown")],
)
def test_an_activation_in_a_layer_is_a_node_of_its_own(activation: str, kind: str) -> None:
    made = graph(sequential([4], layer("Dense", "fc", units=3, activation=activation)))
    assert [node.layer.kind for node in made.nodes] == ["input", "linear", kind]
    assert made.nodes[1].name == "fc"
    assert made.nodes[2].name.startswith("fc/")


@pytest.mark.parametrize(
    ("kind", "config", "said"),
    [
        ("Conv2D", {"kernel_size": 3}, "filters must be a whole number of at least 1, not None"),
        ("Conv2D", {"filters": True, "kernel_size": 3}, "filters must be a whole number of at least 1, not True"),
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3, 3]}, "kernel_size must be"),
        ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "mirror"}, "padding must be valid or same"),
        ("Conv2D", {"filters": 4, "kernel_size": 21}, "kernel 21 is larger than the input's height of 17"),
        ("Reshape", {"target_shape": [5, 5]}, "5×5 has 25 values, the input has 1938"),
        ("LSTM", {"units": 4}, "the input must have 2 axes beside the batch, not 3"),
        ("Whirl", {}, "not a layer that is known, and the file states no shape of its output"),
    ],
)
def test_a_layer_that_cannot_be_read_is_named(kind: str, config: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError) as error:
        graph(sequential(IMAGE, layer(kind, "odd", **config)))
    assert error.value.fact.startswith(f"'odd' ({kind}): ")
    assert said in error.value.fact


def test_sizes_that_are_left_open_are_letters() -> None:
    made = graph(sequential([None, None, 3], layer("Conv2D", filters=4, kernel_size=3, padding="same", strides=2)))
    assert [str(n) for n in made.input] == ["3", "H", "W"]
    assert shapes(made)["conv2d"][0] == 4
    assert params(made) == 4 * 3 * 9 + 4
