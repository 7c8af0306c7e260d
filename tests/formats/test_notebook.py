"""What a notebook shows of an object: HTML, markdown and LaTeX."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser

import pytest

import archcalc
from archcalc.document.escapes import escape_mathematics
from tests.formats.shown import SHOWN, hostile
from tests.programs import program
from tests.zoo import SOME

VOID = {"br", "hr", "img", "input", "meta", "link", "wbr"}
# What a fragment is made of. Headings would go into the notebook's own list of contents.
ELEMENTS = {
    *("div", "style", "p", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "span"),
    *("ul", "li", "dl", "dt", "dd", "code"),
}
# All that is typed on a keyboard, what archcalc itself prints, and letters from elsewhere.
CHARACTERS = "".join(map(chr, range(32, 127))) + "×→·≥≤≈∞±⌊⌋⌈⌉²⁻−…–—‘’“”éßŁαωΩ層\N{RIGHT-TO-LEFT OVERRIDE}\x07"
# Workings are shown as mathematics alone.
PAGES = [name for name in SHOWN if "working" not in name]
DOCUMENT = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{amsmath}\begin{document}%s\end{document}"


class Fragment(HTMLParser):
    """The elements of a fragment, how many there are of each, and the cells of its rows; every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.rows: list[list[tuple[str, str]]] = []
        self.style = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.count[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append((dict(attrs).get("class", ""), ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] == ["style"]:
            self.style += data
            return
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            kind, text = self.rows[-1][-1]
            self.rows[-1][-1] = (kind, text + data)


@pytest.mark.parametrize("name", SOME)
def test_a_profile_is_one_table_of_its_rows(name):
    """The fragment of every network has the head, each layer in order with its numbers at the right, and the totals."""
    profile = archcalc.profile(archcalc.load(name))
    fragment = Fragment(profile._repr_html_())
    head, *body, last = fragment.rows
    params = [text for _, text in head].index("params")

    assert fragment.count["table"] == 1
    assert [row[0][1] for row in body] == [row.name for row in profile.rows]
    assert [row[params] for row in body] == [("number", f"{row.params:,}") for row in profile.rows]
    assert last[params] == ("number", f"{profile.totals.params:,}")


@pytest.mark.parametrize("name", PAGES)
def test_a_fragment_keeps_to_itself(name):
    """It has no script, no id that another cell could have too, no colour, and no rule for what is not in it."""
    fragment = Fragment(SHOWN[name]._repr_html_())
    selectors = [one.strip() for rule in re.findall(r"([^{}]+)\{", fragment.style) for one in rule.split(",")]

    assert set(fragment.count) <= ELEMENTS
    assert fragment.attributes <= {"class", "role", "tabindex", "aria-label", "scope"}
    assert {one.split()[0] for one in selectors} == {".archcalc"}
    assert not re.search(r"color|background|url|@", fragment.style)


def test_hostile_names_are_text_in_html():
    """What a spec says is there to be read, down to the last character."""
    texts = "".join(Fragment(hostile()._repr_html_()).texts)

    assert "<script>alert(1)</script> [link](javascript:x) $\\write18$ `code` | cell" in texts
    assert "=1+1|<i>x</i>: </table><script>alert(2)</script>" in texts


def test_mathjax_leaves_the_fragment_alone():
    """A dollar in a name starts no formula: the classes are those that MathJax 2 and 3 skip."""
    assert hostile()._repr_html_().startswith('<div class="archcalc tex2jax_ignore mathjax_ignore">')


@pytest.mark.parametrize("name", [name for name in PAGES if "hostile" in name])
def test_hostile_names_are_text_in_markdown(name):
    """No element, link or further cell comes out of a name."""
    text = SHOWN[name]._repr_markdown_()
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")}

    assert not re.search(r"<(script|i|b|img|/)", text)
    assert not re.search(r"(?<!\\)\[link\]", text)
    assert len(widths) <= 1


@pytest.mark.parametrize("name", ["profile", "comparison"])
def test_markdown_is_the_document(name):
    """A notebook's markdown is what the command prints."""
    commands = {
        "profile": archcalc.render(SHOWN["profile"], "markdown"),
        "comparison": subprocess.run(
            [sys.executable, "-m", "archcalc", "compare", "3 x conv3-C", "conv7-C", "--format", "markdown"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.rstrip("\n"),
    }

    assert SHOWN[name]._repr_markdown_() == commands[name]


@pytest.mark.parametrize("name", SHOWN)
def test_latex_is_of_what_mathjax_has(name):
    """Displayed formulas and nothing between them, of commands that MathJax knows, plain text being inside of \\text."""
    text = SHOWN[name]._repr_latex_()
    formulas = re.findall(r"\$\$\n?(.*?)\$\$", text.replace(r"\$", ""), re.DOTALL)

    assert re.sub(r"\$\$.*?\$\$", "", text.replace(r"\$", ""), flags=re.DOTALL).strip() == ""
    for formula in formulas:
        assert set(re.findall(r"\\(?:begin|end)\{(\w+)\}", formula)) <= {"array", "aligned"}
        assert set(re.findall(r"\\([A-Za-z]+)", formula)) <= {
            *("begin", "end", "hline", "text", "mathit", "mbox", "quad", "times", "cdot", "lfloor", "rfloor"),
            *("frac", "left", "right"),
            *("lceil", "rceil", "backslash", "wedge", "sim", "geq", "to"),
        }


def test_a_row_of_an_array_is_a_layer():
    """Each array has the head, and together they have every layer once and the totals last."""
    profile = SHOWN["long"]
    arrays = re.findall(r"\\begin\{array\}\{llrrr\}\n(.*?)\n\\end\{array\}", profile._repr_latex_(), re.DOTALL)
    rows = [line.removeprefix(r"\hline ").split(" & ") for array in arrays for line in array.split(" \\\\\n")]
    body = [row for row in rows if row[0] not in {r"\text{name}", r"\text{total}"}]

    assert [int(row[3].replace("{,}", "")) for row in body] == [row.params for row in profile.rows]
    assert [row[0] for row in body] == [escape_mathematics(row.name) for row in profile.rows]
    assert rows[-1][3].replace("{,}", "") == str(profile.totals.params)


@pytest.mark.parametrize("name", [name for name in SHOWN if name not in PAGES])
def test_a_working_is_mathematics(name):
    """A notebook prefers HTML and markdown to formulas, so that there is neither."""
    assert (SHOWN[name]._repr_html_(), SHOWN[name]._repr_markdown_()) == (None, None)


def test_latex_compiles(tmp_path):
    """LaTeX takes everything that is shown, and every character in a name, without an error or a missing glyph."""
    names = rf"$$\begin{{array}}{{l}} {escape_mathematics(CHARACTERS)} \\ {escape_mathematics('[a] --- ``')} \end{{array}}$$"
    text = "\n\n".join([*(one._repr_latex_() for one in SHOWN.values()), names])
    (tmp_path / "shown.tex").write_text(DOCUMENT % text)
    done = subprocess.run(
        [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "shown.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    log = (tmp_path / "shown.log").read_text(errors="replace")
    assert (done.returncode, "Missing character" in log) == (0, False), log[-2000:]


def test_a_formula_shows_itself():
    """sympy gives notebooks the LaTeX of a formula."""
    assert "27 C^{2}" in (27 * archcalc.symbol("C") ** 2)._repr_latex_()
