"""The layers of a program, added one by one with the batch left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from archcalc.errors import SpecError
from archcalc.importers.pt2.calls import Call
from archcalc.importers.pt2.values import Batch, Value, reshaped, without_batch
from archcalc.layers.base import Layer
from archcalc.layers.placing import Misplaced
from archcalc.network.graph import Builder, weights_of
from archcalc.symbols.dims import Dim, Shape, equal, format_shape, size
from archcalc.symbols.shape import axes_of, reshaped_axes, values_axis
from archcalc.symbols.sums import sum_of

# The most layers, which no network of a file comes near.
_MOST = 200_000


class Inexpressible(Exception):  # noqa: N818 - no error: an operator whose layers would not say what it does
    """An operator that has no layers of its own."""


class Rows:
    """A builder of the graph of a program, for so many `samples` in a batch."""

    def __init__(self, samples: Dim) -> None:
        self.samples = samples
        self.builder = Builder(_MOST)
        # The layer that each trained array belongs to.
        self.owners: dict[str, int] = {}
        self._arrays: dict[tuple[str, Shape], int] = {}
        # The axes that were given a name for want of one.
        self._unnamed = 0

    def own(self, value: Value) -> Shape:
        """The shape of one sample of a tensor."""
        return value.own(self.samples)

    def axis(self, call: Call, value: Value, axis: int) -> int:
        """An axis of a tensor as one of its sample; raises SpecError for that of the batch."""
        try:
            found = value.axis(axis, self.samples)
        except IndexError:
            raise call.error(f"a tensor of {format_shape(value.full)} has no axis {axis}") from None
        if found < 0:
            raise call.error("it works along the batch", "what a network does to one sample must not depend on others")
        return found

    def add(  # noqa: PLR0913 - the layer, what it reads, and what the file states of it
        self,
        call: Call,
        layer: Layer,
        inputs: Sequence[Value | int],
        full: Shape | None = None,
        batch: Batch | None = None,
        *,
        trained: Sequence[Value | None] = (),
        note: str = "",
    ) -> Value:
        """A layer as the next row, whose output has the shape that the file states and the batch at a place."""
        full = call.full if full is None else full
        positions = [self.placed(call, each) if isinstance(each, Value) else each for each in inputs]
        arrays = [each for each in trained if each is not None]
        share = self._owner(arrays)
        layer = left_open(layer, [self.builder.shape(position) for position in positions])
        at = self._fitted(call, self._name(call, layer.kind), layer, positions, share=share, note=note)
        node = self.builder.nodes[at]
        self._require(call, node.shape, without_batch(full, batch, self.samples))
        weights = weights_of(node, self.builder.nodes)
        if equal(sum_of(map(size, weights.values())), sum_of(size(each.full) for each in arrays)) is False:
            held = " and ".join(format_shape(each.full) for each in arrays) or "nothing"
            needed = " and ".join(map(format_shape, weights.values())) or "nothing"
            raise call.error(f"a {layer.kind} has trained {needed}, and the file has {held}")
        for each in arrays:
            self.owners.setdefault(each.name, at)
        return Value(full, batch=batch, at=at)

    def placed(self, call: Call, value: Value) -> int:
        """The position of a tensor in the graph, after its row is added if it is an array."""
        if value.repeated:
            raise Inexpressible
        return self.shaped(call, value, self.own(value))

    def shaped(
        self, call: Call, value: Value, wanted: Shape, like: int | None = None, axes: tuple[str, ...] | None = None
    ) -> int:
        """The position of a tensor under a shape of as many values, an array's with axes named as those of a layer.

        `axes` are the names of a shape's axes where they are known.
        """
        if value.origin == "computed":
            x = self.builder.shape(value.at)
            if same(x, wanted):
                return value.at
            if len(wanted) == 1:
                return self._add(call, self._name(call, "flatten", inside=True), Layer.kinds["flatten"](), [value.at])
            return self._reshape(call, value.at, wanted, axes or self._axes(x, wanted))
        key = (value.name, wanted)
        if key in self._arrays:
            return self._arrays[key]
        kind = "learned" if value.origin == "trained" else "constant"
        owner = self.owners.get(value.name) if value.origin == "trained" else None
        base = value.name.replace(".", "/") or self._name(call, kind, inside=True)
        named = None if like is None or len(wanted) < 3 else self._filled(axes_of(self.builder.shape(like)))
        layer = Layer.kinds[kind](shape=wanted, axes=named if named and len(named) == len(wanted) else None)
        at = self._arrays[key] = self._add(
            call, base, layer, [], share=owner if owner in self._arrays.values() else None
        )
        if value.origin == "trained":
            self.owners.setdefault(value.name, at)
        return at

    def like(self, call: Call, at: int, other: int | None) -> int:
        """A layer to be joined with another, under names of its own for axes where theirs are at odds."""
        if other is None or at == other:
            return at
        one, two = axes_of(self.builder.shape(at)), axes_of(self.builder.shape(other))
        astray = any(name and name in two and two.index(name) != place for place, name in enumerate(one))
        if len(one) != len(two) or not (astray or len({values_axis(one), values_axis(two)} - {None}) > 1):
            return at
        return self._reshape(call, at, tuple(self.builder.shape(at)), self._filled(("",) * len(one)))

    def _reshape(self, call: Call, at: int, wanted: Shape, axes: tuple[str, ...] | None) -> int:
        layer = Layer.kinds["reshape"](shape=wanted, axes=axes)
        return self._add(call, self._name(call, "reshape", inside=True), layer, [at])

    def _axes(self, x: Shape, wanted: Shape) -> tuple[str, ...] | None:
        """Names for the axes of a reshape where those that it takes for an image's would be wrong."""
        known = axes_of(x)
        guessed = reshaped_axes(x, wanted)
        if len(x) == 1 or all(name in {*known, "", "tokens"} for name in guessed):
            return None
        kept = {name: n for name, n in zip(known, x, strict=True) if name}
        pairs = zip(guessed, wanted, strict=True)
        return self._filled([name if name in kept and equal(kept[name], n) is True else "" for name, n in pairs])

    def _filled(self, axes: Sequence[str]) -> tuple[str, ...]:
        """Names with one of its own for each axis that has none."""
        filled = []
        for name in axes:
            self._unnamed += not name
            filled.append(name or f"axis{self._unnamed}")
        return tuple(filled)

    def view(self, call: Call, value: Value, full: Shape, batch: Batch | None = None) -> Value:
        """A tensor under another shape, without a row where a sample keeps its own."""
        if value.repeated:
            raise Inexpressible
        if value.origin == "trained" and equal(size(full), size(value.full)) is False:
            raise call.error(f"a view of {format_shape(value.full)} cannot be {format_shape(full)}")
        if value.origin != "computed":
            return Value(full, value.origin, None, -1, value.name)
        batch = batch or reshaped(value.batch, value.full, full, self.samples)
        wanted = without_batch(full, batch, self.samples)
        if equal(size(wanted), size(self.own(value))) is False:
            raise call.error(f"a view of {format_shape(value.full)} cannot be {format_shape(full)}")
        return Value(full, batch=batch, at=self.shaped(call, value, wanted))

    def _add(self, call: Call, name: str, layer: Layer, positions: Sequence[int], **details: Any) -> int:
        try:
            return self.builder.add(self.builder.free_name(name), layer, *positions, blocks=call.blocks, **details)
        except SpecError as error:
            raise call.error(error.fact, *error.notes) from None

    def _fitted(self, call: Call, name: str, layer: Layer, positions: Sequence[int], **details: Any) -> int:
        """A layer, on inputs whose axes have no names that mean anything where those that were guessed do not suit it."""
        try:
            return self._add(call, name, layer, positions, **details)
        except SpecError:
            shapes = [self.builder.shape(at) for at in positions]
            if not any(any(x.axes) for x in shapes):
                raise
            try:
                plain = [
                    self._reshape(call, at, tuple(x), self._filled(("",) * len(x)))
                    for at, x in zip(positions, shapes, strict=True)
                ]
                return self._add(call, name, layer, plain, **details)
            except SpecError:
                pass
            raise

    def _name(self, call: Call, kind: str, *, inside: bool = False) -> str:
        kind = call.word if kind == "unknown" else kind
        if call.alone and not inside:
            return call.path
        return f"{call.path}/{kind}" if call.path else kind

    def _owner(self, arrays: Sequence[Value]) -> int | None:
        """The layer that has the same arrays already."""
        owners = {self.owners.get(each.name) for each in arrays}
        return owners.pop() if len(owners) == 1 else None

    def _require(self, call: Call, found: Shape, stated: Shape) -> None:
        if not same(found, stated):
            fact = (
                f"the file states an output of {format_shape(stated)}, and from its input follows {format_shape(found)}"
            )
            raise call.error(fact, "both without the batch, which is the first axis of the first input")


def left_open(layer: Layer, shapes: Sequence[Shape]) -> Layer:
    """A layer without a word on its axes where it chooses these by itself.

    >>> from archcalc.layers.softmax import Softmax
    >>> left_open(Softmax(axis=1), [(128, 512)]), left_open(Softmax(axis=0), [(128, 512)])
    (Softmax(axis=None), Softmax(axis=0))
    """
    setting = layer.axis_setting
    if not setting or setting not in layer.settings():
        return layer
    stated = getattr(layer, setting)
    try:
        unsaid = msgspec.structs.replace(layer, **{setting: None})
        chosen = getattr(unsaid.placed(*shapes), setting)
    except (Misplaced, NotImplementedError):
        # The order of a permutation has no usual choice.
        return layer
    return unsaid if chosen == stated else layer


def same(x: Shape, y: Shape) -> bool:
    """True unless two shapes are known to differ."""
    return len(x) == len(y) and all(equal(n, m) is not False for n, m in zip(x, y, strict=True))
