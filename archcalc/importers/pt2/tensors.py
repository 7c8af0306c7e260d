"""The tensors of a program: the shapes that it states, the arguments of its operators, and who reads what."""

from __future__ import annotations

from collections.abc import Mapping

from archcalc.errors import SpecError
from archcalc.importers.pt2.calls import Call, Naming, plain
from archcalc.importers.pt2.program import Argument, Operation, Program, Size
from archcalc.importers.pt2.sizes import dim_of, letter_of
from archcalc.importers.pt2.values import Value
from archcalc.symbols.dims import Dim, Shape, equal

_PREFIX = "torch.ops."


class Tensors:
    """The tensors of a program by name, of which `values` has those that were made so far."""

    def __init__(self, program: Program, name: str) -> None:
        self.name = name
        self.signature = program.graph_module.signature
        self.nodes = program.graph_module.graph.nodes
        self.values: dict[str, Value] = {}
        self._stated = program.graph_module.graph.tensor_values
        self._letters: dict[str, Dim] = {}
        self._known: dict[Size, Dim | None] = {}
        self.samples = self._samples()
        sizes = program.graph_module.graph.sym_int_values.items()
        self._whole = {name: n for name, each in sizes if (n := self._size(each)) is not None}
        self._naming = Naming()
        self._readers = self._reading()

    def shape(self, name: str) -> Shape:
        """The shape that the file states; raises SpecError if it states none that is understood."""
        shape = self._shape(name)
        if shape is None:
            raise SpecError(f"{self.name}: {name[:100]} has no shape that is understood")
        return shape

    def call(self, operation: Operation) -> Call:
        """A use of an operator."""
        names = [name for output in operation.outputs for name in named(output)]
        arguments = {each.name: self._argument(each.arg, self.values) for each in operation.inputs}
        outputs = [(name, shape) for name in names if (shape := self._shape(name)) is not None]
        path, alone, blocks = self._naming.of(operation)
        word = ".".join(operation.target.removeprefix(_PREFIX).split(".")[:2])
        if word.endswith("_") and not word.endswith("__"):
            word = word[:-1]
        node = (operation.name or names[0])[:100]
        unread = frozenset(name for name in names if name not in self._readers)
        known = tuple(outputs) if len(outputs) == len(names) else ()
        return Call(word, node, arguments, known, unread, path, alone, blocks)

    def leaves(self, name: str) -> bool:
        """True for an output of the network."""
        return -1 in self._readers.get(name, ())

    def value(self, name: str, values: Mapping[str, Value]) -> Value:
        """A tensor that was made before; raises SpecError if it was not."""
        if name not in values:
            raise SpecError(f"{self.name}: no operator before puts out {name[:100]}")
        return values[name]

    def _samples(self) -> Dim:
        """The batch, which is the first axis of the first input; a letter stands for 1."""
        for spec in self.signature.input_specs:
            tensor = spec.user_input and spec.user_input.arg.as_tensor
            if tensor and (found := self._stated.get(tensor.name)) and found.sizes:
                if letter := letter_of(found.sizes[0]):
                    self._letters[letter] = 1
                samples = self._size(found.sizes[0])
                if samples is None or equal(samples, 0) is True:
                    remedy = "its first axis is the batch"
                    raise SpecError(f"{self.name}: input {tensor.name[:60]} has no batch", None, remedy)
                return samples
        raise SpecError(f"{self.name}: the program has no input that is a tensor")

    def _size(self, size: Size) -> Dim | None:
        if size not in self._known:
            try:
                self._known[size] = dim_of(size, self._letters)
            except ValueError:
                self._known[size] = None
        return self._known[size]

    def _shape(self, name: str) -> Shape | None:
        found = self._stated.get(name)
        sizes = [] if found is None else [self._size(n) for n in found.sizes]
        known = tuple(n for n in sizes if n is not None and equal(n, 0) is not True)
        return None if found is None or len(known) < len(sizes) else known

    def _argument(self, argument: Argument, values: Mapping[str, Value]) -> object:
        optional = argument.as_optional_tensor and argument.as_optional_tensor.as_tensor
        if one := argument.as_tensor or optional:
            return self.value(one.name, values)
        if argument.as_tensors is not None:
            return tuple(self.value(each.name, values) for each in argument.as_tensors)
        if argument.as_optional_tensors is not None:
            several = argument.as_optional_tensors
            return tuple(each.as_tensor and self.value(each.as_tensor.name, values) for each in several)
        return plain(argument, self._whole)

    def _reading(self) -> dict[str, list[int]]:
        """The places of the operators that read each tensor, -1 for the output of the network."""
        readers: dict[str, list[int]] = {}
        for place, operation in enumerate(self.nodes):
            for name in (name for each in operation.inputs for name in named(each.arg)):
                readers.setdefault(name, []).append(place)
        for spec in self.signature.output_specs:
            for name in named(spec.user_output.arg) if spec.user_output else ():
                readers.setdefault(name, []).append(-1)
        return readers


def named(argument: Argument) -> list[str]:
    """The names of the tensors in an argument."""
    found = [argument.as_tensor, *(argument.as_tensors or ())]
    optional = [*(argument.as_optional_tensors or ()), argument.as_optional_tensor]
    found += [each.as_tensor for each in optional if each is not None]
    return [each.name for each in found if each is not None]
