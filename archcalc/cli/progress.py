"""The progress bar of a slow command."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TypeVar

import click

_T = TypeVar("_T")


def progress(items: Iterable[_T], label: str, length: int | None = None) -> AbstractContextManager[Iterable[_T]]:
    """The items to go through, with a progress bar on standard error if that is a terminal."""
    # A context manager, since leaving it, also by an error, ends the line of the bar and restores the cursor.
    return click.progressbar(items, length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())
