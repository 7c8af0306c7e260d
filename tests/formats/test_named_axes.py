"""Tables, explanations and goals name the axes of a network whose spec does."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.profiling.engine import profile
from archcalc.profiling.explain import workings

PATCHES = """
params: {n: 8}
input: {channels: 3, height: n, width: 8}
layers:
  - conv2d: {name: conv, out: 12, kernel: 1}
  - flatten: {patches: [height, width]}
  - permute: [patches, channels]
  - linear: {name: head, out: 5, axis: channels}
"""
UNNAMED = "input: {features: 24}\nlayers: [reshape: [4, 6]]\n"


def printed(tmp_path, command, text, *options, code=0):
    spec = tmp_path / "x.yaml"
    spec.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, [command, str(spec), *options])
    assert done.exit_code == code, done.output
    return done.output


def test_json_has_the_names_beside_the_sizes(tmp_path):
    """Those of the input too, and null where nobody named an axis."""
    found = json.loads(printed(tmp_path, "table", PATCHES, "--format", "json"))

    assert (found["input"], found["axes"]) == ([3, 8, 8], ["channels", "height", "width"])
    assert [(row["output"], row["axes"]) for row in found["rows"][-2:]] == [
        ([64, 12], ["patches", "channels"]),
        ([64, 5], ["patches", "channels"]),
    ]
    unnamed = json.loads(printed(tmp_path, "table", UNNAMED, "--format", "json"))
    assert [row["axes"] for row in unnamed["rows"]] == [["features"], [None, None]]


@pytest.mark.parametrize("form", ["text", "csv", "markdown", "html", "latex"])
def test_a_table_with_names(tmp_path, form):
    """In every format, in place of the bare sizes, with the columns that are there or those chosen."""
    every = printed(tmp_path, "table", PATCHES, "--axes", "--format", form)
    chosen = printed(tmp_path, "table", PATCHES, "--axes", "--columns", "output,name", "--format", form)

    assert "channels 12, height 8, width 8" in every
    assert "patches 64, channels 5" in every
    # The diagram of a page has its own way to say it.
    assert "64×5" not in every.rpartition("</svg>")[2]
    assert "patches 64, channels 5" in chosen


def test_an_axis_without_a_name_goes_by_its_position(tmp_path):
    """As in messages."""
    assert "axis 0 4, axis 1 6" in printed(tmp_path, "table", UNNAMED, "--axes")


def test_formulas_have_the_first_letter_of_an_axis():
    """Or its position where another axis has the letter, or where there is no name."""
    [of_patches] = workings(profile(parse(Source("x.yaml", PATCHES))), "head")
    clash = "input: {channels: 2, height: 6, width: 6}\nlayers: [flatten: {cells: [height, width]}, gelu]"
    [of_cells] = workings(profile(parse(Source("x.yaml", clash))), "gelu")
    [of_none] = workings(profile(parse(Source("x.yaml", UNNAMED + "  # reshape"))), "reshape")

    assert [(cell.name, cell.formula) for cell in of_patches.cells[:3]] == [
        ("patches", "P"),
        ("channels", "out"),
        ("weights", "out·C"),
    ]
    assert [(cell.name, cell.formula) for cell in of_cells.cells[:2]] == [("channels", "C"), ("cells", "n1")]
    assert [cell.name for cell in of_none.cells[:2]] == ["axis 0", "axis 1"]


def test_a_goal_speaks_of_an_axis_of_the_spec(tmp_path):
    """Of its own names, and of none that is not there."""
    met = printed(tmp_path, "solve", PATCHES, "--set", "n=n", "--for", "output patches = 64")
    refused = printed(tmp_path, "solve", PATCHES, "--set", "n=n", "--for", "output height = 8", code=1)
    of_input = printed(tmp_path, "solve", PATCHES, "--set", "n=n", "--for", "rf patches = 1", code=1)

    assert "at n = 8" in met
    assert "has no height" in refused
    assert "there is output patches, output channels" in refused
    assert "there is rf height, rf width" in of_input
