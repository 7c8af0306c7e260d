"""A walk over the operators of a graph, which adds a layer for each that is one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from msgspec.structs import replace

from archcalc.errors import SpecError
from archcalc.importers.onnx.axis_names import named, nameless
from archcalc.importers.onnx.letters import Letters
from archcalc.importers.onnx.masks import Hides, Looks
from archcalc.importers.onnx.model import MOST_AXES, WRITTEN, Array, Operator, Stated
from archcalc.importers.onnx.values import Flow, Known, Merged, Operand, one_sample
from archcalc.layers.base import Layer
from archcalc.layers.linear import Learned
from archcalc.layers.placing import Misplaced
from archcalc.layers.rearrange import Flatten, Reshape, Slice
from archcalc.layers.unknown import Unknown
from archcalc.network.graph import Builder
from archcalc.network.names import suitable
from archcalc.symbols.dims import Dim, Shape, at_least, equal, format_shape, quotient, size

# The values that an operator makes, in order; fewer where the last are none that anything reads.
Made: TypeAlias = Sequence[Operand]
Handler: TypeAlias = "Callable[[Walk, Operator], Made]"

# Some ten times what exporters leave to be worked out.
_MOST_NUMBERS = 300_000


class Walk:
    """The layers of a graph so far, and the values by their names."""

    def __init__(
        self, file: str, letters: Letters, opset: int, handlers: Mapping[str, Handler], *, lookups: bool
    ) -> None:
        self.file = file
        self.handlers = handlers
        self.letters = letters
        self.opset = opset
        # False where what is looked up is computed, so that no embedding can stand for a look-up.
        self.lookups = lookups
        self.builder = Builder()
        self.values: dict[str, Operand] = {}
        # The arrays that the file holds as they are, and the names of those in operators.
        self.arrays: dict[str, Array] = {}
        self.constants: set[str] = set()
        # True where operators hold the weights too, as some exporters have it.
        self.held_apart = False
        self.numbers = 0
        # The values that something reads.
        self.read: set[str] = set()
        self.stated: dict[str, tuple[Stated, ...]] = {}
        # What is passed over: operators by kind that have no products, and no kind of layer of their own.
        self.passed: Counter[str] = Counter()
        # The layers of which some outputs are hidden, and which.
        self.masked: dict[int, Hides] = {}
        self.looks = Looks()
        # The layers that hold arrays of the file, and the arrays of each by its own names for them.
        self._owners: dict[str, int] = {}
        self.held: dict[int, dict[str, str]] = {}
        self._views: dict[tuple[int, tuple[Dim | str, ...]], int] = {}

    @property
    def batch(self) -> int:
        """The number of samples that the file's shapes are for."""
        return self.letters.batch

    def error(self, op: Operator, fact: str, *notes: str) -> SpecError:
        """An error with the operator that it is about."""
        return SpecError(f"{self.file}: {op.label[:60]} ({op.word(WRITTEN, op.kind)[:40]}): {fact}", None, *notes)

    def value(self, op: Operator, place: int) -> Operand:
        """The value that an operator takes; raises SpecError if nothing before it makes that."""
        name = op.given(place)
        if name not in self.values:
            said = f"reads '{name[:60]}', which nothing before it makes" if name else f"has no input {place}"
            raise self.error(op, said, "the graph of a file must have its operators in order")
        return self.values[name]

    def mask(self, x: Flow, hidden: Hides) -> None:
        """Note that some outputs of a layer are hidden."""
        self.masked[x.at] = hidden if self.masked.get(x.at, hidden) == hidden else "others"

    def kept(self, op: Operator, value: Operand) -> Operand:
        """A value as it is kept: of long arrays the shape alone, once a file has asked for too much arithmetic."""
        if len(self.whole(value)) > MOST_AXES:
            raise self.error(op, f"it puts out more than {MOST_AXES} axes")
        if isinstance(value, Flow) or value.content is None:
            return value
        self.numbers += len(value.content)
        long = self.numbers > _MOST_NUMBERS and len(value.content) > MOST_AXES
        return replace(value, content=None) if long else value

    def known(self, op: Operator, place: int) -> Known | None:
        """The value that an operator takes if it depends on no input; None also where it is left out."""
        found = self.value(op, place) if op.given(place) else None
        return found if isinstance(found, Known) else None

    def flow(self, op: Operator, place: int) -> Flow:
        """The value that an operator takes, as the output of a layer."""
        found = self.value(op, place)
        return found if isinstance(found, Flow) else self.learned(op, found, found.shape)

    def flows(self, op: Operator) -> list[Flow]:
        """The values that an operator takes and that depend on an input."""
        found = [self.values.get(name) for name in op.inputs if name]
        return [x for x in found if isinstance(x, Flow)]

    def whole(self, value: Operand) -> Shape:
        """The shape of a value in the file."""
        return value.shape if isinstance(value, Known) else value.whole(self.batch)

    def across(self, flow: Flow, axis: int) -> bool:
        """True for an axis of the file's array along which several samples lie, with values of their own."""
        return bool(flow.merged) and flow.batch == axis and self.batch != 1

    def position(self, flow: Flow) -> int:
        """The layer that puts out a value in its shape, after the view that it takes."""
        shape = flow.shape or (1,)
        given = self.builder.shape(flow.at)
        if same(shape, given):
            return flow.at
        if (flow.at, shape) not in self._views:
            layer = Flatten() if len(shape) == 1 else Reshape(shape, named(given, shape))
            name = self.builder.free_name(flow.label or "reshape")
            self._views[flow.at, shape] = self.builder.add(name, layer, flow.at, blocks=flow.blocks)
        return self._views[flow.at, shape]

    def add(self, op: Operator, layer: Layer, *flows: Flow, share: int | None = None, name: str = "") -> Flow:
        """A layer, and what it puts out; its samples lie along the axis of the first input's."""
        inputs = [self.position(flow) for flow in flows]
        blocks = tuple(map(suitable, op.blocks))
        called = self.builder.free_name(name or op.label)
        try:
            at = self.builder.add(called, layer, *inputs, share=share, blocks=blocks)
        except SpecError as error:
            # Names of axes that were guessed may be wrong, and a file has none.
            taken = tuple(name for i in inputs for name in self.builder.shape(i).axes)
            several = len(inputs) > 1
            renamed = [*inputs[:several], *(self._renamed(op, i, taken) for i in inputs[several:])]
            try:
                at = self.builder.add(called, layer, *renamed, share=share, blocks=blocks)
            except SpecError:
                raise self.error(op, error.fact, *error.notes) from None
        batch, merged = (flows[0].batch, flows[0].merged) if flows else (None, "")
        shape = tuple(self.builder.shape(at))
        # One value has no axes in the file, and one here.
        alone = bool(flows) and not any(flow.shape for flow in flows) and shape == (1,)
        return Flow(at, () if alone else shape, batch, merged, op.label, blocks)

    def _renamed(self, op: Operator, position: int, taken: tuple[str, ...]) -> int:
        """A layer's output with other names of its axes than those taken."""
        shape = self.builder.shape(position)
        axes = nameless(len(shape), taken)
        key = (position, axes)
        if key not in self._views:
            name = self.builder.free_name(f"{op.label}/axes")
            self._views[key] = self.builder.add(name, Reshape(tuple(shape), axes), position)
        return self._views[key]

    def view(self, op: Operator, flow: Flow, shape: Shape, batch: int | None, merged: Merged = "") -> Flow:
        """The same values under another shape for one sample."""
        if size(shape) != size(flow.shape) and equal(size(shape), size(flow.shape)) is False:
            raise self.error(op, f"{format_shape(flow.shape)} cannot be {format_shape(shape)}")
        return Flow(flow.at, tuple(shape), batch, merged, op.label, op.blocks)

    def trained(self, op: Operator, layer: Layer, *flows: Flow, name: str = "", **arrays: Known | None) -> Flow:
        """A layer with arrays of the file; one that another layer holds too is shared with it."""
        keys = {name: x.owner for name, x in arrays.items() if x is not None}
        share = self._owners.get(keys.get("weight", ""))
        if share is not None:
            held = self.held[share]
            alike = all(held.get(name, key) == key for name, key in keys.items())
            weight = arrays["weight"]
            owned = self._array(share)
            fits = (
                not self._uniform(keys["weight"])
                and weight is not None
                and held.get("weight") == weight.owner
                and len(owned) == len(self._wanted(layer, flows))
            )
            if not (alike and fits and same(owned, self._wanted(layer, flows))):
                share = None
        flow = self.add(op, layer, *flows, share=share, name=name)
        self._check(op, flow.at, arrays)
        if share is None:
            self.held[flow.at] = keys
            self._owners.update({key: flow.at for name, key in keys.items() if key and name == "weight"})
        return flow

    def _uniform(self, name: str) -> bool:
        """True for a vector of equal numbers: exporters write one for all that are, and no trained one is."""
        array = self.arrays.get(name)
        return array is not None and sum(n != 1 for n in array.shape) == 1 and len(set(array.content or (0, 1))) == 1

    def _array(self, position: int) -> Shape:
        node = self.builder.nodes[position]
        return node.layer.weights(*(self.builder.shape(i) for i in node.inputs)).get("weight", ())

    def _wanted(self, layer: Layer, flows: Sequence[Flow]) -> Shape:
        shapes = [self.builder.shape(self.position(flow)) for flow in flows]
        try:
            return layer.placed(*shapes).weights(*shapes).get("weight", ())
        except Misplaced:
            # Names of axes that were guessed may be wrong.
            plain = [tuple(shape) for shape in shapes]
            return layer.placed(*plain).weights(*plain).get("weight", ())

    def _check(self, op: Operator, position: int, arrays: dict[str, Known | None]) -> None:
        """Raise SpecError where an array of the file has not as many values as the layer needs."""
        node = self.builder.nodes[position]
        needed = node.layer.weights(*(self.builder.shape(i) for i in node.inputs))
        for name, array in arrays.items():
            wanted = needed.get(name)
            if array is not None and wanted is not None and equal(size(array.shape), size(wanted)) is False:
                fact = f"its {name} is {format_shape(array.shape)}, and {format_shape(wanted)} fits the input"
                raise self.error(op, fact)

    def learned(self, op: Operator, array: Known, shape: Shape) -> Flow:
        """An array of the file as a layer without inputs, of a shape for one sample."""
        at = self._owners.get(array.owner)
        source = array.source or array.shape
        if at is None or not isinstance(self.builder.nodes[at].layer, Learned):
            own = shape if equal(size(source), size(shape)) is True else source
            layer = Learned(tuple(own) or (1,))
            whole = replace(array, shape=source)
            if array.owner:
                at = self.trained(empty_of(op, array), layer, name=array.owner, weight=whole).at
            else:
                at = self.add(op, layer).at
        held = Flow(at, tuple(self.builder.shape(at)), None, label=op.label)
        if equal(size(held.shape), size(shape)) is True:
            return Flow(at, tuple(shape), None, label=array.owner or op.label)
        span = _rows_of(tuple(held.shape), shape)
        if span is not None:
            part = self.add(op, Slice(0, span[1], axis=span[0]), held, name=f"{array.owner}/part")
            return Flow(part.at, tuple(shape), None, label=array.owner or op.label)
        return self.add(op, Unknown(f"rows of {array.owner}"[:60], tuple(shape) or (1,)), held)

    def unknown(self, op: Operator, *shapes: Shape | None) -> list[Operand]:
        """Operators that no kind stands for, one for each output, of shapes of the file or as it states them."""
        flows = self.flows(op)
        trained = self._trained_by(op)
        made: list[Operand] = []
        for place, name in enumerate(op.outputs):
            shape = shapes[place] if place < len(shapes) else None
            if shape is None and name in self.stated:
                shape = tuple(self.letters.size(n, name, axis) for axis, n in enumerate(self.stated[name]))
            if shape is None:
                if place and made:
                    break
                remedy = "ONNX's own shape inference, onnx.shape_inference.infer_shapes, writes shapes into a file"
                raise self.error(
                    op, f"no kind of layer stands for this {op.called[:60]}, and the file states no shape", remedy
                )
            if not flows:
                made.append(Known(tuple(shape)))
                continue
            found = one_sample(shape, 0, self.batch, 1) if any(x.batch is not None for x in flows) else None
            sample, batch, merged = found or (shape, None, "")
            layer = Unknown(op.called[:100] or "operator", tuple(sample) or (1,), trained if place == 0 else 0)
            flow = self.add(op, layer, *flows)
            made.append(Flow(flow.at, tuple(sample), batch, merged, op.label, op.blocks))
        return made

    def _trained_by(self, op: Operator) -> int:
        """The trained values that an operator takes and no layer holds yet."""
        total = 0
        for name in op.inputs:
            x = self.values.get(name)
            if isinstance(x, Known) and x.trained and x.owner and x.owner not in self._owners and not x.single:
                total += math.prod(n for n in x.source or x.shape if isinstance(n, int))
                self._owners[x.owner] = len(self.builder.nodes)
                self.held[len(self.builder.nodes)] = {}
        return total


def empty_of(op: Operator, array: Known) -> Operator:
    """The operator that stands for an array of the file."""
    return Operator("Learned", "", array.owner or op.label, (), (array.owner or op.label,), {}, {}, op.blocks)


def _rows_of(whole: Shape, part: Shape) -> tuple[int, Dim] | None:
    """The axis along which a part has fewer entries than the whole, and how many; None if it is no such part."""
    for axis, n in enumerate(whole):
        others = size((*whole[:axis], *whole[axis + 1 :]))
        count = quotient(size(part), others)
        if equal(count * others, size(part)) is True and count != 0 and at_least(count, n) is not True:
            return axis, count
    return None


def same(a: Shape, b: Shape) -> bool:
    """True for two shapes that are equal whatever their letters are."""
    return len(a) == len(b) and all(equal(m, n) is True for m, n in zip(a, b, strict=True))
