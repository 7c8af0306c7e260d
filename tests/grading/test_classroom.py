"""A class: the points of its worksheets, the slips of all together, and the files that are none."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from tests.grading.sheets import run

CLASS = Path(__file__).parent.parent / "data" / "class"
# Of three cells each, counted by hand: ben forgets two biases, cleo one, and doubles two numbers of MACs.
POINTS = {"ada.csv": (3, 3, 3, 9), "ben.csv": (3, 1, 3, 7), "cleo.csv": (3, 2, 1, 6)}


@pytest.fixture
def folder(tmp_path):
    """The class, in a folder of its own."""
    return Path(shutil.copytree(CLASS, tmp_path / "class"))


def students(text):
    return {row.pop("student"): row for row in csv.DictReader(io.StringIO(text))}


def test_a_row_a_student(folder):
    """The points of each column and in all, out of the cells that the class was asked."""
    rows = students(run("grade", "lenet5", str(folder), "--format", "csv"))

    assert {name: tuple(map(int, list(row.values())[:4])) for name, row in rows.items()} == POINTS
    assert {(row["of"], row["note"]) for row in rows.values()} == {("9", "")}


def test_the_commonest_slips_come_first(folder):
    """The bias of two students before the FLOPs of one, with the cells of all."""
    said = json.loads(run("grade", "lenet5", str(folder), "--format", "json"))

    assert [(one["slip"], one["students"], one["cells"]) for one in said["slips"]] == [
        ("the bias forgotten", 2, 3),
        ("FLOPs for MACs", 1, 2),
    ]
    assert [one["sum"] for one in said["students"]] == [9, 7, 6]


def test_a_missing_line_earns_nothing_and_a_carried_one_does(folder):
    """Who leaves a line out is asked it all the same; the right method on a wrong size is no second mistake."""
    (folder / "dan.csv").write_text("name,output,params\nC1,6x28x28,156\n")
    (folder / "eve.csv").write_text("name,output\nC1,6x30x30\nC3,16x11x11\n")
    rows = students(run("grade", "lenet5", str(folder), "--format", "csv"))

    assert (rows["dan.csv"]["points"], rows["dan.csv"]["of"]) == ("2", "9")
    # 30 halved is 15, and 15 − 5 + 1 = 11: C3 follows from C1.
    assert (rows["eve.csv"]["output"], rows["eve.csv"]["points"]) == ("1", "1")


@pytest.mark.parametrize("form", ["text", "markdown", "html", "latex", "csv", "json"])
def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_marked(folder, form):
    """Every format has each file and its reason, and the command says that some were not read."""
    (folder / "bad.csv").write_text("name,parms\nC1,156\n")
    (folder / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "older").mkdir()
    (folder / ".unseen").write_text("x")
    done = CliRunner().invoke(main, ["grade", "lenet5", str(folder), "--format", form])

    assert (done.exit_code, done.stderr) == (1, "3 of 6 files could not be read as worksheets\n")
    for said in ("ada", "cleo", "bad.csv", "no column", "photo.png", "not UTF-8", "older", "a folder"):
        assert said in done.stdout
    assert "unseen" not in done.stdout


def test_a_folder_without_worksheets(tmp_path):
    """An empty one, and one in which no file can be read."""
    assert "the folder is empty" in CliRunner().invoke(main, ["grade", "lenet5", str(tmp_path)]).stderr
    (tmp_path / "a.csv").write_text("")
    done = CliRunner().invoke(main, ["grade", "lenet5", str(tmp_path)])

    assert (done.exit_code, "a.csv: the worksheet is empty" in done.stdout) == (1, True)


def test_each_sheet_is_marked_by_the_convention_in_its_heading(folder):
    """And one by another than the class is asked is named."""
    (folder / "fay.csv").write_text("name,flops (textbook)\nF6,1\n")
    done = CliRunner().invoke(main, ["grade", "lenet5", str(folder), "--convention", "macs"])

    assert "fay.csv: the worksheet is by the convention textbook, not macs" in done.stdout


def test_no_class_on_a_network_with_letters(folder):
    """One message, not one for each file."""
    done = CliRunner().invoke(main, ["grade", "lenet5", "--input", "1xHxW", str(folder)])

    assert done.exit_code == 1
    assert done.stdout == ""
