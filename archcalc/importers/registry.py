"""The importers of files, each registered by its own file or folder."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TypeAlias

import msgspec

from archcalc.errors import Source
from archcalc.network.graph import Graph
from archcalc.network.model import Model

Recognises: TypeAlias = Callable[[bytes, str], bool]
Read: TypeAlias = Callable[[Source], Graph | Model]

# The number of bytes by which an importer recognises a file.
HEAD = 4_096


class Importer(msgspec.Struct, frozen=True):
    """A reader of one sort of file, up to a number of bytes; of a `mapped` one it touches only what it needs.

    Files with `variants` hold several networks, of which the source names one.
    """

    name: str
    recognises: Recognises
    read: Read
    max_bytes: int
    mapped: bool = False
    variants: bool = False


# Those loaded so far, by name.
registered: dict[str, Importer] = {}


def register(  # noqa: PLR0913 - each is a fact about a sort of file
    name: str,
    recognises: Recognises,
    read: Read | None = None,
    *,
    max_bytes: int = 2**26,
    mapped: bool = False,
    variants: bool = False,
) -> None:
    """Register an importer, which recognises files by their first bytes and their name.

    Without `read` it is the one of `archcalc.importers.NAME.reader`, loaded when a file needs it. A `mapped` file is not
    read into memory: its content is an `mmap`. With `variants` a path may end in `@` and the name of one.
    """

    def deferred(source: Source) -> Graph | Model:
        found: Graph | Model = import_module(f"archcalc.importers.{name}.reader").read(source)
        return found

    registered[name] = Importer(name, recognises, read or deferred, max_bytes, mapped, variants)
