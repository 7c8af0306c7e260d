"""The page as a reader has it: served by this machine, opened in Chromium, with its engine running."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from archcalc.errors import SpecError
from archcalc.live.answers import start
from archcalc.live.folder import contents
from archcalc.live.server import server
from tests.live.browser.reader import LONG, arrive, follow
from tests.programs import program

_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
_FLAGS += ["--disable-background-networking", "--disable-component-update"]
# A desktop; a tab of a phone is set where a test asks for one.
_DESKTOP = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the page."""
    try:
        files = contents(start)
    except SpecError as error:
        pytest.skip(f"needs the foreign parts of the page's engine: {error.fact}")
    with server(files, 0) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


# Not of the session: as long as Playwright runs, nothing else in the process can run a loop of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """A browser, where there is one."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = program("chromium", "chromium-browser", "google-chrome")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def visit(browser) -> Iterator[Any]:
    """A context that all tests share which need no other, so that the engine starts once."""
    context = browser.new_context(viewport=_DESKTOP, color_scheme="light")
    context.set_default_timeout(LONG)
    yield context
    context.close()


@pytest.fixture(scope="package")
def kept() -> list[Any]:
    """The page whose engine goes on running from test to test, or none."""
    return []


@pytest.fixture
def page(visit, site, kept) -> Iterator[Any]:
    """The page with AlexNet in it, as a reader finds it."""
    if not kept:
        kept.append(arrive(visit, site))
    [shared] = kept
    shared.set_viewport_size(_DESKTOP)
    shared.emulate_media(color_scheme="light")
    # By itself, for it is hidden where the page is wide.
    shared.locator("#to-results").evaluate("button => button.click()")
    shared.locator("#learn").set_checked(False)
    follow(shared, "net=alexnet", "alexnet")
    shared.locator("#panel-table tbody tr").first.wait_for()
    faults: list[Any] = []

    def fault(error: Any) -> None:
        faults.append(error)

    shared.on("pageerror", fault)
    yield shared
    shared.remove_listener("pageerror", fault)
    assert not faults
    # A test that left a dialog open, or an engine that does not run, has used this page up.
    if shared.locator(
        "dialog[open], html:is([data-engine=starting], [data-engine=stopped], [data-engine=failed])"
    ).count():
        kept.pop().close()


@pytest.fixture
def fresh(browser, site) -> Iterator[Callable[..., Any]]:
    """A way to open the page as somebody who has never been there, at what is added to its address; `heard` gets requests."""
    contexts: list[Any] = []

    def made(added: str = "", heard: Callable[[Any], object] = lambda _request: None) -> Any:
        contexts.append(browser.new_context(viewport=_DESKTOP))
        contexts[-1].set_default_timeout(LONG)
        contexts[-1].on("request", heard)
        return arrive(contexts[-1], site + added)

    yield made
    for context in contexts:
        context.close()
