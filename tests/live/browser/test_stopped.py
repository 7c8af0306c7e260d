"""What takes too long is stopped, and the page goes on with a fresh engine."""

from __future__ import annotations

import pytest

from tests.live.browser.reader import TINY, arrive, enter, numbers, write

# Within the language's budget of layers, and many seconds of work for a browser.
LONG_SPEC = """\
name: long
input: {features: 8}
layers:
  - linear: {out: index + 8, repeat: 19000}
"""


@pytest.fixture
def open_page(visit, site):
    """A way to open the page once more, since its engine is killed here."""
    pages = []

    def made(added):
        pages.append(arrive(visit, site + added))
        return pages[-1]

    yield made
    for page in pages:
        page.close()


def test_a_spec_that_runs_long_is_stopped(open_page):
    """After the seconds that the address names; the page says so, and counts the next one."""
    page = open_page("?seconds=2")
    write(page, LONG_SPEC)
    page.locator("#mistakes", has_text="stopped after 2 seconds; the command line has no such limit").wait_for()
    assert "stopped after 2 seconds" in page.locator("#status").inner_text()
    enter(page, TINY, "tiny")
    assert len(numbers(page)) == 5
    assert page.locator("#mistakes").is_hidden()


def test_a_reader_stops_what_takes_too_long(open_page):
    """By a button that is there as long as something runs; a newer text is waited for in vain only for some seconds."""
    page = open_page("?seconds=20")
    assert page.locator("#stop").is_hidden()
    write(page, LONG_SPEC)
    page.locator("#stop").click()
    page.locator("#status", has_text="stopped").wait_for()
    assert page.locator("#mistakes").inner_text() == "stopped by hand; any change counts again"
    assert page.locator("#stop").is_hidden()
    enter(page, TINY, "tiny")
    assert len(numbers(page)) == 5

    write(page, LONG_SPEC)
    page.locator("#stop").wait_for()
    enter(page, TINY.replace("tiny", "newer"), "newer")
    assert len(numbers(page)) == 5
