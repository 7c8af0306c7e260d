"""HTML pages in a real browser: sorting, workings, colours, narrow screens, requests, what assistive technology is told."""

from __future__ import annotations

import re
import subprocess

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.document.writer import write
from archcalc.errors import Source
from archcalc.formats.explain import reading
from archcalc.language import load, parse
from archcalc.profiling.engine import profile
from archcalc.profiling.explain import workings
from archcalc.report.index import index
from tests.document.opened import Opened
from tests.formats.hostile import HOSTILE
from tests.programs import program

VGG = profile(load("vgg16"))
MACS = [row.macs for row in VGG.rows]
# What a person with a poor eye can still read (WCAG 2.2, success criterion 1.4.3).
READABLE = 4.5


@pytest.fixture
def table(browser, tmp_path):
    return Opened(browser, tmp_path, archcalc.render(VGG, "html"))


def test_a_click_on_a_head_sorts_by_value(table):
    """MACs rise with the first click, fall with the second, and stand as they were after the third."""
    head = table.page.get_by_role("columnheader", name="MACs", exact=True)
    numbers = [f"{n:,}" for n in MACS]

    for state, expected in [
        ("ascending", sorted(MACS)),
        ("descending", sorted(MACS, reverse=True)),
        ("none", MACS),
    ]:
        head.get_by_role("button").click()
        assert (head.get_attribute("aria-sort"), table.column(7)) == (state, [f"{n:,}" for n in expected])
    assert table.column(7) == numbers
    assert table.page.locator("tfoot").inner_text().startswith("total")


def test_sorting_by_another_column_forgets_the_first(table):
    """One head at a time says that it is sorted; names are sorted by letter, cells without text last."""
    for name in ("MACs", "name"):
        table.page.get_by_role("columnheader", name=name, exact=True).get_by_role("button").click()
    heads = table.page.locator("thead th")

    assert [head.get_attribute("aria-sort") for head in heads.all()].count("none") == heads.count() - 1
    table.page.locator("thead th").nth(5).get_by_role("button").click()
    shares = table.column(6)
    numbers = [float(share) for share in shares if share]
    assert numbers == sorted(numbers)
    assert shares[len(numbers) :] == [""] * (len(shares) - len(numbers))


def test_a_cell_shows_its_working_under_the_pointer(table):
    """The tip holds the line that explain prints, is tied to its cell, and goes away with Escape."""
    [working] = workings(VGG, "conv1_2")
    said = {cell.name: reading(cell) for cell in working.cells}
    row = table.page.locator("tbody", has=table.page.get_by_role("rowheader", name="conv1_2"))
    tip = table.page.get_by_role("tooltip")
    # Scrolling hides a tip, and tells of itself a frame later.
    row.scroll_into_view_if_needed()
    table.page.evaluate("new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))")

    for key, names in [
        ("macs", ["MACs"]),
        ("params", ["weights", "biases"]),
        ("output", ["channels", "height", "width"]),
    ]:
        cell = row.locator(f"td[data-key={key}]")
        cell.hover()
        assert tip.locator("dd").all_inner_texts() == [said[name] for name in names]
        assert cell.get_attribute("aria-describedby") == tip.get_attribute("id")
    table.page.keyboard.press("Escape")
    assert tip.is_hidden()


def test_the_working_of_a_row_opens_from_the_keyboard(table):
    """A button in each row, of a name of its own, opens and closes the lines below it."""
    button = table.page.get_by_role("button", name="Working of conv1_1", exact=True)
    lines = table.page.locator(f"#{button.get_attribute('aria-controls')}")

    assert lines.is_hidden()
    button.focus()
    table.page.keyboard.press("Enter")
    assert (lines.is_visible(), button.get_attribute("aria-expanded")) == (True, "true")
    assert "3·3" in lines.inner_text()
    table.page.keyboard.press("Space")
    assert (lines.is_hidden(), button.get_attribute("aria-expanded")) == (True, "false")


def luminance(color: str) -> float:
    """The relative luminance of a color as a browser writes it (WCAG 2.2)."""
    parts = [int(n) / 255 for n in re.findall(r"\d+", color)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_ground_in_light_and_dark(browser, report, tmp_path, scheme):
    """The ground follows the reader's scheme, and text, quiet text and links stand out from it."""
    page = Opened(browser, tmp_path, report, color_scheme=scheme).page
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert (luminance(ground) > 0.5) == (scheme == "light")
    for selector in ("h1", "td", "dt", "th button", "td[data-value='0']", "figure svg text"):
        element = page.locator(selector).first
        color = element.evaluate("e => { const s = getComputedStyle(e); return e.closest('svg') ? s.fill : s.color }")
        bright, dark = sorted((luminance(color), luminance(ground)), reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= READABLE, (selector, color, ground)


def test_a_narrow_screen_scrolls_tables_and_not_the_page(browser, report, tmp_path):
    """On a phone only what is wide by nature moves sideways, and the names of the rows stay."""
    page = Opened(browser, tmp_path, report, viewport={"width": 360, "height": 740}, has_touch=True).page

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = page.get_by_role("region").first
    assert wide.evaluate("e => e.scrollWidth > e.clientWidth")
    wide.evaluate("e => { e.scrollLeft = 300 }")
    assert page.get_by_role("rowheader", name="conv1_1").first.bounding_box()["x"] >= 0


def test_nothing_is_requested(browser, report, tmp_path):
    """The page is the only thing loaded, nothing complains, and its own policy stops a script that would ask for more."""
    opened = Opened(browser, tmp_path, report)

    assert opened.requests == [f"file://{tmp_path}/page.html"]
    assert opened.complaints == []
    asked = "fetch('https://example.org/').then(() => 'let through', (error) => error.name)"
    assert opened.page.evaluate(asked) == "TypeError"
    assert any("Content Security Policy" in said for said in opened.complaints)


@pytest.mark.parametrize("kind", ["report", "index", "comparison", "worksheet"])
def test_every_control_has_a_name(browser, report, tmp_path, kind):
    """In the accessibility tree no button, link, picture, region, table head or field goes without a name."""
    texts = {
        "report": report,
        "index": write(index([VGG, profile(load("lenet5"))], None), "html"),
        "comparison": CliRunner().invoke(main, ["compare", "vgg16", "resnet50", "--format", "html"]).output,
        "worksheet": CliRunner().invoke(main, ["worksheet", "alexnet", "--format", "html"]).output,
    }
    opened = Opened(browser, tmp_path, texts[kind])
    page = opened.page
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    named = {
        "button",
        "link",
        "image",
        "img",
        "region",
        "figure",
        "group",
        "columnheader",
        "rowheader",
        "textbox",
        "heading",
    }
    roles = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]

    assert {"button", "columnheader", "rowheader", "heading", "table", "main"} <= {role for role, _ in roles}
    assert [role for role, name in roles if role in named and not name.strip()] == []
    assert opened.complaints == []


def test_a_hostile_spec_does_nothing_in_a_browser(browser, tmp_path):
    """No dialog, no script but the page's own, nothing asked for; the title reads as it was written."""
    result = profile(parse(Source("x.yaml", HOSTILE)))
    opened = Opened(browser, tmp_path, archcalc.render(result, "html", ["name", "layer", "settings", "macs", "note"]))

    assert (opened.complaints, len(opened.requests)) == ([], 1)
    assert opened.page.locator("script, img, iframe, object").count() == 1
    assert opened.page.locator("h1").inner_text() == result.graph.title


def test_paper_has_no_buttons(table):
    """What only a screen can do is not printed."""
    table.page.emulate_media(media="print")

    assert table.page.get_by_role("button", name="Working of conv1_1", exact=True).is_hidden()


def test_each_printed_page_has_the_heads_of_its_columns(browser, tmp_path):
    """The table of DenseNet-121 goes over many pages, and the name of each column stands on every one of them."""
    page = Opened(browser, tmp_path, archcalc.render(profile(load("densenet121")), "html")).page
    page.pdf(path=tmp_path / "page.pdf")
    read = [program("pdftotext"), "-layout", str(tmp_path / "page.pdf"), "-"]
    pages = subprocess.run(read, capture_output=True, text=True, check=True).stdout.split("\f")
    headed = [bool(re.search(r"name +layer +output +activations +params +% +MACs +% +FLOPs", one)) for one in pages]
    rows = [len(re.findall(r"batchnorm2d", one)) for one in pages]

    assert sum(n > 0 for n in rows) > 5
    assert [place for place, n in enumerate(rows) if n and not headed[place]] == []


def test_without_scripts_the_workings_stand_open(browser, tmp_path):
    """Where no script runs nothing is out of reach."""
    page = Opened(browser, tmp_path, archcalc.render(VGG, "html"), java_script_enabled=False).page

    assert page.locator("tr.working").first.is_visible()


def test_a_node_of_the_diagram_leads_to_its_row(browser, report, tmp_path):
    """A click on a layer in the diagram goes to its row, whose name leads back; the two light up together."""
    page = Opened(browser, tmp_path, report).page
    node = page.locator("figure a.node").nth(3)
    row = page.locator(node.get_attribute("href"))

    node.hover()
    assert "on" in row.get_attribute("class").split()
    node.click()
    assert page.evaluate("location.hash") == node.get_attribute("href")
    back = row.locator("th.name a").get_attribute("href")
    assert back == f"#{node.get_attribute('id')}"
    nodes = page.locator("figure a.node").all()
    linked = {link.get_attribute("href") for link in page.locator("th.name a").all()}
    # A row may stand for several nodes, of which it leads to the first.
    assert linked <= {f"#{one.get_attribute('id')}" for one in nodes}
    assert {one.get_attribute("href") for one in nodes} <= {
        f"#{row.get_attribute('id')}" for row in page.locator("table [id^=row-]").all()
    }
