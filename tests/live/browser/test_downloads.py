"""Files that the page saves: each holds what the command of its kind writes."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.live.browser.reader import TINY, enter, printed

# The item of the menu, and the words of the command that prints the same; none where it is looked at otherwise.
SAVED = {
    "Table, markdown": ["table", "tiny.yaml", "--format", "markdown"],
    "Table, LaTeX": ["table", "tiny.yaml", "--format", "latex"],
    "Table, CSV": ["table", "tiny.yaml", "--format", "csv"],
    "Table, JSON": ["table", "tiny.yaml", "--format", "json"],
    "Report, HTML": ["table", "tiny.yaml", "--format", "html"],
    "Diagram, Mermaid": ["diagram", "tiny.yaml", "--format", "mermaid"],
    "Diagram, TikZ": ["diagram", "tiny.yaml", "--format", "tikz"],
    "For keras": ["export", "tiny.yaml", "--to", "keras"],
    "For prototxt": ["export", "tiny.yaml", "--to", "prototxt"],
    "For scalesim": ["export", "tiny.yaml", "--to", "scalesim"],
    "For timeloop": ["export", "tiny.yaml", "--to", "timeloop"],
    "For torch": ["export", "tiny.yaml", "--to", "torch"],
}


@pytest.fixture
def tiny(page, tmp_path):
    """The page with a small spec, which lies in a file too."""
    (tmp_path / "tiny.yaml").write_text(TINY)
    enter(page, TINY, "tiny")
    return page


def saved(page, title):
    """The name and the content of a file that is saved."""
    page.click("#downloads summary")
    with page.expect_download() as download:
        page.locator("#downloads").get_by_role("button", name=title, exact=True).click()
    assert page.locator("#downloads[open]").count() == 0
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_every_item_of_the_menu_gives_a_file(tiny):
    """None is empty, and no two have the same name."""
    tiny.click("#downloads summary")
    titles = tiny.locator("#downloads li").all_inner_texts()
    tiny.click("#downloads summary")
    files = dict(saved(tiny, title) for title in titles)
    assert len(files) == len(titles) == len(SAVED) + 5
    assert all(files.values())
    assert all(name.startswith("tiny.") for name in files)
    assert files["tiny.yaml"].decode() == TINY


@pytest.mark.parametrize("title", SAVED)
def test_a_file_holds_what_the_command_prints(tiny, tmp_path, title):
    assert saved(tiny, title)[1].decode() == printed(*SAVED[title], folder=tmp_path)


@pytest.mark.parametrize("title", ["Diagram, SVG", "Charts, SVG"])
def test_a_picture_is_a_file_that_stands_for_itself(tiny, title):
    """It has its size and its colours, and no style of the page's."""
    _, content = saved(tiny, title)
    root = ET.fromstring(content)  # noqa: S314 - made here
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert float(root.get("width")) > 100
    assert float(root.get("height")) > 100
    assert "conv2d" in content.decode()
    used, given = (set(re.findall(each, content.decode())) for each in (r"var\((--[\w-]+)", r"(--[\w-]+):"))
    assert used <= given


@pytest.mark.parametrize("title", ["Diagram, PNG", "Charts, PNG"])
def test_a_picture_is_drawn_in_pixels(tiny, title):
    """Twice as many as it is wide on the page."""
    _, content = saved(tiny, title)
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", content[16:24])
    svg = ET.fromstring(saved(tiny, title.replace("PNG", "SVG"))[1])  # noqa: S314 - made here
    assert (width, height) == pytest.approx((2 * float(svg.get("width")), 2 * float(svg.get("height"))), abs=1)
