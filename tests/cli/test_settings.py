"""Params set on the command line, whatever they are called."""

from __future__ import annotations

import inspect
import keyword
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import COMMANDS, main
from archcalc.cli import options as shared
from archcalc.language import parse

# Names of parameters of the functions that settings pass through, and words that Python keeps for itself.
NAMES = sorted(
    {
        *("source", "spec", "specs", "params", "input_shape", "self", "name", "settings", "batch", "document", "bias"),
        *(
            name
            for function in (archcalc.load, parse, shared.Request)
            for name in inspect.signature(function).parameters
        ),
        *keyword.kwlist,
    }
    # Constants of the language.
    - {"True", "False", "None"}
)
TAKING = [
    name
    for name in COMMANDS
    if any(option.name == "settings" for option in main.get_command(click.Context(main), name).params)
]
# What a command asks for beside the network.
BESIDE = {
    "export": ["--to", "torch"],
    "check": ["--claim", "params=28"],
    "solve": ["--for", "params = 28", "--input", "n"],
    "plot": ["-o", "x.svg"],
    "grade": ["sheet.csv"],
    "diff": ["net.yaml"],
    "roofline": ["--device", "t4"],
    "sweep": ["--over", "batch=1:2"],
}


def spec(name: str) -> str:
    return f"input: {{features: 3}}\nparams: {{{name}: 7}}\nlayers: [linear: {name}]\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("sheet.csv").write_text("name,params\nlinear,16\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_param_may_have_any_name(name):
    """A param called as something in the program is set like any other: 4 outputs of 3 weights and a bias are 16 params."""
    Path("net.yaml").write_text(spec(name))
    result = CliRunner().invoke(
        main, ["table", "net.yaml", "--set", f"{name}=4", "--columns", "params", "--format", "csv"]
    )

    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "16")


@pytest.mark.parametrize("command", TAKING)
@pytest.mark.parametrize("name", ["source", "input_shape", "class"])
def test_every_command_takes_a_param_of_any_name(command, name):
    """It ends as it does for a name that nothing else has, and never in an exception of Python's."""
    codes = []
    for called in (name, "q"):
        Path("net.yaml").write_text(spec(called))
        given = [command, "net.yaml", *BESIDE.get(command, []), "--set", f"{called}=4"]
        result = CliRunner().invoke(main, given)
        assert result.exception is None or isinstance(result.exception, SystemExit), given
        codes.append(result.exit_code)

    assert codes[0] == codes[1]


@pytest.mark.parametrize("command", TAKING)
def test_a_param_that_there_is_not_is_said_by_its_name(command):
    """One clean message, and no traceback."""
    Path("net.yaml").write_text(spec("width"))
    result = CliRunner().invoke(main, [command, "net.yaml", *BESIDE.get(command, []), "--set", "source=3"])

    assert result.exit_code == 1
    assert "param 'source'" in result.output
    assert isinstance(result.exception, SystemExit)
