"""What a notebook shows of an object, what its data frames hold, and how it prints."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser

import msgspec
import pandas as pd
import pytest

import archcalc
from archcalc.document.escapes import escape_mathematics
from archcalc.errors import Source
from archcalc.language import bundled, parse
from tests.formats.test_formats import HOSTILE
from tests.programs import program

VOID = {"br", "hr", "img", "input", "meta", "link", "wbr"}
# What a fragment is made of. Headings would go into the notebook's own list of contents.
ELEMENTS = {
    *("div", "style", "p", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "span"),
    *("ul", "li", "dl", "dt", "dd", "code"),
}
# All that is typed on a keyboard, what archcalc itself prints, and letters from elsewhere.
CHARACTERS = "".join(map(chr, range(32, 127))) + "×→·≥≤≈∞±⌊⌋⌈⌉²⁻−…–—‘’“”éßŁαωΩ層\N{RIGHT-TO-LEFT OVERRIDE}\x07"
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


def hostile() -> archcalc.Profile:
    return archcalc.profile(parse(Source("x.yaml", HOSTILE)))


def shown():
    """One of each thing that shows itself, plain, with letters, and hostile."""
    letters = archcalc.load("lenet5", classes=archcalc.symbol("K"), input_shape=(1, 32, archcalc.symbol("W")))
    return {
        "profile": archcalc.profile(archcalc.load("vgg16")),
        "letters": archcalc.profile(letters),
        "long": archcalc.profile(archcalc.load("resnet50")),
        "uncovered": archcalc.profile(archcalc.load("alexnet"), convention_name="thop"),
        "comparison": archcalc.compare("3 x conv3-C", "conv7-C"),
        "three": archcalc.compare("alexnet", "vgg16", "resnet50"),
        "workings": archcalc.explain("alexnet-224"),
        "working": archcalc.explain("alexnet-224", "conv1")[0],
        "hostile": hostile(),
        "hostile comparison": archcalc.compare(hostile(), hostile()),
        "hostile workings": archcalc.explain(hostile()),
    }


SHOWN = shown()


@pytest.mark.parametrize("name", bundled())
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


@pytest.mark.parametrize("name", SHOWN)
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


@pytest.mark.parametrize("name", [name for name in SHOWN if "hostile" in name])
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


@pytest.mark.parametrize("name", bundled())
def test_a_data_frame_sums_to_the_totals(name):
    """Plain sums of its columns, without auxiliary heads, are the profile's own totals, in 64-bit integers."""
    profile = archcalc.profile(archcalc.load(name), batch=2)
    frame = profile.to_pandas()
    main = frame[~frame["auxiliary"]]
    totals = profile.totals

    assert list(frame.index) == [row.name for row in profile.rows]
    assert frame.attrs == {"network": name, "input": profile.graph.input, "batch": 2, "convention": "macs"}
    for key in ("params", "weights", "biases", "buffers", "activations", "macs", "flops"):
        assert (frame[key].dtype, int(main[key].sum())) == ("int64", getattr(totals, key))
    assert int(main["bytes"].sum()) == totals.activation_bytes
    assert (frame["params"] == frame["weights"] + frame["biases"]).all()


def test_a_data_frame_has_formulas_where_there_are_letters():
    """A column with a letter in it holds what was computed, and sums to the formula of the total."""
    profile = SHOWN["letters"]
    frame = profile.to_pandas()

    assert (frame["params"].dtype, frame["buffers"].dtype) == ("object", "int64")
    assert frame["params"].sum().expand() == profile.totals.params.expand()


def test_a_number_beyond_64_bits_stays_exact():
    """At a batch of 2⁶² the activations of 2⁶² images are a Python integer."""
    frame = archcalc.profile(archcalc.load("lenet5"), batch=2**62).to_pandas()

    assert frame.loc["C1", "activations"] == 2**62 * 6 * 28 * 28
    assert (frame["activations"].dtype, frame["params"].dtype) == ("object", "int64")


def test_what_a_convention_does_not_cover_is_missing():
    """A price that a rule does not give is marked as missing, and the others stay whole numbers."""
    profile = archcalc.profile(archcalc.load("vgg16"), convention_name="fvcore")
    unknown = [row.name for row in profile.rows if profile.flops(row) is None]
    flops = profile.to_pandas()["flops"]

    assert unknown
    assert flops.dtype == "Int64"
    assert list(flops.index[flops.isna()]) == unknown


def test_a_comparison_is_measures_by_networks():
    """Every measure that is a number, and each network's own totals under its name."""
    comparison = archcalc.compare("alexnet", "vgg16")
    frame = comparison.to_pandas()

    assert list(frame.columns) == ["alexnet", "vgg16"]
    assert "output" not in frame.index
    assert set(map(str, frame.dtypes)) == {"int64"}
    for name in frame.columns:
        own = archcalc.profile(archcalc.load(name)).to_pandas()
        assert frame.loc[["params", "macs", "nonlinearities"], name].tolist() == [
            own[key].sum() for key in ("params", "macs", "nonlinearities")
        ]


def test_without_pandas_the_message_says_what_to_install(monkeypatch):
    """The error names the package and how to get it."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    for value in (SHOWN["profile"], SHOWN["comparison"]):
        with pytest.raises(archcalc.SpecError) as caught:
            value.to_pandas()
        assert str(caught.value) == "a data frame needs pandas\n  = pip install 'archcalc[pandas]'"


def test_importing_archcalc_loads_none_of_it():
    """Neither a template nor a data frame is paid for before one is asked for, nor what compares and explains."""
    code = "import archcalc, sys; archcalc.profile(archcalc.load('vgg16')); print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )

    assert not loaded & {
        "pandas",
        "jinja2",
        "sympy",
        "archcalc.comparison.compare",
        "archcalc.profiling.explain",
        "archcalc.formats.notebook",
    }


def test_objects_print_on_one_line():
    """What Python prints of an object is its kind and what tells it from others."""
    profile = archcalc.profile(archcalc.load("vgg16"))

    assert repr(profile) == "<Profile vgg16: 3×224×224, batch 1, 138,357,544 params, 15,470,264,320 MACs>"
    assert repr(profile.graph) == "<Graph vgg16: 41 layers>"
    assert repr(profile.rows[1]) == "<Row conv1_1: conv2d, 64×224×224, 1,792 params, 86,704,128 MACs>"
    assert repr(archcalc.compare(profile, "resnet50")) == "<Comparison of vgg16, resnet50>"


def test_a_hostile_name_prints_no_control_characters():
    """An escape sequence in a name does not reach the terminal, nor does a name without end."""
    graph = msgspec.structs.replace(archcalc.load("lenet5"), name="\x1b[2J" + 900 * "a")

    for text in (repr(graph), repr(archcalc.profile(graph))):
        assert text.isprintable()
        assert len(text) < 500


@pytest.mark.parametrize("network", ["vgg16", archcalc.load("vgg16"), archcalc.profile(archcalc.load("vgg16"))])
def test_a_network_is_named_in_three_ways(network):
    """A name, a graph and a profile of one network compare as equal, and are explained alike."""
    comparison = archcalc.compare(network, "vgg16")
    [working] = archcalc.explain(network, "conv1_1")

    assert comparison.own(1) == ([], [])
    assert [cell.value for cell in working.cells if cell.name == "weights"] == [64 * 3 * 3 * 3]


def test_batch_and_convention_are_those_asked_for():
    """They hold for what is named, and profiles that differ in either are not set side by side."""
    found = archcalc.compare("alexnet", "vgg16", measures="activations", batch=3)

    assert found.lines[0].values == tuple(3 * one.totals.activations for one in map(at_one, ("alexnet", "vgg16")))
    with pytest.raises(archcalc.SpecError, match="not all of one batch and one convention"):
        archcalc.compare(at_one("alexnet"), "vgg16", batch=3)
    with pytest.raises(archcalc.SpecError, match="not all of one batch and one convention"):
        archcalc.compare(at_one("alexnet"), "vgg16", convention_name="thop")


def at_one(name: str) -> archcalc.Profile:
    return archcalc.profile(archcalc.load(name))


def test_a_formula_shows_itself():
    """sympy gives notebooks the LaTeX of a formula."""
    assert "27 C^{2}" in (27 * archcalc.symbol("C") ** 2)._repr_latex_()


def test_a_data_frame_is_one_of_pandas():
    """It is pandas' own class, and changing it changes no profile."""
    profile = SHOWN["profile"]
    frame = profile.to_pandas()
    frame["params"] = 0

    assert isinstance(frame, pd.DataFrame)
    assert profile.to_pandas()["params"].sum() == 138_357_544
