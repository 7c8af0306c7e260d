"""Every mistake a person makes, with the whole message that it gets."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.cli import main

ERRORS = Path(__file__).parent.parent / "errors"
MISTAKES = sorted(path.stem for path in ERRORS.glob("*.yaml"))


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gets_its_message(mistake, monkeypatch):
    """The message names file, line and column, shows the line, states the fact and, where there is one, the remedy."""
    monkeypatch.chdir(ERRORS)
    result = CliRunner().invoke(main, ["table", f"{mistake}.yaml"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (ERRORS / f"{mistake}.txt").read_text(encoding="utf-8")


def test_there_is_a_pair_for_every_mistake():
    """Each spec has its message and each message its spec, and there are at least 40 of them."""
    assert sorted(path.stem for path in ERRORS.glob("*.txt")) == MISTAKES
    assert len(MISTAKES) >= 40


def failed(*arguments: str, **options) -> str:
    result = CliRunner().invoke(main, list(arguments), **options)
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr


def test_an_unknown_network_names_the_nearest():
    """A misspelled name gets the one that was meant, or all that are as near."""
    wanted = "no network or file named '{}'\n  = did you mean {}?\n  = archcalc list names all\n".format
    assert failed("table", "alexnot") == wanted("alexnot", "'alexnet'")
    assert failed("table", "vgg15") == wanted("vgg15", "'vgg11', 'vgg13', 'vgg16' or 'vgg19'")


def test_a_missing_file_and_a_directory_are_said_to_be_so(tmp_path, monkeypatch):
    """A path that cannot be read says why."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()

    assert failed("table", "nets/mine.yaml") == "nets/mine.yaml: no such file or directory\n"
    assert failed("table", "./specs") == "specs: is a directory, not a spec\n"


def test_a_file_in_another_encoding_says_where(tmp_path):
    """Latin-1 and UTF-16 are named by the first byte that is not UTF-8."""
    latin, wide = tmp_path / "latin.yaml", tmp_path / "wide.yaml"
    latin.write_bytes("title: one\nnote: größer\n".encode("latin-1"))
    wide.write_bytes("input: 3\n".encode("utf-16"))

    assert failed("table", str(latin)).startswith(f"{latin}:2: byte 0xf6 is not UTF-8\n")
    assert failed("table", str(wide)).startswith(f"{wide}:1: byte 0xff is not UTF-8\n")


def test_standard_input_is_named_as_such():
    """What comes through a pipe has a place too."""
    assert failed("table", "-", input="layers: [relu]\n").startswith("<stdin>:1:1: the spec has no 'input:'\n")


def test_a_param_that_is_not_declared_names_the_nearest():
    """--set takes what the spec declares."""
    assert (
        failed("table", "vgg16", "--set", "class=3") == "the spec has no param 'class'\n  = did you mean 'classes'?\n"
    )


def test_an_input_of_another_form_is_refused():
    """--input takes as many axes as the spec has, channels first."""
    assert failed("table", "vgg16", "--input", "3x224") == "the input is channels×height×width, not 3×224\n"
    assert failed("table", "vgg16", "--input", "224x224x3") == (
        "the input is channels×height×width, not 224×224×3\n  = write 3x224x224\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tabel", "vgg16"], "no command 'tabel'; did you mean 'table'?"),
        (["table"], "Missing argument 'SPEC'"),
        (["table", "vgg16", "--batch", "0"], "'0' is not a whole number of at least 1, or a letter"),
        (["table", "vgg16", "--input", "3xx2"], "'3xx2' is not a shape such as 3x224x224"),
        (["table", "vgg16", "--set", "classes"], "'classes' is not name=value"),
        (["table", "vgg16", "--format", "yaml"], "'yaml' is not one of"),
        (["report"], "name one or more specs, or give --all"),
        (
            ["table", "vgg16", "--batch", "a\nb\x1b"],
            r"Error: Invalid value for '--batch': 'a\nb\x1b' is not a whole number",
        ),
        (["table", "vgg16", "--a\nb"], r"--a\nb"),
        (["table", "vgg16", "--input", "(" * 9_000], f"'{'(' * 300}"),
    ],
    ids=lambda value: repr(" ".join(value)[:40]) if isinstance(value, list) else "",
)
def test_misuse_of_the_command_line_exits_with_2(arguments, said):
    """What is wrong with the command itself is told apart from what is wrong with a spec."""
    result = CliRunner().invoke(main, arguments)

    assert result.exit_code == 2
    assert said in result.stderr
    assert len(result.stderr) < 700


def test_a_report_that_cannot_be_written_says_so(tmp_path):
    """An output folder that is a file is no folder."""
    (tmp_path / "taken").write_text("")

    assert failed("report", "lenet5", "-o", str(tmp_path / "taken" / "in")).endswith(
        "cannot be written to, Not a directory\n"
    )
