"""A worksheet that is filled in in a real browser, saved, and marked."""

from __future__ import annotations

import csv
import io
import json

from click.testing import CliRunner

from archcalc.cli import main
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.document.opened import Opened


def test_a_worksheet_is_filled_in_and_saved(browser, tmp_path):
    """What is typed comes out as the csv that `grade` marks, with the cells that were left empty."""
    made = CliRunner().invoke(main, ["worksheet", "lenet5", "--format", "html"])
    page = Opened(browser, tmp_path, made.output).page
    page.get_by_role("textbox", name="params of C1", exact=True).fill("156")
    page.get_by_role("textbox", name="output of C1", exact=True).fill('6x28x28, "wide"')
    with page.expect_download() as started:
        page.get_by_role("button", name="Save as CSV").click()
    rows = list(csv.DictReader(io.StringIO(started.value.path().read_text())))

    assert [row["name"] for row in rows] == [*(row.name for row in profile(load("lenet5")).rows), "total"]
    assert (rows[0]["activations"], rows[1]["params"], rows[1]["output"]) == ("1024", "156", '6x28x28, "wide"')
    assert rows[2]["params"] == ""


def saved(page):
    with page.expect_download() as started:
        page.get_by_role("button", name="Save as CSV").click()
    return list(csv.reader(io.StringIO(started.value.path().read_text())))


def test_a_saved_page_names_its_convention(browser, tmp_path):
    """The heading of what is counted is the one that archcalc writes itself."""
    columns = ["--columns", "name,output,flops", "--blank", "flops", "--convention", "textbook"]
    made = CliRunner().invoke(main, ["worksheet", "lenet5", *columns, "--format", "html"])

    assert saved(Opened(browser, tmp_path, made.output).page)[0] == ["name", "output", "flops (textbook)"]


def test_a_saved_page_holds_no_formulas(browser, tmp_path):
    """A name or a cell that a spreadsheet would run has an apostrophe before it, and what is a number has none."""
    layers = ["=HYPERLINK(1)", "-conv", "@b", " +c", "d", "e"]
    typed = dict(zip(layers, ["=1+1", "-5", "+3", "-", "-1+cmd", "-1,792.5"], strict=True))
    lines = "".join(f"  - linear: {{name: '{name}', out: 8}}\n" for name in layers)
    spec = tmp_path / "x.yaml"
    spec.write_text(f"input: {{features: 8}}\nlayers:\n{lines}")
    columns = ["--columns", "name,params", "--blank", "params", "--format", "html"]
    page = Opened(browser, tmp_path, CliRunner().invoke(main, ["worksheet", str(spec), *columns]).output).page
    for name, text in typed.items():
        page.locator(f"input[aria-label='params of {name}']").fill(text)
    rows = saved(page)[2:-1]
    sheet = "".join(f'"{name}","{params}"\n' for name, params in [("name", "params"), *rows])
    done = CliRunner().invoke(main, ["grade", str(spec), "-", "--format", "json"], input=sheet)

    assert [name for name, _ in rows] == ["'=HYPERLINK(1)", "'-conv", "'@b", "'+c", "d", "e"]
    assert [params for _, params in rows] == ["'=1+1", "-5", "+3", "-", "'-1+cmd", "-1,792.5"]
    assert [cell["row"] for cell in json.loads(done.output)["cells"]] == layers
    assert [cell["wrote"] for cell in json.loads(done.output)["cells"]] == list(typed.values())


def test_a_filled_in_page_is_marked(browser, tmp_path):
    """From the page to the mark: right sizes with a forgotten bias are marked as that."""
    made = CliRunner().invoke(main, ["worksheet", "lenet5", "--format", "html"])
    page = Opened(browser, tmp_path, made.output).page
    page.get_by_role("textbox", name="params of C1", exact=True).fill("150")
    with page.expect_download() as started:
        page.get_by_role("button", name="Save as CSV").click()
    started.value.save_as(tmp_path / "student.csv")
    marked = json.loads(
        CliRunner().invoke(main, ["grade", "lenet5", str(tmp_path / "student.csv"), "--format", "json"]).output
    )
    [wrong] = [cell for cell in marked["cells"] if cell["verdict"] == "wrong"]

    assert (wrong["row"], wrong["column"]) == ("C1", "params")
    assert any("bias" in slip for slip in wrong["slips"])
