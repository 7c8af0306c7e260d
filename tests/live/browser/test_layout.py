"""The page on a phone and on a desk, light and dark: nothing is cut off, and nothing runs out of its place."""

from __future__ import annotations

import pytest

from tests.live.browser.reader import choose, follow, write

PANELS = [
    *("table", "diagram", "charts", "fields", "formulas"),
    *("memory", "figures", "conventions", "compare", "worksheet"),
]
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
CONTROLS = ["#networks", "#open", "#share", "#downloads summary", "#learn", "#tab-table"]
_WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def sized(page, request):
    """The page of VGG-16 at a size."""
    page.set_viewport_size(request.param)
    follow(page, "net=vgg16", "vgg16")
    return page, request.param


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_panel_is_wider_than_the_page(sized, scheme):
    """A table that is wider scrolls inside of its own place."""
    page, size = sized
    page.emulate_media(color_scheme=scheme)
    for panel in PANELS:
        shown = choose(page, panel)
        page.locator("html[data-engine=ready]").wait_for(state="attached")
        assert page.evaluate(_WIDER) == 0, panel
        box = shown.bounding_box()
        assert box["x"] >= 0, panel
        assert box["x"] + box["width"] <= size["width"], panel


def test_the_controls_are_all_inside_of_the_page(sized):
    """Each can be seen whole, and none covers another."""
    page, size = sized
    boxes = [page.locator(control).bounding_box() for control in CONTROLS]
    for box in boxes:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= size["height"]
    for one in boxes:
        for other in boxes:
            apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            apart = apart or one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert apart or one is other


def test_the_menu_and_the_list_are_inside_of_the_page(sized):
    page, size = sized
    page.click("#downloads summary")
    menu = page.locator("#downloads ul").bounding_box()
    assert 0 <= menu["x"] <= menu["x"] + menu["width"] <= size["width"]
    assert page.evaluate(_WIDER) == 0
    page.keyboard.press("Escape")
    page.click("#networks")
    dialog = page.get_by_role("dialog").bounding_box()
    page.keyboard.press("Escape")
    assert 0 <= dialog["x"] <= dialog["x"] + dialog["width"] <= size["width"]


def test_a_phone_shows_the_spec_or_the_results(page):
    """Two buttons change between them, and say which is seen."""
    page.set_viewport_size(PHONE)
    spec, results = page.locator("#to-spec"), page.locator("#to-results")
    assert page.locator("#editor").is_hidden()
    assert page.locator("#panel-table").is_visible()
    spec.click()
    assert page.locator("#editor").is_visible()
    assert page.locator("#right").is_hidden()
    assert (spec.get_attribute("aria-pressed"), results.get_attribute("aria-pressed")) == ("true", "false")
    assert page.evaluate(_WIDER) == 0
    # Whoever types a mistake there is told at its place, and on the other side.
    write(page, "layers:\n  - conv\n")
    page.locator("#editor .cm-lintRange-error").first.wait_for()
    results.click()
    assert page.locator("#mistakes").is_visible()
    assert page.evaluate(_WIDER) == 0


def test_a_desk_shows_both_beside_each_other(page):
    """And needs no button for it."""
    assert page.locator("#switch").is_hidden()
    left, right = (page.locator(part).bounding_box() for part in ("#left", "#right"))
    assert left["x"] + left["width"] <= right["x"] + 1
    assert right["width"] > left["width"]


def test_numbers_are_read_whole_on_a_phone(page):
    """The table scrolls to its last column, while the names stay."""
    page.set_viewport_size(PHONE)
    follow(page, "net=vgg16", "vgg16")
    cell = choose(page, "table").locator("tbody tr").nth(1).locator("td[data-key=macs]")
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert 0 <= box["x"] <= box["x"] + box["width"] <= PHONE["width"]
    assert page.locator("#panel-table tbody tr th").nth(1).bounding_box()["x"] >= 0
