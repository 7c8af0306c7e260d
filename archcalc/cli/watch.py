"""The option --watch: a command's output repeated whenever its file changes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click

from archcalc.cli.output import complain
from archcalc.errors import SpecError
from archcalc.importers import source_of
from archcalc.language.sources import SPECS, is_standard_input, located

_SECONDS = 0.5


def watched(spec: str) -> Path:
    """The path of a spec to watch; raises UsageError if it is not a plain file, and SpecError if it does not exist."""
    if is_standard_input(spec):
        raise click.UsageError("--watch looks at a file again and again; standard input is read once")
    path, _ = located(spec)
    if path.parent == SPECS:
        raise click.UsageError(f"--watch is of a spec that changes; '{spec}' is a bundled network, not a path")
    if path.exists() and not path.is_file():
        raise click.UsageError(f"--watch is of a file; '{spec}' is none")
    # A missing file may appear later, but more likely its name is misspelt.
    source_of(spec)
    return path


def follow(path: Path, show: Callable[[], object]) -> None:
    """Show the output, or the error instead, now and whenever the file changes, until Ctrl-C."""
    with suppress(KeyboardInterrupt):
        for _ in versions(path, lambda: time.sleep(_SECONDS)):
            click.clear()
            try:
                show()
            except SpecError as error:
                complain(str(error))


def versions(path: Path, wait: Callable[[], object]) -> Iterator[None]:
    """A step for the file as it is and for each change found, with a wait before every look.

    A missing file is waited for: editors replace the old file with a new one.
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
    """The stamp of a file, which changes if it is written to or replaced; None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
