"""Everything that is written down is true: README, CONTRIBUTING, the reports."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.diagnosis import check
from archcalc.engine import profile
from archcalc.errors import Source
from archcalc.report import index, page
from archcalc.spec import bundled, load, parse, source_of

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
REPORTS = ROOT / "reports"
# Measured rather than derived, so not to be compared with a fresh run.
MEASURED = {"benchmarks.md", "memory-measured.md"}


def checked(name: str) -> archcalc.Profile:
    """A network's profile with the verdicts on its figures, found anew."""
    return msgspec.structs.replace(profile(load(name)), verdicts=check(source_of(name)))


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def printed(arguments: list[str]) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return "\n".join(line.rstrip() for line in result.output.splitlines())


@pytest.mark.parametrize("block", fenced("console"), ids=lambda block: block.splitlines()[0])
def test_a_console_block_shows_what_the_command_prints(block):
    """Run each command that the README quotes and compare all of its output."""
    command, _, output = block.partition("\n")

    assert output.rstrip("\n") == printed(shlex.split(command.removeprefix("$ archcalc ")))


def test_the_first_table_is_what_the_first_command_prints():
    """The README's VGG-16 table is the whole output of the command above it."""
    assert ".venv/bin/archcalc table vgg16\n" in fenced("sh")[0]
    assert fenced("text")[0].rstrip("\n") == printed(["table", "vgg16"])


def test_the_readme_shows_all_of_vgg16():
    """The spec in the README is the bundled one."""
    assert (ROOT / "specs" / "vgg16.yaml").read_text() in fenced("yaml")


def test_the_readme_specs_load():
    """Every YAML block is a spec that loads as it stands."""
    for block in fenced("yaml"):
        assert profile(parse(Source("README.md", block))).rows


def test_the_readme_error_is_what_that_mistake_prints(tmp_path, monkeypatch):
    """The message in the README is the message for such a spec."""
    spec = "input: {channels: 3, height: 32, width: 32}\nlayers:\n  - conv2d: {out: 32, kernel: 3}\n  - relu\n"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(spec + "  - conv2d: {name: dw, out: 32, kernel: 3, groups: 3}\n")

    result = CliRunner().invoke(main, ["table", "tiny.yaml"])

    assert (result.exit_code, result.stderr) == (1, fenced("text")[-1])


def test_the_python_of_the_readme_runs():
    """The session in the README gives what it shows."""
    for block in fenced("python"):
        test = doctest.DocTestParser().get_doctest(block, {"archcalc": archcalc}, "README", "README.md", 0)
        assert doctest.DocTestRunner().run(test).failed == 0


def test_the_commands_listed_are_those_there_are():
    """The README's list of commands is complete."""
    listed = re.findall(r"^archcalc (\w+)", fenced("text")[1], re.MULTILINE)

    assert sorted(listed) == sorted(main.list_commands(None))


def test_help_names_every_command_after_any_was_used():
    """Loading a command, `list` above all, leaves the list of commands as it was."""
    printed(["list"])

    assert re.findall(r"^  (\w+)  ", printed(["--help"]), re.MULTILINE) == list(main.list_commands(None))


def test_the_contributors_page_shows_a_whole_kind_in_under_60_lines():
    """The exercise in CONTRIBUTING.md is the file in the package."""
    code = (ROOT / "archcalc" / "layers" / "maxout.py").read_text()

    assert f"```python\n{code}```" in (ROOT / "CONTRIBUTING.md").read_text()
    assert len(code.splitlines()) < 60


def test_the_reports_are_what_a_fresh_run_writes():
    """Every page in reports/ regenerates to the same bytes, and none is left over."""
    profiles = {name: checked(name) for name in bundled()}
    fresh = {f"{name}.md": page(result) for name, result in profiles.items()}
    fresh["README.md"] = index(sorted(profiles.values(), key=lambda result: result.totals.params))

    committed = {path.name: path.read_text() for path in REPORTS.glob("*.md") if path.name not in MEASURED}

    assert committed.keys() == fresh.keys()
    assert [name for name in fresh if committed[name] != fresh[name]] == []


def test_report_writes_the_pages_whole(tmp_path):
    """The command leaves exactly the page and no unfinished file."""
    result = CliRunner().invoke(main, ["report", "lenet5", "-o", str(tmp_path / "out")])

    assert result.exit_code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["lenet5.md"]
    assert (tmp_path / "out" / "lenet5.md").read_text() == page(checked("lenet5"))


def test_every_spec_says_what_it_is_and_where_it_is_from():
    """Each bundled network has a title and a source, and is named as its file."""
    for name in bundled():
        graph = load(name)
        assert (graph.name, bool(graph.title), bool(graph.source)) == (name, True, True)


def test_the_module_runs_as_the_command_does():
    """`python -m archcalc` is `archcalc`."""
    done = subprocess.run([sys.executable, "-m", "archcalc", "--help"], capture_output=True, text=True, check=True)

    assert done.stdout == CliRunner().invoke(main, ["--help"], prog_name="archcalc").output
