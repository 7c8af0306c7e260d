"""The exporters, each registered by its own file or folder."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TypeAlias

import msgspec

from archcalc.network.graph import Graph

Write: TypeAlias = Callable[[Graph], str | bytes]


class Exporter(msgspec.Struct, frozen=True):
    """A writer of one sort of file, whose names end in `suffix`; what it writes is text, or bytes where it is `binary`."""

    name: str
    suffix: str
    write: Write
    binary: bool = False


# Those loaded so far, by name.
registered: dict[str, Exporter] = {}


def register(name: str, suffix: str, write: Write | None = None, *, binary: bool = False) -> None:
    """Register an exporter. Without `write` it is the one of `archcalc.exporters.NAME.writer`, loaded when it is used."""

    def deferred(graph: Graph) -> str | bytes:
        written: str | bytes = import_module(f"archcalc.exporters.{name}.writer").write(graph)
        return written

    registered[name] = Exporter(name, suffix, write or deferred, binary)
