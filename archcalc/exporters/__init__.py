"""Exporters of networks to files of other programs.

Each file or folder of this folder is an exporter, which says what its files are called and writes a graph as one:

    def write(graph: Graph) -> str:
        ...

    register("net1", ".net", write)  # of archcalc.exporters.registry

In a folder `NAME/` only `register("NAME", ".net")` stands in `__init__.py`; `write` is in `NAME/writer.py`, which is loaded
when it is used. A layer that the format cannot hold is a `SpecError` with its name.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from archcalc.exporters.registry import Exporter, registered

_FILES = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*"))


def exporters() -> dict[str, Exporter]:
    """All exporters by name."""
    for module in _FILES:
        import_module(f"archcalc.exporters.{module}")
    return dict(sorted(registered.items()))
