"""What leaves for the terminal: nothing of a spec or a path that steers it, documents in UTF-8, text in any encoding."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from archcalc import cli
from archcalc.characters import spelled, visible
from archcalc.cli import COMMANDS, main
from archcalc.document.page import script
from archcalc.drawing.diagrams.picture import PICTURES
from archcalc.errors import Source
from archcalc.language import parse
from tests.cli.command_endings import forms_of
from tests.live.standins import stand_in

# Every character that controls something, turns the direction of a text or breaks a line, of those up to U+FFFF.
STEERING = "".join(c for c in map(chr, range(1, 0x10000)) if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"})
SHORT = "".join(c for c in STEERING if unicodedata.category(c) == "Cc" or "\u200e" <= c <= "\u206f")
NAME = f"a{SHORT[::3]}b.yaml"
OTHER = f"c{SHORT[1::3]}d.yaml"


def quoted(text: str) -> str:
    """A text as YAML reads it back."""
    return json.dumps(text)


SPEC = f"""
title: {quoted(f"title {STEERING}")}
source: {quoted(f"source {STEERING}")}
note: [{quoted(f"note {STEERING}")}, {quoted(f"other {STEERING}")}]
input: {{channels: 3, height: 8, width: 8}}
params: {{classes: 4}}
layers:
  - conv2d: {{name: conv, out: 4, kernel: 3, note: {quoted(f"layer {STEERING}")}}}
  - relu
  - flatten
  - linear: {{name: dense, out: classes}}
figures:
  - {{of: params, value: 692, source: {quoted(f"figure {STEERING}")}, note: {quoted(f"about {STEERING}")}}}
"""
# The same of a network that writes.
SHAPED = SPEC.replace("{channels: 3, height: 8, width: 8}", "{tokens: 6, features: 8}").replace("  - flatten\n", "")
WRITING = SHAPED.replace("conv2d: {name: conv, out: 4, kernel: 3,", "gru: {name: conv, hidden: 4,")
WRITER = f"e{SHORT[2::3]}f.yaml"
# What each command is given beside the spec whose every text, and whose name, holds such characters.
GIVEN = {
    "table": [[NAME], [NAME, "--style", "cs231n"], [NAME, "--columns", SHORT], [NAME, "--set", f"a{SHORT}=1"]],
    "list": [[]],
    "live": [["-o", "page"], ["-o", SHORT[2::3]], ["-o", "other", "--engine", SHORT], ["--port", SHORT]],
    "serve": [[WRITER], [NAME], [SHORT, "--variants"], [WRITER, "--device", SHORT]],
    "expand": [[NAME], [OTHER]],
    "import": [[NAME], [OTHER]],
    "export": [[NAME, "--to", "torch"], [OTHER, "--to", "torch"]],
    "schema": [[]],
    "report": [[NAME, "-o", "out", "--no-charts"], [NAME, "-o", SHORT]],
    "verify": [[NAME], [SHORT]],
    "run": [[NAME, "-o", f"y{SHORT[2::3]}.npy"], [NAME, "--layer", SHORT], [NAME, "--input", OTHER]],
    "rf": [[NAME], [NAME, "conv[0,0]", "-e", "--plot", f"{SHORT[2::3]}.svg"], [NAME, SHORT], [NAME, "dense"]],
    "compare": [[NAME, "lenet5", "--explain"], [NAME, OTHER, "--of", SHORT], [f"conv3-C {SHORT}", "lenet5"]],
    "diff": [[NAME, "lenet5", "--all"], ["lenet5", NAME]],
    "solve": [[NAME, "--set", "classes=c", "--for", "params <= 2000"], [NAME, "--for", SHORT]],
    "memory": [
        [NAME, "--timeline"],
        [NAME, "--train"],
        [NAME, "--budget", SHORT],
        [NAME, "--plot", f"{SHORT[2::3]}.svg"],
    ],
    "devices": [[], [SHORT], ["h200"]],
    "measure": [["--runs", "1"], ["--runs", SHORT], ["--runs", "1", "-o", f"{SHORT[2::3]}.yaml"]],
    "roofline": [
        [NAME, "--device", "t4"],
        [NAME, "--device", SHORT],
        [NAME, "--device", "t4", "--measured", SHORT],
        [NAME, "--device", "t4", "--plot", f"{SHORT[2::3]}.svg"],
    ],
    "sweep": [
        [NAME, "--over", "batch=1,2"],
        [NAME, "--over", SHORT],
        [NAME, "--over", f"batch=1,{SHORT}"],
        [NAME, "--over", "classes=1,2", "--for", SHORT],
        [NAME, "--over", "classes=1,2", "-o", f"{SHORT[2::3]}.csv"],
        [NAME, "--space", "sheet.csv"],
        [OTHER, "--over", "classes=1,2"],
    ],
    "front": [[f"z{SHORT[2::3]}.CSV", "--pareto", "a,b"], [SHORT, "--pareto", "a,b"], ["z.CSV", "--pareto", SHORT]],
    "train": [[NAME], [NAME, "--freeze", SHORT], [NAME, "--on", SHORT, "--lora", "2"]],
    "shard": [[NAME], [NAME, "--plan", SHORT], [NAME, "--plan", f"{SHORT[2::3]}.yaml"]],
    "check": [[NAME], [NAME, "--claim", f"params 113 {SHORT}"], [NAME, "--claim", "params=113"]],
    "conventions": [[NAME], [NAME, "--rules", SHORT]],
    "explain": [[NAME], [NAME, "conv"], [NAME, SHORT]],
    "diagram": [[NAME], [NAME, "-o", f"{SHORT[2::3]}.svg"], [NAME, "-o", f"y{SHORT}"]],
    "plot": [[NAME], [NAME, OTHER, "lenet5"], [NAME, "--of", SHORT]],
    "worksheet": [[NAME], [NAME, "--key"], [NAME, "--blank", SHORT]],
    "grade": [[NAME, "sheet.csv"], [NAME, OTHER], [NAME, f"x{SHORT[2::3]}"]],
}


@pytest.fixture
def folder(tmp_path, tmp_path_factory, monkeypatch):
    stand_in(monkeypatch, tmp_path_factory.mktemp("live"))
    (tmp_path / NAME).write_text(SPEC)
    (tmp_path / WRITER).write_text(WRITING)
    (tmp_path / OTHER).write_text(SPEC + "  # and what cannot be read\n: [")
    (tmp_path / "sheet.csv").write_text("name,params\nconv,112\ndense,1\n")
    for name in (f"z{SHORT[2::3]}.CSV", "z.CSV"):
        (tmp_path / name).write_text(f"a,b,c{SHORT[2::3]}\n1,2,{SHORT[2::3]}\n2,1,x\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def steers(text: str, ours: str = "\n") -> set[str]:
    return {f"U+{ord(c):04X}" for c in text if not c.isprintable() and c not in ours}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_that_is_printed_or_written_steers_a_terminal(command):
    """Titles, notes, sources, file names, options: of every command, in every format, and in the files that it writes."""
    for given in GIVEN[command]:
        for form in forms_of(command):
            if form in PICTURES:
                continue
            done = CliRunner().invoke(main, [command, *given, *(["--format", form] if form else [])])
            ours = "\n\N{WORD JOINER}" if form == "markdown" else "\n"
            assert steers(done.stdout, ours) | steers(done.stderr) == set(), (given, form)
            assert isinstance(done.exception, SystemExit | None), (given, form)
            if form == "json" and done.exit_code == 0:
                json.loads(done.stdout)
    texts = [*Path().rglob("*.svg"), *Path().rglob("*.md"), *Path().rglob("*.html"), *Path().rglob("*.csv")]
    assert [steers(path.read_text(), "\n\N{WORD JOINER}") for path in texts] == [set()] * len(texts)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", COMMANDS)
def test_the_first_of_what_each_command_is_given_is_answered(command):
    """So that it is the text that is looked at and not a refusal."""
    done = CliRunner().invoke(main, [command, *GIVEN[command][0]])

    assert (done.exit_code, done.stderr) == (0, "")


def test_what_cannot_be_printed_in_a_command_line_is_written_out():
    """Whether click refuses it or archcalc does."""
    for arguments in ([SHORT], ["table", SHORT], ["table", "lenet5", "--format", SHORT], ["run", "lenet5", SHORT]):
        done = CliRunner().invoke(main, arguments)
        assert done.exit_code
        assert steers(done.output) == set()


def test_every_text_of_a_graph_can_be_printed():
    """A spec whose file has such a name, and no other, is named by what can be seen of it."""
    graph = parse(Source(NAME, SPEC))

    assert steers("".join([graph.name, graph.title, graph.source, *graph.notes]), "") == set()
    # A spec cannot say a \, nor a name of more than 100 characters.
    assert graph.name == visible(NAME.removesuffix(".yaml")).replace("\\", "_")[:100]


# Commands with every sign that archcalc prints: ⌊ ⌋ ² − × ≥ ≤ → · …
def test_a_sign_before_a_number_survives():
    """−22C² is not 22C², and a power of ten has all its digits."""
    assert spelled("−22C² + 10¹²·H", "cp1252") == "-22C^2 + 10^12*H"
    assert spelled("C⁻¹ ≤ ⌈√H⌉", "ascii") == "C^-1 <= ceil(sqrtH)"
    assert spelled("é −", "latin-1") == "é -"
    assert spelled("é −", "ascii") == r"\xe9 -"


def test_every_command_prints_in_one_place():
    """What would print past it would neither be cleaned nor encoded; a bar and a clear screen are no text."""
    files = Path(cli.__file__).parent.rglob("*.py")
    found = {
        path.name: re.findall(r"click\.s?echo|\bprint\(|sys\.std(?:out|err)\.write", path.read_text()) for path in files
    }

    assert [name for name, calls in found.items() if calls and name != "output.py"] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_ascii(command):
    """click prints it by itself, in whatever encoding the terminal has."""
    assert CliRunner().invoke(main, [command, "--help"]).stdout.isascii()
    assert isinstance(main.get_command(None, command), click.Command)


def archcalc(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "archcalc", *arguments],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_checksum_of_a_page_is_that_of_its_script_in_any_locale():
    """A browser runs the script, which sorts and saves, only where they agree."""
    for environment in ({"PYTHONIOENCODING": "cp1252"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        page = archcalc("table", "lenet5", "--format", "html", **environment).stdout
        [embedded] = re.findall(rb"<script>(.*?)</script>", page, re.DOTALL)
        [digest] = re.findall(rb"script-src 'sha256-([^']+)'", page)

        assert b64decode(digest) == sha256(embedded).digest()
        assert embedded == script().encode()


def test_a_file_has_the_bytes_that_are_printed(tmp_path):
    """A diagram written to a file in a terminal of another encoding is the one that is printed."""
    path = tmp_path / "x.svg"
    archcalc("diagram", "lenet5", "-o", str(path), PYTHONIOENCODING="cp1252")

    assert path.read_bytes() == archcalc("diagram", "lenet5", "--format", "svg", PYTHONIOENCODING="ascii").stdout
