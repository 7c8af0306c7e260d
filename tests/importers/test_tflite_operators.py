"""Operators of TensorFlow Lite: the rows that each becomes, and the order of axes that they are in."""

from __future__ import annotations

import pytest

from archcalc.errors import SpecError
from tests.importers.tflite_files import FLOAT32, INT32, File, read, rows, totals, window


def chain(kind, before, after, *further, settings=None):
    """The rows of one operator on an input, with further inputs that a function of the file makes."""
    file = File()
    x = file.tensor("x", before)
    y = file.op(kind, [x, *(make(file) for make in further)], file.tensor("y", after), settings)
    return rows(read(file.content([x], [y])))


def numbers(*values):
    return lambda file: file.numbers(*values)


def test_a_sample_as_a_vector_for_a_dense_layer_keeps_its_order():
    """The weights are in the order of the file, and as many; another reader needs the values in the file's order."""
    file = File()
    x, flat, y = file.tensor("x", (1, 4, 4, 3)), file.tensor("flat", (1, 48)), file.tensor("y", (1, 5))
    file.op("RESHAPE", [x, file.numbers(-1, 48)], flat)
    file.op("FULLY_CONNECTED", [flat, file.weights("w", 5, 48), -1], y, {0: ("b", 0)})

    assert rows(read(file.content([x], [y]))) == [("flatten", (48,)), ("linear", (5,))]
    assert chain("RESHAPE", (1, 4, 4, 6), (1, 32, 3), numbers(1, 32, 3)) == [
        ("permute", (4, 4, 6)),
        ("reshape", (32, 3)),
    ]


def test_axes_of_1_come_and_go_without_an_order():
    assert chain("EXPAND_DIMS", (1, 7, 5), (1, 1, 7, 5), lambda file: file.numbers(1, single=True)) == [
        ("reshape", (1, 7, 5))
    ]
    assert chain("RESHAPE", (1, 1, 1, 5), (1, 5), numbers(1, 5)) == [("flatten", (5,))]


def test_an_order_that_nothing_needs_is_none():
    """There and back again."""
    file = File()
    x, turned, y = file.tensor("x", (1, 4, 6)), file.tensor("turned", (1, 6, 4)), file.tensor("y", (1, 4, 6))
    file.op("TRANSPOSE", [x, file.numbers(0, 2, 1)], turned)
    file.op("TRANSPOSE", [file.op("HARD_SWISH", [turned], file.tensor("z", (1, 6, 4))), file.numbers(0, 2, 1)], y)

    assert rows(read(file.content([x], [y]))) == [("hardswish", (4, 6))]


def test_an_image_that_the_file_turns_has_its_channels_first():
    file = File()
    x, last = file.tensor("x", (1, 3, 6, 8)), file.tensor("last", (1, 6, 8, 3))
    file.op("TRANSPOSE", [x, file.numbers(0, 2, 3, 1)], last)
    y = file.op("CONV_2D", [last, file.weights("w", 4, 1, 1, 3)], file.tensor("y", (1, 6, 8, 4)), window())

    assert rows(read(file.content([x], [y]))) == [("conv2d", (4, 6, 8))]


@pytest.mark.parametrize(
    ("kind", "shapes", "further", "settings", "expected"),
    [
        ("PAD", ((1, 4, 5, 3), (1, 6, 8, 3)), [numbers(0, 0, 1, 1, 2, 1, 0, 0)], None, [("pad", (3, 6, 8))]),
        ("RESIZE_BILINEAR", ((1, 4, 5, 3), (1, 8, 10, 3)), [numbers(8, 10)], None, [("upsample", (3, 8, 10))]),
        ("RESIZE_BILINEAR", ((1, 4, 5, 3), (1, 6, 10, 3)), [numbers(6, 10)], None, [("resize", (3, 6, 10))]),
        ("PRELU", ((1, 4, 5, 3), (1, 4, 5, 3)), [lambda file: file.weights("a", 1, 1, 3)], None, [("prelu", (3, 4, 5))]),
        ("MEAN", ((1, 4, 5, 3), (1, 1, 1, 3)), [numbers(1, 2)], {0: ("b", 1)}, [("globalavgpool", (3, 1, 1))]),
        # The last axis of the file is the first here.
        ("SLICE", ((1, 4, 5, 6), (1, 4, 5, 2)), [numbers(0, 0, 0, 3), numbers(1, 4, 5, 2)], None, [("slice", (2, 4, 5))]),
        ("ADD", ((1, 4, 5, 3), (1, 4, 5, 3)), [lambda file: file.weights("a", 3)], {}, [("learned", (3, 1, 1)), ("add", (3, 4, 5))]),
        ("MUL", ((1, 4, 5, 3), (1, 4, 5, 3)), [lambda file: file.weights("a", 3)], {}, [("scale", (3, 4, 5))]),
    ],
)  # fmt: skip
def test_an_operator_is_a_row(kind, shapes, further, settings, expected):
    assert chain(kind, *shapes, *further, settings=settings) == expected


def test_a_margin_of_channels_is_one_of_an_axis_that_is_not_the_first():
    """It costs nothing, and no kind has a margin of channels."""
    found = chain("PAD", (1, 4, 5, 3), (1, 4, 5, 8), numbers(0, 0, 0, 0, 0, 0, 0, 5))

    assert [(kind, shape) for kind, shape in found if kind != "reshape"] == [
        ("permute", (4, 3, 5)),
        ("pad", (4, 8, 5)),
        ("permute", (8, 4, 5)),
    ]


def test_parts_of_channels_are_put_together_again():
    file = File()
    x = file.tensor("x", (1, 4, 5, 6))
    parts = [file.tensor(name, (1, 4, 5, 3)) for name in "ab"]
    file.op("SPLIT", [file.numbers(3, single=True), x], parts, {0: ("i", 2)})
    y = file.op("CONCATENATION", parts[::-1], file.tensor("y", (1, 4, 5, 6)), {0: ("i", 3), 1: ("b", 0)})

    assert rows(read(file.content([x], [y]))) == [
        ("split", (3, 4, 5)),
        ("split", (3, 4, 5)),
        ("concat", (6, 4, 5)),
    ]


@pytest.mark.parametrize(
    ("masks", "spans", "after", "expected"),
    [
        ((1 | 4, 1 | 4 | 8, 0, 0, 0), ((0, 1, 0, 0), (0, 3, 0, 0), (1, 1, 1, 2)), (1, 2, 5, 3), (3, 2, 5)),
        ((1, 1, 0, 0, 2), ((0, 2), (0, 0), (1, 1)), (1, 5, 6), (6, 5)),
        ((0, 0, 1, 0, 0), ((0, 0), (0, 2), (1, 1)), (1, 4, 5, 2), (2, 4, 5)),
    ],
)
def test_a_slice_with_masks(masks, spans, after, expected):
    """Of x the parts `[:, 1:3, :, ::2]`, `[:, 2]` and `[..., 0:2]`."""
    settings = {field: ("i", mask) for field, mask in enumerate(masks)}
    file = File()
    x = file.tensor("x", (1, 4, 5, 6))
    y = file.op("STRIDED_SLICE", [x, *(file.numbers(*span) for span in spans)], file.tensor("y", after), settings)

    found = read(file.content([x], [y]))

    last = found.nodes[-1]
    assert tuple(last.shape) == expected
    assert not any(node.layer.kind == "unknown" for node in found.nodes)


def test_a_shape_that_is_put_together_from_another():
    """Of a shape 1×4×5×6 the first number, and 120, are the shape of a vector."""
    file = File()
    x = file.tensor("x", (1, 4, 5, 6), open_at=(0,))
    shape = file.op("SHAPE", [x], file.tensor("shape", (4,), kind=INT32))
    masks = {field: ("i", mask) for field, mask in enumerate((0, 0, 0, 0, 1))}
    spans = [file.numbers(0), file.numbers(1), file.numbers(1)]
    first = file.op("STRIDED_SLICE", [shape, *spans], file.tensor("first", (), kind=INT32), masks)
    wanted = file.op(
        "PACK", [first, file.numbers(120, single=True)], file.tensor("wanted", (2,), kind=INT32), {0: ("i", 2)}
    )
    y = file.op("RESHAPE", [x, wanted], file.tensor("y", (1, 120), open_at=(0,)))

    assert rows(read(file.content([x], [y])))[-1] == ("flatten", (120,))


def test_an_embedding_is_a_row_of_a_table_for_each_token():
    file = File()
    x, y = file.tensor("x", (1, 7), kind=INT32), file.tensor("y", (1, 7, 4))
    table = file.weights("table", 50, 4)
    file.op("GATHER", [table, x], y, {0: ("i", 0)})
    z = file.op("FULLY_CONNECTED", [y, table, -1], file.tensor("z", (1, 7, 50)), {0: ("b", 0), 2: ("b", 1)})

    found = read(file.content([x], [z]))

    assert rows(found) == [("embedding", (7, 4)), ("linear", (7, 50))]
    # The table is the weights of the dense layer too.
    assert totals(found) == (200, 7 * 200)


def test_heads_are_multiplied():
    file = File()
    q, k = file.tensor("q", (1, 2, 7, 4)), file.tensor("k", (1, 2, 7, 4))
    y = file.op("BATCH_MATMUL", [q, k], file.tensor("y", (1, 2, 7, 7)), {0: ("b", 0), 1: ("b", 1)})

    found = read(file.content([q, k], [y]))

    assert tuple(found.nodes[-1].shape) == (2, 7, 7)
    assert totals(found) == (0, 2 * 7 * 7 * 4)


def test_an_lstm_has_one_bias_for_each_gate():
    file = File()
    x, y = file.tensor("x", (1, 7, 5)), file.tensor("y", (1, 7, 3))
    weights = [file.weights("w", 3, 5) for _ in range(4)] + [file.weights("r", 3, 3) for _ in range(4)]
    biases = [file.weights("b", 3) for _ in range(4)]
    inputs = [x, *weights, -1, -1, -1, *biases, -1, -1]
    # Its function is one inside of it, not one behind.
    file.op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, y, {0: ("b", 4), 3: ("b", 0)})

    found = read(file.content([x], [y]))

    assert rows(found) == [("lstm", (7, 3))]
    assert totals(found) == (4 * (15 + 9 + 3), 7 * 4 * (15 + 9))


def test_a_loop_holds_the_arrays_of_the_networks_that_it_runs():
    """What it begins with is none of them."""
    file = File()
    state = file.tensor("state", (1, 4))
    test = file.graph([state], [state])
    state = file.tensor("state", (1, 4))
    after = file.op("FULLY_CONNECTED", [state, file.weights("w", 4, 4), -1], file.tensor("after", (1, 4)), {})
    body = file.graph([state], [after])
    file.further += [test, body]
    x = file.tensor("x", (1, 4))
    y = file.op(
        "WHILE",
        [x, file.weights("start", 1, 4)],
        [file.tensor("y", (1, 4)), file.tensor("z", (1, 4))],
        {0: ("i", 1), 1: ("i", 2)},
    )

    found = read(file.content([x], [y]))

    assert rows(found) == [("unknown", (4,))]
    assert totals(found)[0] == 16


def test_joins_of_other_axes_than_stated_are_an_error():
    file = File()
    x, y = file.tensor("x", (1, 4, 5, 3)), file.tensor("y", (1, 4, 3), kind=FLOAT32)
    file.op("ADD", [x, x], y, {})

    with pytest.raises(SpecError, match="axes"):
        read(file.content([x], [y]))


def test_what_nothing_makes_is_an_error_and_what_a_variable_holds_is_none():
    file = File()
    x, lost, y = file.tensor("x", (1, 4)), file.tensor("lost", (1, 4)), file.tensor("y", (1, 4))
    file.op("ADD", [x, lost], y, {})
    without = file.content([x], [y])
    file = File()
    x, state, y = file.tensor("x", (1, 4)), file.tensor("state", (1, 4), variable=True), file.tensor("y", (1, 4))
    file.op("ADD", [x, state], y, {})

    assert [node.name for node in read(file.content([x], [y])).nodes] == ["x", "state", "y"]
    with pytest.raises(SpecError, match="'lost', which nothing"):
        read(without)
