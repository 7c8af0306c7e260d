"""The command `archcalc live`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from archcalc.characters import visible
from archcalc.cli.output import complain, put


@click.command("live")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="Write the page as a folder instead."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8314, show_default=True, help="Of the server; 0 takes a free one."
)
@click.option("--open/--no-open", "browser", default=True, show_default=True, help="Whether a browser shows it.")
@click.option(
    "--engine",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder with the files that are fetched else, for a machine without network.",
)
def command(output: Path | None, port: int, engine: Path | None, *, browser: bool) -> None:
    """A page with an editor and every number, in the browser.

    It is served to this machine until Ctrl-C. Nothing that is typed there leaves it.
    """
    # A server and what fetches files are slow to load, also for the list of commands.
    folder = import_module("archcalc.live.folder")
    start = import_module("archcalc.live.answers").start
    if output is not None:
        files = folder.write(output, start, engine, _fetching)
        size, shown = sum(map(len, files.values())) / 10**6, visible(str(output))
        put(f"written to {shown}: {len(files)} files, {size:.1f} MB; python -m http.server -d {shown} shows it")
        return
    files = folder.contents(start, engine, _fetching)
    server = import_module("archcalc.live.server")

    def ready(address: str) -> None:
        put(f"{address} until Ctrl-C")
        if browser:
            server.show(address)

    server.serve(files, port, ready)


def _fetching(text: str) -> None:
    """Say on a terminal what takes a while, and is done once."""
    if sys.stderr.isatty():
        complain(visible(text))
