"""A spec full of markup, in every command that writes some: read by a real parser, it is text and nothing else."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from archcalc.cli import main
from archcalc.document.escapes import escape_markdown
from archcalc.document.page import script
from archcalc.errors import Source
from archcalc.language import parse
from tests.formats.hostile import HOSTILE

GRAPH = parse(Source("x.yaml", HOSTILE))
FIGURES = """
figures:
  - {of: params, value: 113, source: '<img src=x onerror=alert(3)> | [l](http://x) *s*', note: '=1+1'}
"""
MARKDOWN = [
    ["table", "x.yaml"],
    ["compare", "x.yaml", "lenet5", "--explain"],
    ["explain", "x.yaml"],
    ["conventions", "x.yaml"],
    ["memory", "x.yaml"],
    ["check", "x.yaml"],
    ["diff", "lenet5", "x.yaml", "--all"],
    ["diff", "x.yaml", "x.yaml", "--input", "3x9x9"],
    ["worksheet", "x.yaml"],
    ["worksheet", "x.yaml", "--key"],
    ["grade", "x.yaml", "sheet.csv"],
]
HTML = [arguments for arguments in MARKDOWN if arguments[0] in {"table", "compare", "explain", "worksheet"}]
# What a page in markdown is made of; a picture and a link are none of it.
OURS = {"heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "bullet_list", "list_item", "strong"}
WRITTEN = {"inline", "text", "softbreak", "hardbreak", "code_inline", "text_special"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "x.yaml").write_text(HOSTILE + FIGURES)
    (tmp_path / "sheet.csv").write_text('name,params\n\'=1+1|<i>x</i>,"<b>&[x](y)|"\ntotal,=cmd\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def printed(arguments: list[str], form: str) -> str:
    done = CliRunner().invoke(main, [*arguments, "--format", form])
    assert "Traceback" not in done.output
    assert done.stdout
    return done.stdout


def tokens(text: str):
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        yield token
        yield from token.children or ()


def kinds(text: str) -> set[str]:
    return {token.type.removesuffix("_open").removesuffix("_close") for token in tokens(text)}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("arguments", MARKDOWN, ids=" ".join)
def test_markdown_is_headings_tables_and_lists(arguments):
    """By the rules of CommonMark and tables there is no HTML in it, no link, no picture, and every row has its cells."""
    text = printed(arguments, "markdown")
    # A parser fills up or cuts off rows that have not as many cells as their head, so they are counted in the text.
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    bars = [{len(re.findall(r"(?<!\\)\|", line)) for line in block} for block in blocks]

    assert kinds(text) <= OURS | WRITTEN
    assert [len(found) for found in bars] == [1] * len(blocks)


@pytest.mark.usefixtures("folder")
def test_what_is_read_in_markdown_is_what_was_written():
    """Title, names and notes reach the reader letter by letter."""
    inline = [token for token in tokens(printed(["table", "x.yaml"], "markdown")) if token.type == "inline"]
    # What keeps GitHub from taking names after @ for people is seen by nobody.
    read = ["".join(child.content for child in token.children).replace("\N{WORD JOINER}", "") for token in inline]

    assert {GRAPH.title, *(node.name for node in GRAPH.nodes), *GRAPH.notes} <= set(read)


@pytest.mark.usefixtures("folder")
def test_a_report_has_its_picture_and_its_diagram_and_no_other():
    """The one picture is the chart's file, the one fence the diagram's, in which no line is the spec's."""
    CliRunner().invoke(main, ["report", "x.yaml", "-o", "."])
    [page] = Path().glob("*.md")
    found = list(tokens(page.read_text()))
    fences = [token for token in found if token.type == "fence"]
    images = [token for token in found if token.type == "image"]
    begin = re.compile(
        r"%%\{init: \{'flowchart': \{'wrappingWidth': 400\}\}\}%%$|flowchart TD|\s+(n\d+\W|subgraph |end$|classDef |class n)"
    )

    assert kinds(page.read_text()) <= OURS | WRITTEN | {"fence", "image"}
    assert [token.attrs["src"] for token in images] == [f"{page.stem}.svg"]
    assert [token.info for token in fences] == ["mermaid"]
    assert [line for line in fences[0].content.splitlines() if not begin.match(line)] == []


class Page(HTMLParser):
    """The elements of a page with their attributes, its text, and its scripts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.said, self.scripts, self.inside = [], [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        self.inside = tag

    def handle_data(self, data):
        (self.scripts if self.inside == "script" else self.said).append(data)

    def handle_endtag(self, tag):  # noqa: ARG002 - the parser's signature
        self.inside = ""


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("arguments", HTML, ids=" ".join)
def test_html_runs_nothing_of_a_spec_and_asks_for_nothing(arguments):
    """The one script is archcalc's, no attribute is an event's or leads out of the page, and no element is one that loads."""
    page = Page(printed(arguments, "html"))
    attributes = {name for _, attrs in page.found for name in attrs}

    assert page.scripts == [script()]
    assert not {name for name in attributes if name.startswith("on")} | attributes & {"src", "action"}
    links = {attrs["href"] for _, attrs in page.found if "href" in attrs}
    styles = {attrs["style"] for _, attrs in page.found if "style" in attrs}
    assert [link for link in links if not re.fullmatch(r"#(row|node|section)-[\w-]+", link, re.ASCII)] == []
    assert [style for style in styles if not re.fullmatch(r"--(bar|depth): [\d.]+", style, re.ASCII)] == []
    assert not {tag for tag, _ in page.found} & {"img", "iframe", "link", "object", "embed", "form", "b", "i"}
    assert any("=1+1|<i>x</i>" in said for said in page.said)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("arguments", [["table", "x.yaml"], ["worksheet", "x.yaml"], ["worksheet", "x.yaml", "--key"]])
def test_csv_holds_no_formula(arguments):
    """No cell is one that a spreadsheet would work out."""
    cells = [cell for row in csv.reader(io.StringIO(printed(arguments, "csv"))) for cell in row]

    assert [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t"}] == []


SIGNS = st.text(st.sampled_from(list("ab1_*`#+-=.)([]|<>&!~$:/\\@ w\n")), min_size=1, max_size=14).filter(str.strip)


@given(SIGNS, st.sampled_from(["", "# ", "- ", "x\n", "| a |\n|---|\n| "]))
def test_any_signs_in_markdown_are_read_as_they_are(text, before):
    """Wherever a text stands, as a line, a heading, an item, below another line or in a cell, it is read letter by letter."""
    escaped = escape_markdown(text)
    after = " |" if before.startswith("|") else ""
    found = list(MarkdownIt("gfm-like", {"html": True}).parse(f"{before}{escaped}{after}"))
    last = [token for token in found if token.type == "inline"][-1]
    read = "".join("\n" if child.type == "softbreak" else child.content for child in last.children)

    assert {child.type for child in last.children} <= WRITTEN
    assert read.split("\n")[-1].replace("\N{WORD JOINER}", "") == " ".join(text.split())
    assert {token.type for token in found} <= {f"{kind}_{side}" for kind in OURS for side in ("open", "close")} | {
        "inline"
    }
