"""Command lines drawn at random; ARCHCALC_COMMANDS says how many are run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import click
import pytest

from archcalc.cli import COMMANDS
from tests.cli import commands
from tests.cli.command_endings import told
from tests.cli.command_kinds import kinds
from tests.cli.command_lines import Line, command, drawn, turns

FEW = 500


def line(*arguments):
    return Line([*arguments], {}, b"", "utf-8", [])


def test_every_command_option_and_kind_of_value_is_drawn():
    """Each option and argument that click knows of comes with each kind of value that it has."""
    drawings = [drawn(number, 1) for number in range(6_000)]
    counts = Counter((found.arguments[0], *of) for found in drawings for of in found.drawn)

    assert [(name, *turn) for name in COMMANDS for turn in turns(name) if turn[0] and not counts[name, *turn]] == []


def test_every_option_is_drawn_in_few_lines():
    """The run in CI leaves no option or argument of any command out."""
    drawings = [drawn(number, 0) for number in range(FEW)]
    found = {(found.arguments[0], name) for found in drawings for name, _ in found.drawn}

    assert found == {(name, param.name) for name in COMMANDS for param in command(name).params}


def test_an_option_that_nobody_wrote_values_for_is_told():
    """A new option of free text cannot be left out by forgetting it."""
    with pytest.raises(KeyError, match="for --new of archcalc table"):
        kinds("table", click.Option(["--new"]))


def test_a_line_is_the_same_on_every_run():
    """A seed and a number are all that is needed to look at a failure again."""
    assert drawn(7, 1) == drawn(7, 1) != drawn(7, 2)


@pytest.mark.parametrize(
    ("arguments", "ended"),
    [
        (["table", "x"], (3, "", "no\n")),
        (["table", "x"], (None, "", "")),
        (["table", "x"], (1, "", "")),
        (["table", "x"], (1, "", "KeyError: 'a'\n")),
        (["table", "x"], (1, "", "int object has no attribute b\n")),
        (["table", "x"], (1, "", "one\ntwo\n")),
        (["table", "x"], (1, "", "net.yaml:1:1: no\nnet.yaml:2:1: no\n3 mistakes\n")),
        (["table", "x"], (1, "", "no layer '\x1b[2J'\n")),
        (["table", "x"], (0, "name \u202e\n", "")),
        (["table", "x"], (2, "", "Error: no\n")),
        (["table", "x", "--format", "json"], (0, '{"a": NaN}', "")),
        (["table", "x", "--format=json"], (0, "{", "")),
    ],
)
def test_an_ending_that_is_not_clean_is_told(arguments, ended):
    """A code of its own, no word, a word of Python, two messages, a control character, JSON that is none."""
    assert told(line(*arguments), *ended)


@pytest.mark.parametrize(
    ("arguments", "ended"),
    [
        (["table", "x"], (1, "", "net.yaml:1:1: no\n  1 | a\n    | ^\n    = so\n")),
        (["table", "x"], (1, "", "net.yaml:1:1: no\n  1 | a\nnet.yaml:2:1: no\n  2 | b\n2 mistakes\n")),
        (["table", "x"], (2, "", "Usage: a\nTry 'a' for help.\n\nError: no\n")),
        (["diff", "a", "b", "--exit-code"], (1, "differs\n", "")),
        (["table", "KeyError: 5"], (1, "", "no network or file named 'KeyError: 5'\n")),
        (["table", "x", "--format=json"], (0, "{}", "")),
    ],
)
def test_a_clean_ending_is_not_told(arguments, ended):
    """One message with what belongs to it, and words of Python that the line itself holds."""
    assert told(line(*arguments), *ended) == ""


def _raises(**_settings):
    raise RuntimeError("planted")


def _writes(**_settings):
    Path(__file__).with_suffix(".planted").write_text("x")


def _leaves(**_settings):
    Path(".part-1").write_text("x")
    sys.exit(0)


def _spins(**_settings):
    while True:
        pass


def _grows(**_settings):
    return bytearray(8 * 1024**3)


def _loses(**_settings):
    print("x" * 20_000)
    sys.stdout = open("/dev/full", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - closed by whoever ran it
    print("x")
    sys.exit(0)


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (_raises, "RuntimeError: planted"),
        (_writes, "Permission denied"),
        (_leaves, "leaves .part-1"),
        (_spins, "not done after 1 s"),
        (_grows, "MemoryError"),
        (_loses, "what was printed is lost"),
    ],
)
def test_a_command_that_goes_wrong_is_told_and_the_next_is_run(planted, said, monkeypatch):
    """An exception, a file elsewhere or left behind, a hang, too much memory and lost output do not pass, nor end the run."""
    monkeypatch.setattr(commands, "archcalc", planted)
    monkeypatch.setattr(commands, "SECONDS", 1)
    # On a full disk there is nothing left to lose.
    first, second = [number for number in range(20) if drawn(number, 0).stdout != "full"][:2]
    found = commands.ran([first, second], 0, 1)

    assert [said in one.wrong for one in found] == [True, True]


def test_command_lines_end_in_an_answer_or_one_clean_message():
    """Whatever is typed, nothing ends in a traceback, hangs, writes elsewhere, or prints what nobody can read."""
    count = os.environ.get("ARCHCALC_COMMANDS", str(FEW))
    program = [sys.executable, "-m", commands.__name__, "--count", count, "--processes", "2"]
    seen = json.loads(subprocess.run(program, capture_output=True, text=True, check=True).stdout)

    assert seen["failures"] == {}
    # Most of a command's lines might otherwise end before it has begun.
    answered = {name: of.get("0", 0) / sum(of.values()) for name, of in seen["codes"].items()}
    assert [*answered] == sorted(COMMANDS)
    assert min(answered.values()) > 0
    assert sum(answered.values()) / len(answered) > 0.3
