"""The colours of a terminal: of families, of mistakes, and where there are none."""

from __future__ import annotations

import json
import re

import msgspec
import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.document.screen import Screen
from archcalc.document.tones import RED as RED_SIGN
from archcalc.drawing.palette import FAMILIES
from archcalc.formats.verify import Run, render
from archcalc.language import load
from archcalc.verification import verified
from tests.cli.terminal import screen

# A code of one of 256 colours, with the text in it.
COLOURED = re.compile(r"\x1b\[38;5;(\d+)m([^\x1b]*)\x1b\[0m")
RED = re.compile(r"\x1b\[31m([^\x1b]*)\x1b\[0m")


def printed(*arguments: str) -> str:
    """What a command prints into a pipe."""
    return CliRunner().invoke(main, arguments).stdout


def plain(text: str) -> str:
    """A text without codes."""
    return re.sub(r"\x1b\[[\d;]+m", "", text)


@pytest.mark.parametrize("command", [["table", "--all"], ["rf"], ["memory"]], ids=" ".join)
def test_kinds_of_layers_are_in_the_colours_of_their_families(command):
    """And nothing else is."""
    shown = {
        (text.strip(), int(number)) for number, text in COLOURED.findall(screen(100, command[0], "vgg16", *command[1:]))
    }
    kinds = {"conv2d": "conv", "maxpool2d": "pool", "linear": "linear"}
    assert {(kind, FAMILIES[family].terminal) for kind, family in kinds.items()} <= shown
    assert {text for text, _ in shown} <= {*kinds, "input", "relu", "flatten", "dropout", "softmax"}


def test_a_layer_in_place_is_dim_though_it_computes():
    """A ReLU in place stores nothing, and has FLOPs where each of its values counts."""
    row = next(line for line in printed(*IN_PLACE, "--color", "always").splitlines() if "relu1_1" in line)
    assert row.startswith("\x1b[2mrelu1_1\x1b[0m")
    assert "\x1b[2mrelu\x1b[0m" in row
    # 64 channels of 224 by 224 values, each of them compared once.
    assert row.endswith("  3,211,264")


IN_PLACE = ("table", "vgg16", "--all", "--convention", "textbook")


def test_wrong_cells_of_a_worksheet_are_red(tmp_path):
    """The filters of LeNet's first layer have 25 weights and a bias each, and there are 6."""
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("name,params,macs\nC1,157,117600\n")
    shown = screen(100, "grade", "lenet5", str(sheet))
    assert RED.findall(shown) == ["157", "wrong"]
    assert 6 * 26 == 156


def test_figures_that_do_not_hold_are_red():
    """LeNet's paper says 60,000 parameters where its layers have 60,840; of ResNet-152 there is one that holds."""
    assert RED.findall(screen(160, "check", "lenet5")) == ["explained slip"]
    assert not RED.findall(screen(160, "check", "resnet152"))


def test_a_number_that_the_run_does_not_have_is_red():
    """Of a run in which one layer has put out one value more than it did."""
    found = verified(load("lenet5"))
    first = found.layers[0]
    more = msgspec.structs.replace(first, found=msgspec.structs.replace(first.found, activations=-1))
    wrong = msgspec.structs.replace(found, layers=[more, *found.layers[1:]])
    run = Run(load("lenet5"), 1, 0)
    lines = render(run, wrong, screen=Screen(tones=True)).splitlines()
    assert [line[1:].split()[0] for line in lines if line.startswith(RED_SIGN)] == ["activations"]
    assert RED_SIGN not in render(run, found, screen=Screen(tones=True))
    assert RED_SIGN not in render(run, wrong)


def test_color_always_is_for_a_pipe_too_and_takes_no_room():
    """However the environment is set, since who asks for it means it."""
    runner = CliRunner(env={"NO_COLOR": "1"})
    found = runner.invoke(main, ["table", "vgg16", "--color", "always"]).stdout
    assert COLOURED.search(found)
    assert plain(found) == printed("table", "vgg16")


def test_color_never_is_for_a_terminal_too():
    shown = screen(80, "table", "resnet50", "--color", "never")
    assert "\x1b" not in shown
    assert plain(screen(80, "table", "resnet50")) == shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize("form", ["md", "tex", "html", "csv", "json", "txt"])
def test_a_file_has_no_codes(form, tmp_path):
    path = tmp_path / f"out.{form}"
    CliRunner().invoke(main, ["table", "vgg16", "--color", "always", "-o", str(path)])
    assert path.read_text("utf-8").isprintable() is False
    assert not re.search("[\x1b\ufdd0-\ufdef]", path.read_text("utf-8"))


def test_a_format_for_programs_has_no_codes():
    found = printed("table", "vgg16", "--color", "always", "--format", "json")
    assert json.loads(found)["network"] == "vgg16"
    assert "\x1b" not in found


@pytest.mark.parametrize("choice", ["auto", "always", "never"])
def test_a_mistake_is_marked_in_red_where_colours_are_asked_for(choice, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("name: a\ninput: {channels: 3}\nlayers:\n  - relu\n")
    found = CliRunner().invoke(main, ["table", str(path), "--color", choice])
    assert bool(RED.search(found.stderr)) == (choice == "always")
