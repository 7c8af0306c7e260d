"""Operators of TensorFlow Lite that together are one layer."""

from __future__ import annotations

import struct

import pytest

from tests.importers.tflite_files import INT32, RELU, VALID, File, read, rows, totals, window


def test_places_laid_out_as_samples_are_steps_of_a_convolution():
    """The bias, which is added behind, is that of the convolution; that of zeros is the converter's."""
    file = File()
    x = file.tensor("x", (1, 8, 6, 2))
    zeros = file.tensor("zeros", (4,), buffer=file.buffer(bytes(16)))
    steps, margins, none = file.numbers(2, 2), file.tensor("margins", (2, 2), kind=INT32), file.numbers(0, 0, 0, 0)
    file.tensors[margins] = {**file.tensors[margins], 2: ("I", file.buffer(struct.pack("<4i", 2, 2, 2, 2)))}
    laid = file.op("SPACE_TO_BATCH_ND", [x, steps, margins], file.tensor("laid", (4, 6, 5, 2)))
    inner = file.op(
        "CONV_2D",
        [laid, file.weights("w", 4, 3, 3, 2), zeros],
        file.tensor("inner", (4, 4, 3, 4)),
        window(padding=VALID),
    )
    back = file.op("BATCH_TO_SPACE_ND", [inner, steps, none], file.tensor("back", (1, 8, 6, 4)))
    y = file.op("ADD", [back, file.weights("b", 4)], file.tensor("y", (1, 8, 6, 4)), {0: ("b", RELU)})

    found = read(file.content([x], [y]))

    assert rows(found) == [("conv2d", (4, 8, 6)), ("relu", (4, 8, 6))]
    assert (found.nodes[1].layer.dilation, found.nodes[1].layer.padding) == (2, 2)
    assert totals(found) == (4 * 18 + 4, 48 * 4 * 18)


@pytest.mark.parametrize("shared", [False, True])
def test_a_convolution_along_an_axis_is_one_of_a_signal(shared):
    """An axis of 1 comes and goes, and the places are laid out as samples around that, with steps of 2 and 4 before."""
    file = File()
    x, steps, margins = file.tensor("x", (1, 8, 3)), file.numbers(2), file.tensor("margins", (1, 2), kind=INT32)
    file.tensors[margins] = {**file.tensors[margins], 2: ("I", file.buffer(struct.pack("<2i", 4, 0)))}
    laid = file.op("SPACE_TO_BATCH_ND", [x, steps, margins], file.tensor("laid", (2, 6, 3)))
    image = file.op("EXPAND_DIMS", [laid, file.numbers(1, single=True)], file.tensor("image", (2, 1, 6, 3)))
    inner = file.tensor("inner", (2, 1, 4, 5))
    file.op("CONV_2D", [image, file.weights("w", 5, 1, 3, 3), file.weights("b", 5)], inner, window(padding=VALID))
    line = file.op("SQUEEZE", [inner], file.tensor("line", (2, 4, 5)))
    none = file.tensor("none", (1, 2), kind=INT32, buffer=file.buffer(bytes(8)))
    y = file.op("BATCH_TO_SPACE_ND", [line, steps, none], file.tensor("y", (1, 8, 5)))
    others = [file.op("HARD_SWISH", [image], file.tensor("other", (2, 1, 6, 3)))] if shared else []

    found = read(file.content([x], [y, *others]))

    row = next(node for node in found.nodes if node.layer.kind == "conv1d")
    assert (tuple(row.shape), row.layer.dilation, row.layer.padding) == ((5, 8), 2, ((4, 0),))
    assert totals(found)[0] == 5 * 9 + 5


@pytest.mark.parametrize("later", [False, True])
def test_arithmetic_is_layer_normalisation(later):
    """In both ways in which TensorFlow writes it: β − mean · r · γ, or −mean · r · γ and then β."""
    file = File()
    x, axes = file.tensor("x", (1, 7, 5)), file.numbers(-1)
    one, whole = (1, 7, 1), (1, 7, 5)
    mean = file.op("MEAN", [x, axes], file.tensor("mean", one), {0: ("b", 1)})
    squares = file.op("SQUARED_DIFFERENCE", [x, mean], file.tensor("squares", whole))
    variance = file.op("MEAN", [squares, axes], file.tensor("variance", one), {0: ("b", 1)})
    root = file.op(
        "RSQRT",
        [file.op("ADD", [variance, file.weights("eps", 1)], file.tensor("sum", one), {})],
        file.tensor("r", one),
    )
    factor = file.op("MUL", [root, file.weights("gamma", 5)], file.tensor("factor", whole), {})
    own = file.op("MUL", [x, factor], file.tensor("own", whole), {})
    centre = file.op("NEG", [mean], file.tensor("negative", one)) if later else mean
    taken = file.op("MUL", [centre, factor], file.tensor("taken", whole), {})
    beta = file.weights("beta", 5)
    rest = file.op("ADD" if later else "SUB", [taken, beta] if later else [beta, taken], file.tensor("rest", whole), {})
    y = file.op("ADD", [own, rest], file.tensor("y", whole), {})

    found = read(file.content([x], [y]))

    assert rows(found) == [("layernorm", (7, 5))]
    assert totals(found)[0] == 10


@pytest.mark.parametrize("read_elsewhere", [False, True])
def test_a_bias_that_is_added_behind_a_reshape_is_that_of_the_dense_layer(read_elsewhere):
    """So TensorFlow writes what attention is computed of; one whose product is read elsewhere too stays a row."""
    file = File()
    x = file.tensor("x", (1, 7, 6))
    dense = file.op("FULLY_CONNECTED", [x, file.weights("w", 8, 6), -1], file.tensor("dense", (1, 7, 8)), {2: ("b", 1)})
    heads = file.op("RESHAPE", [dense, file.numbers(1, 7, 2, 4)], file.tensor("heads", (1, 7, 2, 4)))
    y = file.op("ADD", [heads, file.weights("b", 2, 4)], file.tensor("y", (1, 7, 2, 4)), {})

    found = read(file.content([x], [y, dense] if read_elsewhere else [y]))

    assert [kind for kind, _ in rows(found)].count("add") == read_elsewhere
    assert totals(found) == (48 + 8, 7 * 48)


def test_a_dense_layer_of_rows_is_one_of_places():
    """Images are put into rows for it, and the rows into images again."""
    file = File()
    x, rows_of = file.tensor("x", (1, 4, 5, 6)), file.tensor("rows", (20, 6))
    file.op("RESHAPE", [x, file.numbers(-1, 6)], rows_of)
    dense = file.op("FULLY_CONNECTED", [rows_of, file.weights("w", 3, 6), -1], file.tensor("dense", (20, 3)), {})
    back = file.op("RESHAPE", [dense, file.numbers(1, 4, 5, 3)], file.tensor("back", (1, 4, 5, 3)))
    y = file.op("ADD", [back, file.weights("b", 3)], file.tensor("y", (1, 4, 5, 3)), {})

    found = read(file.content([x], [y]))

    assert rows(found) == [("linear", (3, 4, 5))]
    assert totals(found) == (18 + 3, 20 * 18)
