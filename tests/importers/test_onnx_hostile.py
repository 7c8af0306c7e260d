"""Damaged ONNX files: each is a network or an error in a sentence, at once."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from archcalc.errors import Source, SpecError
from archcalc.importers.onnx.reader import read
from archcalc.network.graph import Graph
from tests.importers.mutated import damaged
from tests.importers.onnx_files import SMALL, array, attribute, graph, model, node, number, part, value

HUGE = 2**62
SHAPES = model(
    [
        node("Shape", "x", "s"),
        node("Slice", "s a b", "t"),
        node("Concat", "t c", "u", axis=0),
        node("Reshape", "x u", "r"),
        node("Transpose", "r", "v", perm=[0, 2, 1]),
        node("MatMul", "v w", "m"),
        node("Add", "m d", "y"),
    ],
    [value("x", "N", 4, "L", 5)],
    [value("y", "N", "M", 7)],
    [array("a", (1,), [0]), array("b", (1,), [2]), array("c", (1,), [-1]), array("w", (4, 7)), array("d", (7,))],
)


def outcome(content: bytes) -> Graph | SpecError:
    try:
        return read(Source("a.onnx", content))
    except SpecError as error:
        str(error)
        return error


@pytest.mark.parametrize("content", [SMALL, SHAPES], ids=["small", "shapes"])
def test_a_damaged_file_is_a_network_or_an_error(content):
    """Some hundred of them, in bounded time; both endings occur."""
    rng, begun = random.Random(28), time.process_time()  # noqa: S311 - the same files each time

    endings = {type(outcome(damaged(content, rng))) for _ in range(250)}

    assert endings == {Graph, SpecError}
    assert time.process_time() - begun < 10


LOOP = part(1, "F") + part(4, "a") + part(5, "b") + part(7, node("F", "a", "b", domain="own")) + part(10, "own")
X, Y = [value("x", 1, 4)], [part(1, "y")]


def doubling(depth: int) -> list[bytes]:
    """Functions that each call the one before twice."""
    found = []
    for k in range(depth):
        calls = (node(f"F{k}", "a", "c", domain="own"), node(f"F{k}", "c", "b", domain="own"))
        body = b"".join(part(7, call) for call in calls)
        found.append(part(1, f"F{k + 1}") + part(4, "a") + part(5, "b") + part(10, "own") + body)
    return found


def nested(depth: int) -> bytes:
    inner = graph([node("Relu", "x", "y")], [], Y)
    for _ in range(depth):
        choice = part(1, "c") + part(2, "y") + part(4, "If") + part(5, part(1, "then_branch") + part(6, inner))
        inner = graph([choice], X, Y, [array("c", (), [1])])
    return number(1, 8) + part(7, inner)


def chain(kind: str, first: str, count: int) -> list[bytes]:
    """An operator over and over, each time on the outcome before, twice."""
    names = [first, *(f"{kind}{at}" for at in range(count))]
    return [node(kind, f"{one} {one}", other) for one, other in itertools.pairwise(names)]


LETTERS = [value("x", "N", "H", "W")]

CASES = {
    "formulas that grow": model(
        [
            node("Shape", "x", "s"),
            *chain("Mul", "s", 40),
            node("Add", "Mul39 s", "a"),
            node("Reshape", "x a", "y"),
        ],
        LETTERS,
        Y,
    ),
    "formulas in formulas": model(
        [
            node("Shape", "x", "s0"),
            *(
                one
                for k in range(30)
                for one in (
                    node("Add", f"s{k} one", f"a{k}"),
                    node("Add", f"s{k} two", f"b{k}"),
                    node("Mul", f"a{k} b{k}", f"s{k + 1}"),
                )
            ),
            node("Reshape", "x s30", "y"),
        ],
        LETTERS,
        Y,
        [array("one", (), [1]), array("two", (), [2])],
    ),
    "many sums": model(
        [node("Expand", "one wide", "e"), *chain("Min", "e", 200), node("Reshape", "x Min199", "y")],
        X,
        Y,
        [array("one", (1,), [1]), array("wide", (1,), [4096])],
    ),
    "many axes": model(
        [node("Expand", "one wide", "e"), node("Reshape", "x e", "y")],
        X,
        Y,
        [array("one", (1,), [1]), array("wide", (1,), [4096])],
    ),
    "a value made of itself": model(
        [node("Sigmoid", "x", "v"), node("Add", "v c", "v"), node("Mul", "x v", "y")], X, Y, [array("c", (), [3])]
    ),
    "nothing": b"",
    "no graph": number(1, 8),
    "no operators": model([], X, Y),
    "a function that calls itself": model([node("F", "x", "y", domain="own")], X, Y, functions=[LOOP]),
    "functions that double": model([node("F30", "x", "y", domain="own")], X, Y, functions=doubling(30)),
    "an input of no shape": model([node("Relu", "x", "y")], [part(1, "x")], Y),
    "a huge shape": model([node("Relu", "x", "y")], [value("x", 1, HUGE, HUGE)], Y),
    "huge weights": model([node("MatMul", "x w", "y")], X, Y, [array("w", (4, HUGE))]),
    "a size below zero": model([node("MatMul", "x w", "y")], X, Y, [array("w", (4, -5))]),
    "an axis that is not there": model([node("Concat", "x x", "y", axis=9)], X, Y),
    "a huge range": model(
        [node("Range", "a b c", "r"), node("Add", "x r", "y")],
        X,
        Y,
        [array(n, (), [of]) for n, of in (("a", 0), ("b", HUGE), ("c", 1))],
    ),
    "a huge power": model([node("Pow", "a a", "p"), node("Expand", "x p", "y")], X, Y, [array("a", (1,), [63])]),
    "a huge repeat": model(
        [node("Tile", "a b", "t"), node("Expand", "x t", "y")], X, Y, [array("a", (1,), [1]), array("b", (1,), [HUGE])]
    ),
    "a number without an end": model(
        [node("Reshape", "x a", "y")], X, Y, [number(1, 1) + number(2, 7) + part(8, "a") + part(7, b"\xff" * 11)]
    ),
    "a division by zero": model(
        [node("Div", "a b", "d"), node("Reshape", "x d", "y")], X, Y, [array("a", (1,), [1]), array("b", (1,), [0])]
    ),
    "a step of zero": model([node("Slice", "x a a a a", "y")], X, Y, [array("a", (1,), [0])]),
    "no stride": model(
        [node("Conv", "x w", "y", strides=[0, 0])], [value("x", 1, 1, 4, 4)], Y, [array("w", (1, 1, 2, 2))]
    ),
    "a group of none": model(
        [node("Conv", "x w", "y", group=0)], [value("x", 1, 1, 4, 4)], Y, [array("w", (1, 1, 2, 2))]
    ),
    "a word where numbers belong": model([node("Transpose", "x", "y", perm="ab")], X, Y),
    "an order twice the same": model([node("Transpose", "x", "y", perm=[0, 0])], X, Y),
    "no inputs": model([node("Add", "", "y")], X, Y),
    "blocks of zero": model([node("DepthToSpace", "x", "y", blocksize=0)], [value("x", 1, 4, 2, 2)], Y),
    "a slope that is no number": model([node("LeakyRelu", "x", "y", alpha=float("nan"))], X, Y),
    "branches in branches": nested(200),
}


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_ends_at_once(name):
    """In a sentence, or as what it holds."""
    begun = time.process_time()

    assert isinstance(outcome(CASES[name]), (Graph, SpecError))
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "name",
    [
        *("nothing", "no graph", "a function that calls itself", "a huge shape", "a size below zero"),
        "a number without an end",
    ],
)
def test_what_is_no_network_is_an_error(name):
    """Never an empty network."""
    assert isinstance(outcome(CASES[name]), SpecError)


def test_an_attribute_of_each_type_may_stand_where_another_belongs():
    """A setting of the wrong type is as good as none, or an error."""
    for setting in (b"", "word", 1.5, 3, [1, 2]):
        for name in ("kernel_shape", "strides", "pads", "group", "auto_pad", "dilations"):
            odd = node("Conv", "x w", "y") + part(5, attribute(name, setting))

            found = outcome(model([odd], [value("x", 1, 1, 4, 4)], Y, [array("w", (2, 1, 2, 2))]))

            assert isinstance(found, (Graph, SpecError))


def test_many_softmaxes_behind_one_long_chain_are_read_at_once():
    """Each is looked at for attention, and none of them all the way."""
    count = 500
    names = ["x", *(f"t{at}" for at in range(count))]
    turns = [node("Transpose", one, other, perm=[0, 2, 1]) for one, other in itertools.pairwise(names)]
    ends = [
        one
        for at in range(count)
        for one in (
            node("MatMul", f"t{count - 1} t{count - 1}", f"s{at}"),
            node("Add", f"s{at} mask", f"m{at}"),
            node("Softmax", f"m{at}", f"p{at}", axis=-1),
            node("MatMul", f"p{at} t{count - 1}", f"y{at}"),
        )
    ]
    mask = array("mask", (64, 64), raw=bytes(4 * 64 * 64))
    outputs = [part(1, f"y{at}") for at in range(count)]
    begun = time.process_time()

    found = outcome(model([*turns, *ends], [value("x", 1, 64, 64)], outputs, [mask]))

    assert isinstance(found, Graph)
    assert time.process_time() - begun < 2
