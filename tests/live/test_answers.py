"""What the page is answered is what the commands print, and a mistake is told in the same words."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given

from archcalc import profile, render
from archcalc.cli import main
from archcalc.errors import Source
from archcalc.importers import parse
from archcalc.language.sources import bundled
from archcalc.live.answers import ANSWERS, FIRST, answered, start
from archcalc.testing import specs

SPEC = """\
name: mine
input: {channels: 3, height: 32, width: 32}
params: {width: 16}
blocks:
  conv(out):
    - conv2d: {out: out, kernel: 3, padding: 1}
    - relu
layers:
  - conv: {out: width}
  - conv: {out: 2 * width}
  - maxpool2d: {kernel: 2}
  - flatten
  - linear: {out: 10}
"""


def printed(*arguments: str, text: str = SPEC) -> str:
    """What a command prints of a spec on its standard input."""
    done = CliRunner().invoke(main, list(arguments), input=text)
    assert done.exit_code == 0, done.output
    return done.output.removesuffix("\n")


def ask(name: str, /, *networks: dict[str, Any], **options: Any) -> str:
    """The text that answers a question about networks, by default about the spec above."""
    of = networks or ({"name": "<stdin>", "text": SPEC},)
    sort, text = answered(json.dumps({"ask": name, "of": of, "with": options}))
    assert sort == "text", text
    return text


# For each answer the command that prints the same; those made for the page alone have tests of their own.
SAME: dict[tuple[str, tuple[tuple[str, Any], ...]], tuple[str, ...]] = {
    ("table", ()): ("table", "-", "--format", "json"),
    ("table", (("figures", False),)): ("table", "-", "--format", "json", "--no-figures"),
    ("diagram", ()): ("diagram", "-", "--format", "svg"),
    ("diagram", (("form", "mermaid"), ("fold", False))): ("diagram", "-", "--format", "mermaid", "--no-fold"),
    ("diagram", (("form", "tikz"),)): ("diagram", "-", "--format", "tikz"),
    ("fields", ()): ("rf", "-", "--format", "json"),
    ("working", ()): ("explain", "-", "--format", "json"),
    ("working", (("layer", "linear"),)): ("explain", "-", "linear", "--format", "json"),
    ("worksheet", ()): ("worksheet", "-", "--format", "csv"),
    ("export", (("form", "markdown"),)): ("table", "-", "--format", "markdown", "--no-figures"),
    ("export", (("form", "latex"),)): ("table", "-", "--format", "latex", "--no-figures"),
    ("export", (("form", "csv"),)): ("table", "-", "--format", "csv"),
    ("export", (("form", "html"),)): ("table", "-", "--format", "html", "--no-figures"),
    ("export", (("to", "torch"),)): ("export", "-", "--to", "torch"),
    ("export", (("to", "prototxt"),)): ("export", "-", "--to", "prototxt"),
    ("spec", ()): ("import", "-"),
    ("spec", (("flat", True),)): ("expand", "-"),
}
OWN = {"aside", "bundled", "grade", "memory", "field_table", "formulas", "conventions", "figures", "comparison"}


@pytest.mark.parametrize(("question", "command"), SAME.items(), ids=[f"{ask}-{dict(of)}" for ask, of in SAME])
def test_an_answer_is_what_the_command_prints(question, command):
    """The text of an answer is the command's, to the byte."""
    name, options = question
    assert ask(name, **dict(options)).removesuffix("\n") == printed(*command)


def test_every_answer_is_held_against_something():
    """No answer is without a test here."""
    assert {name for name, _ in SAME} | OWN == set(ANSWERS)


def test_settings_are_those_of_the_command_line():
    """A param, the shape of an input, a batch and a convention count as --set, --input, --batch and --convention do."""
    network = {
        "name": "<stdin>",
        "text": SPEC,
        "set": {"width": "24"},
        "input": {"input": ["1", "28", "28"]},
        "batch": "4",
        "convention": "torch",
    }
    options = ("--set", "width=24", "--input", "1x28x28", "--batch", "4", "--convention", "torch")
    assert ask("table", network) == printed("table", "-", "--format", "json", *options)


@given(specs())
def test_a_random_spec_counts_as_on_the_command_line(text):
    """The table of any spec is the command's, and each row is on a line of the text."""
    network = {"name": "net.yaml", "text": text}
    assert ask("table", network, figures=False) == render(profile(parse(Source("net.yaml", text))), "json")
    rows = json.loads(ask("aside", network))["rows"]
    assert all(1 <= row["line"] <= len(text.splitlines()) for row in rows)


def test_a_param_that_is_no_longer_in_the_text_is_not_missed():
    """The slider of a param that was deleted in the editor sets nothing."""
    network = {"name": "<stdin>", "text": SPEC, "set": {"depth": "3"}}
    assert ask("table", network) == printed("table", "-", "--format", "json")


@pytest.mark.parametrize("name", bundled()[::40])
def test_a_bundled_network_is_opened_as_its_text(name):
    """The text, the file and the variant of a name count as the name does."""
    network = json.loads(ask("bundled", name=name))
    assert ask("table", network, figures=False) == printed("table", name, "--format", "json", "--no-figures")


def test_the_lines_of_rows_are_where_their_layers_are_written():
    """Each row has the line that names its kind, and each kind of the text is on the line of a row."""
    rows = json.loads(ask("aside"))["rows"]
    names = [row["layer"] for row in json.loads(ask("table"))["rows"]]
    lines = SPEC.splitlines()
    for row, kind in zip(rows, names, strict=True):
        assert (kind if kind != "input" else "input:") in lines[row["line"] - 1]
    written = {
        number
        for number, line in enumerate(lines, start=1)
        if line.lstrip(" -").startswith(("conv2d", "relu", "maxpool2d"))
    }
    assert written <= {row["line"] for row in rows}


def test_what_can_be_set_is_listed():
    """Params come with their own values, and the axes of inputs by name; one that is a param is tied to it."""
    tied = SPEC.replace("height: 32, width: 32", "height: 32, width: width")
    aside = json.loads(ask("aside", {"name": "a.yaml", "text": tied}))
    assert aside["params"] == [{"name": "width", "value": "16"}]
    assert aside["inputs"] == [
        {"name": "input", "shape": [3, 32, 16], "axes": ["channels", "height", "width"], "tied": [False, False, True]}
    ]
    assert aside["whole"]


@pytest.mark.parametrize(
    "text",
    [
        SPEC.replace("linear: {out: 10}", "linear: {out: ten}"),
        SPEC.replace("maxpool2d", "maxpol2d"),
        SPEC.replace("kernel: 2", "kernel: 99"),
        "layers: [",
        "input: 3",
        "[net]\nwidth=a\n",
        "",
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_command_line(text):
    """The whole message is the command's, and each mistake in it has its fact, its place and its remedies."""
    done = CliRunner().invoke(main, ["table", "-"], input=text)
    sort, answer = answered(json.dumps({"ask": "table", "of": [{"name": "<stdin>", "text": text}]}))
    assert (sort, done.exit_code) == ("mistakes", 1)
    told = json.loads(answer)
    assert told["said"] == (done.stderr or done.output).removesuffix("\n")
    for mistake in told["mistakes"]:
        assert mistake["fact"] in told["said"]
        assert all(note in told["said"] for note in mistake["notes"])
        if mistake["line"]:
            assert f"<stdin>:{mistake['line']}:{mistake['column']}: " in told["said"]


def test_sympy_is_asked_for_where_it_is_not_loaded(monkeypatch):
    """A formula with letters names what must be loaded first; a number does without."""
    monkeypatch.setitem(sys.modules, "sympy", None)
    network = {"name": "a.yaml", "text": SPEC, "set": {"width": "W"}}
    assert answered(json.dumps({"ask": "table", "of": [network]})) == ("needs", "sympy")
    assert answered(json.dumps({"ask": "table", "of": [{**network, "set": {"width": "17"}}]}))[0] == "text"


def test_a_fault_of_archcalc_itself_is_a_message_too(monkeypatch):
    """Whatever fails in an answer, the page is told, and asks on."""
    monkeypatch.setattr("archcalc.live.counts.table", lambda _asked: 1 // 0)
    sort, answer = answered(json.dumps({"ask": "table", "of": [{"name": "a.yaml", "text": SPEC}]}))
    assert (sort, "ZeroDivisionError" in answer) == ("mistakes", True)


def test_a_worksheet_is_marked():
    """Right, wrong and empty cells of a worksheet have the verdicts of `archcalc grade`."""
    head, given, first, *others = ask("worksheet").splitlines()
    columns = head.split(",")
    cells = first.split(",")
    cells[columns.index("params")] = str(16 * 27 + 16)
    cells[columns.index("macs")] = "1"
    marks = json.loads(ask("grade", csv="\n".join([head, given, ",".join(cells), *others])))["cells"]
    found = {(mark["row"], mark["column"]): mark["verdict"] for mark in marks}
    name = cells[0]
    assert found[name, "params"] == "right"
    assert found[name, "macs"] == "wrong"
    assert found[name, "activations"] == "unanswered"


@pytest.mark.parametrize(
    ("name", "options", "held"),
    [
        ("memory", {}, "conv2d"),
        ("memory", {"train": True, "dtype": "bf16"}, "bf16"),
        ("field_table", {}, "coverage"),
        ("formulas", {"layer": "linear"}, "2·81,920 = 163,840"),
        ("conventions", {}, "fvcore"),
        ("figures", {}, "No figures"),
        ("comparison", {}, "params"),
    ],
)
def test_a_page_says_what_it_is_about(name, options, held):
    """A part of a page is HTML with the numbers in it, without a script."""
    text = ask(name, *([{"name": "vgg16"}, {"name": "resnet50"}] if name == "comparison" else []), **options)
    assert held in text
    assert "<script" not in text


def test_the_first_result_is_ready():
    """The page starts from answers that the engine gives to the same questions, word for word."""
    ready = json.loads(start())
    assert ready["bundled"] == FIRST
    assert [one["question"]["ask"] for one in ready["answers"]] == ["table", "aside", "diagram"]
    for one in ready["answers"]:
        assert answered(json.dumps(one["question"])) == ("text", one["text"])
    assert {"conventions", "dtypes", "programs", "families"} <= ready.keys()


def test_a_file_is_kept_no_longer_than_its_answer(tmp_path, monkeypatch):
    """It may be as large as all the memory that the page has, and is asked about once."""
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    kept: dict[bytes, Any] = {}
    monkeypatch.setattr("archcalc.live.asked._loaded", kept)
    for of, number in ({"file": str(path)}, 0), ({"text": SPEC}, 1):
        sort, _ = answered(json.dumps({"ask": "spec", "of": [{"name": path.name, **of}]}))
        assert (sort, len(kept)) == ("text", number)


def test_a_size_that_is_left_out_may_be_a_formula():
    """With the letter in it that stands between sizes on the command line."""
    text = "input: {channels: 3, height: 2*size, width: 32}\nparams: {size: x}\nlayers:\n  - relu\n"
    table = ask("table", {"name": "net.yaml", "text": text, "input": {"input": ["", "", "8"]}})
    assert json.loads(table)["rows"][0]["output"] == [3, "2*x", 8]


@pytest.mark.parametrize(
    ("given", "values", "expected"),
    [
        (["", "", "8"], {}, [3, 32, 8]),
        (["", "", "8"], {"size": "16"}, [3, 16, 8]),
        (["5", "", ""], {"size": "16", "gone": "1"}, [5, 16, 32]),
        (["", "", ""], {}, [3, 32, 32]),
        # A letter may be what stands between sizes elsewhere.
        (["", "", "8"], {"size": "x"}, [3, "x", 8]),
        (["", "", "x"], {}, [3, 32, "x"]),
        # No longer of the text, as a slider that was there before the text was changed.
        (["", "8"], {"size": "16"}, [3, 16, 32]),
    ],
)
def test_a_size_that_is_left_out_is_that_of_the_text(given, values, expected):
    """So that what is changed there, or by a param, is counted beside a size that was set."""
    text = "input: {channels: 3, height: size, width: 32}\nparams: {size: 32}\nlayers:\n  - relu\n"
    network = {"name": "net.yaml", "text": text, "set": values, "input": {"input": given}}
    sort, table = answered(json.dumps({"ask": "table", "of": [network]}))
    assert (sort, json.loads(table)["rows"][0]["output"]) == ("text", expected)
