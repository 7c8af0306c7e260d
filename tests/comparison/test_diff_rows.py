"""Layers that differ alike are one row, many are folded, and no name breaks out of its cell."""

from __future__ import annotations

import json
import re
from itertools import groupby, product

import pytest

from archcalc.comparison.diff import changes
from archcalc.errors import Source
from archcalc.formats.diff.page import render
from archcalc.language import parse
from archcalc.profiling.engine import profile
from tests.comparison.variants import between, printed, spec


def test_alike_changes_are_one_row_with_their_sum(files):
    """Three convolutions lose their biases, 4 each; --all lists them."""
    layers = "".join(f"  - conv2d: {{name: c{i}, out: 4, kernel: 1}}\n" for i in (1, 2, 3, 4, 5))
    paths = files(spec(layers), spec(layers.replace("kernel: 1}", "kernel: 1, bias: false}")))

    assert re.search(
        r"\| c1, c2, c3 and 2 more +\| +5 \| conv2d +\| bias true → false +\| 4×8×8 +\| +−20 \|", printed(*paths)
    )
    assert len(re.findall(r"^\| c\d +\| conv2d .* −4 \|", printed(*paths, "--all"), re.MULTILINE)) == 5


def test_alike_changes_of_many_sizes_are_one_row_too(files):
    """14 convolutions of 8 channels and more lose their biases, as many as they have channels."""
    layers = [f"  - conv2d: {{name: c{i}, out: {i}, kernel: 1, from: input}}\n" for i in range(8, 22)]
    others = [layer.replace("kernel: 1", "kernel: 1, bias: false") for layer in layers]
    text = printed(*files(spec("".join(layers)), spec("".join(others))))

    assert re.search(
        rf"\| c8, c9, c10 and 11 more +\| +14 \| conv2d +\| bias true → false +\| 8×8×8, 9×8×8, 10×8×8 and 11 more +\| +−{sum(range(8, 22))} \|",
        text,
    )


def test_many_layers_on_other_sources_are_one_row():
    """A chain of 13 in the opposite order: every layer is behind another one than before."""
    layers = [f"  - relu: {{name: r{i}}}\n" for i in range(13)]
    found = between("".join(layers), "".join(layers[::-1]))

    assert {change.status for change in found.layers} == {"changed"}
    assert "| r12, r11, r10 and 10 more |" in render(found)
    assert "from other layers" in render(found)
    assert "from r11 → input" in render(found, every=True)


def test_many_sizes_that_follow_are_folded(files):
    """Of 20 convolutions that each grow by a row of their own 11 sizes are shown, and the others with their sum."""
    sides = range(40, 20, -1)
    layers = "".join(f"  - conv2d: {{name: c{i}, out: 1, kernel: 2}}\n" for i in sides)
    paths = files(*(spec(layers, f"{{channels: 1, height: {n}, width: {n}}}") for n in (41, 42)))
    text = printed(*paths)
    # A convolution to n places a side has n² values, and (n + 1)² with the larger input.
    rest = sum((n + 1) ** 2 - n**2 for n in list(sides)[11:])

    assert re.search(rf"^\| others +\| +9 \| conv2d +\| +\| +\| +\+{4 * rest:,} \| +\+{rest} \|$", text, re.MULTILINE)
    assert len(re.findall(r"^\| c\d+ ", text, re.MULTILINE)) == 11
    assert len(re.findall(r"^\| c\d+ ", printed(*paths, "--all"), re.MULTILINE)) == 20


HOSTILE = [
    "a|b",
    "`rm`",
    "<script>alert(1)</script>",
    "[x](http://evil)",
    "![x](y)",
    "*bold*",
    "# head",
    "~~x~~",
    "&lt;",
    "a\\|b",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_out_of_its_cell(name):
    """Rows keep their number of cells, and no character of a name means anything in markdown or HTML."""
    first, second, third = (json.dumps(name + digit) for digit in ("", "2", "3"))
    of_network = json.dumps(re.sub(r"[/\\]", "", name))
    head = f"name: {of_network}\ninput: {{features: 8}}\nlayers:\n"
    layers = f"  - linear: {{name: {first}, out: 8}}\n  - relu: {{name: {second}}}\n  - linear: {{name: end, out: 8}}\n"
    others = (
        layers.replace("name: end", f"name: {third}"),
        layers.replace("out: 8", "out: 9"),
        layers.replace(second, third).replace("name: end", f"from: {first}, name: end"),
    )
    for other, every in product(others, (False, True)):
        networks = (profile(parse(Source("a.yaml", head + text))) for text in (layers, other))
        text = render(changes(*networks), every=every)
        title, *lines = re.sub(r"\\.|&\w+;", "", text).splitlines()

        assert title.startswith("# ")
        assert not set("`<>[]*~") & set(title.strip("*") + "".join(lines))
        for _, table in groupby(lines, lambda line: line.startswith("|")):
            assert len({line.count("|") for line in table}) == 1
