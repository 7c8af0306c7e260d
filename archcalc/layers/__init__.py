"""The layer kinds. Every module here is loaded, which registers its kinds in `Layer.kinds` under lower-case names."""

from importlib import import_module
from pathlib import Path

from archcalc.layers.base import Layer

for _path in sorted(Path(__file__).parent.glob("*.py")):
    if _path.stem != "__init__":
        import_module(f"archcalc.layers.{_path.stem}")

__all__ = ["Layer"]
