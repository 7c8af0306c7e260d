"""The page inside of another: one panel, and a link to all of it."""

from __future__ import annotations

from tests.live.browser.reader import counted


def test_one_panel_is_shown_with_a_link_to_the_page(visit, site):
    """No editor, no tabs; the link opens what is seen, in a tab of its own."""
    page = visit.new_page()
    page.goto(f"{site}?embed=diagram#net=vgg16")
    counted(page, "vgg16")
    page.locator("#panel-diagram .node").first.wait_for()
    for hidden in ("#editor", "#settings", "#tabs", "nav", "h1", "#panel-table"):
        assert page.locator(hidden).is_hidden(), hidden
    link = page.get_by_role("link", name="Open in archcalc")
    assert link.get_attribute("rel") == "noopener"
    with visit.expect_page() as other:
        link.click()
    assert other.value.url == f"{site}#net=vgg16&panel=diagram"
    other.value.locator("#editor").wait_for()
    other.value.close()
    page.close()


def test_a_frame_of_another_page_shows_the_first_result(visit, site):
    """At once, before the engine is there."""
    page = visit.new_page()
    page.goto(f"{site}schema.json")
    page.evaluate(
        """address => {
        const frame = document.createElement("iframe");
        frame.src = address;
        document.body.replaceChildren(frame);
    }""",
        f"{site}?embed=table",
    )
    frame = page.frame_locator("iframe")
    frame.locator("#panel-table tbody tr").first.wait_for()
    assert frame.locator("#panel-table tbody tr").last.locator("th").inner_text() == "softmax"
    page.close()
