"""What a reader does on the page, and what the command line says of the same."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from click.testing import CliRunner, Result

from archcalc.cli import main

# Far longer than any answer takes; a page that hangs shall not hang the tests.
LONG = 30_000
# So that every address is another than the one before, which is what makes a browser follow it.
_turns = itertools.count()

TINY = """\
name: tiny
input: {channels: 3, height: 8, width: 8}
params: {classes: 10}
layers:
  - conv2d: {out: 4, kernel: 3, padding: 1}
  - relu
  - flatten
  - linear: {out: classes}
"""


def command(*words: str, folder: Path | None = None) -> Result:
    """What archcalc does with these words, in the folder of a file where one is named."""
    with chdir(folder or Path.cwd()):
        return CliRunner().invoke(main, [*words])


def printed(*words: str, folder: Path | None = None) -> str:
    """What archcalc prints for these words."""
    done = command(*words, folder=folder)
    assert done.exit_code == 0, done.output
    return done.stdout


def arrive(context: Any, address: str) -> Any:
    """A new page at an address, whose engine has started."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-engine=ready]", state="attached")
    return page


def counted(page: Any, name: str) -> None:
    """Wait until the page shows a network's numbers; `awaited` comes before what makes it count."""
    page.wait_for_selector(f'html[data-counted="{name}"]', state="attached")


def awaited(page: Any) -> None:
    """Forget what was counted, so that the next count can be waited for."""
    page.evaluate("delete document.documentElement.dataset.counted")


def follow(page: Any, link: str, name: str) -> None:
    """Follow a link inside of the page, until its network is counted."""
    awaited(page)
    page.evaluate("hash => { location.hash = hash }", f"{link}&turn={next(_turns)}")
    counted(page, name)


def write(page: Any, text: str) -> None:
    """Put a text in the place of the editor's, as one paste would."""
    page.locator("#editor .cm-content").focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


def enter(page: Any, text: str, name: str) -> None:
    """Put a spec in the editor, until its network is counted."""
    awaited(page)
    write(page, text)
    counted(page, name)


def choose(page: Any, panel: str) -> Any:
    """Open a panel by its tab, until it shows what was counted last and not what stood there before."""
    page.click(f"#tab-{panel}")
    page.wait_for_selector(f"#panel-{panel}:not([aria-busy])")
    return page.locator(f"#panel-{panel}")


def drop(page: Any, *files: tuple[str, bytes]) -> None:
    """Choose files as with the button Open files."""
    page.set_input_files(
        "input[type=file]",
        [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files],
    )


def numbers(page: Any) -> list[list[str]]:
    """The cells of the table, row by row: name, kind, settings, output, activations, params, MACs."""
    panel = choose(page, "table")
    return [row.split("\t") for row in panel.locator("tbody").inner_text().splitlines()]


def cells(rows: Sequence[Any]) -> list[list[str]]:
    """What the table shows of the rows of `archcalc table --format json`."""
    return [
        [
            row["name"],
            row["layer"],
            row["settings"],
            "×".join(
                f"({size})" if isinstance(size, str) and not size.isidentifier() else str(size)
                for size in row["output"]
            ),
            *(shown(row[key]) for key in ("activations", "params", "macs")),
        ]
        for row in rows
    ]


def shown(count: Any) -> str:
    """A count as the page writes it out."""
    if isinstance(count, str):
        # A formula, with a sign of its own for times.
        return count.replace("*", "·")
    return "?" if count is None else f"{count:,}"


def editor(page: Any) -> str:
    """The text in the editor, of a spec so short that all its lines are drawn."""
    return "\n".join(page.locator("#editor .cm-line").all_text_contents())


def boxes(page: Any, name: str) -> list[list[str]]:
    """The names of the layers of each box in the diagram of a network."""
    drawing = choose(page, "diagram").get_by_role("group", name=f"Diagram of {name}", exact=True)
    drawing.wait_for()
    marked = drawing.locator(".node").evaluate_all("all => all.map(box => box.dataset.rows)")
    return [[unquote(name) for name in rows.split()] for rows in marked]


def totals(page: Any) -> dict[str, str]:
    """The sums above the panels, by what they are of."""
    texts = page.locator("#totals dt, #totals dd").evaluate_all("all => all.map(one => one.firstChild.data)")
    return dict(zip(texts[::2], texts[1::2], strict=True))
