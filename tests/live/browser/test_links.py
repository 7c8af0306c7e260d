"""Links: all that a reader sees, in the part of the address that no server is told."""

from __future__ import annotations

import pytest

from tests.live.browser.reader import TINY, awaited, choose, counted, editor, enter, follow, numbers, totals


def link(page):
    """The address that the button Link makes, by its part after #."""
    page.click("#share")
    page.locator("#status", has_text="The link is").wait_for()
    return page.url.partition("#")[2]


def test_a_link_brings_all_of_it_back_elsewhere(page, fresh):
    """The text, its settings, its numbers, the panel, the layer, and the networks beside it."""
    enter(page, TINY, "tiny")
    awaited(page)
    page.get_by_label("classes", exact=True).fill("24")
    page.get_by_label("classes", exact=True).press("Enter")
    counted(page, "tiny")
    page.locator("#panel-table tbody tr", has_text="relu").click()
    panel = choose(page, "compare")
    panel.get_by_label("A network to compare with").fill("vgg16")
    panel.get_by_label("A network to compare with").press("Enter")
    panel.locator("table").first.wait_for()
    before = (editor(page), totals(page), panel.locator(".content").inner_text(), numbers(page))
    choose(page, "compare")

    other = fresh(f"#{link(page)}")
    counted(other, "tiny")
    panel = other.locator("#panel-compare")
    panel.locator("table").first.wait_for()
    assert panel.is_visible()
    assert panel.locator(".chips li").all_inner_texts() == ["vgg16 ×"]
    after = (editor(other), totals(other), panel.locator(".content").inner_text(), numbers(other))
    assert after == before
    assert other.get_by_label("classes", exact=True).input_value() == "24"
    assert other.locator("#panel-table tr.lit th").all_inner_texts() == ["relu"]
    assert other.locator("#editor .cm-lit").all_inner_texts() == ["  - relu"]


def test_a_link_to_a_bundled_network_is_short(page):
    """It holds the name, and no text that would grow old."""
    follow(page, "net=vgg16", "vgg16")
    assert link(page) == "net=vgg16"
    choose(page, "diagram")
    assert link(page) == "net=vgg16&panel=diagram"
    page.get_by_label("classes", exact=True).fill("7")
    page.get_by_label("classes", exact=True).press("Enter")
    page.locator("#totals", has_text="134 M").wait_for()
    assert link(page).startswith("spec=")


def test_a_link_that_is_followed_takes_the_place_of_what_was_there(page):
    """Also of the networks that were compared, and of the layer."""
    panel = choose(page, "compare")
    panel.get_by_role("button", name="Keep this one").click()
    panel.locator("table").first.wait_for()
    follow(page, "net=vgg16&panel=charts&layer=fc8", "vgg16")

    assert page.locator("#panel-charts").is_visible()
    page.locator("#panel-charts .bar.lit").first.wait_for()
    assert choose(page, "table").locator("tr.lit th").all_inner_texts() == ["fc8"]
    assert choose(page, "compare").locator(".chips li").count() == 0


DAMAGED = ["spec=nonsense!", "spec=AAAA", "spec=q1ZKVrJSyk", "spec=i44FAA", "spec=MzQyNgEA", "spec=%00%ff"]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_damaged_link_is_told(page, damaged):
    """And what was there stays, and goes on."""
    page.evaluate("hash => { location.hash = hash }", damaged)
    page.locator("#mistakes", has_text="the link is damaged").wait_for()
    assert numbers(page)[-1][0] == "softmax"
    enter(page, TINY, "tiny")
    assert page.locator("#mistakes").is_hidden()


@pytest.mark.parametrize(
    ("damaged", "said"),
    [("spec=nonsense!", "the link is damaged"), ("net=none-such", "no network or file named 'none-such'")],
)
def test_a_page_that_is_opened_by_a_damaged_link_lives(visit, site, damaged, said):
    """It says so, and shows the network that it has ready."""
    page = visit.new_page()
    page.goto(f"{site}#{damaged}")
    page.locator("#mistakes", has_text=said).wait_for()
    assert numbers(page)[-1][0] == "softmax"
    page.close()


def test_a_link_that_unpacks_to_far_too_much_is_refused(page):
    """A few thousand signs of it would fill the memory."""
    bomb = page.evaluate("""async () => {
        const squeezed = new Blob([new Uint8Array(50_000_000).fill(32)]).stream()
            .pipeThrough(new CompressionStream("deflate-raw"));
        const bytes = new Uint8Array(await new Response(squeezed).arrayBuffer());
        return bytes.reduce((text, byte) => text + String.fromCharCode(byte), "");
    }""")
    page.evaluate(
        """bomb => {
        location.hash = "spec=" + btoa(bomb).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    }""",
        bomb,
    )
    page.locator("#mistakes", has_text="the link is damaged: longer than any spec").wait_for()


def test_what_was_on_the_page_is_there_at_the_next_visit(fresh):
    """The text as it was typed; the address of the network before it is gone as soon as it says another."""
    page = fresh("#net=vgg16")
    counted(page, "vgg16")
    enter(page, TINY, "tiny")
    assert "#" not in page.url
    page.evaluate("""async () => {
        while (!localStorage.getItem("archcalc-draft")) await new Promise(requestAnimationFrame);
    }""")
    page.reload()
    counted(page, "tiny")
    assert editor(page) == TINY
    assert "What you had here last is back." in page.locator("#status").inner_text()
