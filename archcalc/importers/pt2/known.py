"""The operators that are known, each with the function that makes layers of a use of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.rows import Rows
from archcalc.importers.pt2.values import Value

# The outputs of a use of an operator; None where its layers are not known after all.
Made: TypeAlias = Value | list[Value] | None
Maker: TypeAlias = Callable[[Call, Rows], Made]

MAKERS: dict[str, Maker] = {}


def makes(*operators: str) -> Callable[[Maker], Maker]:
    """A decorator of the function for some operators of aten; their twins that work in place are meant too."""

    def register(maker: Maker) -> Maker:
        MAKERS.update(dict.fromkeys(operators, maker))
        return maker

    return register
