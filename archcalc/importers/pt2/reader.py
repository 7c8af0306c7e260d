"""The graph of an exported program."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from types import MappingProxyType

from archcalc.errors import Source, SpecError
from archcalc.importers.pt2 import operators
from archcalc.importers.pt2.archive import program_in
from archcalc.importers.pt2.calls import Call, Naming, plain, stack
from archcalc.importers.pt2.known import MAKERS, Made
from archcalc.importers.pt2.modules import MODULES, Group, as_one
from archcalc.importers.pt2.program import Argument, Operation, Operations, Program, Size, decoded
from archcalc.importers.pt2.rows import Inexpressible, Rows
from archcalc.importers.pt2.sizes import dim_of, letter_of
from archcalc.importers.pt2.values import Batch, Value, reshaped, without_batch
from archcalc.layers.base import Layer
from archcalc.layers.unknown import Unknown
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Dim, Shape, divides, equal, size
from archcalc.symbols.sums import sum_of

NONE: Mapping[str, Value] = MappingProxyType({})
_PREFIX = "torch.ops."
# Operators of which only the size of what they are given counts.
_SIZES_ALONE = ("new_", "zeros_like", "ones_like", "full_like", "empty_like", "rand_like", "randn_like", "scalar_tensor")
# Statements about sizes, which put out nothing.
_CHECKS = ("_assert", "sym_constrain")

assert operators.__all__  # noqa: S101 - makers are registered when their modules are loaded


def read(source: Source) -> Graph:
    """The graph of the program in an archive."""
    return graph_of(decoded(program_in(source), source.name), source.stem)


def graph_of(program: Program, name: str) -> Graph:
    """The graph of an exported program; raises SpecError where the program is at odds with itself."""
    return _Reading(program, name).graph()


class _Reading:
    """The reading of a program: its tensors by name, and the rows made so far."""

    def __init__(self, program: Program, name: str) -> None:
        self._name = name
        self._signature = program.graph_module.signature
        self._operations: Operations = program.graph_module.graph
        self._letters: dict[str, Dim] = {}
        self._known: dict[Size, Dim | None] = {}
        self._values: dict[str, Value] = {}
        self._naming = Naming()
        # The operators of modules that are no one layer.
        self._apart: set[int] = set()
        self._readers = self._reading()
        self._rows = Rows(self._samples())
        sizes = self._operations.sym_int_values.items()
        self._whole = {name: n for name, each in sizes if (n := self._size(each)) is not None}

    def graph(self) -> Graph:
        self._inputs()
        nodes = self._operations.nodes
        start = 0
        while start < len(nodes):
            stop = self._module(start) or start + 1
            for operation in nodes[start:stop] if stop == start + 1 else ():
                self._take(operation)
            start = stop
        return self._finished()

    def _module(self, start: int) -> int:
        """Take the operators of a module that is one layer, and return where they end; 0 if there is none at a place."""
        nodes = self._operations.nodes
        found = next(((key, MODULES[of]) for key, _, of in stack(nodes[start]) if of in MODULES), None)
        if found is None or start in self._apart:
            return 0
        key, layer_of = found
        stop = start
        while stop < len(nodes) and any(key == other for other, _, _ in stack(nodes[stop])):
            stop += 1
        group = self._group(range(start, stop), key)
        layer = layer_of(group, self._rows)
        made = None if layer is None else as_one(group, self._rows, layer)
        if made is None:
            self._apart.update(range(start, stop))
            return 0
        self._values[group.outputs[0][0]] = made
        return stop

    def _group(self, places: range, key: str) -> Group:
        """The operators at some places as those of one module."""
        inside: dict[str, Value] = {}
        calls, inputs, outputs = [], {}, []
        for place in places:
            operation = self._operations.nodes[place]
            names = [name for output in operation.outputs for name in _named(output)]
            if not names:
                continue
            call = self._call(operation, names, inside, key)
            calls.append(call)
            inputs.update({id(value): value for value in call.tensors if value.name or value.at >= 0})
            inside.update({name: Value(full) for name, full in call.outputs})
            outputs += [(name, full) for name, full in call.outputs if any(at not in places for at in self._readers.get(name, ()))]
        return Group(tuple(calls), tuple(inputs.values()), tuple(outputs))

    def _reading(self) -> dict[str, list[int]]:
        """The places of the operators that read each tensor, -1 for the output of the network."""
        readers: dict[str, list[int]] = {}
        for place, operation in enumerate(self._operations.nodes):
            for name in (name for each in operation.inputs for name in _named(each.arg)):
                readers.setdefault(name, []).append(place)
        for spec in self._signature.output_specs:
            for name in _named(spec.user_output.arg) if spec.user_output else ():
                readers.setdefault(name, []).append(-1)
        return readers

    def _samples(self) -> Dim:
        """The batch, which is the first axis of the first input; a letter stands for 1."""
        for spec in self._signature.input_specs:
            tensor = spec.user_input and spec.user_input.arg.as_tensor
            if tensor and (found := self._operations.tensor_values.get(tensor.name)) and found.sizes:
                if letter := letter_of(found.sizes[0]):
                    self._letters[letter] = 1
                samples = self._size(found.sizes[0])
                if samples is None or equal(samples, 0) is True:
                    raise SpecError(f"{self._name}: input {tensor.name[:60]} has no batch", None, "its first axis is the batch")
                return samples
        raise SpecError(f"{self._name}: the program has no input that is a tensor")

    def _size(self, size_: Size) -> Dim | None:
        if size_ not in self._known:
            try:
                self._known[size_] = dim_of(size_, self._letters)
            except ValueError:
                self._known[size_] = None
        return self._known[size_]

    def _shape(self, name: str) -> Shape | None:
        """The shape that the file states for a tensor; None if it states none that is understood."""
        found = self._operations.tensor_values.get(name)
        sizes = None if found is None else [self._size(n) for n in found.sizes]
        return None if sizes is None or None in sizes else tuple(n for n in sizes if n is not None)

    def _inputs(self) -> None:
        rows = self._rows
        for spec in self._signature.input_specs:
            array, origin, name = None, "fixed", ""
            if spec.parameter:
                array, origin, name = spec.parameter.arg.name, "trained", spec.parameter.parameter_name
            elif spec.buffer:
                array, name = spec.buffer.arg.name, spec.buffer.buffer_name
            elif spec.tensor_constant:
                array, name = spec.tensor_constant.arg.name, spec.tensor_constant.tensor_constant_name
            if array is not None:
                self._values[array] = Value(self._stated(array), origin, name=name or array)  # type: ignore[arg-type]
            elif spec.user_input and spec.user_input.arg.as_tensor:
                name = spec.user_input.arg.as_tensor.name
                full = self._stated(name)
                batch = Batch(0) if full and equal(full[0], rows.samples) is True else None
                layer = Layer.kinds["input"](shape=without_batch(full, batch, rows.samples))
                at = rows.builder.add(rows.builder.free_name(name), layer)
                self._values[name] = Value(full, batch=batch, at=at)

    def _stated(self, name: str) -> Shape:
        shape = self._shape(name)
        if shape is None or any(equal(n, 0) is True for n in shape):
            raise SpecError(f"{self._name}: {name[:100]} has no shape that is understood")
        return shape

    def _take(self, operation: Operation) -> None:
        names = [name for output in operation.outputs for name in _named(output)]
        target = operation.target.removeprefix(_PREFIX)
        if not names or any(word in target for word in _CHECKS):
            return
        call = self._call(operation, names)
        tensors = call.tensors
        if all(each.origin == "fixed" for each in tensors) or _word(call.operator).startswith(_SIZES_ALONE):
            made: Made = [self._fixed(call, name, full, tensors) for name, full in call.outputs]
        else:
            made = self._made(call)
        values = made if isinstance(made, list) else [made]
        for name, value in zip(names, values, strict=False):
            if value is not None:
                self._values[name] = value
        if target.split(".")[1:2] and target.split(".")[1].endswith("_") and isinstance(values[0], Value):
            self._overwritten(operation, values[0])

    def _call(self, operation: Operation, names: list[str], inside: Mapping[str, Value] = NONE, module: str = "") -> Call:
        values = ChainMap(inside, self._values)  # type: ignore[arg-type]
        arguments = {each.name: self._argument(each.arg, values) for each in operation.inputs}
        outputs = [(name, shape) for name in names if (shape := self._shape(name)) is not None]
        path, alone, blocks = self._naming.of(operation, module)
        word = ".".join(operation.target.removeprefix(_PREFIX).split(".")[:2])
        if word.endswith("_") and not word.endswith("__"):
            word = word[:-1]
        node = (operation.name or names[0])[:100]
        return Call(word, node, arguments, tuple(outputs) if len(outputs) == len(names) else (), path, alone, blocks)

    def _argument(self, argument: Argument, values: Mapping[str, Value]) -> object:
        if argument.as_tensor is not None:
            return self._value(argument.as_tensor.name, values)
        if argument.as_optional_tensor is not None and argument.as_optional_tensor.as_tensor is not None:
            return self._value(argument.as_optional_tensor.as_tensor.name, values)
        if argument.as_tensors is not None:
            return tuple(self._value(each.name, values) for each in argument.as_tensors)
        if argument.as_optional_tensors is not None:
            several = argument.as_optional_tensors
            return tuple(each.as_tensor and self._value(each.as_tensor.name, values) for each in several)
        return plain(argument, self._whole)

    def _value(self, name: str, values: Mapping[str, Value]) -> Value:
        if name not in values:
            raise SpecError(f"{self._name}: no operator before puts out {name[:100]}")
        return values[name]

    def _fixed(self, call: Call, name: str, full: Shape, tensors: list[Value]) -> Value:
        """A tensor that depends on no input: an array's name goes on where it is only read differently."""
        kept = len(tensors) == 1 and _word(call.operator) in {"view", "reshape", "unsqueeze", "squeeze", "clone", "to", "expand"}
        return Value(full, "fixed", name=tensors[0].name if kept else f"{call.path}/{name}" if call.path else name)

    def _made(self, call: Call) -> Made:
        """The outputs of an operator, of one that is not known as the file states them."""
        maker = MAKERS.get(call.operator.removeprefix("aten.")) if call.operator.startswith("aten.") else None
        made = None
        if maker is not None:
            try:
                made = maker(call, self._rows)
            except Inexpressible:
                made = None
            except IndexError:
                raise call.error("it works along an axis that its tensor has not") from None
        return self._unknown(call) if made is None else made

    def _unknown(self, call: Call) -> Made:
        rows = self._rows
        call.full  # noqa: B018 - raises if the file states no shape
        arrays = [each for each in call.tensors if each.origin == "trained" and each.name not in rows.owners]
        inputs = [each.at for each in call.tensors if each.origin == "computed"]
        source = next((each for each in call.tensors if each.batch is not None), None)
        made = []
        for _, full in call.outputs:
            batch = None
            if source is not None:
                batch = Batch(0) if full and divides(rows.samples, full[0]) is True else reshaped(source.batch, source.full, full, rows.samples)
            params = sum_of(size(each.full) for each in arrays)
            layer = Unknown(operator=call.operator, shape=without_batch(full, batch, rows.samples), params=params)
            made.append(rows.add(call, layer, inputs, full, batch, trained=arrays))
            arrays = []
        return made

    def _overwritten(self, operation: Operation, value: Value) -> None:
        """Read a tensor as what an operator in place made of it."""
        first = operation.inputs[0].arg.as_tensor if operation.inputs else None
        if first is not None:
            self._values[first.name] = value

    def _finished(self) -> Graph:
        rows = self._rows
        found = [
            value.at
            for spec in self._signature.output_specs
            if spec.user_output
            for name in _named(spec.user_output.arg)
            if (value := self._value(name, self._values)).origin == "computed"
        ]
        for value in {value.name: value for value in self._values.values() if value.origin == "trained"}.values():
            whole = value.name.partition("[")[0]
            if whole not in {owner.partition("[")[0] for owner in rows.owners}:
                self._unused(value)
        last = max(at for at, node in enumerate(rows.builder.nodes) if not node.auxiliary)
        outputs = tuple(dict.fromkeys(found))
        return rows.builder.graph(self._name, named_outputs=() if outputs in {(), (last,)} else outputs)

    def _unused(self, value: Value) -> None:
        """A row for an array that no operator reads, such as those of a head that is used in training only."""
        name = self._rows.builder.free_name(value.name.replace(".", "/"))
        layer = Layer.kinds["learned"](shape=value.full or (1,))
        self._rows.builder.add(name, layer, auxiliary=True, note="in the file, and read by no operator")


def _named(output: Argument) -> list[str]:
    """The tensors that an output is made of."""
    if output.as_tensor is not None:
        return [output.as_tensor.name]
    several = output.as_tensors or ()
    optional = output.as_optional_tensors or ((output.as_optional_tensor,) if output.as_optional_tensor else ())
    return [each.name for each in several] + [each.as_tensor.name for each in optional if each.as_tensor]


def _word(operator: str) -> str:
    return operator.partition(".")[2]
