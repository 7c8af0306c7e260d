"""The code of each kind of layer, registered by its own file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from archcalc.exporters.source.code import Code
from archcalc.symbols.dims import Shape

# Of a layer, the shapes of its inputs and that of its output.
Record: TypeAlias = Callable[[Any, tuple[Shape, ...], Shape], Code]

registered: dict[str, Record] = {}
# The classes and functions that code may need beside torch's own, a file each.
PARTS = {path.stem: path for path in sorted((Path(__file__).parent / "parts").glob("*.txt"))}


def kind(*names: str) -> Callable[[Record], Record]:
    """Register a function as the record of these kinds."""

    def register(record: Record) -> Record:
        registered.update(dict.fromkeys(names, record))
        return record

    return register
