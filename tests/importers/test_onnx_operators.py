"""Operators of ONNX files, each with its rows, its shape, its params and its MACs by hand."""

from __future__ import annotations

import pytest

from archcalc.errors import Source, SpecError
from archcalc.importers.onnx.reader import read
from archcalc.profiling.engine import profile
from tests.importers.onnx_files import INT64, array, model, node, part, value

IMAGE = value("x", 1, 4, 9, 9)
WORDS = value("x", 1, 6, 8)


def outcome(nodes, arrays=(), given=IMAGE, opset=17, stated=()):
    """The kinds of the rows, the shape of the last one, params and MACs."""
    found = read(Source("a.onnx", model(nodes, [given], [part(1, "y")], arrays, stated, opset=opset)))
    totals = profile(found).totals
    kinds = " ".join(node.layer.kind for node in found.nodes[1:])
    return kinds, tuple(found.nodes[found.outputs[0]].shape), totals.params, totals.macs


W = array("w", (6, 4, 3, 3))
CONV = 6 * 4 * 9


@pytest.mark.parametrize(
    ("settings", "side"),
    [
        ({}, 7),
        ({"pads": [1, 1, 1, 1]}, 9),
        # Rows and columns padded on one side alone.
        ({"pads": [0, 0, 1, 1]}, 8),
        ({"strides": [2, 2]}, 4),
        ({"dilations": [2, 2]}, 5),
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, 5),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, 5),
        ({"auto_pad": "VALID"}, 7),
    ],
)
def test_a_convolution_slides_as_its_attributes_say(settings, side):
    """⌊(9 + padding − dilation·2 − 1) / stride⌋ + 1 positions a side."""
    assert outcome([node("Conv", "x w", "y", **settings)], [W]) == ("conv2d", (6, side, side), CONV, CONV * side**2)


CASES = {
    "groups": ([node("Conv", "x w", "y", group=4)], [array("w", (8, 1, 3, 3))], ("conv2d", (8, 7, 7), 72, 72 * 49)),
    "bias added after": (
        [node("Conv", "x w", "c"), node("Add", "c b", "y")],
        [W, array("b", (1, 6, 1, 1))],
        ("conv2d", (6, 7, 7), CONV + 6, CONV * 49),
    ),
    "transposed": (
        [node("ConvTranspose", "x w b", "y", strides=[2, 2])],
        [array("w", (4, 5, 2, 2)), array("b", (5,))],
        ("convtranspose2d", (5, 18, 18), 85, 80 * 81),
    ),
    "transposed to a shape": (
        [node("ConvTranspose", "x w", "y", strides=[2, 2], output_shape=[18, 18])],
        [array("w", (4, 5, 3, 3))],
        ("convtranspose2d", (5, 18, 18), 180, 180 * 81),
    ),
    "max pool rounded up": (
        [node("MaxPool", "x", "y", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)],
        [],
        ("maxpool2d", (4, 5, 5), 0, 0),
    ),
    "average pool": (
        [node("AveragePool", "x", "y", kernel_shape=[3, 3], pads=[1, 1, 1, 1])],
        [],
        ("avgpool2d", (4, 9, 9), 0, 0),
    ),
    "batch norm": (
        [node("BatchNormalization", "x a b m v", "y")],
        [array(name, (4,)) for name in "abmv"],
        ("batchnorm2d", (4, 9, 9), 8, 0),
    ),
    "response norm": ([node("LRN", "x", "y", size=5)], [], ("localresponsenorm", (4, 9, 9), 0, 0)),
    "slopes": ([node("PRelu", "x s", "y")], [array("s", (4, 1, 1))], ("prelu", (4, 9, 9), 4, 0)),
    "scale and offset": (
        [node("Mul", "x s", "m"), node("Add", "m b", "y")],
        [array("s", (4, 1, 1)), array("b", (4, 1, 1))],
        ("scale", (4, 9, 9), 8, 0),
    ),
    "clip at six": (
        [node("Clip", "x low high", "y")],
        [array("low", (), raw=bytes(4)), array("high", (), raw=b"\0\0\xc0\x40")],
        ("relu6", (4, 9, 9), 0, 0),
    ),
    "mean of places": (
        [node("ReduceMean", "x", "y", axes=[2, 3], keepdims=0)],
        [],
        ("globalavgpool flatten", (4,), 0, 0),
    ),
    "margins": ([node("Pad", "x p", "y")], [array("p", (8,), [0, 0, 1, 1, 0, 0, 2, 2])], ("pad", (4, 12, 12), 0, 0)),
    "no margins": (
        [node("Pad", "x p", "q"), node("Relu", "q", "y")],
        [array("p", (8,), [0] * 8)],
        ("relu", (4, 9, 9), 0, 0),
    ),
    "twice as large": (
        [node("Resize", "x - s", "y")],
        [array("s", (4,), raw=b"\0\0\x80\x3f" * 2 + b"\0\0\0\x40" * 2)],
        ("upsample", (4, 18, 18), 0, 0),
    ),
    "of a size": ([node("Resize", "x - - n", "y")], [array("n", (4,), [1, 4, 5, 7])], ("resize", (4, 5, 7), 0, 0)),
    "depth to space": ([node("DepthToSpace", "x", "y", blocksize=2)], [], ("pixelshuffle", (1, 18, 18), 0, 0)),
    "parts": (
        [node("Split", "x", "p q", axis=1), node("Concat", "q p", "y", axis=1)],
        [],
        ("split split concat", (4, 9, 9), 0, 0),
    ),
    "unequal parts": (
        [node("Split", "x n", "p q", axis=1), node("Relu", "q", "y")],
        [array("n", (2,), [1, 3])],
        ("slice slice relu", (3, 9, 9), 0, 0),
    ),
    "over their length": ([node("LpNormalization", "x", "y", axis=1)], [], ("l2norm", (4, 9, 9), 0, 0)),
    "over the sum of sizes": ([node("LpNormalization", "x", "y", axis=1, p=1)], [], ("unknown", (4, 9, 9), 0, 0)),
    # As torch's exporter has it.
    "over their length in arithmetic": (
        [
            node("ReduceL2", "x", "l", axes=[1], keepdims=1),
            node("Clip", "l c", "m"),
            node("Expand", "m s", "e"),
            node("Div", "x e", "y"),
        ],
        [array("c", (), raw=bytes(4)), array("s", (4,), [1, 4, 9, 9])],
        ("l2norm", (4, 9, 9), 0, 0),
    ),
    "channels last and back": (
        [node("Transpose", "x", "t", perm=[0, 2, 3, 1]), node("MatMul", "t w", "y")],
        [array("w", (4, 5))],
        ("permute linear", (9, 9, 5), 20, 20 * 81),
    ),
    "every third": (
        [node("Slice", "x a b c d", "s"), node("Relu", "s", "y")],
        [array(n, (1,), [of]) for n, of in zip("abcd", (1, 99, 2, 3), strict=True)],
        ("reshape slice reshape relu", (4, 3, 9), 0, 0),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_an_operator_on_an_image_is_the_layer_that_does_it(name):
    """Rows, shape, params and MACs."""
    nodes, arrays, wanted = CASES[name]

    assert outcome(nodes, arrays) == wanted


def test_old_operators_name_the_axis_that_an_array_lies_along():
    """Before version 7 a vector of 4 was added to the channels, which no shape of its own says."""
    nodes = [node("Mul", "x s", "y", broadcast=1, axis=1)]

    assert outcome(nodes, [array("s", (4,))], opset=6) == ("scale", (4, 9, 9), 4, 0)


def gate(*nodes):
    return [node(kind, inputs, f"v{at}" if at < len(nodes) - 1 else "y") for at, (kind, inputs) in enumerate(nodes)]


ACTIVATIONS = {
    "silu": gate(("Sigmoid", "x"), ("Mul", "x v0")),
    "gelu": gate(("Div", "x c"), ("Erf", "v0"), ("Add", "v1 c"), ("Mul", "x v2"), ("Mul", "v3 c")),
    "hardswish": gate(("Add", "x c"), ("Clip", "v0 c c"), ("Mul", "x v1"), ("Div", "v2 c")),
    "hardsigmoid": gate(("Add", "x c"), ("Clip", "v0 c c"), ("Div", "v1 c")),
    "mish": gate(("Softplus", "x"), ("Tanh", "v0"), ("Mul", "x v1")),
    # Half of x times the other factor, as older exporters have it.
    "gelu halved": gate(("Mul", "x c"), ("Div", "x c"), ("Erf", "v1"), ("Add", "v2 c"), ("Mul", "v0 v3")),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_written_as_arithmetic_is_one_row(name):
    """Whatever numbers stand in it."""
    assert outcome(ACTIVATIONS[name], [array("c", (), raw=bytes(4))])[0] == name.split()[0]


def test_a_gate_on_other_values_is_no_activation():
    """x times the sigmoid of something else stays two rows."""
    nodes = gate(("GlobalAveragePool", "x"), ("Sigmoid", "v0"), ("Mul", "x v1"))

    assert outcome(nodes)[0] == "globalavgpool sigmoid multiply"


@pytest.mark.parametrize(
    ("centred", "arrays", "wanted"),
    [(True, "w b", ("layernorm", 16)), (True, "w", ("layernorm", 8)), (False, "w", ("rmsnorm", 8))],
)
def test_a_norm_written_as_arithmetic_is_one_row(centred, arrays, wanted):
    """Mean, difference, square, mean, root, quotient, and what is trained."""
    d = "d" if centred else "x"
    nodes = [node("ReduceMean", "x", "m", axes=[-1]), node("Sub", "x m", "d")] if centred else []
    nodes += [node("Pow", f"{d} two", "s"), node("ReduceMean", "s", "v", axes=[-1]), node("Add", "v eps", "e")]
    nodes += [node("Sqrt", "e", "r"), node("Div", f"{d} r", "q"), node("Mul", "q w", "y" if arrays == "w" else "n")]
    nodes += [node("Add", "n b", "y")] if arrays == "w b" else []
    held = [array("two", (), raw=bytes(4)), array("eps", (), raw=bytes(4)), array("w", (8,)), array("b", (8,))]

    kinds, shape, params, macs = outcome(nodes, held, WORDS)

    assert (kinds, params, shape, macs) == (*wanted, (6, 8), 0)


def test_attention_is_products_of_branches():
    """Two heads of 4 values among 6 tokens, whose axes the file puts where it needs them."""
    nodes = [
        node("Reshape", "x heads", "h"),
        node("Transpose", "h", "q", perm=[0, 2, 1, 3]),
        node("Transpose", "h", "k", perm=[0, 2, 3, 1]),
        node("MatMul", "q k", "s"),
        node("Softmax", "s", "p"),
        node("MatMul", "p q", "m"),
        node("Transpose", "m", "t", perm=[0, 2, 1, 3]),
        node("Reshape", "t back", "y"),
    ]
    arrays = [array("heads", (4,), [0, 0, 2, 4]), array("back", (3,), [0, 0, -1])]

    kinds, shape, params, macs = outcome(nodes, arrays, WORDS)

    assert kinds == "reshape permute permute matmul softmax matmul permute reshape"
    assert (shape, params, macs) == ((6, 8), 0, 2 * (2 * 6 * 6 * 4))


def test_samples_behind_the_tokens_are_dropped_all_the_same():
    """Tokens first, then a batch, as torch's attention has them; no row is needed to put them there."""
    nodes = [
        node("Transpose", "x", "t", perm=[1, 0, 2]),
        node("MatMul", "t w", "u"),
        node("Reshape", "u flat", "f"),
        node("Gemm", "f w", "g"),
        node("Reshape", "g back", "r"),
        node("Transpose", "r", "y", perm=[1, 0, 2]),
    ]
    arrays = [array("w", (8, 8)), array("flat", (2,), [-1, 8]), array("back", (3,), [6, 1, 8])]

    assert outcome(nodes, arrays, WORDS) == ("linear linear", (6, 8), 64, 2 * 64 * 6)


def test_windows_in_the_batch_are_an_axis_of_the_sample():
    """Two windows of three tokens are put into the batch of 2, attended to, and taken out again."""
    nodes = [
        node("Reshape", "x windows", "v"),
        node("MatMul", "v w", "u"),
        node("Reshape", "u back", "y"),
    ]
    arrays = [array("w", (8, 8)), array("windows", (3,), [4, 3, 8]), array("back", (3,), [2, 6, 8])]

    assert outcome(nodes, arrays, value("x", 2, 6, 8)) == ("reshape linear reshape", (6, 8), 64, 64 * 6)


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
def test_a_recurrent_layer_in_both_directions(kind, gates):
    """Its arrays hold both directions; the states of both are side by side at each step."""
    nodes = [
        node("Transpose", "x", "t", perm=[1, 0, 2]),
        node(kind, "t w r b", "s", hidden_size=5, direction="bidirectional"),
        node("Transpose", "s", "u", perm=[2, 0, 1, 3]),
        node("Reshape", "u shape", "y"),
    ]
    rows = gates * 5
    arrays = [array("w", (2, rows, 8)), array("r", (2, rows, 5)), array("b", (2, 2 * rows))]
    arrays.append(array("shape", (3,), [0, 0, -1]))

    weights = 2 * rows * (8 + 5)
    assert outcome(nodes, arrays, WORDS) == (kind.lower(), (6, 10), weights + 2 * 2 * rows, weights * 6)


def test_positions_and_a_class_token_are_learned():
    """An array is put before the tokens, and another added to all of them."""
    nodes = [node("Concat", "c x", "t", axis=1), node("Add", "t p", "y")]

    kinds, shape, params, _ = outcome(nodes, [array("c", (1, 1, 8)), array("p", (1, 7, 8))], WORDS)

    assert (kinds, shape, params) == ("learned concat learned add", (7, 8), 8 + 56)


def test_what_is_passed_over_is_said():
    """A mask costs no products, and a note names the operator."""
    nodes = [node("Equal", "x zero", "m"), node("Where", "m x x", "y")]
    content = model(nodes, [value("x", 1, 6, kind=INT64)], [part(1, "y")], [array("zero", (), [0])])

    assert read(Source("a.onnx", content)).notes == ("not counted: Equal × 1, Where × 1",)


def test_a_network_with_other_weights_than_its_input_needs_is_an_error():
    """Both shapes are named."""
    with pytest.raises(SpecError, match=r"y \(Conv\): its weight is 6×4×3×3, and 6×5×3×3 fits the input"):
        outcome([node("Conv", "x w", "y")], [W], value("x", 1, 5, 9, 9))
