"""The exporters, each registered by its own file or folder."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

import msgspec

from archcalc.network.graph import Graph

# What writes a graph, and with `arrays` those of its layers by name or None.
Write: TypeAlias = Callable[..., str | bytes]
# What a file leaves out of a graph and has no place to say.
Remarks: TypeAlias = Callable[[Graph], list[str]]


class Exporter(msgspec.Struct, frozen=True):
    """A writer of one sort of file, whose names end in `suffix`, if that says what they are; what it writes is text, or bytes where it is `binary`.

    With `arrays` the file holds those of the layers, and the writer is given them beside the graph, or None for none.
    `remarks` are what the file leaves out and cannot say itself.
    """

    name: str
    suffix: str
    write: Write
    binary: bool = False
    arrays: bool = False
    remarks: Remarks | None = None


# Those loaded so far, by name.
registered: dict[str, Exporter] = {}


def register(  # noqa: PLR0913 - each is a fact about a sort of file
    name: str,
    suffix: str,
    write: Write | None = None,
    *,
    binary: bool = False,
    arrays: bool = False,
    remarks: bool = False,
) -> None:
    """Register an exporter. Without `write` it is the one of `archcalc.exporters.NAME.writer`, loaded when it is used.

    With `remarks` the function of that name there says what a file leaves out.
    """

    def deferred(*given: Any) -> str | bytes:
        written: str | bytes = import_module(f"archcalc.exporters.{name}.writer").write(*given)
        return written

    def remarked(graph: Graph) -> list[str]:
        found: list[str] = import_module(f"archcalc.exporters.{name}.writer").remarks(graph)
        return found

    registered[name] = Exporter(name, suffix, write or deferred, binary, arrays, remarked if remarks else None)
