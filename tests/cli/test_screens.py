"""What commands print in a terminal: no line is longer than it, no number is broken, and a pipe gets no escape codes."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest

from tests.cli.terminal import screen

NETWORKS = ("vgg16", "resnet50", "googlenet", "unet", "vit_b_16")
COMMANDS = [
    *(
        ["table"],
        ["table", "--all", "--exact"],
        ["table", "--fold"],
        ["rf"],
        ["compare", "alexnet"],
        ["diff", "alexnet"],
    ),
    *(["memory"], ["memory", "--train"], ["conventions"], ["check"], ["explain"]),
]


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_line_is_longer_than_the_terminal(command, width):
    """Of one network each, in turn, so that every command has several and every network all widths."""
    name, *options = command
    number = COMMANDS.index(command) + [80, 100, 120].index(width)
    for network in (NETWORKS[number % 5], NETWORKS[(number + 2) % 5]):
        lines = re.sub(r"\x1b\[\?25[lh]|[^\n]*\r", "", screen(width, name, network, *options)).splitlines()
        assert max(map(len, lines)) <= width, (network, max(lines, key=len))


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_list_of_all_networks_fits(width):
    lines = screen(width, "list").splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.startswith("vgg16 ") for line in lines)


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
    short, every = screen(100, "table", "vgg16"), screen(100, "table", "vgg16", "--all")
    assert re.search(r"^conv1_1 \+ relu +conv2d ", short, re.MULTILINE)
    assert not re.search(r"^relu1_1 ", short, re.MULTILINE)
    assert re.search(r"^relu1_1 +relu ", every, re.MULTILINE)
