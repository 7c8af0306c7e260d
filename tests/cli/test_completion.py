"""What the shell is offered when Tab is pressed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from archcalc.cli import COMMANDS, main
from archcalc.language import bundled
from archcalc.network.measures import MEASURES

NET = "params: {width: 8}\ninput: {channels: 3, height: 8, width: 8}\nblocks: {stem: [conv2d: {out: width, kernel: 3}, relu]}\n"


def offered(*words: str) -> list[str]:
    """The words offered for the last one of a line that begins with the program's name."""
    *before, incomplete = words
    return [item.value for item in BashComplete(main, {}, "archcalc", "_X").get_completions(before, incomplete)]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder with specs, among other things, as the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET + "layers: [stem: {name: first}, stem: {name: second}]")
    (tmp_path / "broken.yml").write_text("layers: [")
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / ".hidden.yaml").write_text("")
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "small.yaml").write_text(NET)
    return tmp_path


def test_commands_and_options_are_offered():
    """Every command that begins so, and the options of one."""
    assert offered("") == list(COMMANDS)
    assert offered("co") == ["compare", "conventions"]
    assert {"--columns", "--convention"} <= set(offered("table", "vgg16", "--co"))


def test_a_network_is_a_bundled_one_or_a_spec_in_a_file():
    """Its names, and the files that end as specs do, here and one folder further in; no other file."""
    assert offered("table", "vgg1") == [name for name in bundled() if name.startswith("vgg1")]
    assert [word for word in offered("table", "") if word not in bundled()] == [
        "broken.yml",
        "net.yaml",
        "nets/small.yaml",
    ]
    assert offered("table", "./ne") == ["./net.yaml", "./nets/small.yaml"]
    assert offered("table", "nets/") == ["nets/small.yaml"]
    assert offered("table", ".h") == [".hidden.yaml"]
    assert offered("diff", "vgg16", "vgg19-") == [name for name in bundled() if name.startswith("vgg19-")]
    assert offered("compare", "vgg16", "net.") == ["net.yaml"]
    assert offered("table", "vgg@vgg11") == ["vgg@vgg11", "vgg@vgg11_bn"]
    assert offered("table", "net.yaml@") == offered("table", "none.yaml@") == []


@pytest.mark.parametrize("command", [["explain"], ["rf"], ["run", "--layer"]], ids=" ".join)
def test_a_layer_is_one_of_the_network_that_is_named(command):
    """Its layers and the blocks around them, with the settings that the line has."""
    words = [*command[:1], "net.yaml", *command[1:]]

    assert offered(*words, "fi") == ["first", "first/conv2d", "first/relu"]
    assert offered(*words, "second/") == ["second/conv2d", "second/relu"]


def test_a_setting_is_one_of_the_params():
    """With the sign that its value follows."""
    assert offered("table", "net.yaml", "--set", "") == ["width="]
    assert offered("table", "vgg16", "--set", "cl") == ["classes="]


def test_names_between_commas_are_completed_one_by_one():
    """The last of them, without those that stand there already."""
    assert offered("table", "vgg16", "--columns", "name,mac") == ["name,macs", "name,macs%"]
    assert offered("compare", "vgg16", "--measures", "params,wei") == ["params,weights", "params,weight_bytes"]
    assert set(offered("compare", "--measures", "")) == set(MEASURES)
    assert offered("plot", "vgg16", "--of", "rf,ma") == ["rf,macs"]
    assert offered("conventions", "vgg16", "--only", "thop,fvc") == ["thop,fvcore"]


def test_conventions_and_formats_are_offered():
    """What an option chooses among."""
    assert offered("table", "vgg16", "--convention", "th") == ["thop"]
    assert offered("table", "vgg16", "--format", "") == ["text", "markdown", "latex", "html", "csv", "json"]


@pytest.mark.parametrize(
    "words",
    [
        ["explain", "broken.yml", ""],
        ["explain", "nosuch", ""],
        ["explain", "-", ""],
        ["explain", "nets", ""],
        ["run", "net.yaml", "--shape", "3x1x1", "--layer", ""],
        ["table", "nosuch/", "--set", ""],
        ["table", "no/such/folder/"],
        ["nosuch", "vgg16", "--co"],
        ["table", "a\0/"],
    ],
    ids=repr,
)
def test_a_mistake_completes_nothing(words):
    """Nothing is printed into the line, and standard input is not read."""
    assert offered(*words) == []


@pytest.mark.parametrize(("shell", "found"), [("bash", BashComplete), ("zsh", ZshComplete), ("fish", FishComplete)])
def test_the_program_gives_each_shell_its_script(shell, found):
    """The line that the page tells to put in the shell's file asks for it; bash's own asks bash for its version."""
    done = subprocess.run(
        [sys.executable, "-m", "archcalc"],
        env={**os.environ, "_ARCHCALC_COMPLETE": f"{shell}_source"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == found(main, {}, "archcalc", "_ARCHCALC_COMPLETE").source().strip()


@pytest.mark.parametrize(
    "words", ["archcalc table vgg1", "archcalc explain vgg16 conv1", "archcalc run vgg16 --layer fc", "archcalc ve"]
)
def test_completion_loads_nothing_slow(words):
    """As the shell asks, in a process of its own."""
    code = "import sys\nfrom archcalc.cli import main\ntry:\n main(prog_name='archcalc')\nfinally:\n print('loaded', *sys.modules)"
    asked = {"_ARCHCALC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True, check=False
    )
    *lines, last = done.stdout.splitlines()

    assert done.stderr == ""
    assert lines
    assert all(line.startswith(f"plain,{words.split()[-1]}") for line in lines)
    assert not {"numpy", "sympy", "matplotlib", "jinja2", "difflib"} & set(last.split())
