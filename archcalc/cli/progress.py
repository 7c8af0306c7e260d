"""How far a slow command is, for whoever sits in front of it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TypeVar

import click

_T = TypeVar("_T")


def progress(items: Iterable[_T], label: str, length: int | None = None) -> AbstractContextManager[Iterable[_T]]:
    """The items to go through, with a bar on standard error that says how far that is, if it is a terminal."""
    # A context, since the line of a bar ends and the cursor comes back where it is left, by an error too.
    return click.progressbar(items, length=length, label=label, file=sys.stderr, hidden=not sys.stderr.isatty())
