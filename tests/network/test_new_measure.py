"""A measure that a stranger adds: one record, and every command that speaks of measures has it."""

from __future__ import annotations

import json
from functools import partial

import pytest

from tests.stranger import copied, printed

# Places that a layer's output has, of an image its height times its width: added to the end of the one file.
RECORD = """

MEASURES["places"] = Measure(
    key="places", title="output places", of_row=lambda _, row: size(row.output[1:]), main=True
)
"""
SPEC = """\
name: two
input: {channels: 3, height: 8, width: 8}
layers:
  - conv2d: {out: 4, kernel: 3, padding: 1}
  - maxpool2d: 2
"""
# By hand: the input and the convolution have 8·8 places, the pool has 4·4.
PLACES = [64, 64, 16]


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package whose file of measures has one record more."""
    package = copied(tmp_path_factory.mktemp("stranger"))
    file = package / "network" / "measures.py"
    text = file.read_text().replace("import repeated\n", "import repeated\nfrom archcalc.symbols.dims import size\n")
    at = text.index("\n\n\ndef measures(")
    file.write_text(text[:at] + RECORD + text[at:])
    return package


@pytest.fixture
def run(package, tmp_path):
    """Runs a command line of that package in a folder that holds a spec and a wider one."""
    (tmp_path / "two.yaml").write_text(SPEC)
    (tmp_path / "other.yaml").write_text(SPEC.replace("padding: 1", "padding: 2"))
    return partial(printed, package, tmp_path)


def test_a_table_has_its_column_and_its_share(run):
    lines = run("table", "two.yaml", "--columns", "name,places,places%", "--format", "csv").splitlines()
    assert [line.split(",")[1:] for line in lines] == [
        ["places", "places%"],
        *([str(n), f"{100 * n / sum(PLACES):.1f}"] for n in PLACES),
    ]
    assert "output places" in run("table", "two.yaml", "--columns", "name,places")


def test_json_has_it_in_rows_and_totals(run):
    found = json.loads(run("table", "two.yaml", "--format", "json"))
    assert [row["places"] for row in found["rows"]] == PLACES
    assert found["totals"]["places"] == sum(PLACES)


def test_networks_are_compared_by_it_and_solved_for(run):
    found = json.loads(run("compare", "two.yaml", "other.yaml", "--format", "json"))
    # With padding 2 the convolution has 10·10 places and the pool 5·5.
    assert found["measures"]["places"]["values"] == [144, 64 + 100 + 25]
    assert "output places" in run("compare", "two.yaml", "other.yaml")
    assert "H ≤ 6" in run("solve", "two.yaml", "--input", "3xHxH", "--for", "places <= 81")


def test_a_difference_of_versions_speaks_of_it(run):
    found = json.loads(run("diff", "two.yaml", "other.yaml", "--format", "json"))
    assert found["totals"]["places"] == {"old": 144, "new": 189, "difference": 45}
    assert "output places" in run("diff", "two.yaml", "other.yaml")


def test_a_chart_has_its_panel(run, tmp_path):
    run("plot", "two.yaml", "-o", "x.svg")
    assert "output places" in (tmp_path / "x.svg").read_text()


def test_a_spec_states_it_and_a_figure_is_of_it(run, tmp_path):
    (tmp_path / "stated.yaml").write_text(SPEC.replace("maxpool2d: 2", "maxpool2d: {kernel: 2, places: 17}"))
    assert "places is 16, not 17" in run("table", "stated.yaml")
    (tmp_path / "figure.yaml").write_text(SPEC + "figures:\n  - {of: places, value: 145}\n")
    assert "145" in run("table", "figure.yaml")
    assert "exact 144" in run("table", "figure.yaml")


def test_a_worksheet_asks_it_and_it_is_marked(run, tmp_path):
    (tmp_path / "sheet.csv").write_text("name,places\nconv2d,64\nmaxpool2d,15\n")
    said = run("grade", "two.yaml", "sheet.csv")
    assert "1 of 2 cells right" in said
    assert "places" in run("worksheet", "two.yaml", "--columns", "name,output,places", "--blank", "places")
