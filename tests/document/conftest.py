"""A browser, and the page of VGG-16 to open in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from tests.programs import program


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A browser, where there is one."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = program("chromium", "chromium-browser", "google-chrome")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> str:
    """The page of VGG-16, with its diagram and chart."""
    folder = tmp_path_factory.mktemp("report")
    done = CliRunner().invoke(main, ["report", "vgg16", "--format", "html", "-o", str(folder)])
    assert done.exit_code == 0, done.output
    return (folder / "vgg16.html").read_text()
