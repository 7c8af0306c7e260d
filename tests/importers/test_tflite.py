"""TensorFlow Lite files as networks: their rows, params and MACs, counted by hand."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import SpecError
from archcalc.importers import importer_of
from archcalc.importers.registry import HEAD
from archcalc.profiling.engine import profile
from tests.importers.tflite_files import (
    FLOAT16,
    INT8,
    INT32,
    RELU,
    SMALL,
    VALID,
    File,
    depthwise,
    pool,
    read,
    rows,
    totals,
    window,
)


def stored(graph):
    return sum(row.weight_bytes for row in profile(graph).rows)


def test_a_small_network_has_the_rows_of_a_spec_by_hand(tmp_path):
    """The batch is dropped, channels come first, and a fused activation is a row behind its operator."""
    path = tmp_path / "small.bin"
    path.write_bytes(SMALL)

    found = archcalc.load(str(path))

    assert [(node.name, node.layer.kind, tuple(node.shape)) for node in found.nodes] == [
        ("serving_default_x:0", "input", (3, 9, 8)),
        ("net/conv/Relu6", "conv2d", (8, 5, 4)),
        ("net/conv/Relu6/relu6", "relu6", (8, 5, 4)),
        ("net/dw", "conv2d", (16, 5, 4)),
        ("net/pool", "globalavgpool", (16, 1, 1)),
        ("net/pool_2", "flatten", (16,)),
        ("net/fc", "linear", (10,)),
        ("net/probabilities", "softmax", (10,)),
    ]
    assert found.nodes[1].layer.padding == "same"
    # Each of 8 filters is 3×3×3, each of 16 of one channel is 3×3, and all have a bias.
    assert totals(found) == (8 * 28 + 16 * 10 + 10 * 17, 5 * 4 * (8 * 27 + 16 * 9) + 160)


@pytest.mark.parametrize("content", [SMALL[:4] + b"TFL2" + SMALL[8:], b"TFL3" + SMALL[8:60], b"TFL3"])
def test_a_file_without_the_mark_is_another(content):
    assert importer_of(content[:HEAD], "net.tflite").name != "tflite"


def test_an_open_size_is_a_letter_and_the_batch_is_none():
    file = File()
    x = file.tensor("x", (1, 1, 1, 3), open_at=(0, 1, 2))
    y = file.tensor("y", (1, 1, 1, 4), open_at=(0, 1, 2))
    file.op("CONV_2D", [x, file.weights("w", 4, 3, 3, 3)], y, window(stride=2))

    found = read(file.content([x], [y]))

    assert [str(n) for n in found.input] == ["3", "H", "W"]
    assert str(profile(found).totals.macs) == "108*ceiling(H/2)*ceiling(W/2)"


def test_a_filter_with_fewer_inputs_is_one_of_groups():
    file = File()
    x, y = file.tensor("x", (1, 4, 4, 8)), file.tensor("y", (1, 4, 4, 6))
    file.op("CONV_2D", [x, file.weights("w", 6, 1, 1, 4)], y, window())

    found = read(file.content([x], [y]))

    assert found.nodes[1].layer.groups == 2
    assert totals(found) == (6 * 4, 16 * 6 * 4)


@pytest.mark.parametrize(("padding", "size"), [(0, (8, 8)), (VALID, (9, 9))])
def test_a_transposed_convolution_has_the_size_that_it_states(padding, size):
    """Of 4 places by steps of 2 and a kernel of 3: 8 with "same", 9 without."""
    file = File()
    x, y = file.tensor("x", (1, 4, 4, 5)), file.tensor("y", (1, *size, 2))
    settings = {0: ("b", padding), 1: ("i", 2), 2: ("i", 2)}
    file.op("TRANSPOSE_CONV", [file.numbers(1, *size, 2), file.weights("w", 2, 3, 3, 5), x], y, settings)

    found = read(file.content([x], [y]))

    assert rows(found) == [("convtranspose2d", (2, *size))]
    assert totals(found) == (2 * 9 * 5, 16 * 2 * 9 * 5)


def test_quantized_weights_count_as_their_elements_and_take_the_bytes_that_are_stated():
    """Scales are none of the params; a bias of 32 bits takes 4 bytes a value."""
    file = File()
    x, y = file.tensor("x", (1, 4, 4, 3), kind=INT8, scale=True), file.tensor("y", (1, 4, 4, 8), kind=INT8, scale=True)
    weights = [file.weights("w", 8, 3, 3, 3, kind=INT8, scale=True), file.weights("b", 8, kind=INT32, scale=True)]
    file.op("CONV_2D", [x, *weights], y, window(activation=RELU))
    out = file.op("DEQUANTIZE", [y], file.tensor("out", (1, 4, 4, 8)))

    found = read(file.content([x], [out]))

    assert rows(found) == [("conv2d", (8, 4, 4)), ("relu", (8, 4, 4))]
    assert totals(found)[0] == 8 * 27 + 8
    assert stored(found) == 8 * 27 + 8 * 4


def test_weights_of_half_the_bits_are_counted_once():
    file = File()
    x, y = file.tensor("x", (1, 6)), file.tensor("y", (1, 4))
    weight = file.op("DEQUANTIZE", [file.weights("half", 4, 6, kind=FLOAT16)], file.tensor("whole", (4, 6)))
    file.op("FULLY_CONNECTED", [x, weight, -1], y, {0: ("b", 0)})

    found = read(file.content([x], [y]))

    assert rows(found) == [("linear", (4,))]
    assert totals(found) == (24, 24)
    assert stored(found) == 48


@pytest.mark.parametrize("shared", ["tensor", "buffer"])
def test_what_two_layers_share_is_counted_once(shared):
    file = File()
    first = file.weights("w", 6, 6)
    second = first if shared == "tensor" else file.tensor("again", (6, 6), buffer=1)
    x, y, z = (file.tensor(name, (1, 6)) for name in "xyz")
    file.op("FULLY_CONNECTED", [x, first, -1], y, {0: ("b", RELU)})
    file.op("FULLY_CONNECTED", [y, second, -1], z, {0: ("b", 0)})

    assert totals(read(file.content([x], [z]))) == (36, 72)


def test_a_code_above_127_is_in_a_field_of_its_own():
    file = File()
    x, y = file.tensor("x", (1, 6)), file.tensor("y", (1, 6))
    file.op("GELU", [x], y, {0: ("b", 1)})

    [_, row] = read(file.content([x], [y])).nodes

    assert (row.layer.kind, row.layer.approximate) == ("gelu", "tanh")


def test_values_over_their_length_are_so_along_the_last_axis():
    file = File()
    x, y = file.tensor("x", (1, 4, 5, 3)), file.tensor("y", (1, 4, 5, 3))
    file.op("L2_NORMALIZATION", [x], y)

    found = read(file.content([x], [y]))

    assert rows(found) == [("l2norm", (3, 4, 5))]
    assert found.nodes[1].layer.axis.name == "channels"


def test_an_operator_of_somebodys_own_is_a_row_with_its_arrays():
    """Its work is not known, so the totals are lower bounds."""
    file = File()
    x, y = file.tensor("x", (1, 4, 4, 3)), file.tensor("y", (1, 2, 7))
    file.op("CUSTOM", [x, file.weights("anchors", 2, 4)], y, custom="Detections")

    found = read(file.content([x], [y]))

    assert rows(found) == [("unknown", (2, 7))]
    assert found.nodes[1].layer.operator == "Detections"
    assert totals(found)[0] == 8
    assert found.nodes[1].layer.uncounted


def test_the_samples_of_an_unknown_operator_are_no_letter():
    file = File()
    x, y = file.tensor("x", (1, 4, 4, 3), open_at=(0,)), file.tensor("y", (1, 6, 7), open_at=(0,))
    file.op("CUSTOM", [x], y, custom="Detections")

    assert rows(read(file.content([x], [y]))) == [("unknown", (6, 7))]


def test_another_size_than_the_file_states_is_an_error_with_both():
    file = File()
    x, y = file.tensor("x", (1, 8, 8, 3)), file.tensor("net/conv", (1, 8, 7, 4))
    file.op("CONV_2D", [x, file.weights("w", 4, 3, 3, 3)], y, window())

    with pytest.raises(SpecError) as error:
        read(file.content([x], [y]))

    assert "net/conv (CONV_2D)" in error.value.fact
    assert "4×8×8" in error.value.fact
    assert "4×8×7" in error.value.fact


def test_weights_that_do_not_fit_are_an_error():
    file = File()
    x, y = file.tensor("x", (1, 6)), file.tensor("y", (1, 4))
    file.op("FULLY_CONNECTED", [x, file.weights("w", 4, 7), -1], y, {0: ("b", 0)})

    with pytest.raises(SpecError, match="its weight is 4×7"):
        read(file.content([x], [y]))


def test_a_pool_of_the_same_size_counts_no_margins():
    file = File()
    x, y = file.tensor("x", (1, 5, 5, 2)), file.tensor("y", (1, 3, 3, 2))
    file.op("AVERAGE_POOL_2D", [x], y, pool(3, 2, padding=0))

    [_, row] = read(file.content([x], [y])).nodes

    assert (row.layer.kind, row.layer.padding, row.layer.count_include_pad) == ("avgpool2d", "same", False)


def test_the_name_of_an_input_is_that_of_the_signature():
    file = File()
    x, y = file.tensor("serving_default_args_0:0", (1, 6, 6, 3)), file.tensor("y", (1, 6, 6, 6))
    file.op("DEPTHWISE_CONV_2D", [x, file.weights("w", 1, 3, 3, 6)], y, depthwise(multiplier=2))
    signature = [{0: [{0: "image", 1: ("I", x)}], 2: "serving_default", 4: ("I", 0)}]

    assert read(file.content([x], [y], signatures=signature)).nodes[0].name == "image"
