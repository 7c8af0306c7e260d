"""Models, graphs, operators and arrays as an ONNX file holds them. Field numbers are those of onnx.proto."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from archcalc.importers.onnx.wire import Malformed, Message, float_of, signed

Content: TypeAlias = tuple[int | float, ...]
# A size of a shape as the file states it: a number, a word, or "" for one left open.
Stated: TypeAlias = int | str

# Arrays that shapes are made of have a few numbers each.
MOST_CONTENT = 4_096
# No array has more axes, nor any value a longer word.
MOST_AXES = 64
_FLOATING = {1, 10, 11, 14, 15, 16, 17, 18, 19, 20, 23, 24}
# How the types of arrays are written one after the other.
_CODES = {1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I", 13: "Q"}


class Array(msgspec.Struct, frozen=True):
    """An array of the file, whose values stay there unless they are few."""

    name: str
    shape: tuple[int, ...]
    type: int
    parts: tuple[tuple[int, int | Message], ...]

    @property
    def floating(self) -> bool:
        """True if its values are no whole numbers."""
        return self.type in _FLOATING

    @property
    def content(self) -> Content | None:
        """Its values one after the other; None if they are many, or elsewhere."""
        count = math.prod(self.shape)
        if count > MOST_CONTENT:
            return None
        found: list[int | float] = []
        for field, value in self.parts:
            if isinstance(value, int):
                found.append(signed(value))
            elif field == 9 and self.type in _CODES:
                found += value.unpacked(_CODES[self.type])
            elif field in {5, 7, 11}:
                found += value.numbers
            elif field in {4, 10}:
                found += value.unpacked("f" if field == 4 else "d")
        return tuple(found) if len(found) == count else None


# The attribute with the kind of an operator in a file of another program.
WRITTEN = "archcalc_written"

Attribute: TypeAlias = "int | float | str | Content | Array | Message"


class Operator(msgspec.Struct, frozen=True):
    """An operator of a graph: what it is, its attributes, and the names of the values that it takes and makes."""

    kind: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute]
    # The attributes that are those of the function around it, by their names there.
    referred: dict[str, str]
    blocks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name that it goes by."""
        return self.name.strip("/") or next(filter(None, self.outputs), "").strip("/") or self.kind

    @property
    def called(self) -> str:
        """The kind that its file calls it, with the set that it belongs to."""
        return self.word(WRITTEN) or (f"{self.domain}.{self.kind}" if self.domain else self.kind)

    def whole(self, name: str, default: int) -> int:
        """A whole number among its attributes."""
        found = self.attributes.get(name, default)
        return found if isinstance(found, int) else default

    def number(self, name: str, default: float) -> float:
        """A number among its attributes."""
        found = self.attributes.get(name, default)
        return float(found) if isinstance(found, int | float) else default

    def word(self, name: str, default: str = "") -> str:
        """A word among its attributes."""
        found = self.attributes.get(name, default)
        return found if isinstance(found, str) else default

    def wholes(self, name: str) -> tuple[int, ...] | None:
        """Whole numbers among its attributes; None if they are not there."""
        found = self.attributes.get(name)
        if not isinstance(found, tuple):
            return None
        return tuple(n for n in found if isinstance(n, int))

    def array(self, name: str) -> Array | None:
        """An array among its attributes."""
        found = self.attributes.get(name)
        return found if isinstance(found, Array) else None

    def part(self, name: str) -> Message | None:
        """A graph among its attributes."""
        found = self.attributes.get(name)
        return found if isinstance(found, Message) else None

    def given(self, place: int) -> str:
        """The name of an input; "" for one left out."""
        return self.inputs[place] if place < len(self.inputs) else ""


class Value(msgspec.Struct, frozen=True):
    """A value with the shape that the file states, None if it states none."""

    name: str
    shape: tuple[Stated, ...] | None
    floating: bool = True


class Graph(msgspec.Struct, frozen=True):
    """A graph: operators in order, arrays, and the values that it takes, makes, and states shapes of."""

    name: str
    operators: tuple[Operator, ...]
    arrays: tuple[Array, ...]
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    stated: tuple[Value, ...]


def graph_of(part: Message) -> Graph:
    """The graph in a part of a file."""
    name, operators, arrays = "", list[Operator](), list[Array]()
    values: dict[int, list[Value]] = {11: [], 12: [], 13: []}
    for field, value in part.fields():
        if not isinstance(value, Message):
            continue
        if field == 1:
            operators.append(operator_of(value))
        elif field == 2:
            name = value.text
        elif field == 5:
            arrays.append(array_of(value))
        elif field == 15:
            arrays += _sparse(value)
        elif field in values:
            values[field].append(value_of(value))
    return Graph(name, tuple(operators), tuple(arrays), *(tuple(found) for found in values.values()))


def array_of(part: Message) -> Array:
    """The array in a part of a file."""
    shape: list[int] = []
    name, kind = "", 0
    parts: list[tuple[int, int | Message]] = []
    for field, value in part.fields():
        if field == 1:
            shape += [signed(value)] if isinstance(value, int) else value.numbers
        elif field == 2 and isinstance(value, int):
            kind = value
        elif field == 8 and isinstance(value, Message):
            name = value.text
        elif field in {4, 5, 7, 9, 10, 11} and len(parts) <= MOST_CONTENT:
            parts.append((field, value))
    if min(shape, default=0) < 0 or len(shape) > MOST_AXES:
        raise Malformed(f"the array '{name[:60]}' has no size")
    return Array(name, tuple(shape), kind, tuple(parts))


def _sparse(part: Message) -> Iterator[Array]:
    """An array of which only those values are written that are not zero."""
    shape: list[int] = []
    for field, value in part.fields():
        if field == 3:
            shape += [signed(value)] if isinstance(value, int) else value.numbers
    for values in part.parts(1):
        found = array_of(values)
        yield Array(found.name, tuple(max(n, 0) for n in shape), found.type, ())


# The module around an operator, as torch writes the modules that led to it.
_SCOPE = re.compile(r"'([^']*)'")
_MOST_BLOCKS = 40


def operator_of(part: Message) -> Operator:
    """The operator in a part of a file."""
    words: dict[int, str] = {}
    inputs, outputs, blocks = list[str](), list[str](), tuple[str, ...]()
    attributes: dict[str, Attribute] = {}
    referred: dict[str, str] = {}
    for field, value in part.fields():
        if not isinstance(value, Message):
            continue
        if field == 1:
            inputs.append(value.text)
        elif field == 2:
            outputs.append(value.text)
        elif field in {3, 4, 7}:
            words[field] = value.text
        elif field == 5:
            name, found, elsewhere = _attribute(value)
            if elsewhere:
                referred[name] = elsewhere
            elif found is not None:
                attributes[name] = found
        elif field == 9:
            about = {number: text.text for number, text in value.fields() if isinstance(text, Message)}
            if about.get(1) == "pkg.torch.onnx.name_scopes":
                # The first is the network, the last the operator itself.
                blocks = tuple(filter(None, _SCOPE.findall(about.get(2, ""))[:-1]))
    name = words.get(3, "")
    if blocks:
        # The operator's own name there is a kind and a number that says nothing.
        name = "/".join((*blocks[-1].split("."), words.get(4, "")))
    blocks = blocks or tuple(filter(None, name.split("/")[:-1]))
    return Operator(
        words.get(4, ""),
        words.get(7, "").replace("ai.onnx", "") if words.get(7) == "ai.onnx" else words.get(7, ""),
        name,
        tuple(inputs),
        tuple(outputs),
        attributes,
        referred,
        blocks[:_MOST_BLOCKS],
    )


def _attribute(part: Message) -> tuple[str, Attribute | None, str]:
    """The name of an attribute, its value, and the name of the function's attribute that it takes the value of."""
    name, elsewhere = "", ""
    found: Attribute | None = None
    several: list[int | float] = []
    listed = False
    for field, value in part.fields():
        if field == 3 and isinstance(value, int):
            found = signed(value)
        elif field == 2:
            found = float_of(value)
        elif field in {7, 8}:
            listed = True
            if isinstance(value, int):
                several.append(signed(value))
            else:
                several += value.numbers if field == 8 else value.unpacked("f")
        elif not isinstance(value, Message):
            continue
        elif field == 1:
            name = value.text
        elif field == 21:
            elsewhere = value.text
        elif field == 4 or (field == 9 and found is None):
            # Of several words the first is enough.
            found = value.text
        elif field == 5:
            found = array_of(value)
        elif field == 6:
            found = value
    return name, tuple(several) if listed else found, elsewhere


def value_of(part: Message) -> Value:
    """The value in a part of a file, with its shape."""
    name, shape, kind = "", None, 1
    for field, value in part.fields():
        if field == 1 and isinstance(value, Message):
            name = value.text
        elif field == 2 and isinstance(value, Message):
            for tensor in value.parts(1):
                for number, inner in tensor.fields():
                    if number == 1 and isinstance(inner, int):
                        kind = inner
                    elif number == 2 and isinstance(inner, Message):
                        shape = tuple(_size(one) for one in inner.parts(1))
    return Value(name, shape, kind in _FLOATING)


def _size(part: Message) -> Stated:
    stated: Stated = ""
    for field, value in part.fields():
        if field == 1 and isinstance(value, int):
            stated = signed(value)
        elif field == 2 and isinstance(value, Message):
            stated = value.text
    return stated if isinstance(stated, str) or stated > 0 else ""
