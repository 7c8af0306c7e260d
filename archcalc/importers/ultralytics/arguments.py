"""The arguments of modules, which a file may state of any sort."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

from archcalc.errors import SpecError
from archcalc.importers.ultralytics.rows import Value
from archcalc.importers.ultralytics.scope import Module, Scope
from archcalc.layers.activation import ELU, GELU, HardSwish, Identity, LeakyReLU, Mish, ReLU, ReLU6, SiLU
from archcalc.layers.base import Layer

_ACTIVATION = re.compile(r"^(?:torch\.)?nn\.(\w+)\(([\d.]*|inplace=True)\)$")
_ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    "SiLU": SiLU,
    "ReLU": ReLU,
    "ReLU6": ReLU6,
    "Hardswish": HardSwish,
    "Mish": Mish,
    "ELU": ELU,
    "GELU": GELU,
    "Identity": Identity,
}


def whole(values: Sequence[Value], at: int, default: int) -> int:
    """The whole number of at least 1 at a place among arguments, which may end before it."""
    found = values[at] if at < len(values) else default
    if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= 10**9:
        raise SpecError(f"an argument must be a whole number of at least 1, not {str(found)[:60]}")
    return found


def activation(value: Value) -> Layer:
    """The activation function that a file names as code, which is not run."""
    if value is None:
        return SiLU()
    found = _ACTIVATION.match(value) if isinstance(value, str) else None
    if found is not None and found[1] == "LeakyReLU" and found[2].replace(".", "", 1).isdecimal():
        return LeakyReLU(slope=float(found[2]))
    if found is None or found[1] not in _ACTIVATIONS:
        raise SpecError(f"activation {str(value)[:60]} is not read", None, f"known are {', '.join(_ACTIVATIONS)}")
    return _ACTIVATIONS[found[1]]()


# For each type of a parameter the arguments that it takes.
_TAKES: dict[str, Callable[[Any], bool]] = {
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 10**9,
    "bool": lambda value: isinstance(value, (bool, int)) or value is None,
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 1000,
    "None": lambda value: value is None,
    "str": lambda value: isinstance(value, str),
    "tuple[int, ...]": lambda value: isinstance(value, list) and all(_TAKES["int"](one) for one in value),
}


def called(adds: Module, scope: Scope, x: int, args: list[Value]) -> int:
    """The node of a module; raises SpecError for arguments that it does not take."""
    parameters = [*inspect.signature(adds).parameters.values()][2:]
    needed = sum(one.default is inspect.Parameter.empty for one in parameters)
    if not needed <= len(args) <= len(parameters):
        raise SpecError(f"takes {needed} to {len(parameters)} arguments, not {len(args)}")
    for parameter, arg in zip(parameters, args, strict=False):
        types = str(parameter.annotation).split(" | ")
        if not any(_TAKES[one](arg) for one in types if one in _TAKES):
            raise SpecError(f"its argument {parameter.name} cannot be {str(arg)[:60]}")
    return adds(scope, x, *args)
