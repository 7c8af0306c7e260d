"""Layers that nobody reads are said to be so wherever a network is shown, until outputs have names."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.drawing.diagrams import DIAGRAMS
from archcalc.errors import Source
from archcalc.language import load, parse
from tests.zoo import ZOO

# Of these only s/relu and b lead nowhere: a is read by four, s/conv2d by s/relu, a head by nobody by its nature, and last is last.
SPEC = """name: loose
input: {channels: 3, height: 8, width: 8}
blocks: {side: [conv2d: {out: 5, kernel: 1}, relu]}
layers:
  - conv2d: {name: a, out: 4, kernel: 1}
  - side: {name: s}
  - relu: {name: b, from: a}
  - conv2d: {name: h, from: a, out: 2, kernel: 1, auxiliary: true}
  - globalavgpool: {name: last, from: a}
"""
SAID = "Read by no layer, and not the last: s/relu, b."


def out(*arguments: str) -> str:
    result = CliRunner().invoke(main, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def spec(tmp_path) -> str:
    path = tmp_path / "loose.yaml"
    path.write_text(SPEC)
    return str(path)


@pytest.mark.parametrize(
    ("layers", "names"),
    [
        ("[relu: {name: a}, relu: {name: b, from: input}]", ["a"]),
        ("[learned: [8], tanh]", ["input"]),
        ("[relu: {name: a}, relu: {name: b, auxiliary: true}]", []),
        ("[relu: {name: a}, relu: {name: b, from: input, auxiliary: true}, relu: {name: c, from: input}]", ["a"]),
        ("[add: {x: [relu], y: []}]", []),
        ("[relu: {name: a, repeat: 3}, relu: {name: b, from: a_2}]", ["a_3"]),
    ],
)
def test_a_layer_is_unread_that_no_other_reads(layers, names):
    """Neither the last nor an auxiliary head is one, and the input can be."""
    graph = parse(Source("x.yaml", f"input: {{features: 8}}\nlayers: {layers}"))

    assert [node.name for node in graph.unread] == names


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "html"])
def test_it_stands_under_the_table(spec, form):
    """In every format that has remarks."""
    assert SAID in out("table", spec, "--format", form).replace("\\penalty50{}", "")


def test_it_is_in_json(spec):
    """Of a table, of a proof and of a difference, for the old network and for the new."""
    assert json.loads(out("table", spec, "--format", "json"))["unread"] == ["s/relu", "b"]
    assert json.loads(out("verify", spec, "--format", "json"))["unread"] == ["s/relu", "b"]
    changed = json.loads(out("diff", "lenet5", spec, "--input", "3x32x32", "--format", "json"))
    assert (changed["old"]["unread"], changed["new"]["unread"]) == ([], ["s/relu", "b"])


def test_verify_says_so(spec):
    """A proof of all numbers of a layer says nothing of what the layer is for."""
    assert out("verify", spec).splitlines()[-1] == SAID


def test_a_difference_says_which_network_has_them(spec, tmp_path):
    """A wire that was taken away by mistake shows where changes are looked at."""
    mended = tmp_path / "mended.yaml"
    mended.write_text(SPEC.replace("{name: last, from: a}", "{name: last, from: b}"))

    assert "Old: Read by no layer, and not the last: s/relu.\n" in (
        told := out("diff", str(mended), spec, "--format", "text")
    )
    assert f"New: {SAID}\n" in told


@pytest.mark.parametrize("form", DIAGRAMS)
def test_a_picture_marks_each(spec, form):
    """A box without an arrow out of it says that it has none."""
    assert out("diagram", spec, "--format", form).count("read by no layer") == 2


def test_no_bundled_network_has_any():
    """Each layer of theirs is read, is the last, or is of a head."""
    assert {name: names for name in ZOO if (names := [node.name for node in load(name).unread])} == {}
