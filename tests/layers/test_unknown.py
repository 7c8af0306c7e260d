"""Operators of which only the size of what they put out is known: a bound where they count, and no run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import Source
from archcalc.importers import parse
from archcalc.profiling.engine import profile
from archcalc.reference import run

# 3·8·9 + 8 trained values, then 12 in the operator, whose output is 4·5·5, then 10·100 + 10.
SPEC = """\
name: net
input: {channels: 3, height: 8, width: 8}
layers:
  - conv2d: {name: conv, out: 8, kernel: 3, padding: 1}
  - unknown: {name: roi, operator: roi_align, shape: [4, 5, 5], parameters: 12, from: [conv, input]}
  - flatten
  - linear: {name: fc, out: 10}
"""
MACS = 8 * 8 * 8 * 3 * 9 + 10 * 100


@pytest.fixture
def graph():
    return parse(Source("net.yaml", SPEC))


def answer(tmp_path, *arguments: str):
    (tmp_path / "net.yaml").write_text(SPEC)
    return CliRunner().invoke(main, [arguments[0], str(tmp_path / "net.yaml"), *arguments[1:]])


def test_what_it_holds_and_puts_out_counts_as_stated(graph):
    """Params and sizes are those of the operator, and the sums are by hand."""
    found = profile(graph)

    assert found.totals.params == 3 * 8 * 9 + 8 + 12 + 1000 + 10
    assert [row.output for row in found.rows if row.name == "roi"] == [(4, 5, 5)]
    assert found.totals.activations == 3 * 64 + 8 * 64 + 100 + 10


def test_a_total_without_it_is_a_lower_bound(tmp_path):
    """Its cells are question marks, and both sums of work say what they leave out."""
    found = answer(tmp_path, "table").output

    [row] = [line for line in found.splitlines() if line.startswith("roi")]
    assert row.split()[-2:] == ["?", "?"]
    assert f"≥ {MACS:,}, not counting unknown" in found
    assert f"≥ {2 * MACS:,}, not counting unknown" in found
    assert json.loads(answer(tmp_path, "table", "--format", "json").output)["totals"]["uncovered"] == ["unknown"]
    assert "are a lower bound" in answer(tmp_path, "compare", "lenet5").output


@pytest.mark.parametrize("command", ["run", "verify"])
def test_it_cannot_be_run(tmp_path, command):
    """It is refused at its place, before anything is computed."""
    found = answer(tmp_path, command)

    assert found.exit_code
    assert "net.yaml:5:5: roi is an operator that is not known, and cannot be run" in found.output


def test_what_stands_before_it_can_be_run(graph):
    """A run up to a layer before it needs nothing of it."""
    assert run(graph, np.ones((1, 3, 8, 8)), layer="conv").shape == (1, 8, 8, 8)


def test_its_field_is_a_bound(graph):
    """Each value may depend on all of the image, and the padding that a layer before it adds is seen with it."""
    found = profile(graph).fields["roi"]

    assert not found.exact
    assert found.size == (10, 10)


def test_a_letter_in_its_size_is_a_letter_after_it():
    """Of a map of C channels a dense layer of 10 has 10·4·C + 10 params."""
    text = SPEC.replace("shape: [4, 5, 5]", "shape: [C, 2, 2]").replace("layers:", "params: {C: C}\nlayers:")
    found = profile(parse(Source("net.yaml", text))).totals.params

    assert str(found - (3 * 8 * 9 + 8 + 12 + 10)) == "40*C"
