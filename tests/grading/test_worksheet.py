"""Worksheets: what is empty, what the key holds, and that the one filled in by the other is marked all right."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.conventions import CONVENTIONS
from archcalc.formats.table.columns import COLUMNS as ALL
from archcalc.formats.worksheet import BLANKS, COLUMNS, FORMATS
from archcalc.grading.sheet import COUNTS
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.zoo import SOME


def printed(*arguments: str) -> str:
    done = CliRunner().invoke(main, ["worksheet", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def cells(name: str, *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(printed(name, "--format", "csv", *arguments))))


@pytest.mark.parametrize("name", SOME)
def test_a_key_handed_in_is_all_right(name, tmp_path):
    """The csv of the key has the sheet's lines and columns, and `grade` finds nothing wrong in it."""
    empty, key = cells(name), cells(name, "--key")
    path = tmp_path / "key.csv"
    path.write_text(printed(name, "--format", "csv", "--key"))
    done = CliRunner().invoke(main, ["grade", name, str(path), "--format", "json"])
    marks = [cell["verdict"] for cell in json.loads(done.output)["cells"]]

    assert [row["name"] for row in key] == [row["name"] for row in empty] == [*names(name), "total"]
    assert set(marks) == {"right"}
    assert len(marks) >= len(BLANKS) * (len(names(name)) - 1)


@pytest.mark.parametrize("name", SOME)
def test_a_folded_key_handed_in_is_all_right(name):
    """Every line, and the totals of all that they stand for; no layer is without a line, and no field that the key leaves out
    is missed."""
    columns = ("name", "output", *COUNTS, "rf")
    key = printed(name, "--fold", "--key", "--columns", ",".join(columns), "--format", "csv")
    done = CliRunner().invoke(main, ["grade", name, "-", "--format", "json"], input=key)
    said = json.loads(done.output)
    lines = [row for row in csv.DictReader(io.StringIO(key)) if row["name"] != "total"]

    assert {cell["verdict"] for cell in said["cells"]} == {"right"}
    assert said["missing"] == []
    assert {(cell["row"], cell["column"]) for cell in said["cells"]} >= {
        *((row["name"], column) for row in lines for column in (*COUNTS, "output")),
        *(("total", column) for column in COUNTS),
        *((row["name"], "rf") for row in lines if row["rf"].isdigit()),
    }


def test_a_folded_sheet_asks_for_no_field_of_several_layers():
    """Their fields differ, and the key has none."""
    columns = ["--fold", "--columns", "name,rf", "--format", "html"]
    asked = set(re.findall('aria-label="rf of ([^"]*)"', printed("resnet18", *columns, "--blank", "rf")))
    folded = csv.DictReader(io.StringIO(printed("resnet18", "--key", *columns[:-1], "csv")))

    assert asked == {row["name"] for row in folded if not row["times"] and row["name"] not in {"input", "total"}}


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


def test_a_branched_network_says_what_each_layer_reads(tmp_path):
    """Only where that is not the line above; a plain chain has no such column, and old sheets go on without it."""
    (tmp_path / "a.yaml").write_text(BRANCHED)
    rows = {row["name"]: row for row in cells(str(tmp_path / "a.yaml"))}

    assert {name: row["reads"] for name, row in rows.items() if row["reads"]} == {
        "2/right": "stem",
        "add": "1/left, 2/right",
    }
    assert "reads" not in cells("alexnet")[0]
    for columns in ("name,reads,params", "name,params"):
        key = printed(str(tmp_path / "a.yaml"), "--key", "--columns", columns, "--format", "csv")
        assert graded(str(tmp_path / "a.yaml"), key) == ("macs", {"right"})


def test_a_folded_line_reads_lines_that_are_there():
    """What stands for several is named by its own line; the second unit of ResNet-18 adds what the first put out."""
    rows = cells("resnet18", "--fold")
    names_of = {row["name"] for row in rows}
    read = [name for row in rows for name in row["reads"].split(", ") if name]

    assert read
    assert set(read) <= names_of


def test_layers_and_blocks_are_chosen():
    """The rest is given, the totals too unless they are named."""
    empty = {
        row["name"] for row in cells("resnet18", "--layers", "conv3_1,fc", "--blank", "params") if not row["params"]
    }
    block = {name for name in names("resnet18") if name.startswith("conv3_1/")}

    assert len(block) > 5
    assert empty == {*block, "fc"}
    last = cells("lenet5", "--layers", "C1,total")
    assert [row["name"] for row in last if not row["macs"]] == ["C1", "total"]


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
        (["--layers", "C1,C33"], "no line for a layer 'C33' to leave blank\n  = did you mean 'C3'?\n"),
        (["--columns", ","], f"no column ''\n  = there are {', '.join(ALL)}\n"),
        (["--columns", "name,output,"], f"no column ''\n  = there are {', '.join(ALL)}\n"),
    ],
)
def test_a_column_that_is_not_there_cannot_be_left_blank(arguments, said):
    """Nor can the names, by which a sheet is marked."""
    done = CliRunner().invoke(main, ["worksheet", "lenet5", *arguments])

    assert (done.exit_code, done.stderr) == (1, said)


def graded(name: str, sheet: str) -> tuple[str, set[str]]:
    """The convention by which a sheet was marked, and the verdicts on its cells."""
    done = CliRunner().invoke(main, ["grade", name, "-", "--format", "json"], input=sheet)
    assert done.exit_code == 0, done.output
    said = json.loads(done.output)
    assert said["cells"]
    return said["convention"], {cell["verdict"] for cell in said["cells"]}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_key_by_any_convention_names_it(convention):
    """The heading is the one that `table` writes, and by it the key is marked all right."""
    columns = ["--columns", "name,output,flops", "--convention", convention, "--format", "csv"]
    key = printed("alexnet", "--key", *columns)
    table = CliRunner().invoke(main, ["table", "alexnet", *columns]).output

    assert f"({convention})" in key.splitlines()[0]
    assert key.splitlines()[:-1] == table.splitlines()
    assert graded("alexnet", key) == (convention, {"right"})


def test_the_name_column_may_stand_anywhere():
    """The line of totals is named where the names stand, in the key and in the sheet."""
    columns = ["--columns", "params,name", "--format", "csv"]
    params = sum(row.params for row in profile(load("lenet5")).rows)

    assert printed("lenet5", "--key", *columns).splitlines()[-1] == f"{params},total"
    assert printed("lenet5", *columns, "--blank", "params").splitlines()[-2:] == [",OUTPUT", ",total"]
    assert graded("lenet5", printed("lenet5", "--key", *columns)) == ("macs", {"right"})
    assert 'aria-label="params of C1"' in printed("lenet5", *columns[:2], "--blank", "params", "--format", "html")


BRANCHED = """input: {channels: 3, height: 8, width: 8}
layers:
  - conv2d: {name: stem, out: 4, kernel: 1}
  - add:
      - [{conv2d: {name: left, out: 4, kernel: 1}}]
      - [{conv2d: {name: right, out: 4, kernel: 1}}]
"""
SPEC = "input: {features: 8}\nlayers:\n  - linear: {name: NAME, out: 8}\n  - relu: {name: a}\n"


@pytest.mark.parametrize("name", ["total", "' total '"])
@pytest.mark.parametrize("arguments", [["worksheet"], ["worksheet", "--key"], ["grade", "-"]])
def test_no_layer_is_named_as_the_totals_are(name, arguments, tmp_path):
    """Its line could not be told from that of the totals."""
    (tmp_path / "a.yaml").write_text(SPEC.replace("NAME", name))
    command, *others = arguments
    done = CliRunner().invoke(main, [command, str(tmp_path / "a.yaml"), *others], input="name,params\ntotal,72\n")

    fact = f"a layer is named '{name.strip(chr(39))}', as the last line of a worksheet is"
    assert (done.exit_code, done.stderr) == (1, f"{fact}\n  = give it another name\n")


@pytest.mark.parametrize("name", [" fc ", "=1+1", " =1+1", "-5", "'b", " 'b "])
def test_a_name_of_any_kind_is_marked(name, tmp_path):
    """With spaces around it, taken for a formula or with an apostrophe before it, as it is or as programs change it."""
    (tmp_path / "a.yaml").write_text(SPEC.replace("NAME", json.dumps(name)))
    key = printed(str(tmp_path / "a.yaml"), "--key", "--columns", "name,params", "--format", "csv")
    layer = key.splitlines()[2].removesuffix(",72")

    assert layer.lstrip("'") == name.lstrip("'")
    for spelled in (layer, name, name.strip(), f"'{name.strip()}"):
        assert graded(str(tmp_path / "a.yaml"), f"name,params\n{spelled},72\n") == ("macs", {"right"})
