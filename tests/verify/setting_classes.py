"""The classes of values that the settings of layers have: 0, 1, more, a list, each word."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec import inspect

from archcalc.layers import Layer
from tests.verify.plot import K

# Settings that suit no input there is, or that only inputs of other ranks have.
NEVER = {"hardtanh.min=more", "conv2d.magnitudes=taps", "conv3d.magnitudes=taps", "gridbias.grid=more"}


# Settings that say which axes a layer works on, or name its output's.
OF_AXES = {"axis", "axes", "order", "into"}


def class_of(layer: Layer, field: str) -> str:
    """What sort of value a setting has: each word and truth by itself, a number by whether it is 0, 1 or more."""
    value = getattr(layer, field)
    if field in OF_AXES:
        return "said" if layer.settings().keys() & {field} else "open"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return str(value).lower()
    if isinstance(value, tuple):
        return "pairs" if any(isinstance(entry, tuple) for entry in value) else "list"
    return str(value) if value in {0, 1} else "less" if value < 0 else "more"


def classes(kind: inspect.Type) -> Iterator[str]:
    """The classes of values that a field of a type may have."""
    match kind:
        case inspect.Metadata(type=inspect.UnionType(types=types)) if any(
            isinstance(t, inspect.BoolType) for t in types
        ):
            # Of sizes that are described there would be too many to plant each.
            for one in types:
                yield from classes(one)
        case inspect.BoolType():
            yield from ("true", "false")
        case inspect.NoneType():
            yield "none"
        case inspect.LiteralType(values=values):
            yield from map(str, values)
        case inspect.UnionType(types=types):
            for one in types:
                yield from classes(one)
        case inspect.VarTupleType(item_type=inspect.VarTupleType()):
            yield "pairs"
        case inspect.VarTupleType(item_type=inspect.UnionType()):
            yield from ("list", "pairs")
        case inspect.VarTupleType():
            yield "list"
        case inspect.IntType(ge=int(least)):
            yield from [*(["0"] if least == 0 else []), "1", "more"]
        case _:
            yield "more"


def settings_of(kind: str) -> list[tuple[str, str]]:
    """Each field of a kind with each class of values that it may have."""
    return [
        (field.name, one)
        for field in msgspec.structs.fields(K[kind])
        for one in (
            ["said", *([] if field.required else ["open"])]
            if field.name in OF_AXES
            else classes(inspect.type_info(field.type))
        )
        if f"{kind}.{field.name}={one}" not in NEVER
    ]
