"""The layout of the course notes on any network: each equation that is printed is true, and of what stands there."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections import Counter
from fractions import Fraction

import pytest

import archcalc
from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from tests.verify.random_graphs import PLANTS, block
from tests.zoo import SOME

LINE = re.compile(r"(\w+?[\dx-]*): \[([^]]+)\] +memory: (\S+) +weights: (.+)")
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
OPERATORS = {ast.Add: operator.add, ast.Mult: operator.mul}


def value(expression: str) -> int:
    """What a sum of products of whole numbers comes to."""

    def of(node: ast.expr) -> int:
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](of(node.left), of(node.right))
        assert isinstance(node, ast.Constant), expression
        return node.value

    return of(ast.parse(expression.replace(",", ""), mode="eval").body)


def rounded_to(text: str) -> tuple[Fraction, Fraction]:
    """The least and the most that a number printed with two digits and a unit stands for."""
    number, unit = re.fullmatch(r"([\d.]+)([KMGT]?)", text).groups()
    said = Fraction(number) * UNITS[unit]
    if not unit:
        return said, said
    # Half of the second digit's place.
    half = Fraction(10) ** (len(str(int(said))) - 2) / 2
    return said - half, said + half


def factors(expression: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", expression)]


def hold(graph: Graph, batch: int = 1) -> list[str]:
    """Every line and both totals held against arithmetic and the layers' own arrays; the labels found."""
    whole = profile(graph, batch)
    text = archcalc.render(whole, "cs231n")
    rows = [row for row in whole.rows if (row.activations or row.weights) and not row.auxiliary]
    lines = [LINE.fullmatch(line).groups() for line in text.splitlines() if ": [" in line]
    sums = Counter()
    for row, (label, volume, memory, weights) in zip(rows, lines, strict=True):
        sizes = factors(volume)
        assert sorted(sizes) == sorted([*row.output, *([1, 1] if len(row.output) == 1 else [])]), row.name
        left, _, right = memory.rpartition("=")
        low, high = rounded_to(right)
        assert low <= row.activations <= high, row.name
        if left:
            assert value(left) == row.activations, row.name
            assert factors(left) == [*([batch] if batch > 1 else []), *(sizes if len(row.output) > 1 else row.output)]
        product, _, total = weights.rpartition(" = ")
        assert value(total) == row.weights, row.name
        if product:
            assert value(product) == row.weights, row.name
            arrays = [a for name, a in row.layer.weights(*row.inputs).items() if "bias" not in name]
            # With a norm its weights are a matrix and a length for each row.
            if row.kind == "linear" and len(arrays) == 1:
                *seen, out = factors(product)
                assert (math.prod(seen), out) == row.layer.weights(*row.inputs)["weight"][::-1], row.name
            elif len(set(arrays)) == 1:
                times = [len(arrays)] if len(arrays) > 1 else []
                assert sorted(factors(product)) == sorted([*times, *arrays[0]]), row.name
        sums.update(values=row.activations, weights=value(total))
        kind = re.sub("[123]d$", "", row.kind).upper()
        assert re.sub(r"[\dx]+(-\d+)?$", "", label) in {kind, kind[3:], "FC"} or label == kind, row.name
    for line in re.findall(r"TOTAL \w+: (.*)", text):
        left, right, *_ = line.split(" = ")
        numbers = re.sub("[a-z]+", "", left)
        assert value(numbers.strip()) == value(re.match(r"[\d,]+", right)[0])
    assert value(re.search("TOTAL params: ([0-9,]+)", text)[1]) == sums["weights"]
    assert whole.totals.activations == sums["values"]
    return [label for label, *_ in lines]


@pytest.mark.parametrize("name", SOME)
def test_every_equation_of_every_bundled_network_is_true(name):
    """A batch of one and of three."""
    graph = load(name)

    assert hold(graph) == hold(graph, 3)


def test_every_equation_of_random_networks_is_true():
    """With layers of every kind."""
    for number in range(0, len(PLANTS), 6):
        for drawn in block(number, 1, 5):
            hold(drawn.graph)


def printed(text: str) -> list[str]:
    lines = archcalc.render(profile(parse(Source("x.yaml", text))), "cs231n").splitlines()
    return [" ".join(line.split()) for line in lines if ": [" in line]


def test_tokens_stand_before_their_features():
    """In ViT-B/16 there are 197 of 768, four square matrices attend, and a dense layer is applied to every token."""
    lines = [" ".join(line.split()) for line in archcalc.render(profile(load("vit_b_16")), "cs231n").splitlines()]

    assert lines[7:14] == [
        "ADD: [197x768] memory: 197*768=150K weights: 0",
        "LAYERNORM: [197x768] memory: 197*768=150K weights: 768",
        "ATTENTION: [197x768] memory: 197*768=150K weights: 4*(768*768) = 2,359,296",
        "ADD: [197x768] memory: 197*768=150K weights: 0",
        "LAYERNORM: [197x768] memory: 197*768=150K weights: 768",
        "FC: [197x3072] memory: 197*3072=610K weights: 768*3072 = 2,359,296",
        "FC: [197x768] memory: 197*768=150K weights: 3072*768 = 2,359,296",
    ]


def test_channels_stand_last_however_axes_were_turned():
    """A signal, an image with its channels moved to the end, tokens made of an image, and what is flattened."""
    assert printed(
        """
        input: {channels: 3, length: 20}
        layers: [conv1d: {out: 8, kernel: 5}, upsample: 2, gelu, permute: {order: [1, 0]}, linear: 4, lstm: 6]
        """
    ) == [
        "INPUT: [20x3] memory: 20*3=60 weights: 0",
        "CONV5-8: [16x8] memory: 16*8=128 weights: (5*3)*8 = 120",
        "UPSAMPLE: [32x8] memory: 32*8=256 weights: 0",
        "FC: [32x4] memory: 32*4=128 weights: 8*4 = 32",
        "LSTM: [32x6] memory: 32*6=192 weights: 24*4 + 24*6 = 240",
    ]
    assert printed(
        """
        input: {channels: 3, height: 4, width: 6}
        layers: [permute: {order: [1, 2, 0]}, layernorm, permute: {order: [2, 0, 1]}, conv2d: {out: 6, kernel: [3, 1], groups: 3},
                 flatten, linear: 5]
        """
    ) == [
        "INPUT: [4x6x3] memory: 4*6*3=72 weights: 0",
        "LAYERNORM: [4x6x3] memory: 4*6*3=72 weights: 3",
        "CONV3x1-6: [2x6x6] memory: 2*6*6=72 weights: (3*1*1)*6 = 18",
        "FC: [1x1x5] memory: 5 weights: 2*6*6*5 = 360",
    ]


def test_letters_are_factors_too():
    """A sum is bracketed, a floor is not."""
    [start, conv, pool, *_] = printed(
        """
        input: {channels: C, height: H, width: 8}
        layers: [conv2d: {out: 4, kernel: 3}, maxpool2d: 2]
        """
    )

    assert start == "INPUT: [Hx8xC] memory: H*8*C=8CH weights: 0"
    assert conv == "CONV3-4: [(H − 2)x6x4] memory: (H − 2)*6*4=24H − 48 weights: (3*3*C)*4 = 36C"
    assert pool == "POOL2: [⌊(H − 2)/2⌋x3x4] memory: ⌊(H − 2)/2⌋*3*4=12⌊(H − 2)/2⌋ weights: 0"


def test_large_numbers_have_units():
    """A batch of a billion has more than millions."""
    text = archcalc.render(profile(load("lenet5"), 10**9), "cs231n")

    assert "INPUT: [32x32x1]      memory: 1000000000*32*32*1=1T" in text
