"""Operators that are attention, or a norm or an activation with what stands before it."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.importers.onnx.reader import read
from archcalc.profiling.engine import profile
from tests.importers.onnx_files import array, model, node, part, value

X = value("x", 1, 6, 8)
SQUARE = 8 * 8
# Six tokens by six in heads of 8 features together: scores and means.
PAIRS = 6 * 6 * 8 * 2


def rows(nodes, arrays, ends="y", given=X):
    graph = read(Source("a.onnx", model(nodes, [given], [part(1, end) for end in ends.split()], arrays, opset=23)))
    totals = profile(graph).totals
    return [(row.layer.kind, row.layer.settings()) for row in graph.nodes if row.inputs], totals.params, totals.macs


def projections(*widths):
    return [node("MatMul", f"x w{of}", of) for of in "qkv"], [
        array(f"w{of}", (8, width)) for of, width in zip("qkv", widths, strict=True)
    ]


OUT = [node("MatMul", "a wo", "y")], [array("wo", (8, 8))]


@pytest.mark.parametrize(
    ("settings", "width", "found"),
    [
        ({"q_num_heads": 2, "kv_num_heads": 2}, 8, {"heads": 2}),
        ({"q_num_heads": 4, "kv_num_heads": 2}, 4, {"heads": 4, "kv_heads": 2}),
        ({"q_num_heads": 2, "kv_num_heads": 2, "is_causal": 1}, 8, {"heads": 2, "causal": True}),
        ({"q_num_heads": 2, "kv_num_heads": 2, "scale": 0.5}, 8, {"heads": 2}),
    ],
)
def test_attention_between_its_projections_is_one_layer(settings, width, found):
    """Heads of keys may be fewer, and a scale of a half is the root of 4."""
    nodes, arrays = projections(8, width, width)

    made = rows([*nodes, node("Attention", "q k v", "a", **settings), *OUT[0]], [*arrays, *OUT[1]])

    weights = 2 * SQUARE + 2 * 8 * width
    assert made == ([("attention", {**found, "bias": False})], weights, 6 * weights + PAIRS)


@pytest.mark.parametrize("settings", [{"scale": 2.0}, {"softcap": 30.0}])
def test_attention_of_another_make_stays_in_rows(settings):
    """Its params and its outer shape are those of the file."""
    nodes, arrays = projections(8, 8, 8)
    attend = node("Attention", "q k v", "a", q_num_heads=2, kv_num_heads=2, **settings)

    found, params, _ = rows([*nodes, attend, *OUT[0]], [*arrays, *OUT[1]])

    assert "attention" not in [kind for kind, _ in found]
    assert params == 4 * SQUARE


def test_attention_of_heads_apart():
    """Heads×tokens×values, as a graph without projections has them."""
    given = value("x", 1, 2, 6, 4)

    found, params, macs = rows([node("Attention", "x x x", "y")], [], given=given)

    assert [kind for kind, _ in found] == ["permute", "matmul", "times", "softmax", "matmul"]
    assert (params, macs) == (0, PAIRS)


def test_the_packed_operator_of_onnxruntime_has_three_projections():
    """With biases, before a fourth without."""
    nodes = [node("Attention", "x w b", "a", domain="com.microsoft", num_heads=2), *OUT[0]]

    found = rows(nodes, [array("w", (8, 24)), array("b", (24,)), *OUT[1]])

    settings = {"heads": 2, "bias": ("query", "key", "value")}
    assert found == ([("attention", settings)], 4 * SQUARE + 24, 6 * 4 * SQUARE + PAIRS)


def test_the_operator_of_onnxruntime_without_projections():
    """Unidirectional is causal."""
    nodes, arrays = projections(8, 8, 8)
    attend = node("MultiHeadAttention", "q k v", "a", domain="com.microsoft", num_heads=2, unidirectional=1)

    found = rows([*nodes, attend, *OUT[0]], [*arrays, *OUT[1]])

    assert found == (
        [("attention", {"heads": 2, "bias": False, "causal": True})],
        4 * SQUARE,
        6 * 4 * SQUARE + PAIRS,
    )


def test_biases_in_it_are_params_of_an_unknown_row():
    """They belong to the projections before it, which are rows already."""
    nodes, arrays = projections(8, 8, 8)
    attend = node("MultiHeadAttention", "q k v b", "a", domain="com.microsoft", num_heads=2)

    found, params, _ = rows([*nodes, attend, *OUT[0]], [*arrays, *OUT[1], array("b", (24,))])

    assert [kind for kind, _ in found].count("unknown") == 1
    assert params == 4 * SQUARE + 24


@pytest.mark.parametrize("domain", ["", "com.microsoft"])
def test_rotary_positions_are_an_unknown_row_without_params(domain):
    """The tables of angles are no weights."""
    turn = node("RotaryEmbedding", "x c s" if not domain else "x at c s", "y", domain=domain, num_heads=2)
    arrays = [array("c", (6, 2)), array("s", (6, 2)), array("at", (1, 6), range(6))]

    assert rows([turn], arrays) == ([("unknown", {"operator": "RotaryEmbedding", "shape": (6, 8)})], 0, 0)


def test_a_norm_of_a_sum_is_two_rows_and_its_sum_may_be_read():
    """The bias is that of the product before it."""
    nodes = [
        node("MatMul", "x w", "m"),
        node("SkipLayerNormalization", "m x g b c", "n u v s", domain="com.microsoft"),
        node("Add", "n s", "y"),
    ]

    found, params, _ = rows(nodes, [array("w", (8, 8)), *(array(of, (8,)) for of in "gbc")])

    assert [kind for kind, _ in found] == ["linear", "add", "layernorm", "add"]
    assert params == SQUARE + 3 * 8


def test_a_root_norm_of_a_sum():
    """It has no offset, and without a bias three inputs."""
    nodes = [node("SkipSimplifiedLayerNormalization", "x x g", "y", domain="com.microsoft")]

    found, params, _ = rows(nodes, [array("g", (8,))])

    assert ([kind for kind, _ in found], params) == (["add", "rmsnorm"], 8)


@pytest.mark.parametrize(("kind", "settings"), [("BiasGelu", {}), ("FastGelu", {"approximate": "tanh"})])
def test_an_activation_with_a_bias_gives_it_to_the_product(kind, settings):
    """One dense layer, and one activation."""
    nodes = [node("MatMul", "x w", "m"), node(kind, "m b", "y", domain="com.microsoft")]

    found, params, _ = rows(nodes, [array("w", (8, 5)), array("b", (5,))])

    assert found == [("linear", {"out": 5, "axis": 1}), ("gelu", settings)]
    assert params == 8 * 5 + 5
