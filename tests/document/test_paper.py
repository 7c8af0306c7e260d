"""Tables and pictures in papers, theses and slides: they fit the column, after one run, with only the packages that they name."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from tests.document.latex import compiled
from tests.document.papers import CLASSES, again, document, printed
from tests.programs import program

TABLES = [
    ["table", "vgg16"],
    ["table", "resnet50", "--fold"],
    ["table", "googlenet"],
    ["compare", "vgg16", "resnet50", "googlenet"],
    ["memory", "vgg16", "--train"],
]


def written(folder: Path, *options: str, tables: Sequence[list[str]] = TABLES) -> dict[str, str]:
    """The tables with these options as files in a folder."""
    texts = {f"t{i}.tex": printed(*table, "--format", "latex", *options) for i, table in enumerate(tables)}
    for name, text in texts.items():
        (folder / name).write_text(text)
    return texts


@pytest.mark.parametrize("width", CLASSES)
def test_tables_fit_their_column_after_one_run(width, tmp_path):
    """In floats with captions; none asks for another run, and none is taller than a page."""
    # So narrow a column has no room for long names beside six numbers, which a comment says.
    tables = [
        [*table, *["--columns", "name,output,params,macs"] * (width == "200pt" and "--fold" in table)]
        for table in TABLES
    ]
    files = written(tmp_path, "--width", width, "--caption", "Costs & sizes", tables=tables)
    out = compiled(document(width, files), tmp_path)

    assert not again(out)
    assert "Float too large" not in out


def test_names_as_a_tree_are_as_wide_as_they_are_printed(tmp_path):
    """Their indents too, of networks that are not folded: blocks in blocks beside numbers of three digits."""
    tables = [["table", name] for name in ("resnet50", "mobilenet_v2", "vit_b_16", "densenet121")]
    files = written(tmp_path, "--width", "column", "--caption", "Costs", tables=tables)

    assert not again(compiled(document("column", files), tmp_path))


@pytest.mark.parametrize("width", ["page", "column", "slide"])
def test_a_bare_tabular_stands_in_a_float_of_ones_own(width, tmp_path):
    """The tabular alone, in the table of whoever writes."""
    files = written(tmp_path, "--width", width, "--bare")
    around = r"\begin{{table}}\centering {} \caption{{Mine}}\end{{table}}"

    assert not again(compiled(document(width, files, around), tmp_path))
    assert all("documentclass" not in text and "longtable" not in text for text in files.values())


def test_formulas_fit_a_column(tmp_path):
    """A ratio in letters stands on two lines, which wrap where the column is narrow."""
    text = printed("compare", "3 x conv3-C", "conv7-C", "--growth", "--format", "latex", "--width", "column")

    assert not again(compiled(text, tmp_path))


@pytest.mark.parametrize("width", ["page", "column"])
def test_the_working_of_a_network_is_set_in_its_width(width, tmp_path):
    """Every formula of a network, as it stands."""
    assert not again(compiled(printed("explain", "vgg16", "--format", "latex", "--width", width), tmp_path))


def test_the_working_of_a_network_leaves_out_what_says_nothing():
    """A ReLU has neither weights nor MACs and keeps the shape; a pooling does not keep it."""
    text = printed("explain", "vgg16", "--format", "latex")

    assert r"\begin{multicols}{2}" in text
    assert r"\subsection*{relu1\_1}" not in text
    assert r"\subsection*{pool1}" in text
    assert r"\frac{224 + 2 \cdot 0 - 2}{2} + 1 = 112" in text
    # One that is asked for by name is told whole.
    assert r"\subsection*{relu1\_1}" in printed("explain", "vgg16", "relu1_1", "--format", "latex")


def test_what_repeats_goes_first_then_digits():
    """On a page of two columns there is room for all; in one column FLOPs and shares go, and numbers get short."""
    wide, narrow = (
        printed("table", "vgg16", "--format", "latex", "--bare", "--width", width) for width in ("both", "column")
    )

    assert "138,357,544" in wide
    assert "FLOPs" not in narrow.replace("% Left out", "")
    assert "138M" in narrow
    assert "138,357,544" in printed("table", "vgg16", "--format", "latex", "--bare", "--width", "column", "--exact")


def test_a_float_has_its_caption_and_label():
    """Across both columns it is a table*; a table cut at the end of a page keeps its number."""
    text = printed("table", "googlenet", "--format", "latex", "--width", "both", "--caption", "A_B", "--label", "tab:g")

    assert text.count(r"\begin{table*}") == text.count(r"\end{table*}") > 1
    assert r"\caption{A\_B}\label{tab:g}" in text
    assert text.count(r"\label") == 1
    assert text.count(r"\addtocounter{table}{-1}") == text.count(r"\begin{table*}") - 1


def test_a_long_table_breaks_over_pages_where_asked(tmp_path):
    """Only --long writes a longtable."""
    text = printed("table", "resnet152", "--format", "latex", "--long", "--width", "page")

    assert text.count(r"\begin{longtable}") == 1
    assert "longtable" not in printed("table", "resnet152", "--format", "latex")
    compiled(text, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--width", "column"], "--width is of --format latex, and this prints text"),
        (["--format", "html", "--bare"], "--bare is of --format latex, and this prints html"),
        (["--format", "latex", "--width", "8"], "'8' is neither one of column, both, page, slide nor a length"),
        (["--format", "latex", "--width", "2mm"], "2mm is too narrow"),
        (["--format", "latex", "--label", r"a}\input{x"], "is no label"),
        (["--format", "latex", "--bare", "--caption", "A"], "leave out one of them"),
    ],
    ids=" ".join,
)
def test_options_of_another_format_are_refused(arguments, said):
    """The message names the format that has the option, or a value that it takes."""
    done = CliRunner().invoke(main, ["table", "vgg16", *arguments])

    assert done.exit_code in {1, 2}
    assert said in " ".join(done.output.replace("│", " ").split())


def test_a_working_has_no_table_to_caption():
    """It is told so; without a float it is printed bare like a table."""
    done = CliRunner().invoke(main, ["explain", "vgg16", "conv1_1", "--format", "latex", "--caption", "A"])

    assert done.exit_code == 1
    assert "--caption and --label are of tables, and this has none" in done.output
    assert "documentclass" not in printed("explain", "vgg16", "conv1_1", "--format", "latex", "--bare")


def test_a_width_of_a_diagram_is_of_tikz():
    """The other formats have none."""
    done = CliRunner().invoke(main, ["diagram", "vgg16", "--width", "column"])

    assert done.exit_code == 2
    assert "--width is of --format tikz, and this draws mermaid" in done.output


@pytest.mark.parametrize("width", ["column", "page", "slide"])
def test_slabs_fit_their_column(width, tmp_path):
    """Chains, networks whose blocks are drawn as one, and a U are no wider than the text; nothing is scaled."""
    files = {
        f"{name}.tex": printed("diagram", name, "--format", "tikz", "--width", width)
        for name in ("vgg16", "resnet50", "googlenet", "unet", "vit_b_16")
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert "resizebox" not in text
        assert "% Wider than" not in text

    assert not again(compiled(document(width, files), tmp_path))


def test_slabs_have_the_sizes_of_their_stages(tmp_path):
    """VGG-16 in the words of its paper: five stages of 224 to 14 places and 64 to 512 channels, and three dense layers."""
    (tmp_path / "page.tex").write_text(printed("diagram", "vgg16", "--format", "tikz", "--width", "column"))
    text = (tmp_path / "page.tex").read_text()
    labels = re.findall(r"\{([^{}]*)\};", text)

    assert [one for one in labels if one.startswith(("conv", "fc"))][:8] == [
        *(f"conv{i}" for i in range(1, 6)),
        "fc6",
        "fc7",
        "fc8",
    ]
    for size, often in {"224": 2, "112": 2, "64": 1, "128": 1, "256": 1, "512": 3, "4096": 2, "1000": 1}.items():
        assert labels.count(size) == often, size
    assert text.count(r"\volume{") == 1 + 13 + 5 + 3
    latex = [program("pdflatex"), "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    assert subprocess.run(latex, cwd=tmp_path, capture_output=True, check=False).returncode == 0
