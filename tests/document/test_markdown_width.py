"""Reports in markdown as a repository shows them: in a column of 830 pixels, where a wider table is cut off."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt

from archcalc.document.writer import write
from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.report.index import index
from archcalc.report.pages import report
from tests.zoo import ZOO

# As github-markdown.css has it.
STYLE = """<style>body { font: 16px/1.5 Arial, sans-serif; margin: 0; width: 830px }
table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse }
th, td { padding: 6px 13px; border: 1px solid }</style>"""


@pytest.mark.parametrize("name", ["vgg16", "lenet5"])
def test_the_tables_of_a_report_are_not_cut_off(browser, name):
    """Settings wrap beside their layer, repeats stand beside their name."""
    text = report(profile(load(name)), "markdown", charts=False)[f"{name}.md"].decode()
    assert cut_off(browser, text) == []


def test_the_table_of_all_networks_is_not_cut_off(browser):
    """It has the shortest forms of their numbers; their pages have all digits."""
    assert cut_off(browser, write(index([profile(load(name)) for name in ZOO], None), "markdown")) == []


def cut_off(browser, text: str) -> list[int]:
    """The widths of the tables in a page that are wider than its column."""
    page = browser.new_page(viewport={"width": 880, "height": 800})
    page.set_content(STYLE + MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
    widths = page.evaluate("[...document.querySelectorAll('table')].map((t) => [t.scrollWidth, t.clientWidth])")

    assert widths
    return [whole for whole, seen in widths if whole > seen]


def test_the_table_of_a_report_says_all():
    """Nothing of the settings, the repeats or the names is lost in fewer columns."""
    text = report(profile(load("resnet34")), "markdown", charts=False)["resnet34.md"].decode()
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")
    ]
    rows = {re.sub("<br>", "", row[0]): row[1:] for row in lines if len(row) == 6}

    assert rows["conv1/conv2d"][0] == "conv2d out=64 kernel=7 stride=2 padding=3 bias=false"
    assert rows["conv2_1/residual/conv2d × 3"][0] == "conv2d out=64 kernel=3 padding=1 bias=false"
    assert rows["input"][:2] == ["input", "3×224×224"]
