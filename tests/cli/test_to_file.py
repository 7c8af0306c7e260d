"""`-o FILE`: what would be printed stands in the file, in the format that its ending says."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

from archcalc.cli import COMMANDS, main

ENDINGS = {"md": "markdown", "tex": "latex", "html": "html", "csv": "csv", "json": "json", "txt": "text"}
# Every line that prints tables of its own, in all formats.
EVERY = (
    *(
        "table lenet5",
        "table lenet5 --style cs231n",
        "list",
        "list lenet --convention torch",
        "memory lenet5",
        "serve gpt2",
    ),
    "train lenet5",
    *("rf lenet5", "rf lenet5 C3", "rf lenet5 C3[1,2] -e", "rf --stacks 5", "rf --depth L"),
    *("conventions lenet5", "conventions --rule torch", "check lenet5", "compare lenet5 alexnet", "verify lenet5"),
    *("devices", "devices h100-sxm", "roofline lenet5 --device h200 --measured 1ms --energy horowitz"),
    *("grade lenet5 sheet.csv", "solve lenet5 --batch N --for bytes<1M"),
    "shard lenet5 --data 2 --zero 1",
)
# Those with the formats that they are not printed in.
PRINTED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(EVERY, ()),
    # It has a line for each number and no table; several tables, of which none is the one.
    "explain lenet5": ("csv",),
    "diff lenet5 alexnet": ("csv",),
    # For a person to fill in, on paper or in a spreadsheet.
    "worksheet lenet5": ("json",),
}
# A spec, a schema, the files of a report, pictures, and a few numbers of a run.
WITHOUT_TABLES = {"expand", "export", "import", "measure", "schema", "report", "diagram", "plot", "run"}
# Whose files are of rows, or of pictures and specs.
WITHOUT_TABLES |= {"sweep", "front"}
# A page of a browser's.
WITHOUT_TABLES |= {"live"}


def test_no_command_that_prints_a_table_is_missing():
    assert {line.split()[0] for line in PRINTED} == {*COMMANDS} - WITHOUT_TABLES


@pytest.mark.parametrize("line", PRINTED)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_holds_what_the_format_prints(line, ending, tmp_path, monkeypatch):
    """Or the command says which endings it knows, and writes nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet.csv").write_text("name,params\nC1,157\n")
    written = CliRunner().invoke(main, [*line.split(), "-o", f"out.{ending}"])
    printed = CliRunner().invoke(main, [*line.split(), "--format", ENDINGS[ending]])

    if ENDINGS[ending] in PRINTED[line]:
        assert (written.exit_code, printed.exit_code) == (2, 2)
        assert "the file must end in one of ." in written.output
        assert not (tmp_path / f"out.{ending}").exists()
    else:
        assert (written.exit_code, written.stdout) == (0, f"written to out.{ending}\n")
        assert (tmp_path / f"out.{ending}").read_text("utf-8") == printed.stdout


@pytest.mark.parametrize("line", [line for line, missing in PRINTED.items() if "csv" not in missing])
def test_a_sheet_has_as_many_cells_in_each_row(line, tmp_path, monkeypatch):
    """Each under a head of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet.csv").write_text("name,params\nC1,157\n")
    printed = CliRunner().invoke(main, [*line.split(), "--format", "csv"]).stdout
    head, *rows = csv.reader(io.StringIO(printed))
    assert rows
    assert "" not in head
    assert len({*head}) == len(head)
    assert {len(row) for row in rows} == {len(head)}


def test_a_format_that_is_named_goes_before_the_ending(tmp_path):
    """For a file without one, or of another."""
    path = tmp_path / "out"
    assert CliRunner().invoke(main, ["table", "lenet5", "--format", "json", "-o", str(path)]).exit_code == 0
    assert json.loads(path.read_text())["network"] == "lenet5"


def test_md_and_tex_are_formats():
    for short, long in (("md", "markdown"), ("tex", "latex")):
        outputs = [CliRunner().invoke(main, ["table", "lenet5", "--format", form]).stdout for form in (short, long)]
        assert outputs[0] == outputs[1] != ""


def test_what_ends_in_an_error_writes_nothing(tmp_path):
    path = tmp_path / "out.md"
    found = CliRunner().invoke(main, ["table", "lenet5", "--columns", "nme", "-o", str(path)])
    assert (found.exit_code, path.exists()) == (1, False)


def test_watching_does_not_go_with_a_file(tmp_path):
    found = CliRunner().invoke(main, ["table", "lenet5", "--watch", "-o", str(tmp_path / "out.md")])
    assert found.exit_code == 2
    assert "it does not go with -o" in found.output


@pytest.mark.parametrize("command", [("expand", "lenet5"), ("export", "lenet5", "--to", "torch")])
def test_a_hyphen_is_no_file(command, tmp_path, monkeypatch):
    """Whoever means standard output by it is told how to get that, and no file of the name is left."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, [*command, "-o", "-"])
    assert done.exit_code == 1, done.output
    assert "without -o a text is printed" in done.output
    assert not [*tmp_path.iterdir()]
