"""Whatever is chosen in one place is lit in all: rows, boxes of the diagram, bars, fields, and lines of the editor."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.live.browser.reader import boxes, choose, enter, follow

SPEC = """\
name: clicked
input: {channels: 3, height: 32, width: 32}
layers:
  - conv2d: {name: first, out: 8, kernel: 5, padding: 2}
  - maxpool2d: {name: pool, kernel: 2}
  - conv2d: {name: second, out: 16, kernel: 3, padding: 1}
  - flatten
  - linear: {name: scores, out: 10}
"""


# A name of its own in each test tells its diagram from the one of the test before.
_turns = itertools.count()


@pytest.fixture
def clicked(page):
    """The page with a spec in which each layer has a line of its own."""
    name = f"clicked{next(_turns)}"
    enter(page, SPEC.replace("clicked", name), name)
    return page


def rows(page):
    """The names of the rows that are lit."""
    return choose(page, "table").locator("tbody tr.lit th").all_inner_texts()


def lines(page):
    """The numbers of the lines that are lit in the editor."""
    return page.locator("#editor .cm-line").evaluate_all(
        "all => all.flatMap((line, at) => line.classList.contains('cm-lit') ? [at + 1] : [])"
    )


def lit_boxes(page):
    """What the lit boxes of the diagram stand for."""
    choose(page, "diagram").locator(".node").first.wait_for()
    return page.locator("#panel-diagram .node.lit").evaluate_all("all => all.map(box => box.dataset.rows)")


def test_a_row_lights_its_box_and_its_line(clicked):
    clicked.locator("#panel-table tbody tr", has_text="second").locator("td").first.click()
    assert (rows(clicked), lines(clicked), lit_boxes(clicked)) == (["second"], [6], ["second"])


def test_a_box_lights_its_row_and_its_line(clicked):
    choose(clicked, "diagram").locator(".node[data-rows~=pool]").click()
    assert (rows(clicked), lines(clicked)) == (["pool"], [5])


def test_the_cursor_lights_the_rows_of_its_line(clicked):
    """Also when several layers come from one line."""
    clicked.locator("#editor .cm-line", has_text="scores").click()
    clicked.locator("#panel-table tr.lit").wait_for()
    assert rows(clicked) == ["scores"]
    assert lit_boxes(clicked) == ["scores"]

    repeated = SPEC.replace("name: second, out: 16", "out: 8, repeat: 3")
    enter(clicked, repeated.replace("name: clicked", "name: repeated"), "repeated")
    clicked.locator("#editor .cm-line", has_text="repeat: 3").click()
    choose(clicked, "table").locator("tr.lit").first.wait_for()
    assert rows(clicked) == ["conv2d", "conv2d_2", "conv2d_3"]


def test_a_panel_of_before_is_lit_when_it_comes_back(clicked):
    """The diagram was drawn before the layer was chosen, and another is chosen from the table."""
    assert lit_boxes(clicked) == []
    for name in ("second", "pool"):
        choose(clicked, "table").locator("tbody tr", has_text=name).click()
        assert lit_boxes(clicked) == [name]


def test_a_bar_lights_its_row(clicked):
    choose(clicked, "charts").get_by_role("button", name=re.compile("^scores: .* params$")).click()
    assert clicked.locator("#panel-charts .bar.lit").count() == 3
    assert (rows(clicked), lines(clicked)) == (["scores"], [8])


def test_a_row_of_the_fields_moves_the_picture(clicked):
    """The picture shows what one place of that layer sees, and a slider moves the place."""
    panel = choose(clicked, "fields")
    field = panel.locator("svg .seen")
    widths = []
    for name, said in (("first", "Field 5×5, jump 1×1."), ("second", "Field 10×10, jump 2×2.")):
        panel.locator(f"tr[data-layer={name}]").click()
        panel.locator("p", has_text=said).wait_for()
        widths.append(float(field.get_attribute("width")))
        assert lines(clicked) == [{"first": 4, "second": 6}[name]]
    assert widths == [5, 10]
    slider = panel.get_by_role("slider", name="place along width")
    slider.fill("0")
    choose(clicked, "table")
    choose(clicked, "fields")
    assert "width -4…5 (inside the input 0…5)" in panel.locator(".field p").inner_text()
    assert (rows(clicked), lit_boxes(clicked)) == (["second"], ["second"])


def test_the_light_stays_while_another_number_is_typed(clicked):
    """On the same layer, and in every panel; it goes with the layer."""
    clicked.locator("#panel-table tbody tr", has_text="pool").click()
    enter(clicked, SPEC.replace("clicked", "other"), "other")
    clicked.locator("#panel-table tbody tr", has_text="pool").click()
    enter(clicked, SPEC.replace("clicked", "third").replace("name: pool, ", ""), "third")
    assert rows(clicked) == []


def test_a_row_far_below_is_brought_into_view(clicked):
    """Of a long network, whose bar is chosen in the charts."""
    long = SPEC.replace("name: clicked", "name: long").replace("- flatten", "- relu: {repeat: 90}\n  - flatten")
    enter(clicked, long, "long")
    choose(clicked, "charts").get_by_role("button", name=re.compile("^scores: .* params$")).click()
    row = choose(clicked, "table").locator("tr.lit")
    row.wait_for()
    box = row.bounding_box()
    assert 0 <= box["y"] <= 901 - box["height"]


def test_a_panel_says_that_it_still_shows_another_network(page):
    """As long as the engine has not answered what the panel is to show now."""
    choose(page, "diagram").locator(".node").first.wait_for()
    choose(page, "table")
    follow(page, "net=vgg16", "vgg16")
    busy = "document.getElementById('panel-diagram').ariaBusy"
    assert page.evaluate(f"document.getElementById('tab-diagram').click(), {busy}") == "true"
    page.wait_for_selector("#panel-diagram:not([aria-busy])")
    assert len(boxes(page, page.locator("#panel-table caption").text_content().rpartition(",")[0])) > 1


def test_no_layer_is_lit_that_is_not_there(page):
    """A link may be older than the spec that it leads to."""
    follow(page, "net=alexnet&panel=formulas&layer=bogus", "alexnet")
    panel = page.locator("#panel-formulas")
    panel.get_by_text("conv1").first.wait_for()
    assert not panel.get_by_role("alert").count()
