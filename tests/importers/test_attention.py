"""Attention that a file has in single operators: one layer where it is exactly that, and else the single rows."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.exporters.onnx.writer import write
from archcalc.importers import parse
from archcalc.importers.onnx.masks import Looks
from archcalc.importers.onnx.model import array_of
from archcalc.importers.onnx.reader import read
from archcalc.importers.onnx.wire import Budget, Message
from archcalc.profiling.engine import profile
from tests.importers.attention_files import (
    ALL_AT_ONCE,
    ARRAYS,
    COMBINED,
    EACH,
    HEADS,
    IN_PARTS,
    JOIN,
    SEPARATE,
    SPLIT,
    TOKENS,
    WIDTH,
    X,
    floats,
    heads,
    number,
    projection,
)
from tests.importers.onnx_files import array, model, node, part, value

PROJECTIONS = WIDTH * WIDTH
# Scores and mixing: each of 6·6 pairs in 2 heads takes 4 products for a score and 4 for a mean.
PAIRS = TOKENS * TOKENS * HEADS * EACH * 2


def rows(nodes, arrays=ARRAYS, given=(X,), ends="y"):
    graph = read(Source("a.onnx", model(nodes, given, [part(1, end) for end in ends.split()], arrays)))
    totals = profile(graph).totals
    return [(row.layer.kind, row.layer.settings()) for row in graph.nodes if row.inputs], totals.params, totals.macs


def is_attention(found, **settings):
    assert found == (
        [("attention", {"heads": HEADS, "bias": False, **settings})],
        4 * PROJECTIONS,
        TOKENS * 4 * PROJECTIONS + PAIRS,
    )


def test_products_and_a_softmax_between_four_projections_are_attention():
    """Of the scores each is divided by the root of 4."""
    is_attention(rows([*SEPARATE, *heads()]))


@pytest.mark.parametrize(
    ("before", "between", "root"),
    [
        ([], [node("Mul", "s root", "t")], 0.5),
        ([], [node("Mul", "root s", "t")], 0.5),
        # The fourth root of 4 on both factors, as torch writes it out.
        ([node("Mul", "q root", "q_"), node("Mul", "k root", "k_"), node("MatMul", "q_ k_", "t")], [], 0.5**0.5),
        ([node("Mul", "q root", "q_"), node("MatMul", "q_ k", "t")], [], 0.5),
    ],
)
def test_the_root_may_stand_anywhere_before_the_softmax(before, between, root):
    """On the queries, on both, or on the scores."""
    steps = [*(before or [node("MatMul", "q k", "s")]), *between, node("Softmax", "t", "p", axis=-1)]
    arrays = [number(root), *(one for one in ARRAYS if one != number(2.0))]

    is_attention(rows([*SEPARATE, *steps, *heads()[3:]], arrays))


def test_it_is_called_by_the_module_around_it():
    """By the part of the names of its projections that is the same; the modules around that one are its blocks."""
    named = [node("MatMul", f"x w{of}", f"{of}0", name=f"/net/layer.0/attention/{of}/MatMul") for of in "qkv"]
    others = [one for one in SEPARATE if b"MatMul" not in one]
    steps = heads()
    steps[-1] = node("MatMul", "o wo", "y", name="/net/layer.0/attention/out/MatMul")

    graph = read(Source("a.onnx", model([*named, *others, *steps], [X], [part(1, "y")], ARRAYS)))

    assert [(row.name, row.blocks) for row in graph.nodes[1:]] == [("net/layer.0/attention", ("net", "layer.0"))]


def test_an_operator_that_is_called_by_a_number_is_called_by_its_module():
    """Torch's newer exporter writes the modules around an operator beside it."""
    scopes = part(1, "pkg.torch.onnx.name_scopes") + part(2, "['', 'net', 'net.act', 'relu_7']")
    relu = node("Relu", "x", "y", name="node_relu_7") + part(9, scopes)

    graph = read(Source("a.onnx", model([relu], [X], [part(1, "y")])))

    assert (graph.nodes[1].name, graph.nodes[1].blocks) == ("net/act/Relu", ("net", "net.act"))


@pytest.mark.parametrize("first", [ALL_AT_ONCE, IN_PARTS], ids=["an axis of three", "parts of the features"])
def test_one_projection_may_make_queries_keys_and_values(first):
    """Its weights are those of three."""
    is_attention(rows([*first, *heads()], [*ARRAYS, *COMBINED]))


def test_parts_that_overlap_stay_single_rows():
    """Queries that are the keys too leave a third of the projection unread: four projections would be too many."""
    twice = [one for one in ALL_AT_ONCE if one != ALL_AT_ONCE[4]]
    again = [*twice[:4], node("Gather", "c at0", "l", axis=0), *twice[4:]]

    kinds = [kind for kind, _ in rows([*again, *heads()], [*ARRAYS, *COMBINED])[0]]

    assert "attention" not in kinds
    assert kinds.count("matmul") == 2


def test_keys_and_values_may_come_from_elsewhere_and_be_as_many_as_they_like():
    """Nine of 8 features."""
    memory = [SPLIT, array("split9", (4,), [1, 9, HEADS, EACH]), *ARRAYS[1:]]
    steps = [*projection("q"), *projection("k", "z", turned=True), *projection("v", "z")]
    for at in (4, 7):
        steps[at] = node("Reshape", f"{'kv'[at > 4]}0 split9", f"{'kv'[at > 4]}1")

    found, params, macs = rows([*steps, *heads()], memory, (X, value("z", 1, 9, WIDTH)))

    assert found == [("attention", {"heads": HEADS, "bias": False})]
    assert params == 4 * PROJECTIONS
    # Queries and outputs are 6, keys and values 9.
    assert macs == (2 * TOKENS + 2 * 9) * PROJECTIONS + TOKENS * 9 * HEADS * EACH * 2


def test_one_head_of_keys_may_serve_two_of_queries():
    """Repeated as exporters do it: an axis of 1 is made 2, and read with the one before as one."""
    steps = [*projection("q")]
    for of, order in (("k", [0, 1, 3, 2]), ("v", [0, 1, 2, 3])):
        steps += [
            node("MatMul", f"x w{of}", f"{of}0"),
            node("Reshape", f"{of}0 one", f"{of}1"),
            node("Transpose", f"{of}1", f"{of}2", perm=[0, 2, 3, 1, 4]),
            node("Expand", f"{of}2 two", f"{of}3"),
            node("Reshape", f"{of}3 four", f"{of}4"),
            node("Transpose", f"{of}4", of, perm=order),
        ]
    arrays = [
        *(SPLIT, JOIN, number(2.0), array("wq", (WIDTH, WIDTH)), array("wo", (WIDTH, WIDTH))),
        *(array("wk", (WIDTH, EACH)), array("wv", (WIDTH, EACH))),
        array("one", (5,), [1, TOKENS, 1, 1, EACH]),
        array("two", (5,), [1, 1, HEADS, TOKENS, EACH]),
        array("four", (4,), [1, HEADS, TOKENS, EACH]),
    ]

    found, params, macs = rows([*steps, *heads()], arrays)

    assert found == [("attention", {"heads": HEADS, "kv_heads": 1, "bias": False})]
    assert params == 3 * PROJECTIONS
    assert macs == TOKENS * 3 * PROJECTIONS + PAIRS


def later(low):
    return floats("mask", (TOKENS, TOKENS), [0.0 if k <= q else low for q in range(TOKENS) for k in range(TOKENS)])


MASKED = [node("Div", "s root", "r"), node("Add", "r mask", "t"), node("Softmax", "t", "p", axis=-1)]


@pytest.mark.parametrize("low", [float("-inf"), -3.4e38, -10000.0])
def test_a_mask_of_all_later_keys_is_causal_and_not_trained(low):
    """Whatever a program writes for infinity."""
    is_attention(rows([*SEPARATE, *heads(*MASKED)], [*ARRAYS, later(low)]), causal=True)


def test_any_other_mask_is_told_in_a_note():
    """Work and params are as without it."""
    mask = floats("mask", (TOKENS, TOKENS), [float("-inf"), *[0.0] * (TOKENS * TOKENS - 1)])
    nodes = [*SEPARATE, *heads(*MASKED)]

    is_attention(rows(nodes, [*ARRAYS, mask]))

    graph = read(Source("a.onnx", model(nodes, [X], [part(1, "y")], [*ARRAYS, mask])))
    assert graph.nodes[-1].note == "what masks its scores is not counted"


@pytest.mark.parametrize(("heads_of_it", "folded"), [(1, True), (HEADS, False)])
def test_a_mask_that_is_given_is_one_for_all_heads(heads_of_it, folded):
    """Such as the one of padding: an input, and not the work of any row."""
    given = (X, value("mask", 1, heads_of_it, 1, TOKENS))
    low = [node("Mul", "mask root", "l"), node("Div", "s root", "r"), node("Add", "r l", "t")]

    found = rows([*SEPARATE, *heads(*low, MASKED[-1])], given=given)

    assert ("attention" in [kind for kind, _ in found[0]]) is folded
    if folded:
        is_attention(found)


def test_an_array_of_other_numbers_is_trained_and_added():
    """A bias for each pair is no mask, and attention has none."""
    bias = floats("mask", (TOKENS, TOKENS), [0.5] * TOKENS * TOKENS)

    found, params, _ = rows([*SEPARATE, *heads(*MASKED)], [*ARRAYS, bias])

    assert "attention" not in [kind for kind, _ in found]
    assert params == 4 * PROJECTIONS + TOKENS * TOKENS


@pytest.mark.parametrize(
    ("nodes", "ends"),
    [
        ([*SEPARATE, node("MatMul", "q k", "s"), node("Softmax", "s", "p", axis=-1), *heads()[3:]], "y"),
        ([*SEPARATE, *heads(node("Div", "s root", "t"), node("Softmax", "t", "p", axis=2))], "y"),
        ([*SEPARATE, *heads()], "y p"),
        ([*SEPARATE, *heads(mixed="q")], "y"),
    ],
    ids=["another root", "another axis", "shares that are an output", "queries as values"],
)
def test_what_is_not_exactly_attention_stays_single_rows(nodes, ends):
    """Never a layer that only looks like it."""
    kinds = [kind for kind, _ in rows(nodes, ends=ends)[0]]

    assert "attention" not in kinds
    assert kinds.count("matmul") == 2


SEQUENCE = "{tokens: 6, features: 8}\nlayers:\n"
IMAGE = "{channels: 8, height: 8, width: 8}\nlayers:\n  - permute: [height, width, channels]\n"
WRITTEN = [
    (SEQUENCE, "attention: {heads: 4}"),
    (SEQUENCE, "attention: {heads: 4, kv_heads: 2, bias: false}"),
    (SEQUENCE, "attention: {heads: 2, causal: true}"),
    (SEQUENCE, "attention: {heads: 2, key: 6, value: 5, out: 12}"),
    (SEQUENCE, "attention: {heads: 4, bias: [query, out]}"),
    (IMAGE, "windowattention: {heads: 2, window: 4, relative: true}"),
    (IMAGE, "windowattention: {heads: 2, window: 4, shift: 2, relative: true}"),
    (IMAGE, "windowattention: {heads: 2, window: [2, 4], shift: [1, 0], bias: false}"),
    (IMAGE, "windowattention: {heads: 2, window: 8, relative: true}"),
]


@pytest.mark.parametrize(("given", "layer"), WRITTEN, ids=[layer for _, layer in WRITTEN])
def test_attention_that_was_written_comes_back(given, layer):
    """A spec's layer, as ONNX and back."""
    graph = parse(Source("a.yaml", f"name: a\ninput: {given}  - {layer}\n"))

    again = parse(Source("a.onnx", write(graph, None)))

    assert [row.layer.kind for row in again.nodes] == [row.layer.kind for row in graph.nodes]
    assert again.nodes[-1].layer.settings() == graph.nodes[-1].layer.settings()


TABLE = [float(n) for n in range(9)]
# The bias of each pair of four places in a window of 2×2: −1, 0 or 1 rows apart, and as many columns.
PAIRED = [TABLE[3 * (a // 2 - b // 2 + 1) + a % 2 - b % 2 + 1] for a in range(4) for b in range(4)]


@pytest.mark.parametrize(
    ("shape", "values", "expected"),
    [
        ((1, 1, 4, 4), PAIRED, True),
        ((1, 1, 4, 4), [*PAIRED[:-1], 5.0], False),
        ((2, 4, 4), PAIRED + [n + 1 for n in PAIRED], True),
        ((2, 4, 4), PAIRED + PAIRED[::-1][:-1] + [9.0], False),
        # A row for each pair, a column for each head.
        ((16, 2), [n for pair in PAIRED for n in (pair, 2 * pair)], True),
        ((4, 4), [], False),
    ],
)
def test_a_bias_by_distance_is_told_by_its_numbers(shape, values, expected):
    """Programs work a table out for each pair of places, and leave the table out of the file."""
    content = floats("bias", shape, values)
    found = array_of(Message(content, 0, len(content), Budget()))

    assert Looks().by_distance(found, (2, 2)) is expected
