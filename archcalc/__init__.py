"""The cost of a neural network, without a framework and without running a model."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from archcalc.conventions import Convention
from archcalc.errors import SpecError
from archcalc.formats import render, show
from archcalc.importers import load
from archcalc.network.display import Displayable
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import symbol

if TYPE_CHECKING:
    from archcalc.functions import (
        check,
        compare,
        diagram,
        explain,
        from_torch,
        memory,
        plot,
        rf,
        roofline,
        serve,
        shard,
        table,
        train,
        verify,
    )
    from archcalc.functions.sweep import sweep

__all__ = [
    "Convention",
    "Graph",
    "Profile",
    "SpecError",
    "check",
    "compare",
    "diagram",
    "explain",
    "from_torch",
    "load",
    "memory",
    "plot",
    "profile",
    "render",
    "rf",
    "roofline",
    "serve",
    "shard",
    "sweep",
    "symbol",
    "table",
    "train",
    "verify",
]


def _show(value: object, form: str) -> Any:
    """A value in a form that a notebook shows; the diagram of a graph is its picture."""
    if isinstance(value, Graph):
        return import_module("archcalc.drawing.diagrams").draw(profile(value), form)
    return show(value, form)


# The hook that notebooks call is tied here, so that neither the data nor the formats import the other.
Displayable.show = staticmethod(_show)

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """A command as a function, which each process loads that calls one; the command line needs none."""
        if name not in __all__:
            raise AttributeError(f"module 'archcalc' has no attribute '{name}'")
        if name == "sweep":
            # It alone of all computes with arrays.
            return import_module("archcalc.functions.sweep").sweep
        return getattr(import_module("archcalc.functions"), name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
