"""A command's output kept up with the file it is of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from archcalc.cli.output import complain
from archcalc.errors import SpecError
from archcalc.importers import source_of
from archcalc.language import bundled

_SECONDS = 0.5


def watched(spec: str) -> Path:
    """The path of a spec that can be watched; raises UsageError for what is no file of its own, SpecError for what is none."""
    if spec == "-":
        raise click.UsageError("--watch looks at a file again and again; standard input is read once")
    if spec in bundled():
        raise click.UsageError(f"--watch is of a spec that changes; '{spec}' is a bundled network, not a path")
    path = Path(spec)
    if path.exists() and not path.is_file():
        raise click.UsageError(f"--watch is of a file; '{spec}' is none")
    # A file that is not there may come, but more likely its name is misspelt.
    source_of(spec)
    return path


def follow(path: Path, show: Callable[[], object]) -> None:
    """Show something now and whenever the file has changed, or why there is none, until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        for _ in versions(path, lambda: time.sleep(_SECONDS)):
            click.clear()
            try:
                show()
            except SpecError as error:
                complain(str(error))


def versions(path: Path, wait: Callable[[], object]) -> Iterator[None]:
    """A step for the file as it is and for each time that it is found changed, with a wait before every look.

    A file that is gone is waited for: editors put a new one in the place of the old.
    """
    last = _stamp(path)
    yield
    while True:
        wait()
        now = _stamp(path)
        if now != last:
            last = now
            if now is not None:
                yield


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What is another where a file was written to or replaced; None where there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
