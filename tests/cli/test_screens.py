"""What commands print in a terminal: no line is longer than it, no number is broken, and a pipe gets no escape codes."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import click
import pytest

from archcalc.cli import COMMANDS
from archcalc.cli.output import complain, put
from archcalc.document.tones import BOLD, DIM, END
from tests.cli.command_lines import command
from tests.cli.screens import FILES, HEAVY, NETWORKS, OPTIONS, PLAIN, lines, piped, screens, turn
from tests.cli.terminal import screen

WIDTHS = [80, 100, 120]
# Options that change nothing on a screen: of files, of other formats, of arrays, and such as change numbers alone.
ELSEWHERE = {
    *(
        "form",
        "to",
        "output",
        "width",
        "caption",
        "label",
        "bare",
        "long",
        "image",
        "watch",
        "color",
    ),
    *("keep", "target", "keys", "strict", "limit", "seed", "sources", "weights", "resize", "crop"),
    *("mean", "std"),
    *(("plot", name) for name in ("every", "input_shape", "settings")),
    *(("report", name) for name in ("every", "convention")),
    *(("verify", name) for name in ("input_shape", "settings", "batch", "exact")),
    # Of the picture.
    ("rf", "axis"),
    # A file with settings that are options too.
    *(("shard", "plan"), ("sweep", "space"), ("sweep", "rows_of")),
    # Of who computes, and of files.
    *(("sweep", name) for name in ("scheduler", "workers", "chunk")),
    *(("front", name) for name in ("folder", "plot", "lines")),
    *(("live", name) for name in ("port", "browser", "engine")),
}


def bare(text: str) -> str:
    """A screen without progress bars and tones."""
    return re.sub(r"\x1b\[(?:\?25[lh]|[\d;]+m)|[^\n]*\r", "", text)


def typed(command: str) -> str:
    return "\n".join(line for line in (PLAIN + OPTIONS + HEAVY + FILES).split("\n") if line.startswith(f"{command} "))


def test_every_command_is_typed_with_every_option_that_changes_its_screen():
    """A new command or option is missed here until it has a line among those that are looked at."""
    missed = [
        (name, param.name)
        for name in COMMANDS
        for param in command(name).params
        if isinstance(param, click.Option)
        and not {param.name, (name, param.name)} & ELSEWHERE
        and not re.search(
            rf" ({'|'.join(map(re.escape, (*param.opts, *param.secondary_opts)))})( |$)", typed(name), re.MULTILINE
        )
    ]

    assert missed == []
    assert [
        name for name in COMMANDS if not re.search(rf"^{name}\b", PLAIN + OPTIONS + HEAVY + FILES, re.MULTILINE)
    ] == []


# The rule under the titles of a table, and the rest of it where the table was too wide and its lines were wrapped.
WRAPPED_RULE = re.compile(r"^ *-+(?:  -+)*\n *-+(?:  -+)*$", re.MULTILINE)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("network", NETWORKS)
def test_no_line_is_longer_than_the_terminal_and_no_number_is_broken(network, width):
    """Of every command; a table stays whole, and its exact numbers are those of a pipe, which has no codes."""
    typed = turn(network, width, WIDTHS)
    shown = [bare(one) for one in screens(width, network, typed)]
    for line, text in zip(typed, shown, strict=True):
        # A claim that is wrong is told in the code.
        assert "exit code" not in text or "--claim" in line, (line, text)
        assert max(map(len, text.splitlines())) <= width, (line, max(text.splitlines(), key=len))
        assert not WRAPPED_RULE.search(text), line
    if width == WIDTHS[0]:
        heavy = lines(HEAVY, network)
        quick = {number: line for number, line in enumerate(typed) if line not in heavy}
        for (number, line), pipe in zip(quick.items(), piped(network, [*quick.values()]), strict=True):
            assert numbers(shown[number]) <= numbers(pipe), line
            assert "\x1b" not in pipe or "always" in line, line


def numbers(text: str) -> set[str]:
    """The numbers of four digits or more, with the commas between them."""
    return set(re.findall(r"\d+(?:,\d{3})+", text))


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_list_of_all_networks_fits(width):
    lines = bare(screen(width, "list")).splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith("  vgg16 ") for line in lines)


def test_exact_numbers_are_whole_in_any_terminal():
    """Of the weights of VGG-16's layers as the paper's arithmetic has them, each stands there in one piece."""
    shown = screen(80, "table", "vgg16", "--exact")
    channels = [3, 64, 64, 128, 128, 256, 256, 256, *[512] * 6]
    expected = {9 * a * b + b for a, b in pairwise(channels)} | {25088 * 4096 + 4096}
    assert {f"{n:,}" for n in expected} <= set(re.findall(r"[\d,]+", shown))


def test_a_pipe_gets_every_column_and_no_codes():
    """As wide as it takes, so that another program reads a row on a line."""
    command = [sys.executable, "-m", "archcalc", "table", "resnet50"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "\x1b" not in text
    assert re.search(r"^name +layer +output +activations +params +% +MACs +% +FLOPs$", text, re.MULTILINE)


def test_what_costs_nothing_stands_beside_the_layer_before_it():
    """And has a row of its own where all are asked for."""
    short, every = (bare(screen(100, "table", "vgg16", *options)) for options in ((), ("--all",)))
    assert re.search(r"^conv1_1 \+ relu +conv2d ", short, re.MULTILINE)
    assert not re.search(r"^relu1_1 ", short, re.MULTILINE)
    assert re.search(r"^relu1_1 +relu ", every, re.MULTILINE)


def test_totals_are_bold_and_what_costs_nothing_is_dim():
    """In a terminal alone, and not where it is asked for no colour."""
    shown = screen(100, "table", "lenet5")
    assert re.findall(r"^\x1b\[1m(\w+) .*\x1b\[0m$", shown, re.MULTILINE) == ["total"]
    assert re.findall(r"^\x1b\[2m(\w+) .*\x1b\[0m$", shown, re.MULTILINE) == ["flatten"]
    # And a 0 in a row that costs something: the weights of the input, and what no pool multiplies.
    assert {*re.findall(r"^(\w+) .*  \x1b\[2m0\x1b\[0m", shown, re.MULTILINE)} == {"input", "S2", "S4"}
    assert "\x1b" not in screen(100, "table", "lenet5", environment={"NO_COLOR": "1"})
    assert bare(shown) == screen(100, "table", "lenet5", environment={"NO_COLOR": "1"})


def test_the_marks_under_a_mistake_are_red(tmp_path):
    (tmp_path / "bad.yaml").write_text("name: a\ninput: {channels: 3}\nlayers:\n  - relu\n")
    shown = screen(100, "table", str(tmp_path / "bad.yaml"))
    assert re.search(r"^    \|        \x1b\[31m\^\x1b\[0m$", shown, re.MULTILINE)


def test_a_text_makes_no_tones_of_its_own(tmp_path):
    """Neither codes nor the signs that stand for them here."""
    (tmp_path / "net.yaml").write_text(
        'name: "a\\x1b[31m"\ninput: {channels: 3, height: 8, width: 8}\nlayers:\n  - relu\ntitle: "b\\x1b[31mc"\n'
    )
    assert "\x1b[31m" not in screen(100, "table", str(tmp_path / "net.yaml"))


def test_signs_of_tones_in_a_text_are_no_codes_in_a_pipe(capsys):
    """They are written out, as all that cannot be printed."""
    put(f"{BOLD}a{END}")
    complain(f"{DIM}b{END}")
    assert [*capsys.readouterr()] == ["\\ufdd0a\\ufdd2\n", "\\ufdd1b\\ufdd2\n"]


def test_a_way_through_a_network_breaks_between_its_layers():
    """Not between a layer and its field, in lines that are full."""
    lines = screen(80, "rf", "vgg16", "pool5").splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("largest "))
    assert all(re.fullmatch(r"(?:largest|) +(?:\w+ \d+,? ?)+", line) for line in lines[start:])
    assert all(len(line) > 60 for line in lines[start:-1])
