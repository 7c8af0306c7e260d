"""The layer kinds, in `Layer.kinds` under lower-case names; the file of each is loaded when it is asked for."""

from importlib import import_module

from archcalc.layers.base import Layer


def _load(stem: str) -> None:
    import_module(f"archcalc.layers.{stem}")


Layer.kinds.load = _load

__all__ = ["Layer"]
