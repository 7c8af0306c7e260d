"""Learn mode: the working of a cell beside it, and a worksheet that is marked in place."""

from __future__ import annotations

import csv
import io
import json

import pytest

from archcalc.errors import Source
from archcalc.formats import grade as marks
from archcalc.grading import grade, read
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.live.browser.reader import TINY, choose, enter, printed, shown


@pytest.fixture
def tiny(page, tmp_path):
    """The page with a small spec, which lies in a file too."""
    (tmp_path / "tiny.yaml").write_text(TINY)
    enter(page, TINY, "tiny")
    return page


def equations(cells):
    """Workings as the page writes them: the sides of an equation, equal ones once."""
    return [
        " = ".join(
            dict.fromkeys(side for side in (cell["formula"], cell["substitution"], shown(cell["value"])) if side)
        )
        for cell in cells
        if cell["value"] != 0 or cell["note"]
    ]


def tip(page):
    """What the tooltip says: the layer, and its equations without the notes behind them."""
    page.locator("#tip").wait_for()
    said = page.locator("#tip dd").evaluate_all("all => all.map(one => one.firstChild.data)")
    return page.locator("#tip strong").inner_text(), said


COLUMNS = {
    "params": {"weights", "biases"},
    "macs": {"MACs"},
    "activations": {"activations"},
}


@pytest.mark.parametrize("layer", ["conv2d", "linear"])
def test_a_cell_that_is_pointed_at_shows_its_working(tiny, tmp_path, layer):
    """It is that of `archcalc explain`, of the column alone."""
    tiny.check("#learn")
    found = json.loads(printed("explain", "tiny.yaml", layer, "--format", "json", folder=tmp_path))
    [row] = found["rows"]
    for column, wanted in COLUMNS.items():
        tiny.locator("#panel-table tbody tr", has_text=layer).locator(f"td[data-key={column}]").hover()
        expected = equations(cell for cell in row["cells"] if cell["cell"] in wanted)
        assert expected
        assert tip(tiny) == (layer, expected)


def test_a_row_that_has_the_focus_shows_all_of_its_workings(tiny, tmp_path):
    """For whoever has no pointer; Escape takes them away, and without Learn there are none."""
    name = tiny.locator("#panel-table tbody tr", has_text="conv2d").get_by_role("button")
    name.focus()
    assert tiny.locator("#tip").is_hidden()
    name.blur()
    tiny.check("#learn")
    name.focus()
    [row] = json.loads(printed("explain", "tiny.yaml", "conv2d", "--format", "json", folder=tmp_path))["rows"]
    assert tip(tiny) == ("conv2d", equations(row["cells"]))
    assert tiny.locator("#panel-table [aria-describedby=tip]").count() == 1
    tiny.keyboard.press("Escape")
    assert tiny.locator("#tip").is_hidden()


def test_a_worksheet_is_marked_as_by_the_command(tiny, tmp_path):
    """Right and wrong answers, with the slip that leads to a wrong one."""
    panel = choose(tiny, "worksheet")
    given = {
        ("conv2d", "output"): "4x8x8",
        ("conv2d", "params"): "108",
        ("conv2d", "macs"): "6912",
        ("linear", "output"): "10",
        ("linear", "params"): "12345",
    }
    for (row, column), text in given.items():
        panel.get_by_label(f"{column} of {row}", exact=True).fill(text)
    panel.get_by_role("button", name="Mark").click()
    panel.locator(".score", has_text="of 19 right").wait_for()

    lines = [*csv.DictReader(io.StringIO(printed("worksheet", "tiny.yaml", "--format", "csv", folder=tmp_path)))]
    first = next(iter(lines[0]))
    for line in lines:
        line.update({column: text for (row, column), text in given.items() if row == line[first]})
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, lines[0])
    writer.writeheader()
    writer.writerows(lines)
    counted = profile(load(str(tmp_path / "tiny.yaml")))
    marked = grade(counted, read(Source("worksheet", sheet.getvalue()), [row.name for row in counted.rows]))
    expected = {
        (cell["row"], cell["column"]): cell["verdict"].replace(" ", "-")
        for cell in json.loads(marks.render(marked, "json"))["cells"]
        # The row of the input is given.
        if cell["row"] != "input"
    }
    seen = {
        tuple(key): verdict
        for *key, verdict in panel.locator("[data-cell]").evaluate_all(
            "all => all.map(cell => [cell.closest('tr').dataset.row, cell.dataset.cell, cell.className])"
        )
    }
    assert seen == expected
    assert {seen[key] for key in given} == {"right", "wrong"}
    assert "the bias forgotten" in panel.locator("tr[data-row=conv2d] [data-cell=params] .why").inner_text()


def test_the_answers_fill_the_worksheet(tiny):
    """All of them are right; Clear takes them out again."""
    panel = choose(tiny, "worksheet")
    panel.get_by_role("button", name="Fill in the answers").click()
    # Those that were given count too, as they do for the command.
    panel.locator(".score", has_text="19 of 19 right").wait_for()
    assert panel.locator("[data-cell].right").count() == panel.locator("[data-cell]").count() == 19
    assert panel.get_by_label("params of conv2d", exact=True).input_value() == "112"
    panel.get_by_role("button", name="Clear").click()
    assert panel.get_by_label("params of conv2d", exact=True).input_value() == ""
    assert panel.locator(".score").inner_text() == ""
