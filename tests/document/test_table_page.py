"""The page of a table in a browser: headline and diagram, blocks that open and close, bars, narrow screens and paper."""

from __future__ import annotations

import re
import subprocess

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.document.opened import Opened
from tests.programs import program

RESNET = profile(load("resnet18"))
NAMES = [row.name for row in RESNET.rows]
WIDTHS = [390, 768, 1366]


@pytest.fixture(scope="module")
def text() -> str:
    return archcalc.render(RESNET, "html")


@pytest.fixture
def page(browser, tmp_path, text):
    return Opened(browser, tmp_path, text).page


def shown(page):
    """The names of the layers that can be seen, in order, and those of the blocks."""
    rows = page.locator("table.tree tbody:not(.block)").all()
    blocks = page.locator("table.tree tbody.block").all()
    return (
        [row.locator("th.name").get_attribute("aria-label") for row in rows if row.is_visible()],
        [block.locator("th.name").inner_text().split()[-1] for block in blocks if block.is_visible()],
    )


def test_the_numbers_and_the_diagram_come_first(page):
    """ResNet-18 as torchvision counts it: 11,689,512 params, in 18 layers with weights."""
    order = page.evaluate(
        "['.large', 'figure svg', 'table'].map((e) => document.querySelector(e).getBoundingClientRect().top)"
    )
    said = dict(
        zip(page.locator(".large dt").all_inner_texts(), page.locator(".large dd").all_inner_texts(), strict=True)
    )

    assert order == sorted(order)
    assert (said["params"], said["depth"]) == ("11,689,512", "18")
    assert set(said) == {"params", "MACs", "activations", "receptive field", "depth"}


def test_a_block_closes_and_opens(page):
    """Its rows go and come, those of an inner block that was closed before stay closed, and nothing else moves."""
    block = [name for name in NAMES if name.startswith("conv3_1/")]
    inner = [name for name in block if name.startswith("conv3_1/residual/")]
    page.get_by_role("button", name="Layers of conv3_1/residual", exact=True).click()
    assert shown(page)[0] == [name for name in NAMES if name not in inner]
    outer = page.get_by_role("button", name="Layers of conv3_1", exact=True)
    outer.focus()
    page.keyboard.press("Enter")
    assert outer.get_attribute("aria-expanded") == "false"
    assert shown(page)[0] == [name for name in NAMES if name not in block]
    page.keyboard.press("Enter")
    assert shown(page)[0] == [name for name in NAMES if name not in inner]


def test_all_blocks_close_and_open(page):
    """What is left are the layers outside of any block, and a row for each outermost block with the sum of its layers."""
    page.get_by_role("button", name="Close all blocks").click()
    layers, blocks = shown(page)
    params = page.locator("tbody.block:visible > tr > td:nth-child(5)").all_inner_texts()

    assert layers == [name for name in NAMES if "/" not in name]
    assert blocks == list(dict.fromkeys(name.partition("/")[0] for name in NAMES if "/" in name))
    assert [int(n.replace(",", "")) for n in params] == [
        sum(row.params for row in RESNET.rows if row.name.startswith(f"{block}/")) for block in blocks
    ]
    page.get_by_role("button", name="Open all blocks").click()
    assert shown(page)[0] == NAMES


def test_sorting_is_of_layers(page):
    """Blocks, closed ones too, give way to single layers, and come back as they were."""
    page.get_by_role("button", name="Layers of conv3_1", exact=True).click()
    before = shown(page)
    head = page.get_by_role("columnheader", name="MACs", exact=True).get_by_role("button")
    head.click()
    layers, blocks = shown(page)
    macs = {row.name: row.macs for row in RESNET.rows}

    assert (sorted(layers), blocks) == (sorted(NAMES), [])
    assert [macs[name] for name in layers] == sorted(macs.values())
    head.click()
    head.click()
    assert shown(page) == before


def test_a_link_from_the_diagram_opens_the_block(page):
    """The row that a node leads to is there, whatever was closed."""
    page.get_by_role("button", name="Close all blocks").click()
    target = page.evaluate(
        "[...document.querySelectorAll('a.node')].map((a) => a.getAttribute('href'))"
        ".find((href) => document.querySelector(href).matches('.closed'))"
    )
    page.evaluate("(href) => { location.hash = href }", target)

    page.locator(target).wait_for(state="visible")


def test_a_bar_is_as_long_as_the_share(page):
    """Against the longest of its column, for params, MACs and activations; the numbers stay in front."""
    page.get_by_role("columnheader", name="params", exact=True).get_by_role("button").click()
    largest = max(
        sum(row.params for row in RESNET.rows if row.name.startswith(f"{block}/"))
        for block in {name.partition("/")[0] for name in NAMES}
    )
    for name in ("conv1/conv2d", "fc"):
        [row] = [row for row in RESNET.rows if row.name == name]
        cell = page.locator(f"tbody:has(th[aria-label='{name}']) td[data-key=params]")
        bar = float(cell.evaluate("e => getComputedStyle(e).getPropertyValue('--bar')"))
        assert bar == pytest.approx(row.params / largest, abs=1e-4)
        assert cell.inner_text() == f"{row.params:,}"
    assert page.locator("td.bar[data-key=flops], td.bar[data-key=output]").count() == 0


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("arguments", [["table", "resnet18"], ["worksheet", "lenet5"]], ids=" ".join)
def test_the_page_does_not_scroll_sideways_and_the_names_stay(browser, tmp_path, arguments, width, scheme):
    """Only the table does, under its column of names."""
    text = CliRunner().invoke(main, [*arguments, "--format", "html"]).output
    options = {"viewport": {"width": width, "height": 800}, "color_scheme": scheme}
    opened = Opened(browser, tmp_path, text, **options)
    page = opened.page
    wide = page.locator("div.wide").first
    name = page.locator("tbody th.name").nth(1)
    before = name.bounding_box()
    wide.evaluate("e => { e.scrollLeft = 200 }")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert name.bounding_box()["x"] == before["x"]
    assert before["width"] >= 70
    assert opened.complaints == []


def test_a_narrow_worksheet_has_the_blanks_first(browser, tmp_path):
    """Under the name of a layer, and before its kind and settings; the table is still told as one."""
    text = CliRunner().invoke(main, ["worksheet", "lenet5", "--format", "html"]).output
    page = Opened(browser, tmp_path, text, viewport={"width": 390, "height": 800}).page
    row = page.locator("tbody > tr", has=page.get_by_role("textbox", name="params of C1", exact=True))
    tops = [cell.bounding_box()["y"] for cell in row.locator("td.blank").all()]
    given = [cell.bounding_box()["y"] for cell in row.locator("td:not(.blank)").all()]
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]

    assert row.locator("th").bounding_box()["y"] < min(tops)
    assert max(tops) < min(given)
    assert {"table", "row", "cell", "rowheader", "columnheader"} <= {node["role"]["value"] for node in tree}
    assert all(box["x"] + box["width"] <= 390 for box in (i.bounding_box() for i in page.locator("input").all()))


def test_paper_has_every_row_and_bar(page, tmp_path):
    """Closed blocks are printed open."""
    page.get_by_role("button", name="Close all blocks").click()
    page.emulate_media(media="print")

    assert shown(page)[0] == NAMES
    exact = "getComputedStyle(document.querySelector('td.bar')).printColorAdjust"
    assert page.evaluate(exact) == "exact"
    assert "gradient" in page.evaluate("getComputedStyle(document.querySelector('td.bar')).backgroundImage")
    page.emulate_media(media=None)
    page.pdf(path=tmp_path / "page.pdf")
    reader = program("pdftotext")
    printed = subprocess.run(
        [reader, "-layout", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
    )
    table = printed.stdout.partition("FLOPs\n")[2]
    kinds = re.findall(rf"({'|'.join({row.kind for row in RESNET.rows})}) +\d+(?:×\d+)* ", table)
    assert kinds == [row.kind for row in RESNET.rows]
    assert len(re.findall("^ *total ", table, re.MULTILINE)) == 1


def test_without_scripts_all_is_there(browser, tmp_path, text):
    """Every row is open, and there is no button that does nothing."""
    page = Opened(browser, tmp_path, text, java_script_enabled=False).page

    assert shown(page)[0] == NAMES
    assert page.locator(".tools").is_hidden()


PAGES = [
    ["table", "lenet5"],
    ["check", "lenet5"],
    ["check", "lenet5", "alexnet"],
    ["memory", "lenet5"],
    ["memory", "lenet5", "--train"],
    ["compare", "lenet5", "alexnet"],
    ["explain", "lenet5"],
    ["conventions", "lenet5"],
    ["conventions", "--rule", "thop"],
    ["worksheet", "lenet5"],
    ["worksheet", "lenet5", "--key"],
]


def test_pages_have_titles_of_their_own():
    """In the head and as the one heading of the first rank, and no two pages have the same."""
    titles = []
    for arguments in PAGES:
        text = CliRunner().invoke(main, [*arguments, "--format", "html"]).output
        titles += re.findall("<title>(.+?)</title>", text.partition("<body>")[0])
        assert re.findall("<h1>(.+?)</h1>", text) == titles[-1:], arguments

    assert len(set(titles)) == len(PAGES)
