"""Nothing leaves the machine: all requests go to where the page came from, and none is needed once it is there."""

from __future__ import annotations

from tests.importers import onnx_files
from tests.live.browser.reader import TINY, awaited, choose, counted, drop, enter, numbers, totals


def test_all_requests_go_to_where_the_page_came_from(fresh, site):
    """In a whole visit: numbers, pictures, letters, a file, a link, downloads, all panels, and no network at the end."""
    asked: list[str] = []
    page = fresh(heard=lambda request: asked.append(request.url))
    enter(page, TINY, "tiny")
    for tab in page.locator("#tabs button").all():
        tab.click()
    awaited(page)
    page.get_by_label("classes", exact=True).fill("K")
    page.get_by_label("classes", exact=True).press("Enter")
    counted(page, "tiny")
    assert "K" in totals(page)["params"]
    awaited(page)
    drop(page, ("small.onnx", onnx_files.SMALL))
    counted(page, "small")
    page.click("#share")
    page.click("#downloads summary")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Diagram, PNG").click()
    assert saved.value.failure() is None

    elsewhere = [url for url in asked if not url.startswith((site, f"blob:{site}", "data:"))]
    assert len(asked) > 10
    assert elsewhere == []
    # What the engine loads late was not needed before.
    assert f"{site}engine/sympy.zip" in asked
    assert not any("#" in url or "?" in url for url in asked)

    page.context.set_offline(True)
    enter(page, TINY.replace("tiny", "alone"), "alone")
    assert len(numbers(page)) == 5
    choose(page, "diagram").get_by_role("group", name="Diagram of alone", exact=True).wait_for()
    page.click("#networks")
    awaited(page)
    page.get_by_role("button", name="lenet5").first.click()
    counted(page, "lenet5")


def test_the_page_forbids_what_it_does_not_need(page):
    """Its policy refuses an address elsewhere, and a script in a text."""
    refused = page.evaluate("fetch('https://example.com/').then(() => '', error => error.name)")
    assert refused == "TypeError"
    assert page.evaluate("""() => {
        const script = document.createElement("script");
        script.textContent = "globalThis.ran = true";
        document.body.append(script);
        script.remove();
        return globalThis.ran === undefined;
    }""")
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy.startswith("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';")
