"""The graph of an exported program."""

from __future__ import annotations

import re
from collections.abc import Mapping

from archcalc.errors import Source, SpecError
from archcalc.importers.attention.folding import folded
from archcalc.importers.pt2 import operators
from archcalc.importers.pt2.archive import contents
from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.known import MAKERS, Made
from archcalc.importers.pt2.operators.strided import gathered, laid_out
from archcalc.importers.pt2.program import InputSpec, Operation, decoded, tied
from archcalc.importers.pt2.rows import Inexpressible, Rows
from archcalc.importers.pt2.tensors import Tensors, named
from archcalc.importers.pt2.values import Batch, Value, reshaped, without_batch
from archcalc.layers.base import Layer
from archcalc.layers.unknown import Unknown
from archcalc.network.graph import Graph
from archcalc.symbols.dims import Shape, divides, equal, size
from archcalc.symbols.sums import sum_of

# Operators of which only the size of what they are given counts.
_SIZES_ALONE = (
    "new_",
    "zeros_like",
    "ones_like",
    "full_like",
    "empty_like",
    "rand_like",
    "randn_like",
    "scalar_tensor",
)
# Statements about sizes, which put out nothing.
_CHECKS = ("_assert", "sym_constrain")
# Operators that take every so manieth entry of a tensor without a row of it.
_LAZY = {"slice", "cat", "concat", "concatenate"}
_WORD = re.compile(r"\W")
# Operators after which an array that is not trained is still called by its name.
_SAME = {"view", "reshape", "unsqueeze", "squeeze", "clone", "to", "expand", "contiguous", "detach", "alias"}

# Their modules register what they make when they are loaded.
assert operators.__all__  # noqa: S101


def read(source: Source) -> Graph:
    """The graph of the program in an archive; raises SpecError where it is damaged or at odds with itself."""
    program, arrays = contents(source)
    return _Reading(Tensors(decoded(program, source.name), source.stem), tied(arrays)).graph()


class _Reading:
    """The reading of a program, operator by operator, in the order in which they run."""

    def __init__(self, tensors: Tensors, tied: Mapping[str, str]) -> None:
        self._tensors = tensors
        # The one name of trained arrays that have several.
        self._tied = tied
        self._rows = Rows(tensors.samples)

    def graph(self) -> Graph:
        """The graph of all of it."""
        for spec in self._tensors.signature.input_specs:
            self._given(spec)
        for operation in self._tensors.nodes:
            self._take(operation)
        return self._finished()

    def _given(self, spec: InputSpec) -> None:
        """Take an input of the program: an array of the network, or one of its inputs, which becomes a row."""
        values, shape = self._tensors.values, self._tensors.shape
        if spec.parameter:
            array = spec.parameter.arg.name
            name = spec.parameter.parameter_name or array
            values[array] = Value(shape(array), "trained", name=self._tied.get(name, name))
        elif spec.buffer:
            array = spec.buffer.arg.name
            values[array] = Value(shape(array), "fixed", name=spec.buffer.buffer_name or array)
        elif spec.tensor_constant:
            array = spec.tensor_constant.arg.name
            values[array] = Value(shape(array), "fixed", name=spec.tensor_constant.tensor_constant_name or array)
        elif spec.user_input and spec.user_input.arg.as_tensor:
            name, samples = spec.user_input.arg.as_tensor.name, self._rows.samples
            full = shape(name)
            batch = Batch(0) if full and equal(full[0], samples) is True else None
            layer = Layer.kinds["input"](shape=without_batch(full, batch, samples))
            values[name] = Value(
                full, batch=batch, at=self._rows.builder.add(self._rows.builder.free_name(name), layer)
            )

    def _take(self, operation: Operation) -> None:
        """Take an operator, whose outputs have values from then on."""
        names = [name for output in operation.outputs for name in named(output)]
        if not names or any(word in operation.target for word in _CHECKS):
            return
        call = self._tensors.call(operation)
        if all(each.origin == "fixed" for each in call.tensors) or call.word.startswith(_SIZES_ALONE):
            made: Made = [self._fixed(call, name, full) for name, full in call.outputs]
        else:
            made = self._made(call)
        values = made if isinstance(made, list) else [made]
        if any(each and each.grid for each in values) and self._tensors.leaves(names[0]):
            # What leaves the network is a row.
            values = [gathered(call, self._rows, each) for each in values if each]
        read = names if len(values) == len(names) else [name for name in names if name not in call.unread]
        self._tensors.values.update({n: value for n, value in zip(read, values, strict=False) if value is not None})
        first = operation.inputs[0].arg.as_tensor if operation.inputs else None
        if first and values and values[0] and f".{call.word}_" in operation.target:
            # It works in place: whoever reads its input later reads what it made of it.
            self._tensors.values[first.name] = values[0]

    def _fixed(self, call: Call, name: str, full: Shape) -> Value:
        """A tensor that depends on no input, under the array's name where it is only read differently."""
        arrays = call.tensors
        same = arrays[0].name if len(arrays) == 1 and call.word in _SAME else ""
        # What is like a tensor has its samples.
        batch = arrays[0].batch if call.word.endswith("_like") and arrays[0].full == full else None
        return Value(full, "fixed", batch, name=same or (f"{call.path}/{name}" if call.path else name))

    def _made(self, call: Call) -> Made:
        """The outputs of an operator, of one that is not known as the file states them."""
        maker = MAKERS.get(call.word) if call.operator.startswith("aten.") else None
        if call.word not in _LAZY and any(each.grid for each in call.tensors):
            call = laid_out(call, self._rows)
        try:
            made = None if maker is None else maker(call, self._rows)
        except Inexpressible:
            made = None
        except IndexError:
            raise call.error("it works along an axis that its tensor has not") from None
        return self._unknown(call) if made is None else made

    def _unknown(self, call: Call) -> Made:
        """The outputs of an operator that is not known, with its trained values on the first of them."""
        samples = self._rows.samples
        if not call.outputs:
            raise call.error("it is not known, and the file states no shape of what it puts out")
        arrays = [each for each in call.tensors if each.origin == "trained" and each.name not in self._rows.owners]
        inputs = [each.at for each in call.tensors if each.origin == "computed"]
        if not inputs:
            inputs, arrays = [self._rows.shaped(call, each, self._rows.own(each)) for each in call.tensors], []
        source = next((each for each in call.tensors if each.batch is not None), None)
        made: list[Value] = []
        for name, full in call.outputs:
            if name in call.unread and len(call.outputs) > 1:
                # Whoever reads it is told that no operator puts it out.
                continue
            batch = None
            if source is not None:
                first = bool(full) and divides(samples, full[0]) is True
                batch = Batch(0) if first else reshaped(source.batch, source.full, full, samples)
            params = sum_of(size(each.full) for each in arrays)
            layer = Unknown(
                operator=_WORD.sub("_", call.word)[:60], shape=without_batch(full, batch, samples), parameters=params
            )
            made.append(self._rows.add(call, layer, inputs, full, batch, trained=arrays))
            arrays = []
        return made

    def _finished(self) -> Graph:
        tensors, builder = self._tensors, self._rows.builder
        names = [n for spec in tensors.signature.output_specs if spec.user_output for n in named(spec.user_output.arg)]
        found = [value.at for name in names if (value := tensors.value(name, tensors.values)).origin == "computed"]
        used = {owner.partition("[")[0] for owner in self._rows.owners}
        arrays = {value.name: value for value in tensors.values.values() if value.origin == "trained"}
        for name, value in arrays.items():
            if name.partition("[")[0] not in used:
                # Such as those of a head that is used in training only.
                layer = Layer.kinds["learned"](shape=value.full or (1,))
                note = "in the file, and read by no operator"
                builder.add(builder.free_name(name.replace(".", "/")), layer, auxiliary=True, note=note)
        last = max((at for at, node in enumerate(builder.nodes) if not node.auxiliary), default=-1)
        if last < 0:
            raise SpecError(f"{tensors.name}: the program has no operator")
        outputs = tuple(dict.fromkeys(found))
        return folded(builder.graph(tensors.name, named_outputs=() if outputs in {(), (last,)} else outputs))
