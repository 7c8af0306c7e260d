"""What every error message has in common, whatever the mistake."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archcalc
from archcalc.cli import main
from archcalc.errors import Place, Source, SpecError
from archcalc.language import parse, tree, yaml_hints

ERRORS = Path(__file__).parent.parent / "errors"
MISTAKES = sorted(path.stem for path in ERRORS.glob("*.yaml"))
VECTOR = "input: {features: 8}\n"


def run(*arguments: str, **options) -> Result:
    return CliRunner().invoke(main, arguments, **options)


def refused(source: Source) -> SpecError:
    with pytest.raises(SpecError) as caught:
        archcalc.profile(parse(source))
    return caught.value


def pair(mistake: str) -> tuple[Source, str]:
    text = (ERRORS / f"{mistake}.yaml").read_bytes().decode()
    return Source(f"{mistake}.yaml", text), (ERRORS / f"{mistake}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_place_lies_inside_its_line(mistake):
    """The marked span is a part of the line, or the one column after it."""
    source = pair(mistake)[0]
    place = refused(source).place

    assert place is None or 1 <= place.column < place.end <= len(source.line(place.line)) + 2


def test_the_parser_written_in_python_is_told_in_the_same_words(monkeypatch):
    """Where PyYAML has no C parser, as in a browser, only the column of a bad escape differs."""
    monkeypatch.setattr(tree, "_LOADER", tree.yaml.SafeLoader)
    pairs = {mistake: pair(mistake) for mistake in MISTAKES}

    assert [name for name, (source, said) in pairs.items() if f"{refused(source)}\n" != said] == ["backslash"]


def test_the_words_of_yaml_are_not_repeated():
    """A person who wrote a network need not know what a scalar, a token or a flow mapping is."""
    said = " ".join(pair(mistake)[1] for mistake in MISTAKES)

    assert not {"scalar", "token", "flow", "context", "parsing", "scanning", "indicator"} & set(said.split())


def test_what_the_parser_says_in_no_known_words_is_passed_on():
    """An error without words of ours keeps the parser's own and its place."""
    error = tree.yaml.MarkedYAMLError(problem="something new", problem_mark=tree.yaml.Mark("x", 0, 1, 2, None, None))

    assert str(yaml_hints.misread(Source("x.yaml", "a\nbcd\n"), error)).startswith("x.yaml:2:3: something new\n")
    assert str(yaml_hints.misread(Source("x.yaml", ""), tree.yaml.MarkedYAMLError())) == "x.yaml: not YAML"


@pytest.mark.parametrize(
    "text",
    [
        'layers: ["\\e[2Jrelu"]',
        'layers: [relu: {"\\e]0;title\\a": 1}]',
        'layers: [relu: {name: "a\\e[31mb"}]',
        'layers: [relu: {from: "a\\u202eb\\nc"}]',
        'layers: [add: {"\\e[2J": [relu], b: []}]',
        'layers: [linear: "\\e[2J"]',
        'params: {"\\e[2J": 1}\nlayers: [relu]',
        'name: "\\e[2J/"\nlayers: [relu]',
        'blocks: {"b(\\e[2J)": []}\nlayers: [relu]',
        "layers: [re\x1blu]",
        "layers: [re\u202elu]",
        "layers: [relu: {if: 'x\u2028y'}]",
    ],
)
def test_a_message_never_steers_the_terminal(text):
    """Control characters of a file are shown as escapes in the fact, and as blanks in the line."""
    assert all(c.isprintable() or c == "\n" for c in str(refused(Source("x\x1b[2J.yaml", VECTOR + text))))


def test_texts_that_are_printed_lose_their_control_characters():
    """A title or a note reaches the terminal on one line and harmless."""
    text = VECTOR + 'title: "a\\e[2J\\nb"\nnote: ["c\\u202ed"]\nlayers: [relu: {note: "e\\tf\\ag"}]'
    graph = parse(Source("x.yaml", text))

    assert (graph.title, graph.notes, graph.nodes[-1].note) == ("a[2J b", ("cd",), "e fg")


@pytest.mark.parametrize("layers", ["x" * 100_000, f"linear: {'x + ' * 50_000}"], ids=["word", "expression"])
def test_a_message_is_never_long(layers):
    """A word or a line of a hundred thousand characters is cut."""
    assert len(str(refused(Source("x.yaml", f"{VECTOR}layers: [{layers}]")))) < 1_000


def test_an_error_is_a_value_error_that_says_its_fact():
    """Callers may catch it as what it is; a place and notes are optional."""
    error = SpecError("a fact", Place(Source("x.yaml", "kernel: 3"), 1, 9, 10), "", "a remedy")

    assert isinstance(error, ValueError)
    assert error.args == ("a fact",)
    assert str(error) == "x.yaml:1:9: a fact\n  1 | kernel: 3\n    |         ^\n    = a remedy"
    assert str(SpecError("a fact", None, "a remedy")) == "a fact\n  = a remedy"


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake(tmp_path):
    """What editors on Windows write is read."""
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + (VECTOR + "layers:\n  - relu\n").replace("\n", "\r\n").encode())

    assert archcalc.load(str(path)).nodes[-1].name == "relu"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xef\xbb\xbf", "x.yaml: the file is empty\n  = a spec starts with 'name:', 'input:' and 'layers:'\n"),
        ("é: \0".encode(), "x.yaml:1:4: U+0000 is not allowed in a spec\n  1 | é:\n    |    ^\n"),
        ("é: \ufeff".encode(), "x.yaml:1:4: U+FEFF is not allowed in a spec\n  1 | é:\n    |    ^\n"),
    ],
    ids=["only a byte order mark", "NUL", "byte order mark inside"],
)
def test_a_character_that_cannot_be_is_told_with_its_place(raw, said, tmp_path, monkeypatch):
    """The column counts characters, not bytes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.yaml").write_bytes(raw)

    assert run("table", "x.yaml").stderr == said


def test_a_file_without_end_is_refused():
    """Reading stops where a spec would have long ended."""
    assert run("table", "/dev/zero").stderr.startswith("/dev/zero: the file holds more than 4,000,000 bytes\n")


def test_a_path_that_can_be_none_is_refused():
    """A NUL byte in a path is the command line's own."""
    assert run("table", "a\0b.yaml").stderr == "a\\x00b.yaml: not a path\n"


def test_a_setting_is_marked_where_it_stands_on_the_command_line():
    """A value given by --set has a place too."""
    said = run("table", "vgg16", "--set", "classes=10*").stderr

    assert said.startswith("--set:1:9: '10*' is not a number, a name or an expression\n  1 | classes=10*\n")


@pytest.mark.parametrize("name", ["input_shape", "source", "spec", "params", "self", "document"])
def test_a_param_may_have_any_name(name, tmp_path):
    """The names of Python's arguments are no names of the language."""
    path = tmp_path / "x.yaml"
    path.write_text(f"input: {{features: 10}}\nparams: {{{name}: 5}}\nlayers: [linear: {name}]\n")

    # 10 weights and a bias for each of 7, and for each of S.
    assert '"params": 77' in run("table", str(path), "--set", f"{name}=7", "--format", "json").stdout
    assert '"params": "11*S"' in run("table", str(path), "--set", f"{name}=S", "--format", "json").stdout
    assert archcalc.load(str(path), {name: 7}).nodes[-1].shape == (7,)


@pytest.mark.parametrize("command", ["table", "expand", "verify", "compare", "report", "diagram"])
def test_a_name_longer_than_any_file_has_is_refused(command):
    """What no file can be called is no file."""
    assert run(command, "a" * 5_000).stderr.startswith("no network or file named 'aaa")
    assert "ile name too long" in run(command, f"{'a' * 5_000}.yaml").stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--input", "nullx32x32"),
        ("--input", "1xTruex32"),
        ("--batch", "nan"),
        ("--batch", "lambda"),
        ("--set", "classes=yes"),
        ("--set", "classes=None"),
    ],
    ids=" ".join,
)
def test_what_says_something_else_is_no_letter(arguments):
    """Other readers of YAML and of numbers take these words for values, Python for words of its own."""
    assert run("table", "lenet5", *arguments).exit_code in {1, 2}


def test_a_letter_is_one_name_for_all_that_look_like_it():
    """The micro sign is no letter beside the Greek one, which expressions would take it for."""
    assert "no value named" in run("table", "lenet5", "--set", "classes=\N{MICRO SIGN}").stderr
    assert run("table", "lenet5", "--set", "classes=\N{GREEK SMALL LETTER MU}").exit_code == 0
