"""Pieces of code with numbers in them, which are told apart by all but these numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

# The text of a number, by the name of the argument that it is of.
Supply = Callable[[str, Any], str]
_MISSING = object()


class Argument(msgspec.Struct, frozen=True):
    """An argument of a call: left out where it has its default, and with its name unless it is `plain`."""

    name: str
    value: Any
    default: Any = _MISSING
    plain: bool = False


class Word(str):
    """A text in which calls may differ, as they do in numbers."""

    __slots__ = ()


class Call(msgspec.Struct, frozen=True):
    """A call of a class or function."""

    callee: str
    arguments: tuple[Argument, ...] = ()


class Steps(msgspec.Struct, frozen=True):
    """A number that grows by `step` with each repetition."""

    first: int
    step: int


class Run(msgspec.Struct, frozen=True):
    """Several calls one after the other, as a language has them."""

    def text(self, supply: Supply) -> str:
        """The calls as code, their numbers as `supply` has them."""
        raise NotImplementedError


class Many(Run, frozen=True):
    """Several calls that are alike: `first`, if it is another than the rest, and `rest`; `count` in all."""

    first: Call | None
    rest: Call
    count: int


class Code(msgspec.Struct, frozen=True):
    """A layer as code: the module that it has, if any, and the expression that its output is.

    In the expression `$self` is the module, `$0` and `$1` the inputs, `$all` all of them, `$n` the size of the batch,
    and other words with a `$` are `values`. An expression of an `operator` needs brackets before a method.
    """

    expression: str
    module: Any = None
    values: dict[str, Any] = {}
    operator: bool = False
    # The classes of `parts.py` that it needs.
    parts: tuple[str, ...] = ()


def plain(name: str, value: Any) -> Argument:
    """An argument that is told by its place."""
    return Argument(name, value, plain=True)


def given(name: str, value: Any, *, default: Any = _MISSING) -> Argument:
    """An argument that is told by its name."""
    return Argument(name, value, default)


def module(callee: str, *arguments: Argument, parts: tuple[str, ...] = ()) -> Code:
    """The code of a layer that is one module with one input."""
    return Code("$self($0)", Call(callee, arguments), parts=parts)


def text(value: Any, supply: Supply, name: str = "") -> str:
    """A value as code, its numbers as `supply` has them."""
    if isinstance(value, Call):
        found = [_argument(one, supply) for one in value.arguments]
        return f"{value.callee}({', '.join(filter(None, found))})"
    if isinstance(value, Run):
        return value.text(supply)
    if isinstance(value, Steps):
        first, step = supply(name, value.first), supply(f"{name}_step", value.step)
        grown = "i" if step == "1" else f"{step} * i"
        return grown if first == "0" else first if step == "0" else f"{first} + {grown}"
    if isinstance(value, tuple):
        inner = [text(one, supply, name) for one in value]
        return f"({inner[0]},)" if len(inner) == 1 else f"({', '.join(inner)})"
    if isinstance(value, (int, float, Word)) and not isinstance(value, bool):
        return supply(name, value)
    return "None" if value is None else f'"{value}"' if isinstance(value, str) else repr(value)


def _argument(one: Argument, supply: Supply) -> str:
    said = text(one.value, supply, one.name)
    if one.default is not _MISSING and said == text(one.default, literal):
        return ""
    return said if one.plain else f"{one.name}={said}"


def literal(_name: str, value: Any) -> str:
    """A number or word as itself."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f'float("{value}")'
    return str(int(value))


def everything(value: Any) -> str:
    """A value as code with a sign in place of each number and none of its defaults left out."""
    return text(value, lambda name, _: f"#{name}")


def numbers(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The numbers in a value, each with the name of its argument, in the order in which they are written."""
    found: list[tuple[str, Any]] = []

    def keep(of: str, number: Any) -> str:
        found.append((of, number))
        return f"#{of}"

    text(value, keep, name)
    yield from found
