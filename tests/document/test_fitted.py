"""Every table that is printed fits a column, a page and a slide, after one run, whatever network it is of."""

from __future__ import annotations

import pytest

from archcalc.document.content import Blank, Head, Table
from archcalc.document.fitting import tabulars
from archcalc.document.paper import WIDTHS, Paper
from tests.document.latex import compiled
from tests.document.papers import again, document, printed

NETWORKS = ("vgg16", "resnet50", "googlenet", "unet", "vit_b_16")
COMMANDS = (
    "table {}",
    "table {} --fold",
    "rf {}",
    "memory {} --train --timeline",
    "conventions {}",
    "compare {} alexnet",
    "diff {} alexnet",
    "check {} vgg16",
    "worksheet {} --fold",
    "solve {} --batch N --for bytes<1G",
)


@pytest.mark.parametrize(
    ("width", "network"),
    [
        *(("column", network) for network in NETWORKS),
        ("page", "vgg16"),
        ("page", "unet"),
        ("slide", "resnet50"),
        ("slide", "googlenet"),
    ],
)
def test_whatever_is_printed_fits(width, network, tmp_path):
    """In floats of which none is taller than a page."""
    files = {
        f"t{number}.tex": printed(
            *line.format(network).split(), "--format", "latex", "--width", width, "--caption", "C"
        )
        for number, line in enumerate(COMMANDS)
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    out = compiled(document(width, files), tmp_path)

    assert not again(out)
    assert "Float too large" not in out
    assert not [name for name, text in files.items() if "% Wider than" in text]


HEADS = (Head("name"), Head("settings"), Head("output"), Head("params", numeric=True), Head("MACs", numeric=True))
ROW = ("conv1", "out=64 kernel=3 padding=1", "64×224×224", "1,234,567,890", "12,345,678,901")


def parts(rows: int, width: str, row: tuple[object, ...] = ROW, *, bare: bool = False):
    table = Table(HEADS, tuple((f"{row[0]}_{number}", *row[1:]) for number in range(rows)))
    return tabulars(table, Paper(width=WIDTHS[width], caption="" if bare else "C", bare=bare, exact=True))


def test_a_table_taller_than_a_page_is_cut_and_one_that_stands_alone_says_so():
    """No row is lost where a float ends; a tabular of one's own stays whole, with a remark."""
    cut = parts(120, "page")
    assert len(cut) > 2
    assert [row[0] for part in cut for row in part.rows] == [f"conv1_{number}" for number in range(120)]

    (whole,) = parts(120, "page", bare=True)
    assert len(whole.rows) == 120
    assert "120 lines, where a page or a slide holds about" in whole.remarks[-1]


def test_columns_that_have_no_room_stand_in_a_table_below():
    """Under the same names; each number of each row is there once."""
    wide = (*ROW[:3], "1" * 40, "2" * 40)
    cut = parts(3, "column", wide)
    assert [part.head[0] for part in cut] == ["name"] * len(cut)
    assert sum(str(cell) in {"1" * 40, "2" * 40} for part in cut for row in part.rows for cell in row) == 6
    assert any("its columns stand in" in remark for remark in cut[0].remarks)


def test_cells_to_write_in_get_narrower_before_columns_go_below():
    """On a page a worksheet has all its columns, and lines as long as there is room for."""
    row = ("conv1", "out=64 kernel=3 padding=1", Blank("output"), Blank("params"), Blank("MACs"))
    (page,) = parts(3, "page", row)
    assert page.roomy
    assert r"\rule[-0.6ex]{51.2pt}{0.3pt}" in page.rows[0][2]
    (column,) = parts(3, "column", row)
    assert r"\rule[-0.6ex]{36pt}{0.3pt}" in column.rows[0][2] or ">{" in column.sides
