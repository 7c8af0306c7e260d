"""Everything that is written down is true: README, docs, CONTRIBUTING, the reports."""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.diagnosis import check, verdicts
from archcalc.errors import Source
from archcalc.language import bundled, load, parse, source_of
from archcalc.layers import Layer
from archcalc.profiling.engine import profile
from archcalc.report.pages import compared, report
from tests.cli.terminal import screen
from tests.zoo import SOME, THOROUGH

ROOT = Path(__file__).parent.parent
PAGES = {path: path.read_text() for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))}
README = PAGES[ROOT / "README.md"]
REPORTS = ROOT / "reports"
# Measured rather than derived, so not to be compared with a fresh run.
MEASURED = {"benchmarks.md", "devices.md", "memory-measured.md"}


def checked(name: str) -> archcalc.Profile:
    """A network's profile with the verdicts on its figures, found anew."""
    return msgspec.structs.replace(profile(load(name)), verdicts=check(source_of(name)))


def fenced(language: str) -> list[str]:
    """The blocks of one language on all pages, the README's first."""
    return [block for text in PAGES.values() for block in _blocks(text, language)]


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shown(block: str, output: str) -> bool:
    """Whether a block is an output, of which an ellipsis leaves out lines, or the end of one."""
    whole = block if block.endswith("\n") else f"{block}\n"
    parts = [re.escape(part) for part in re.split(r"^…\n", whole, flags=re.MULTILINE)]
    return bool(re.fullmatch(r"(?:.*\n)*".join(parts).replace("…\\\n", r".*\n"), f"{output}\n"))


def printed(arguments: list[str]) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    return "\n".join(line.rstrip() for line in result.output.splitlines())


@pytest.mark.parametrize("block", fenced("console"), ids=lambda block: block.splitlines()[0])
def test_a_console_block_shows_what_the_command_prints(block):
    """Run each command that a page quotes and compare all of its output that is shown."""
    command, _, output = block.partition("\n")
    whole = printed(shlex.split(command.removeprefix("$ archcalc ")))

    assert shown(output, whole) if "…" in output else output.rstrip("\n") == whole.rstrip("\n")


def test_what_is_left_out_is_marked():
    """Lines for an ellipsis on its own, the end of a line for one at an end, and no more than that."""
    output = "a\nb 1\nc\nd"

    assert all(shown(block, output) for block in ("a\n…\nd\n", "…\nc\nd\n", "a\nb …\nc\nd\n", "a\n…\n"))
    assert not any(shown(block, output) for block in ("a\nd\n", "…\nc\n", "a\nc …\n…\n", "a\n…\nb\nd\n"))


def test_pages_lead_to_files_that_there_are():
    """Every link of a page is to a file of the repository, and every page is reached from the README."""
    links = {path: re.findall(r"\]\((?!https?:)([^)#]+)", text) for path, text in PAGES.items()}

    assert [link for path, found in links.items() for link in found if not (path.parent / link).exists()] == []
    reached, led = set(), [ROOT / "README.md"]
    while led:
        page = led.pop()
        if page in links and page not in reached:
            reached.add(page)
            led += [(page.parent / link).resolve() for link in links[page]]
    assert reached == PAGES.keys()


def test_the_readme_is_short():
    """It fits on a few screens; what else there is to say has pages of its own."""
    assert len(README.splitlines()) <= 130


def test_the_diagram_is_what_its_command_prints():
    """The picture on its page is the output of the command above it."""
    [diagram] = fenced("mermaid")
    [command] = [
        line for block in fenced("sh") for line in block.splitlines() if line.startswith("archcalc diagram inc")
    ]

    assert diagram.rstrip("\n") == printed(shlex.split(command)[1:])


@pytest.mark.skipif(not THOROUGH, reason="it counts every bundled network; the thorough profile draws it")
def test_the_chart_is_what_its_command_draws(tmp_path, monkeypatch):
    """The page of pictures shows the chart that the command above it draws, which is the one in reports/."""
    [command] = [line for block in fenced("sh") for line in block.splitlines() if line.startswith("archcalc plot")]
    page = ROOT / "docs" / "reports-and-pictures.md"
    [image] = re.findall(r"^!\[[^]]+\]\(([^)]+)\)$", PAGES[page], re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    drawn = printed(shlex.split(command)[1:])

    assert (tmp_path / drawn).read_bytes() == (page.parent / image).read_bytes()


def test_the_cone_is_what_its_command_draws(tmp_path):
    """The page of receptive fields shows the picture that the command above it draws."""
    [command] = [line for block in fenced("sh") for line in block.splitlines() if re.match("archcalc rf .*docs/", line)]
    *words, target = shlex.split(command)[1:]
    assert f"]({Path(target).relative_to('docs')})" in PAGES[ROOT / "docs" / "receptive-fields.md"]
    printed([*words, str(tmp_path / "drawn.svg")])

    assert (tmp_path / "drawn.svg").read_bytes() == (ROOT / target).read_bytes()


def test_the_first_table_is_what_the_first_command_prints():
    """The README's VGG-16 table is the output of the command above it in a terminal of 80 columns, shortened."""
    assert ".venv/bin/archcalc table vgg16\n" in fenced("sh")[0]
    assert shown(fenced("text")[0], screen(80, "table", "vgg16", environment={"NO_COLOR": "1"}))


def test_the_page_of_the_language_shows_all_of_vgg16():
    """The spec on it has the rows of the bundled one, which is one of a family."""
    [shown_one] = [block for block in fenced("yaml") if block.startswith("name: vgg16\n")]
    own = profile(parse(Source("vgg16.yaml", shown_one)))

    assert own.rows == profile(load("vgg16")).rows


def test_the_specs_shown_load():
    """Every YAML block is a spec that loads as it stands, but for the file of a device."""
    for block in (one for one in fenced("yaml") if "\npeaks:" not in one):
        assert profile(parse(Source("README.md", block))).rows


def test_the_error_shown_is_what_that_mistake_prints(tmp_path, monkeypatch):
    """The message on the page of the language is the message for such a spec."""
    spec = "input: {channels: 3, height: 32, width: 32}\nlayers:\n  - conv2d: {out: 32, kernel: 3}\n  - relu\n"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(spec + "  - conv2d: {name: dw, out: 32, kernel: 3, groups: 3}\n")

    [message] = [block for block in fenced("text") if block.startswith("tiny.yaml:")]

    result = CliRunner().invoke(main, ["table", "tiny.yaml"])

    assert (result.exit_code, result.stderr) == (1, message)


def test_the_python_shown_runs():
    """Each session gives what it shows."""
    for block in fenced("python"):
        test = doctest.DocTestParser().get_doctest(block, {"archcalc": archcalc}, "README", "README.md", 0)
        assert doctest.DocTestRunner().run(test).failed == 0


def test_the_commands_listed_are_those_there_are():
    """The page of commands lists them all."""
    [block] = _blocks(PAGES[ROOT / "docs" / "commands.md"], "text")
    listed = re.findall(r"^archcalc (\w+)", block, re.MULTILINE)

    assert sorted(listed) == sorted(main.list_commands(None))


def test_help_names_every_command_after_any_was_used():
    """Loading a command, `list` above all, leaves the list of commands as it was."""
    printed(["list"])

    assert re.findall(r"^  (\w+)  ", printed(["--help"]), re.MULTILINE) == list(main.list_commands(None))


GUIDES = sorted((ROOT / "docs" / "extending").glob("*.md"))


def test_the_guide_to_kinds_shows_a_whole_one_in_under_60_lines():
    """The exercise is the file in the package."""
    code = (ROOT / "archcalc" / "layers" / "maxout.py").read_text()

    assert f"```python\n{code}```" in PAGES[ROOT / "docs" / "extending" / "kind.md"]
    assert len(code.splitlines()) < 60


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_a_guide_shows_what_stands_in_the_files_that_it_names(guide):
    """Every file that it names is there, and code is of the file named last before it."""
    text = PAGES[guide]
    named = re.findall(r"`((?:archcalc|tests|docs|specs|reports)/[\w./]*)`", text)
    before = re.split(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)

    assert [name for name in named if not (ROOT / name).exists() and not re.search("NAME|SUFFIX", name)] == []
    for said, code in zip(before[::2], before[1::2], strict=False):
        [*_, last] = re.findall(r"`(archcalc/[\w/]+\.py)`", said)
        assert unindented(code) in unindented((ROOT / last).read_text())


def unindented(code: str) -> str:
    return "\n".join(map(str.strip, code.splitlines()))


@pytest.mark.parametrize("name", SOME)
def test_a_report_is_what_a_fresh_run_writes(name):
    """The page of a network and its chart regenerate to the same bytes, its figures being judged anew."""
    fresh = report(checked(name), "markdown")

    assert fresh.keys() == {f"{name}.md", f"{name}.svg"}
    assert [file for file in fresh if fresh[file] != (REPORTS / file).read_bytes()] == []


def test_the_pages_that_compare_are_what_a_fresh_run_writes():
    """So do the comparison of all networks and the page on the kinds of layer, and nothing else is left in reports/."""
    profiles = [msgspec.structs.replace(profile(load(name)), verdicts=verdicts(source_of(name))) for name in bundled()]
    fresh = compared(profiles, "markdown")
    pages = {f"{name}{suffix}" for name in bundled() for suffix in (".md", ".svg")}

    assert [file for file in fresh if fresh[file] != (REPORTS / file).read_bytes()] == []
    assert {path.name for path in REPORTS.iterdir()} - MEASURED == pages | fresh.keys()


def test_every_kind_has_its_place_on_the_page_of_layers():
    """Each kind is named in a heading, with a source of its definition, and with an example that has its own name."""
    page = (REPORTS / "layers.md").read_text()
    headings = [kind for line in re.findall(r"^### (.*)$", page, re.MULTILINE) for kind in line.split(", ")]

    assert sorted(headings) == sorted(Layer.kinds)
    for section in page.split("\n### ")[1:]:
        kinds = section.partition("\n")[0].split(", ")
        assert any(f"Example: {kind}" in section for kind in kinds)
        assert re.search(r"\b(19|20)\d\d\b", section.partition("Example:")[0]) or set(kinds) & BY_DEFINITION, kinds


# Kinds that say nothing of their own, so that no one is to be named for them.
BY_DEFINITION = {
    "sigmoid",
    "tanh",
    "identity",
    "input",
    "flatten",
    "reshape",
    "permute",
    "slice",
    "pad",
    "upsample",
} | {"unknown", "resize", "abs", "power", "subtract", "divide", "cumsum", "cummean"}


def test_report_writes_the_files_whole(tmp_path):
    """The command leaves exactly the page and its chart, in HTML one page, and no unfinished file."""
    for form, names in (("markdown", {"lenet5.md", "lenet5.svg"}), ("html", {"lenet5.html"})):
        result = CliRunner().invoke(main, ["report", "lenet5", "--format", form, "-o", str(tmp_path / form)])

        assert result.exit_code == 0
        written = {path.name: path.read_bytes() for path in (tmp_path / form).iterdir()}
        assert written.keys() == names
        assert written == report(checked("lenet5"), form)


def test_a_report_without_matplotlib(tmp_path, monkeypatch):
    """It says what to install, and works without charts."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    refused = CliRunner().invoke(main, ["report", "lenet5", "-o", str(tmp_path)])
    done = CliRunner().invoke(main, ["report", "lenet5", "--no-charts", "-o", str(tmp_path)])

    assert (refused.exit_code, refused.stderr) == (1, "a chart needs matplotlib\n  = pip install 'archcalc[plot]'\n")
    assert (done.exit_code, [path.name for path in tmp_path.iterdir()]) == (0, ["lenet5.md"])


def test_a_name_of_odd_characters_is_a_plain_file_name(tmp_path):
    """What may stand in a name and not in every file's name is left out of that of its page."""
    spec = tmp_path / "x.yaml"
    spec.write_text("name: '=cmd|x <img src=x>:*'\ninput: {features: 3}\nlayers: [linear: 2]\n")
    CliRunner().invoke(main, ["report", str(spec), "--no-charts", "-o", str(tmp_path / "out")])

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["cmd_x_img_src_x.md"]


def test_every_spec_says_what_it_is_and_where_it_is_from():
    """Each bundled network has a title and a source, and is named as its file."""
    for name in bundled():
        graph = load(name)
        assert (graph.name, bool(graph.title), bool(graph.source)) == (name, True, True)


def test_the_module_runs_as_the_command_does():
    """`python -m archcalc` is `archcalc`."""
    done = subprocess.run([sys.executable, "-m", "archcalc", "--help"], capture_output=True, text=True, check=True)

    assert done.stdout == CliRunner().invoke(main, ["--help"], prog_name="archcalc").output
