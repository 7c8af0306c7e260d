"""What is printed as LaTeX compiles with a real one, as it stands and read in by another document, and fits its page."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source
from archcalc.formats import explain, render, worksheet
from archcalc.formats.compare import page
from archcalc.formats.table.columns import COLUMNS
from archcalc.language import load, parse
from archcalc.language.shorthand import from_line
from archcalc.network.measures import measures
from archcalc.profiling.engine import profile
from archcalc.profiling.explain import workings as found
from tests.document.latex import compiled
from tests.formats.hostile import HOSTILE
from tests.programs import program
from tests.zoo import SOME

VGG = profile(load("vgg16"))


@pytest.mark.parametrize("name", SOME)
def test_a_bundled_network_compiles(name, tmp_path):
    """Its table, the working of every row, a comparison and a worksheet, each a document that stands alone."""
    result = profile(load(name))
    texts = [
        render(result, "latex"),
        explain.render(result, found(result), "latex"),
        page.render(archcalc.comparison.compare.compare([result, VGG], measures(None)), "latex", explain=True),
        worksheet.worksheet(result, "latex", worksheet.COLUMNS, worksheet.BLANKS, fold=True),
    ]

    for text in texts:
        assert "Output written on page.pdf" in compiled(text, tmp_path)


PREAMBLE = r"""
\documentclass{report}
\usepackage[T1]{fontenc}
\usepackage{lmodern,array,booktabs,longtable,amsmath,textcomp,siunitx}
\begin{document}
\chapter{Before}
\input{table.tex}
\chapter{After}
\end{document}
"""


def test_a_table_is_read_in_by_another_document(tmp_path):
    """The same file that compiles by itself goes into a thesis, which goes on after it."""
    (tmp_path / "table.tex").write_text(render(VGG, "latex", ["name", "output", "params"]))

    assert re.search(r"Chapter 1.*Chapter 2", compiled(PREAMBLE, tmp_path))


def test_formulas_compile(tmp_path):
    """Sizes left as letters, in a table with every column and in a comparison with roundings, growth and values."""
    letters = [profile(from_line("3 x conv3-C maxpool2 conv7-N/2")), profile(from_line("conv7-C"))]
    table = render(letters[0], "latex", ["name", "output", "params", "macs"])
    comparison = archcalc.comparison.compare.compare(letters, measures(None), [{"C": 64}, {"C": 128}])

    compiled(table, tmp_path)
    compiled(page.render(comparison, "latex", growth=True, explain=True), tmp_path)
    compiled(explain.render(letters[0], found(letters[0]), "latex"), tmp_path)


def test_a_hostile_spec_compiles_and_stays_readable(tmp_path):
    """Names, notes and sources with commands, and with characters that no font has, come out as the text they are."""
    odd = HOSTILE.replace("note: [", "note: ['\\end{document} \\input{/etc/passwd} ^^41 % x', ")
    odd += "  - relu: {name: '[optional] * & % \\write18 ^^41'}\n"
    odd += "  - relu: {name: '層 🙂 ñ Ω — “x” --- ?` fi ﬁ'}\n"
    result = profile(parse(Source("x.yaml", odd)))

    for text in (
        render(result, "latex", ["name", "layer", "macs", "note"]),
        explain.render(result, found(result), "latex"),
        worksheet.worksheet(result, "latex", worksheet.COLUMNS, worksheet.BLANKS),
    ):
        assert "passwd" not in compiled(text, tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ["conventions", "mobilenet_v2"],
        ["conventions", "--rule", "ptflops"],
        ["check", "vgg16", "googlenet"],
        ["memory", "vgg16", "--train", "--timeline"],
        ["memory", "vgg16", "--batch", "B"],
        ["diff", "vgg13", "vgg16", "--all"],
        ["diff", "3 x conv3-C", "2 x conv3-C conv5-D"],
        ["table", "resnet152", "--fold"],
        ["worksheet", "googlenet", "--key"],
        ["grade", "alexnet", str(Path(__file__).parent.parent / "data" / "student.csv")],
    ],
    ids=" ".join,
)
def test_whatever_prints_latex_prints_what_compiles(arguments, tmp_path):
    """Conventions, verdicts, memory, changes and marks are pages like any other."""
    done = CliRunner().invoke(main, [*arguments, "--format", "latex"])
    assert done.exit_code == 0, done.output

    compiled(done.stdout, tmp_path)


def test_every_column_compiles(tmp_path):
    """A table of all the columns at once is wider than any page, but LaTeX takes it."""
    text = render(profile(load("googlenet-listing")), "latex", list(COLUMNS), fold=True)
    (tmp_path / "page.tex").write_text(text)
    latex = [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "page.tex"]

    assert subprocess.run(latex, cwd=tmp_path, capture_output=True, check=False).returncode == 0
