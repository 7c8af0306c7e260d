"""What a reader hears who does not see the page, and what one sees whose eyes are weak."""

from __future__ import annotations

import pytest

from tests.live.browser.reader import TINY, choose, enter, write

PANELS = [
    *("table", "diagram", "charts", "fields", "formulas"),
    *("memory", "figures", "conventions", "compare", "worksheet"),
]
# What has to have a name; a table of figures is named by its caption or by what it stands in.
NAMED = {
    *("button", "textbox", "searchbox", "slider", "combobox", "checkbox", "tab", "tabpanel", "tablist", "region"),
    *("link", "dialog", "group", "navigation", "spinbutton", "img", "table"),
}


def tree(page):
    """The nodes of the accessibility tree: role, name and properties."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            {one["name"]: one["value"].get("value") for one in node.get("properties", [])},
        )
        for node in nodes
        if not node["ignored"]
    ]


@pytest.fixture
def tiny(page):
    enter(page, TINY, "tiny")
    return page


@pytest.mark.parametrize("panel", PANELS)
def test_every_control_has_a_name(tiny, panel):
    """In each panel, with what is around it."""
    choose(tiny, panel)
    tiny.locator("html[data-engine=ready]").wait_for(state="attached")
    nodes = tree(tiny)
    assert len(nodes) > 50
    assert [(role, given) for role, name, given in nodes if role in NAMED and not name.strip()] == []


def test_the_list_of_networks_has_names_too(tiny):
    tiny.click("#networks")
    nodes = tree(tiny)
    assert [role for role, name, _ in nodes if role in NAMED and not name.strip()] == []
    assert ("dialog", "Bundled networks") in [node[:2] for node in nodes]
    tiny.keyboard.press("Escape")


def test_the_open_tab_is_told(tiny):
    """One is selected, and it names the panel that is seen."""
    choose(tiny, "charts")
    nodes = tree(tiny)
    tabs = {name: given.get("selected") for role, name, given in nodes if role == "tab"}
    assert len(tabs) == len(PANELS)
    assert [name for name, selected in tabs.items() if selected] == ["Charts"]
    assert [name for role, name, _ in nodes if role == "tabpanel"] == ["Charts"]


def test_a_mistake_is_an_alert(tiny):
    """With its words in it, and the settings of the editor told beside."""
    write(tiny, TINY.replace("conv2d", "conv"))
    alert = tiny.get_by_role("alert")
    alert.wait_for()
    assert "no layer or block named 'conv'" in alert.inner_text()
    assert tiny.get_by_role("status").count() >= 1


def test_the_page_has_its_landmarks(tiny):
    """A banner with the actions, and a main part with the two halves."""
    roles = [(role, name) for role, name, _ in tree(tiny)]
    assert {("banner", ""), ("main", ""), ("navigation", "Actions")} <= {*roles}
    assert {("region", "Spec"), ("region", "Results"), ("region", "Table of layers")} <= {*roles}
    assert ("heading", "archcalc") in roles
    assert tiny.locator("html").get_attribute("lang") == "en"


def test_what_can_be_switched_says_how_it_stands(tiny):
    """By its role, not by its look alone."""
    given = {name: properties for role, name, properties in tree(tiny) if role in {"checkbox", "DisclosureTriangle"}}
    assert given["Learn"]["checked"] == "false"
    assert given["Save"]["expanded"] is False


# The contrast of each text with what is behind it, as WCAG 2 counts it.
_CONTRASTS = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const parts = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const light = rgb => {
        const [r, g, b] = rgb.map(one => one / 255).map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const over = ([r, g, b, a], below) => [r, g, b].map((one, at) => one * a + below[at] * (1 - a));
    const ground = element => {
        if (!element) return [255, 255, 255];
        const [r, g, b, a] = parts(getComputedStyle(element).backgroundColor);
        return a === 1 ? [r, g, b] : over([r, g, b, a], ground(element.parentElement));
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest("svg, datalist, option")) continue;
        const behind = ground(element);
        const [a, b] = [light(over(parts(getComputedStyle(element).color), behind)), light(behind)];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        found.push([contrast, `${element.localName}.${element.className} ${texts.currentNode.data.trim().slice(0, 40)}`]);
    }
    return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_what_is_behind_them(tiny, scheme):
    """By 4.5 to 1 at least: numbers, mistakes, lit rows, the editor, and every panel."""
    tiny.emulate_media(color_scheme=scheme)
    tiny.locator("#panel-table tbody tr", has_text="relu").click()
    found = []
    for panel in PANELS:
        choose(tiny, panel)
        tiny.locator("html[data-engine=ready]").wait_for(state="attached")
        found += tiny.evaluate(_CONTRASTS)
    write(tiny, TINY.replace("conv2d", "conv"))
    tiny.wait_for_selector("#mistakes:not([hidden])")
    choose(tiny, "table")
    found += [one for one in tiny.evaluate(_CONTRASTS) if "number" not in one[1]]
    assert len(found) > 300
    assert sorted(one for one in found if one[0] < 4.5) == []
