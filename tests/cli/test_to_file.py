"""`-o FILE`: what would be printed stands in the file, in the format that its ending says."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from archcalc.cli import COMMANDS, main

ENDINGS = {"md": "markdown", "tex": "latex", "html": "html", "csv": "csv", "json": "json", "txt": "text"}
NETWORKS = {"compare": ["lenet5", "alexnet"], "diff": ["lenet5", "alexnet"], "list": [], "verify": ["lenet5"]}
OTHERS = {"expand", "schema", "report", "run", "diagram", "plot", "grade", "solve", "worksheet"}


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in OTHERS])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_holds_what_the_format_prints(name, ending, tmp_path, monkeypatch):
    """Or the command says which endings it knows, and writes nothing."""
    monkeypatch.chdir(tmp_path)
    arguments = [name, *NETWORKS.get(name, ["lenet5"])]
    written = CliRunner().invoke(main, [*arguments, "-o", f"out.{ending}"])
    printed = CliRunner().invoke(main, [*arguments, "--format", ENDINGS[ending]])

    if printed.exit_code == 2:
        assert written.exit_code == 2
        assert "the file must end in one of .txt" in written.output
        assert list(tmp_path.iterdir()) == []
    else:
        assert (written.exit_code, written.stdout) == (printed.exit_code, f"written to out.{ending}\n")
        assert (tmp_path / f"out.{ending}").read_text("utf-8") == printed.stdout


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
