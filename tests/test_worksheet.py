"""Worksheets: what is empty, what the key holds, and that the one filled in by the other is marked all right."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.engine import profile
from archcalc.formats.sheet import BLANKS, COLUMNS, FORMATS
from archcalc.spec import bundled, load


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["worksheet", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def cells(name: str, *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed(name, "--format", "csv", *arguments))))


@pytest.mark.parametrize("name", bundled())
def test_a_key_handed_in_is_all_right(name, tmp_path):
    """The csv of the key has the sheet's lines and columns, and `grade` finds nothing wrong in it."""
    empty, key = cells(name), cells(name, "--key")
    path = tmp_path / "key.csv"
    path.write_text(printed(name, "--format", "csv", "--key"))
    done = CliRunner().invoke(main, ["grade", name, str(path), "--format", "json"])
    marks = [cell["verdict"] for cell in json.loads(done.output)["cells"]]

    assert [row["name"] for row in key] == [row["name"] for row in empty] == [*names(name), "total"]
    assert set(marks) == {"right"}
    assert len(marks) >= len(BLANKS) * len(names(name))


def names(name: str) -> list[str]:
    return [row.name for row in profile(load(name)).rows]


def test_the_cells_to_fill_in_are_empty_and_no_others():
    """All of the chosen columns but the input's line; what a layer is stays to be read."""
    first, *rows, last = cells("lenet5")

    assert first == {
        "name": "input", "layer": "input", "settings": "shape=1×32×32", "output": "1×32×32", "activations": "1024",
        "params": "0", "macs": "0",
    }  # fmt: skip
    assert {row[key] for row in rows for key in BLANKS} == {""}
    assert all(row["name"] and row["layer"] for row in rows)
    assert {last[key] for key in COLUMNS if key != "name"} == {""}


def test_columns_and_blanks_are_chosen():
    """Only what is asked for is empty, and only those columns are there."""
    rows = cells("vgg16", "--columns", "name,output,params", "--blank", "params")

    assert list(rows[0]) == ["name", "output", "params"]
    assert (rows[1]["output"], rows[1]["params"]) == ("64×224×224", "")


def test_a_sheet_in_markdown_has_as_many_gaps_as_its_table_needs():
    """Each line of the table has the same number of cells, four of them empty in a layer's."""
    table = [line for line in printed("alexnet").splitlines() if line.startswith("| ")]
    body = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]

    assert {len(row) for row in body} == {len(COLUMNS)}
    assert [row[3:].count("") for row in body[2:-1]] == [4] * (len(names("alexnet")) - 1)


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "csv"])
def test_a_key_shows_the_working_of_every_layer(form):
    """The products behind conv1's params stand in the key, and not in the sheet."""
    working = r"96\s*(·|\\cdot)\s*3\s*(·|\\cdot)\s*11"

    assert re.search(working, printed("alexnet", "--key", "--format", form))
    assert not re.search(working, printed("alexnet", "--format", form))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--blank", "paramz"], "no column 'paramz' to leave blank\n  = did you mean 'params'?\n"),
        (["--blank", "name"], "no column 'name' to leave blank\n"),
        (["--columns", "name,output", "--blank", "params"], "no column 'params' to leave blank\n"),
    ],
)
def test_a_column_that_is_not_there_cannot_be_left_blank(arguments, said):
    """Nor can the names, by which a sheet is marked."""
    done = CliRunner().invoke(main, ["worksheet", "lenet5", *arguments])

    assert (done.exit_code, done.stderr) == (1, said)
