"""Which operator makes and which reads each tensor of a model."""

from __future__ import annotations

from typing import NamedTuple

from archcalc.importers.tflite.model import Model, Operator

_NONE = -1


class Fusion(NamedTuple):
    """The operators that a layer stands for, by their places, and what stands in their place."""

    gone: set[int]
    made: dict[int, Operator]


class Wiring:
    """Operators in order, with which makes and which reads each tensor."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.operators = model.operators
        self.makers = {number: at for at, op in enumerate(self.operators) for number in op.outputs}
        self.readers: dict[int, list[int]] = {}
        for at, op in enumerate(self.operators):
            for number in dict.fromkeys(op.inputs):
                self.readers.setdefault(number, []).append(at)
        self.ends = {*model.outputs}
        self.shapes = [tensor.shape for tensor in model.tensors]

    def maker(self, number: int | None, *kinds: str) -> int | None:
        """The operator that makes a tensor, if it is of some kinds."""
        at = _NONE if number is None else self.makers.get(number, _NONE)
        return at if at != _NONE and self.operators[at].kind in kinds and self._plain(at) else None

    def reader(self, at: int, *kinds: str) -> int | None:
        """The only operator that reads what another makes, if it is of some kinds."""
        found = self.readers.get(self.operators[at].outputs[0], [])
        return (
            found[0] if len(found) == 1 and self.operators[found[0]].kind in kinds and self._plain(found[0]) else None
        )

    def _plain(self, at: int) -> bool:
        """True for an operator of the format's own that makes one tensor."""
        op = self.operators[at]
        return not op.custom and len(op.outputs) == 1 and len(op.inputs) > 0

    def other(self, at: int, number: int) -> int | None:
        """The other input of an operator that takes two."""
        inputs = self.operators[at].inputs
        if len(inputs) != 2 or number not in inputs:
            return None
        return inputs[1] if inputs[0] == number else inputs[0]

    def held(self, number: int | None) -> bool:
        """True for a tensor whose values are in the file."""
        return number is not None and number >= 0 and self.model.tensors[number].held

    def stands(self, gone: set[int], last: int) -> bool:
        """True if nothing but the operators themselves reads what lies between them."""
        between = [number for at in gone - {last} for number in self.operators[at].outputs]
        return not self.ends & {*between} and all({*self.readers.get(number, [])} <= gone for number in between)
