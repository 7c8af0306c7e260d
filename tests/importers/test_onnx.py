"""ONNX files as networks: their rows, params and MACs, counted by hand."""

from __future__ import annotations

import os
import time

import pytest

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.importers import importer_of
from archcalc.importers.registry import HEAD
from archcalc.profiling.engine import profile
from tests.importers.onnx_files import INT64, SMALL, array, attribute, graph, model, node, number, part, value


def read(content, name="net.onnx"):
    return importer_of(content[:HEAD], name).read(Source(name, content))


def totals(graph):
    found = profile(graph).totals
    return found.params, found.macs


def kinds(graph):
    return [node.layer.kind for node in graph.nodes]


def test_a_small_network_has_the_rows_of_a_spec_by_hand(tmp_path):
    """The batch is dropped, names are the file's, and the weights say how many filters there are."""
    path = tmp_path / "small.bin"
    path.write_bytes(SMALL)

    found = archcalc.load(str(path))

    assert [(node.name, node.layer.kind, tuple(node.shape)) for node in found.nodes] == [
        ("x", "input", (3, 8, 8)),
        ("conv", "conv2d", (4, 8, 8)),
        ("act", "relu", (4, 8, 8)),
        ("flat", "flatten", (256,)),
        ("fc", "linear", (10,)),
    ]
    assert totals(found) == (4 * 3 * 9 + 4 + 10 * 256 + 10, 4 * 3 * 9 * 64 + 10 * 256)


@pytest.mark.parametrize(
    "content",
    [
        b"[net]\nheight=224\n",
        b'name: "net"\nlayer { type: "Convolution" }\n',
        b'{"class_name": "Sequential"}',
        b"# a spec\ninput: {channels: 3}\n",
        b"224: a number",
        b"PK\x03\x04" + bytes(60),
        # A saved model of another program: a number, and then a part.
        number(1, 1) + part(2, bytes(300)),
    ],
)
def test_files_of_other_formats_are_left_alone(content):
    """Text of any sort, archives and other messages are none."""
    assert importer_of(content, "a.onnx").name != "onnx"


def test_weights_are_never_read(tmp_path):
    """A file of 2 GiB, nearly all of it a hole, is read in a moment."""
    weights = number(1, 16384) + number(1, 32768) + number(2, 1) + part(8, "w") + b"\x4a" + b"\x80\x80\x80\x80\x08"
    size = len(weights) + 2**31
    rest = part(1, node("MatMul", "x w", "y")) + part(11, value("x", 1, 16384)) + part(12, value("y", 1, 32768))

    def headed(field, length):
        return bytes([field << 3 | 2]) + number(1, length)[1:]

    first = headed(5, size) + weights
    start = number(1, 8) + headed(7, len(first) + 2**31 + len(rest)) + first
    path = tmp_path / "large.onnx"
    path.write_bytes(start)
    os.truncate(path, len(start) + 2**31)
    with path.open("ab") as file:
        file.write(rest)
    begun = time.process_time()

    found = archcalc.load(str(path))

    assert totals(found) == (2**29, 2**29)
    assert time.process_time() - begun < 2


def test_sizes_left_open_are_letters():
    """A word in a shape is a letter in all that follows from it; that of the batch is none."""
    found = read(
        model(
            [
                node("Conv", "x w", "c", pads=[1, 1, 1, 1]),
                node("GlobalAveragePool", "c", "p"),
                node("Flatten", "p", "y"),
            ],
            [value("x", "batch", 3, "H", "W")],
            [value("y", "batch", 8)],
            [array("w", (8, 3, 3, 3))],
        )
    )

    assert [str(n) for n in found.nodes[1].shape] == ["8", "H", "W"]
    assert str(totals(found)[1]) == "216*H*W"


def test_a_shape_worked_out_in_the_file_is_followed():
    """Shape, Gather, Unsqueeze, Concat and Reshape, as exporters write them, are numbers and no rows."""
    found = read(
        model(
            [
                node("Shape", "x", "s"),
                node("Gather", "s zero", "n", axis=0),
                node("Unsqueeze", "n axes", "n1"),
                node("Concat", "n1 rest", "wanted", axis=0),
                node("Reshape", "x wanted", "flat"),
                node("MatMul", "flat w", "m"),
                node("Add", "m b", "y"),
            ],
            [value("x", "batch", 4, 5)],
            [value("y", "batch", 7)],
            [
                array("zero", (), [0]),
                array("axes", (1,), [0]),
                array("rest", (1,), [-1]),
                array("w", (20, 7)),
                array("b", (7,)),
            ],
        )
    )

    assert kinds(found) == ["input", "flatten", "linear"]
    assert totals(found) == (20 * 7 + 7, 20 * 7)


def test_a_table_used_twice_counts_once():
    """An embedding and a projection with its transpose share it; an Identity gives a copy of its own."""
    nodes = [
        node("Gather", "table ids", "e"),
        node("Transpose", "table", "t", perm=[1, 0]),
        node("MatMul", "e t", "y"),
    ]
    inputs, outputs = [value("ids", "N", 6, kind=INT64)], [value("y", "N", 6, 50)]
    tied = read(model(nodes, inputs, outputs, [array("table", (50, 8))]))
    nodes = [node("Identity", "table", "own"), nodes[0], node("Transpose", "own", "t", perm=[1, 0]), nodes[2]]
    apart = read(model(nodes, inputs, outputs, [array("table", (50, 8))]))

    assert totals(tied) == (400, 6 * 8 * 50)
    assert totals(apart) == (800, 6 * 8 * 50)


def test_equal_vectors_that_an_exporter_wrote_once_count_each_time():
    """Ones for two norms are one array in a file before training; one of different numbers is shared on purpose."""
    norms = [node("LayerNormalization", "x w b", "m"), node("LayerNormalization", "m w b", "y")]
    shape = [value("x", 1, 5, 2)], [value("y", 1, 5, 2)]
    ones, mixed = bytes([0, 0, 128, 63] * 2), bytes([0, 0, 128, 63, 0, 0, 0, 64])

    def counted(raw):
        return totals(read(model(norms, *shape, [array("w", (2,), raw=raw), array("b", (2,), raw=bytes(8))])))[0]

    assert (counted(ones), counted(mixed)) == (8, 4)


def test_weights_among_the_inputs_are_weights():
    """Old files list every array as an input of the network too."""
    content = model(
        [node("Conv", "x w", "y")],
        [value("x", 1, 3, 8, 8), value("w", 4, 3, 3, 3)],
        [value("y", 1, 4, 6, 6)],
        [array("w", (4, 3, 3, 3))],
        opset=7,
    )

    assert list(read(content).input_shapes) == ["x"]


def test_weights_that_are_made_of_one_number_are_weights():
    """A network without its weights holds a shape and a number for each."""
    content = model(
        [node("ConstantOfShape", "s", "w"), node("Conv", "x w", "y")],
        [value("x", 1, 3, 8, 8)],
        [value("y", 1, 4, 6, 6)],
        [array("s", (4,), [4, 3, 3, 3])],
    )

    assert totals(read(content)) == (108, 108 * 36)


def test_the_branch_that_a_number_decides_is_taken():
    """The other branch is no part of the network."""
    inner = graph([node("Relu", "x", "r")], [], [value("r", 1, 4)])
    other = graph([node("Sigmoid", "x", "q")], [], [value("q", 1, 4)])

    def content(condition, arrays):
        return model(
            [_choice(condition, inner, other)],
            [value("x", 1, 4)],
            [value("y", 1, 4)],
            arrays,
        )

    assert kinds(read(content("c", [array("c", (), [1])])))[-1] == "relu"
    assert kinds(read(content("c", [array("c", (), [0])])))[-1] == "sigmoid"


def _choice(condition, one, other):
    branches = (("then_branch", one), ("else_branch", other))
    given = b"".join(part(5, part(1, name) + part(6, of) + number(20, 5)) for name, of in branches)
    return part(1, condition) + part(2, "y") + part(3, "choice") + part(4, "If") + given


def test_a_function_of_the_file_is_what_it_consists_of():
    """Its operators stand in place of its call, with the call's values and settings."""
    slope = part(1, "alpha") + part(21, "slope") + number(20, 1)
    body = part(1, "a") + part(2, "t") + part(4, "LeakyRelu") + part(5, slope)
    function = part(1, "Twice") + part(4, "a") + part(5, "b") + part(7, body)
    function += part(7, node("Tanh", "t", "b")) + part(10, "own")
    call = node("Twice", "x", "y", domain="own", slope=0.25)

    found = read(model([call], [value("x", 1, 4)], [value("y", 1, 4)], functions=[function]))

    assert kinds(found) == ["input", "leakyrelu", "tanh"]
    assert found.nodes[1].layer.slope == 0.25
    assert found.nodes[1].blocks == ("y",)


def test_an_operator_of_another_set_is_a_row_whose_work_is_unknown():
    """It has the shape that the file states, and its weights; without a shape it is an error that names it."""
    nodes = [node("Strange", "x w", "s", name="odd", domain="com.example"), node("Relu", "s", "y")]
    ends = [value("x", 1, 4)], [value("y", 1, 6)], [array("w", (11,))]

    found = read(model(nodes, *ends, [value("s", 1, 6)]))

    assert [(node.layer.kind, tuple(node.shape)) for node in found.nodes[1:]] == [("unknown", (6,)), ("relu", (6,))]
    assert totals(found)[0] == 11
    with pytest.raises(SpecError, match=r"odd \(Strange\).*com\.example\.Strange"):
        read(model(nodes, *ends))


def test_a_shape_that_the_file_states_otherwise_is_an_error():
    """Both shapes are named."""
    with pytest.raises(SpecError, match=r"y \(Relu\): it puts out 1×4, and the file states 1×5"):
        read(model([node("Relu", "x", "y")], [value("x", 1, 4)], [value("y", 1, 5)]))


def test_weights_in_another_file_are_counted_by_their_shapes():
    """The other file is not there, and nobody asks for it."""
    elsewhere = array("w", (3, 5)) + part(13, part(1, "location") + part(2, "../nowhere.bin")) + number(14, 1)

    assert totals(read(model([node("MatMul", "x w", "y")], [value("x", 1, 3)], [value("y", 1, 5)], [elsewhere]))) == (
        15,
        15,
    )


def test_an_attribute_may_hold_what_nobody_expects():
    """A word where numbers belong is passed over."""
    odd = node("Relu", "x", "y") + part(5, attribute("pads", "word"))

    assert kinds(read(model([odd], [value("x", 1, 4)], [value("y", 1, 4)]))) == ["input", "relu"]
