"""Functions of a file, each a list of operators that stands in place of an operator of its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from archcalc.importers.onnx.model import Attribute, Operator, operator_of
from archcalc.importers.onnx.wire import Malformed, Message

_DEEPEST = 40
_MOST = 50_000


class Function(msgspec.Struct, frozen=True):
    """A function: the names of what it takes and makes, and its operators."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    operators: tuple[Operator, ...]


Functions: TypeAlias = dict[tuple[str, str], Function]


def functions_of(parts: Iterable[Message]) -> Functions:
    """The functions in parts of a file, by the sets that they belong to and their names."""
    found: Functions = {}
    for part in parts:
        name, domain = "", ""
        inputs, outputs, operators = list[str](), list[str](), list[Operator]()
        for field, value in part.fields():
            if not isinstance(value, Message):
                continue
            if field == 1:
                name = value.text
            elif field == 4:
                inputs.append(value.text)
            elif field == 5:
                outputs.append(value.text)
            elif field == 7:
                operators.append(operator_of(value))
            elif field == 10:
                domain = value.text
        found[domain, name] = Function(tuple(inputs), tuple(outputs), tuple(operators))
    return found


def inlined(operators: Sequence[Operator], functions: Functions) -> tuple[Operator, ...]:
    """The operators, with those of functions in place of their calls."""
    if not functions:
        return tuple(operators)
    found: list[Operator] = []
    # What is still to be looked at, the next one last, and how deep each stands in calls.
    open_ones = [(op, 0) for op in reversed(operators)]
    calls = 0
    while open_ones:
        op, depth = open_ones.pop()
        function = functions.get((op.domain, op.kind))
        if function is None:
            found.append(op)
        elif depth > _DEEPEST:
            raise Malformed(f"the function {op.kind[:40]} calls itself")
        else:
            calls += 1
            open_ones += [(inner, depth + 1) for inner in reversed(_called(function, op, calls))]
        if len(found) + len(open_ones) > _MOST:
            raise Malformed(f"more than {_MOST:,} operators")
    return tuple(found)


def _called(function: Function, op: Operator, call: int) -> list[Operator]:
    """The operators of one call, whose values have names of their own."""
    names = {"": "", **dict.fromkeys(function.inputs, "")}
    names.update(zip(function.inputs, op.inputs, strict=False))
    names.update(zip(function.outputs, op.outputs, strict=False))

    def named(one: str) -> str:
        return names.setdefault(one, f"{one}@{call}")

    made = []
    for inner in function.operators:
        attributes: dict[str, Attribute] = dict(inner.attributes)
        for name, elsewhere in inner.referred.items():
            if elsewhere in op.attributes:
                attributes[name] = op.attributes[elsewhere]
        made.append(
            replace(
                inner,
                name=f"{op.label}/{inner.name or inner.kind}",
                inputs=tuple(map(named, inner.inputs)),
                outputs=tuple(map(named, inner.outputs)),
                attributes=attributes,
                blocks=(*op.blocks, op.label),
            )
        )
    return made
