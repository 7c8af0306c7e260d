"""The layer kinds. Every module here is loaded, which files its kinds under their names in lower case in `Layer.kinds`."""

from importlib import import_module
from pathlib import Path

from archcalc.layers.base import Layer

for _path in sorted(Path(__file__).parent.glob("*.py")):
    if _path.stem != "__init__":
        import_module(f"archcalc.layers.{_path.stem}")

__all__ = ["Layer"]
