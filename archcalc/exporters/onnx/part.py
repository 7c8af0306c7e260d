"""The operators of a network, and of one layer of it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
import numpy as np

from archcalc.errors import SpecError
from archcalc.exporters.onnx import wire
from archcalc.network.graph import Graph, Node
from archcalc.network.parameters import owner_of
from archcalc.symbols.dims import Dim, Shape, equal, format_shape

Arrays: TypeAlias = Mapping[str, Mapping[str, Any]]
# What draws or reads them, once it is known that a file can hold them.
Draw: TypeAlias = Callable[[], Arrays]
# The name of a value.
Value: TypeAlias = str
Handler: TypeAlias = "Callable[[Part], Value]"


class Operator(msgspec.Struct):
    """One operator, between values by their names."""

    kind: str
    name: str
    inputs: list[Value]
    outputs: list[Value]
    settings: dict[str, wire.Attribute]


class File:
    """The operators and arrays of a network so far. Without `draw` each array is zeros, which an operator makes."""

    def __init__(self, graph: Graph, draw: Draw | None) -> None:
        self.graph = graph
        self.arrays = None if draw is None else draw()
        self.operators: list[Operator] = []
        # Pieces of arrays, which are put together once.
        self.held: list[list[bytes]] = []
        self.outputs: dict[int, Value] = {}
        self._arrays: dict[tuple[str, Shape], Value] = {}
        self._numbers: dict[tuple[int, ...], Value] = {}
        self._taken = {node.name for node in graph.nodes}
        # The layers whose arrays others read too.
        self.shared = {graph.nodes[node.share].name for node in graph.nodes if node.share is not None}

    def free(self, name: str) -> str:
        """A name that no value and no operator has yet."""
        found, further = name, 1
        while found in self._taken:
            further += 1
            found = f"{name}_{further}"
        self._taken.add(found)
        return found

    def numbers(self, *found: int) -> Value:
        """Whole numbers as an array, which all that need the same ones share."""
        if found not in self._numbers:
            name = self._numbers[found] = self.free(
                "_".join(map(str, ("numbers", *found))) if len(found) < 9 else "numbers"
            )
            values = struct.pack(f"<{len(found)}q", *found)
            self.held.append(wire.array(name, (len(found),), wire.INT64, values))
        return self._numbers[found]

    def array(self, name: str, values: Any) -> Value:
        """A trained array under its name, which all layers that share it read."""
        shape = tuple(values.shape)
        if (name, shape) not in self._arrays:
            found = self._arrays[name, shape] = self.free(name)
            if self.arrays is None:
                made = Operator("ConstantOfShape", found, [self.numbers(*shape)], [found], {})
                self.operators.append(made)
            else:
                self.held.append(wire.array(found, shape, wire.FLOAT, values.astype("<f4").tobytes()))
        return self._arrays[name, shape]


def refused(node: Node, fact: str, *notes: str) -> SpecError:
    """The error that a layer has no form in ONNX."""
    notes = notes or ("another format of archcalc export may have one",)
    return SpecError(f"{node.name} ({node.layer.kind}): {fact}", node.place, *notes)


class Part:
    """The operators of one layer: what it reads, and what has been written of it."""

    def __init__(self, file: File, node: Node, inputs: Sequence[Value]) -> None:
        self.file = file
        self.node = node
        self.layer: Any = node.layer
        self.inputs = tuple(inputs)
        self.shapes: tuple[Shape, ...] = tuple(tuple(file.graph.nodes[i].shape) for i in node.inputs)
        self._named = False

    @property
    def x(self) -> Value:
        """Its first input."""
        return self.inputs[0]

    @property
    def shape(self) -> Shape:
        """The shape of its first input for one sample."""
        return self.shapes[0]

    def refused(self, fact: str, *notes: str) -> SpecError:
        """The error that the layer has no form in ONNX."""
        return refused(self.node, fact, *notes)

    def op(self, kind: str, *inputs: Value, **settings: Any) -> Value:
        """The output of a further operator."""
        return self._op(kind, f"{self.node.name}/{kind}", inputs, settings)

    def main(self, kind: str, *inputs: Value, **settings: Any) -> Value:
        """The output of the operator that has the layer's own name."""
        return self._op(kind, self.node.name, inputs, settings)

    def _op(self, kind: str, name: str, inputs: Sequence[Value], settings: Mapping[str, Any]) -> Value:
        made = self.file.free(f"{self.node.name}/{kind}")
        given = {key: value for key, value in settings.items() if value is not None}
        self.file.operators.append(Operator(kind, name if name == self.node.name else made, [*inputs], [made], given))
        return made

    def known(self, dims: Sequence[Dim], what: str = "a size") -> tuple[int, ...]:
        """Sizes as numbers; raises SpecError for a letter."""
        if all(isinstance(n, int) for n in dims):
            return tuple(int(n) for n in dims)
        raise self.refused(
            f"{what} of {format_shape(tuple(dims))} must be a number there", "give the letters with --set"
        )

    def values(self, name: str) -> Any:
        """One of its arrays; zeros that take no memory where no values are written."""
        if self.file.arrays is not None:
            return self.file.arrays[self.node.name][name]
        wanted = self.layer.weights(*self.shapes) | self.layer.buffers(*self.shapes)
        return np.broadcast_to(np.float32(0), self.known(wanted[name], f"its {name}"))

    def has(self, name: str) -> bool:
        """True if it has a trained array of this name."""
        return name in self.layer.weights(*self.shapes)

    def weight(self, name: str = "weight", shape: Sequence[int] | None = None) -> Value:
        """One of its trained arrays, as it is or in another shape; what layers share is written once."""
        values = self.values(name)
        return self.file.array(f"{self._owner(name)}.{name}", values if shape is None else values.reshape(shape))

    def turned(self, name: str = "weight") -> Value:
        """A trained matrix inputs×outputs."""
        if self._owner(name) in self.file.shared:
            # Others may read it as it is.
            return self.op("Transpose", self.weight(name), perm=(1, 0))
        return self.made(name, self.values(name).T)

    def made(self, name: str, values: Any, of: str = "") -> Value:
        """A trained array that is worked out from one of its own, by default the one of the same name."""
        return self.file.array(f"{self._owner(of or name)}.{name}", values)

    def _owner(self, name: str) -> str:
        """The layer whose array or buffer it is."""
        graph, share = self.file.graph, self.node.share
        if share is not None:
            owner = graph.nodes[share]
            if name in owner.layer.buffers(*(graph.nodes[i].shape for i in owner.inputs)):
                return owner.name
        return owner_of(graph, self.node, name).name

    def along(self, axis: int, name: str = "weight", rank: int | None = None) -> Value:
        """A trained vector, so that it lies along an axis of one sample."""
        behind = (len(self.shape) if rank is None else rank) - axis - 1
        return self.weight(name, (-1, *(1,) * behind))

    def constant(self, values: Any) -> Value:
        """An array that is not trained."""
        values = np.asarray(values, "<f4")
        content = b"".join(wire.array("", values.shape, wire.FLOAT, values.tobytes()))
        return self.op("Constant", value=content)

    def filled(self, number: float, count: int) -> Value:
        """A vector of one number throughout, which is not trained."""
        return self.op("Expand", self.constant([number]), self.file.numbers(count))

    def reshape(self, x: Value, before: Sequence[Dim], after: Sequence[Dim]) -> Value:
        """The same values in another shape, both without the samples."""
        sizes: list[int] = [0]
        for place, n in enumerate(after):
            if isinstance(n, int):
                sizes.append(n)
            elif place < len(before) and equal(before[place], n) is True:
                sizes.append(0)
            elif -1 not in sizes:
                sizes.append(-1)
            else:
                raise self.refused(f"a shape of {format_shape(tuple(after))} has two letters", "give one with --set")
        return self.op("Reshape", x, self.file.numbers(*sizes))

    def transpose(self, x: Value, *order: int) -> Value:
        """The axes of each sample in another order."""
        return self.op("Transpose", x, perm=(0, *(axis + 1 for axis in order)))

    def slice(self, x: Value, axis: int, start: int, stop: int, step: int = 1) -> Value:
        """The entries of an axis of each sample from one up to another."""
        numbers = self.file.numbers
        return self.op("Slice", x, numbers(start), numbers(stop), numbers(axis + 1), numbers(step))

    def samples(self, x: Value) -> Value:
        """The number of samples in a value, as an array of one number."""
        return self.op("Shape", x, start=0, end=1)
