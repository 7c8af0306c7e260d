"""The page by the keyboard alone: all of it can be reached, used and left, and the focus can be seen."""

from __future__ import annotations

import pytest

from tests.live.browser.reader import TINY, awaited, choose, counted, enter, numbers

# Where the focus is: the id, the label, or what stands on it; and whether anything around it is drawn.
_FOCUS = """() => {
    const at = document.activeElement;
    const shown = ["outline-style", "box-shadow", "stroke"].map(name => getComputedStyle(at).getPropertyValue(name));
    const within = at.closest(".cm-editor");
    const seen = within ? getComputedStyle(within).outlineStyle !== "none" : shown[0] !== "none" || shown[2] !== "none";
    return [at.id || at.getAttribute("aria-label") || at.closest("label")?.textContent.trim() || at.textContent, seen];
}"""


def stops(page, count, key="Tab"):
    """What the focus comes to by a key, so many times; each of it is seen to have it."""
    names = []
    for _ in range(count):
        page.keyboard.press(key)
        # The editor looks a moment later whether it has the focus.
        if page.locator("#editor .cm-content:focus").count():
            page.locator("#editor .cm-focused").wait_for()
        name, seen = page.evaluate(_FOCUS)
        assert seen, f"the focus cannot be seen on {name}"
        names.append(name)
    return names


@pytest.fixture
def tiny(page):
    """The page with a small spec and the focus nowhere."""
    enter(page, TINY, "tiny")
    # The next Tab goes on from what was clicked.
    page.click("h1")
    return page


def test_tab_reaches_everything_in_the_order_of_the_page(tiny):
    """The header, the editor, which Escape leaves, the settings, the tabs, and what the open one holds."""
    assert stops(tiny, 6) == ["networks", "open", "share", "Save", "learn", "Spec"]
    tiny.keyboard.press("Escape")
    settings = ["classes, slider", "classes", "input channels, slider", "input channels", "input height, slider"]
    settings += ["input height", "input width, slider", "input width", "batch", "convention"]
    assert stops(tiny, len(settings)) == settings
    assert stops(tiny, 4) == ["tab-table", "Table of layers", "input", "conv2d"]
    assert stops(tiny, 3, "Shift+Tab") == ["input", "Table of layers", "tab-table"]


def test_tab_indents_in_the_editor_until_escape(tiny):
    """Then it leaves."""
    tiny.locator("#editor .cm-content").focus()
    tiny.keyboard.press("Control+End")
    awaited(tiny)
    tiny.keyboard.insert_text("# x")
    counted(tiny, "tiny")
    tiny.keyboard.press("Tab")
    assert tiny.locator("#editor .cm-line").last.text_content() == "  # x"
    tiny.keyboard.press("Escape")
    assert stops(tiny, 1) == ["classes, slider"]


def test_the_tabs_are_chosen_by_arrows(tiny):
    """Around both ends, and to the first and the last."""
    tiny.locator("#tab-table").focus()
    assert stops(tiny, 2, "ArrowRight") == ["tab-diagram", "tab-charts"]
    assert tiny.locator("#panel-charts").is_visible()
    assert stops(tiny, 1, "End") == ["tab-worksheet"]
    assert stops(tiny, 1, "ArrowRight") == ["tab-table"]
    assert stops(tiny, 1, "ArrowLeft") == ["tab-worksheet"]
    assert stops(tiny, 1, "Home") == ["tab-table"]


def test_a_network_is_chosen_by_typing(tiny):
    """And the list is closed by Escape, which leaves everything as it was."""
    tiny.locator("#networks").focus()
    tiny.keyboard.press("Enter")
    dialog = tiny.get_by_role("dialog", name="Bundled networks")
    dialog.wait_for()
    tiny.keyboard.type("vgg")
    dialog.get_by_text("of 452 networks").wait_for()
    tiny.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert tiny.evaluate("document.activeElement.id") == "networks"
    assert len(numbers(tiny)) == 5

    tiny.locator("#networks").focus()
    tiny.keyboard.press("Enter")
    dialog.wait_for()
    tiny.keyboard.press("Control+A")
    tiny.keyboard.type("lenet5")
    tiny.keyboard.press("ArrowDown")
    assert tiny.evaluate("document.activeElement.dataset.name").startswith("lenet5")
    awaited(tiny)
    tiny.keyboard.press("Enter")
    counted(tiny, "lenet5")
    assert dialog.is_hidden()


def test_rows_are_walked_by_arrows_and_chosen_by_enter(tiny):
    choose(tiny, "table").get_by_role("button", name="input").focus()
    assert stops(tiny, 3, "ArrowDown") == ["conv2d", "relu", "flatten"]
    assert stops(tiny, 1, "ArrowUp") == ["relu"]
    tiny.keyboard.press("Enter")
    assert tiny.locator("#panel-table tr.lit th").all_inner_texts() == ["relu"]


def test_a_box_and_a_bar_are_buttons(tiny):
    """Enter and the space bar choose their layers; arrows lead from bar to bar."""
    panel = choose(tiny, "diagram")
    panel.get_by_role("group", name="Diagram of tiny", exact=True).wait_for()
    panel.locator(".node[data-rows~=linear]").focus()
    tiny.keyboard.press("Enter")
    assert panel.locator(".node.lit").get_attribute("data-rows") == "linear"
    panel = choose(tiny, "charts")
    panel.locator(".bar").first.focus()
    assert tiny.evaluate(_FOCUS) == ["conv2d: 112 params", True]
    assert stops(tiny, 1, "ArrowRight") == ["linear: 2,570 params"]
    tiny.keyboard.press("ArrowLeft")
    tiny.keyboard.press("Space")
    assert panel.locator(".bar.lit").first.get_attribute("data-layer") == "conv2d"


def test_the_menu_of_files_opens_and_closes_by_keys(tiny):
    tiny.locator("#downloads summary").focus()
    tiny.keyboard.press("Enter")
    assert stops(tiny, 2) == ["Spec, as in the editor", "Table, markdown"]
    tiny.keyboard.press("Escape")
    assert tiny.locator("#downloads[open]").count() == 0
    assert tiny.evaluate("document.activeElement.localName") == "summary"


def test_a_worksheet_is_marked_by_enter(tiny):
    panel = choose(tiny, "worksheet")
    panel.get_by_label("params of conv2d", exact=True).fill("112")
    tiny.keyboard.press("Enter")
    panel.locator("tr[data-row=conv2d] .right[data-cell=params]").wait_for()


def test_all_rows_of_a_page_are_reached_by_keys(tiny):
    """A row that a click would choose is chosen by the keyboard too."""
    panel = choose(tiny, "fields")
    panel.locator("tr[data-layer=conv2d]").wait_for()
    panel.locator("tr[tabindex='0']").focus()
    assert tiny.evaluate("document.activeElement.dataset.layer") == "input"
    tiny.keyboard.press("ArrowDown")
    tiny.keyboard.press("Enter")
    panel.locator("tr.lit[data-layer=conv2d]").wait_for()
    assert tiny.locator("#panel-fields .field strong").inner_text() == "conv2d"
