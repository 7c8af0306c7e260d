"""The registry of kinds, and the checks of a class that is registered."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from archcalc.symbols.dims import Shape

# The families that share a colour in charts and diagrams.
Family: TypeAlias = Literal["conv", "pool", "norm", "activation", "merge", "linear", "attention", "other"]


class Example(NamedTuple):
    """A worked example of a kind: settings, and the shapes of its inputs, by default an image for each required one."""

    settings: Mapping[str, Any] = MappingProxyType({})
    inputs: tuple[Shape, ...] = ()


class Kinds(msgspec.StructMeta):
    """The registry of kinds: a class is filed under its own name in lower case; a leading underscore keeps it out."""

    # msgspec knows the fields only here, and not yet in __init_subclass__.
    def __init__(self, name: str, bases: tuple[type, ...], members: dict[str, Any], **_options: Any) -> None:
        super().__init__(name, bases, members)
        cls: Any = self
        if "output" in members:
            cls.arity = _arity(cls)
        if not name.startswith("_") and name != "Layer":
            cls.kind = name.lower()
            _check(cls)
            # Each start of a program would pay for trying the kinds that are its own, which the tests try.
            if not cls.__module__.startswith("archcalc.layers."):
                try_example(cls)
            cls.kinds[cls.kind] = cls


def _arity(cls: Any) -> tuple[int, float]:
    """The least and the largest number of inputs, by the signature of `output`; a join has two or more."""
    _, *inputs = inspect.signature(cls.output).parameters.values()
    if any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in inputs):
        return 2, float("inf")
    return sum(one.default is inspect.Parameter.empty for one in inputs), len(inputs)


def _check(cls: Any) -> None:
    """Refuse a kind with a taken name, without a family or category, or with an example that lacks a setting."""
    kind = cls.kind
    if kind in cls.kinds:
        raise TypeError(f"two layer kinds are named {kind}")
    families = get_args(Family)
    if getattr(cls, "family", None) not in families:
        raise TypeError(f"{kind}: family must be one of {', '.join(families)}")
    if not getattr(cls, "category", ""):
        raise TypeError(f"{kind}: category must say under which heading the page on kinds has it")
    required = cls.__struct_fields__[: len(cls.__struct_fields__) - len(cls.__struct_defaults__)]
    if missing := [name for name in required if name not in cls.example.settings]:
        raise TypeError(f"{kind}: example has no {', '.join(missing)}, which the kind requires")
    if unknown := [name for name in cls.example.settings if name not in cls.__struct_fields__]:
        raise TypeError(f"{kind}: example has {', '.join(unknown)}, which is no setting of the kind")


def try_example(cls: Any) -> None:
    """Refuse a kind whose example does not work; raises TypeError."""
    kind = cls.kind
    layer, inputs = cls.exemplified()
    if not cls.arity[0] <= len(inputs) <= cls.arity[1]:
        raise TypeError(f"{kind}: example has {len(inputs)} inputs, which the kind does not take")
    for fact, message, _ in layer.requires(*inputs):
        if fact is not True:
            raise TypeError(f"{kind}: example does not work: {message}")
    if layer.geometry() is not None and not cls.rank:
        raise TypeError(f"{kind}: rank must say along how many axes its window moves")
