"""The registry of kinds, and the checks of a class that is registered."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import msgspec

from archcalc.symbols.dims import Shape

# The families that share a colour in charts and diagrams.
Family: TypeAlias = Literal["conv", "pool", "norm", "activation", "merge", "linear", "attention", "other"]
_FAMILIES = get_args(Family)


class Example(NamedTuple):
    """A worked example of a kind: settings, and the shapes of its inputs, by default an image for each required one."""

    settings: Mapping[str, Any] = MappingProxyType({})
    inputs: tuple[Shape, ...] = ()


# The head of a class at the top of a file.
_CLASS = re.compile(rb"^class ([A-Za-z]\w*)\(", re.MULTILINE)


_HELD = dict.__contains__


class Registry(dict[str, Any]):
    """The kinds by name. The file of one is loaded when it is asked for, and all of them where they are listed.

    A program that needs a few kinds pays for those. The files are read for the names of their classes, so that nothing
    else has to know which kinds there are.
    """

    def __init__(self) -> None:
        super().__init__()
        # What loads a file; the package sets it, which alone knows that the files are its own.
        self.load: Callable[[str], object] = str

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """The modules with a class of a name in lower case, which may be no kind."""
        found: dict[str, list[str]] = {}
        for path in sorted(Path(__file__).parent.glob("*.py")):
            for name in _CLASS.findall(path.read_bytes()):
                found.setdefault(name.decode().lower(), []).append(path.stem)
        return found

    @cached_property
    def _whole(self) -> None:
        """Nothing: all files are loaded, and the kinds are in the order of theirs."""
        for stem in sorted({stem for stems in self._files.values() for stem in stems}):
            self.load(stem)
        order = sorted(super().items(), key=lambda item: str(item[1].__module__))
        super().clear()
        super().update(order)

    @property
    def called(self) -> dict[str, list[str]]:
        """The kinds by each name that they have elsewhere: conv1d, conv2d and conv3d by conv."""
        found: dict[str, list[str]] = {}
        for kind, cls in self.items():
            for name in cls.called:
                found.setdefault(name, []).append(kind)
        return found

    def __missing__(self, name: str) -> Any:
        for stem in self._files.get(name, ()):
            self.load(stem)
        if not self.filed(name):
            raise KeyError(name)
        return super().__getitem__(name)

    def filed(self, name: str) -> bool:
        """True of a kind whose file is loaded."""
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The kind of a name, or the default."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        # A long spec asks this several times for each of its layers.
        return _HELD(self, name) or self.get(str(name)) is not None

    def __iter__(self) -> Iterator[str]:
        _ = self._whole
        return super().__iter__()

    def __len__(self) -> int:
        _ = self._whole
        return super().__len__()

    def keys(self) -> Any:
        """The names of all kinds."""
        _ = self._whole
        return super().keys()

    def values(self) -> Any:
        """All kinds."""
        _ = self._whole
        return super().values()

    def items(self) -> Any:
        """All kinds with their names."""
        _ = self._whole
        return super().items()


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
    """The least and the largest number of inputs, by the signature of `output`; a join of any has two or more."""
    code, defaults = cls.output.__code__, cls.output.__defaults__ or ()
    inputs = code.co_argcount - 1
    if code.co_flags & inspect.CO_VARARGS:
        return inputs or 2, float("inf")
    return inputs - len(defaults), inputs


def _check(cls: Any) -> None:
    """Refuse a kind with a taken name, without a family or category, or with an example that lacks a setting."""
    kind = cls.kind
    if cls.kinds.filed(kind):
        raise TypeError(f"two layer kinds are named {kind}")
    if getattr(cls, "family", None) not in _FAMILIES:
        raise TypeError(f"{kind}: family must be one of {', '.join(_FAMILIES)}")
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


def defaults_of(cls: Any) -> dict[str, Any]:
    """The fields of a kind that need not be set, with the values that they then have.

    >>> from archcalc.layers.linear import Linear
    >>> defaults_of(Linear)["bias"]
    True
    """
    required = len(cls.__struct_fields__) - len(cls.__struct_defaults__)
    return dict(zip(cls.__struct_fields__[required:], cls.__struct_defaults__, strict=True))
