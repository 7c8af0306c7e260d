"""Operators by what they make and read, and several of them as one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from archcalc.importers.onnx.masks import Looks
from archcalc.importers.onnx.model import Array, Content, Operator
from archcalc.importers.onnx.values import says_trained

_ARITHMETIC = {"Mul", "Add", "Sub", "Div", "Pow", "Softplus"}
_DEEPEST = 8


class Fusion(NamedTuple):
    """The operators that a layer stands for, by their places, and the one that takes the place of the last."""

    gone: set[int]
    made: Operator


class Wiring:
    """Operators in order, with which makes and which reads each value."""

    def __init__(
        self, operators: Sequence[Operator], arrays: dict[str, Array], ends: Iterable[str], looks: Looks
    ) -> None:
        self.looks = looks
        self.operators = operators
        self.ends = set(ends)
        self.makers = {name: at for at, op in enumerate(operators) for name in op.outputs if name}
        self.readers: dict[str, list[int]] = {}
        for at, op in enumerate(operators):
            for name in dict.fromkeys(op.inputs):
                self.readers.setdefault(name, []).append(at)
        self.arrays = dict(arrays)
        self.fixed = set(arrays)
        for op in operators:
            if op.kind == "Constant" and op.outputs:
                self.fixed.add(op.outputs[0])
                if (array := op.array("value")) is not None:
                    self.arrays[op.outputs[0]] = array
                for name in ("value_float", "value_int"):
                    if name in op.attributes:
                        self.arrays[op.outputs[0]] = Array("", (), 0, ())
            elif op.inputs and all(name in self.fixed or not name for name in op.inputs):
                self.fixed.update(op.outputs)

    def number(self, name: str) -> bool:
        """True for an array of one number that is no trained one."""
        array = self.arrays.get(name)
        return array is not None and all(n == 1 for n in array.shape) and not says_trained(name)

    def content(self, name: str) -> Content | None:
        """The numbers of an array, where they are few."""
        array = self.arrays.get(name)
        return None if array is None else array.content

    def reader(self, at: int, *kinds: str) -> int | None:
        """The only operator that reads the output of another, if it is of some kinds."""
        name = self.operators[at].outputs[0] if self.operators[at].outputs else ""
        found = self.readers.get(name, [])
        if name in self.ends or len(found) != 1 or self.operators[found[0]].kind not in kinds:
            return None
        return found[0]

    def other(self, at: int, name: str) -> str:
        """The other input of an operator that takes two."""
        inputs = self.operators[at].inputs
        return "" if len(inputs) != 2 else inputs[1] if inputs[0] == name else inputs[0]

    def output(self, at: int) -> str:
        """The name of what an operator puts out."""
        return self.operators[at].outputs[0]

    def cone(self, name: str, source: str, depth: int = 0) -> set[int] | None:
        """The arithmetic with numbers between a value and its only source; None if there is something else."""
        if name == source:
            return set()
        at = self.makers.get(name)
        if at is None or depth > _DEEPEST or name in self.ends or self.operators[at].kind not in _ARITHMETIC:
            return None
        found = {at}
        for one in self.operators[at].inputs[:2]:
            if not self.number(one):
                more = self.cone(one, source, depth + 1)
                if more is None:
                    return None
                found |= more
        return found


def _stands(wiring: Wiring, gone: set[int], last: int) -> bool:
    """True if nothing but the operators themselves reads what lies between them."""
    for at in gone - {last}:
        for name in wiring.operators[at].outputs:
            if name in wiring.ends or not set(wiring.readers.get(name, [])) <= gone:
                return False
    return True


def made(
    wiring: Wiring, gone: set[int], last: int, kind: str, *inputs: str, named: int, **attributes: object
) -> Fusion | None:
    """The operator that stands for several; None where something else reads what lies between them."""
    if not _stands(wiring, gone, last):
        return None
    first = wiring.operators[named]
    made = replace(
        first,
        kind=kind,
        domain="",
        inputs=inputs,
        outputs=wiring.operators[last].outputs[:1],
        attributes=attributes,
    )
    return Fusion(gone, made)
