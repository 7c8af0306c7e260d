"""Hostile names, titles, notes, files and links are shown as texts: nothing of them runs, and nothing is fetched."""

from __future__ import annotations

import json

import pytest

from tests.importers import onnx_files
from tests.live.browser.reader import awaited, choose, counted, drop, enter, write

PANELS = [
    *("table", "diagram", "charts", "fields", "formulas"),
    *("memory", "figures", "conventions", "compare", "worksheet"),
]
HOSTILE = {
    "image": "<img src=x onerror=globalThis.ran=1>",
    "script": "</script><script>globalThis.ran=1</script>",
    "style": "</style><svg onload=globalThis.ran=1>",
    "quotes": "\"'`><iframe srcdoc='<script>parent.ran=1</script>'>",
    "link": "javascript:globalThis.ran=1",
    "entity": "&lt;img src=x onerror=globalThis.ran=1&gt;",
    "end": "]]><script xmlns='http://www.w3.org/1999/xhtml'>globalThis.ran=1</script>",
    "control": "a\x1b[31mb\u202ec\x00d",
}


def spec(text):
    """A spec with a text wherever one may stand: its title, note, source, and the names of layers, params and figures."""
    quoted = json.dumps(text)
    return f"""\
name: hostile
title: {quoted}
source: {quoted}
note: {quoted}
input: {{channels: 3, height: 8, width: 8}}
layers:
  - conv2d: {{name: {quoted}, out: 4, kernel: 3, padding: 1, note: {quoted}}}
  - flatten
  - linear: {{out: 10}}
figures:
  - {{of: params, value: 2682, source: {quoted}, note: {quoted}}}
"""


@pytest.fixture
def watched(page):
    """The page, of which it is known at the end that nothing ran, nothing asked, and nothing was fetched."""
    asked, dialogs = [], []

    def request(one):
        asked.append(one.url)

    def dialog(one):
        dialogs.append(one.message)
        one.dismiss()

    page.on("request", request)
    page.on("dialog", dialog)
    yield page
    # What an element would have loaded, it asks for when it is laid out, which a picture of the page makes happen.
    page.screenshot()
    page.remove_listener("request", request)
    page.remove_listener("dialog", dialog)
    assert page.evaluate("globalThis.ran") is None
    assert dialogs == []
    assert [url for url in asked if not url.startswith(("blob:", "data:")) and not url.endswith(("sympy.zip",))] == []


def each_panel(page):
    """Look at every panel with all tooltips of the table; no element of it is one that a text made."""
    for panel in PANELS:
        shown = choose(page, panel)
        page.locator("html[data-engine=ready]").wait_for(state="attached")
        assert shown.locator("img, script, iframe, object, embed, a[href^=javascript]").count() == 0, panel
        assert shown.evaluate("""element => [...element.querySelectorAll("*")].every(
            one => one.getAttributeNames().every(name => !name.startsWith("on")))"""), panel


@pytest.mark.parametrize("sort", [sort for sort in HOSTILE if sort != "control"])
def test_a_text_stays_a_text_in_every_panel(watched, sort):
    """Typed as title, note, source, and as the name of a layer."""
    text = HOSTILE[sort]
    enter(watched, spec(text), "hostile")
    watched.check("#learn")
    row = choose(watched, "table").locator("tbody tr").nth(1)
    assert row.locator("th").inner_text() == text
    row.locator("td[data-key=params]").hover()
    watched.locator("#tip").wait_for()
    assert watched.locator("#tip strong").inner_text() == text
    assert watched.locator("#tip img, #tip script").count() == 0
    row.locator("td").first.click()
    assert watched.title() == f"{text} · archcalc"
    choose(watched, "compare").get_by_role("button", name="Keep this one").click()
    watched.locator("#panel-compare .content table").first.wait_for()
    each_panel(watched)
    assert text in choose(watched, "formulas").inner_text()
    assert text in choose(watched, "worksheet").inner_text()
    with watched.expect_download() as saved:
        watched.click("#downloads summary")
        watched.get_by_role("button", name="Diagram, PNG").click()
    assert saved.value.suggested_filename == "hostile.diagram.png"


def test_signs_that_cannot_be_seen_are_refused_or_shown(watched):
    """As the command line does, so that no terminal and no page is turned about."""
    write(watched, spec(HOSTILE["control"].replace("\0", "")).replace("\\u001b", "\\u202e"))
    watched.locator("#mistakes:not([hidden]), html[data-counted=hostile]").first.wait_for(state="attached")
    each_panel(watched)
    assert "\u202e" not in watched.locator("#mistakes").inner_text()


@pytest.mark.parametrize("sort", HOSTILE)
def test_a_mistake_says_a_hostile_text_as_text(watched, sort):
    """In the box, and below the pointer in the editor."""
    write(watched, f"layers:\n  - {json.dumps(HOSTILE[sort])}\n")
    box = watched.locator("#mistakes:not([hidden])")
    box.wait_for()
    assert box.locator("*").count() == 0
    mark = watched.locator("#editor .cm-lintRange-error").first
    mark.hover()
    told = watched.locator(".cm-tooltip-lint")
    told.wait_for()
    assert told.locator("img, script, svg, iframe").count() == 0


@pytest.mark.parametrize("sort", [sort for sort in HOSTILE if sort != "control"])
def test_a_file_with_a_hostile_name_is_opened(watched, sort):
    """Its name stands above the editor, in messages, and in the list of what is compared."""
    name = HOSTILE[sort].replace("/", "_")
    drop(watched, (f"{name}.onnx", b"\x08\x08 nothing of it is right"), (f"{name}.yaml", b"layers: 3"))
    chip = watched.locator("#panel-compare .chips li")
    chip.wait_for()
    assert chip.inner_text().startswith(name)
    watched.locator("#panel-compare .complaint").wait_for()
    each_panel(watched)
    assert watched.locator("#mistakes *, #status *, #file img, #file script").count() == 0


def test_the_content_of_a_file_stays_a_text(watched):
    """Names of layers in an ONNX file."""
    text = HOSTILE["image"]
    node = onnx_files.node("Relu", "x", "y", name=text)
    model = onnx_files.model([node], [onnx_files.value("x", "N", 3)], [onnx_files.value("y", "N", 3)])
    awaited(watched)
    drop(watched, ("file.onnx", model))
    counted(watched, "file")
    each_panel(watched)


def test_a_hostile_link_is_shown_as_text(watched):
    """Its text, its names, its panel and its layer."""
    text = HOSTILE["image"]
    enter(watched, spec(text), "hostile")
    choose(watched, "table").locator("tbody tr").nth(1).click()
    watched.click("#share")
    watched.locator("#status", has_text="The link is").wait_for()
    link = watched.url.partition("#")[2]
    awaited(watched)
    watched.evaluate("hash => { location.hash = hash }", f"{link}&panel={text}&layer={text}&again=1")
    counted(watched, "hostile")
    each_panel(watched)
    watched.evaluate("hash => { location.hash = hash }", f"net={text}")
    watched.locator("#mistakes", has_text="onerror").wait_for()
    assert watched.locator("#mistakes *").count() == 0
