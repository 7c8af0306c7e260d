"""The operators of a model as those of a graph whose images have their channels first.

The order of axes costs nothing: a tensor is kept in any, and one is put into another only where an operator needs it so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from msgspec.structs import replace

from archcalc.errors import SpecError
from archcalc.importers.onnx.model import WRITTEN, Attribute, Graph, Stated, Value
from archcalc.importers.onnx.model import Operator as Made
from archcalc.importers.tflite.arrays import Arrays, Names, is_floating
from archcalc.importers.tflite.model import Model, Operator, Tensor

Axes: TypeAlias = tuple[int, ...]

# The types of tensors that stand for a variable or a list, not for its values.
_HANDLES = {13, 14}
_ACTIVATIONS: dict[int, tuple[str, str, dict[str, Attribute]]] = {
    1: ("relu", "Relu", {}),
    2: ("hardtanh", "Clip", {"min": -1.0, "max": 1.0}),
    3: ("relu6", "Clip", {"min": 0.0, "max": 6.0}),
    4: ("tanh", "Tanh", {}),
    5: ("sign", "Sign", {}),
}


class Placed(NamedTuple):
    """A value of the graph that is made; `axes` holds for each of its axes the one of the tensor."""

    name: str
    axes: Axes


def plain(rank: int) -> Axes:
    """The axes of a tensor in its own order."""
    return tuple(range(rank))


def usual(rank: int) -> Axes:
    """The order in which tensors are kept: channels before the places of images and volumes.

    >>> usual(4), usual(3)
    ((0, 3, 1, 2), (0, 1, 2))
    """
    return (0, rank - 1, *range(1, rank - 1)) if rank in {4, 5} else plain(rank)


class Translation:
    """The graph that is made of a model, operator by operator."""

    def __init__(self, file: str, model: Model) -> None:
        self.file = file
        self.model = model
        self.operators: list[Made] = []
        self.names = Names()
        self.arrays = Arrays(model, self.names)
        self.stated: list[Value] = []
        self.inputs: list[Value] = []
        self.ends = {*model.outputs}
        self.readers: dict[int, list[Operator]] = {}
        # How often operators take the bytes of each buffer.
        self._uses: Counter[int] = Counter()
        for op in model.operators:
            for number in op.inputs:
                self.readers.setdefault(number, []).append(op)
                self._uses[model.tensors[number].buffer if number >= 0 else 0] += 1
        self._made = {number for op in model.operators for number in op.outputs}
        self._placed: dict[int, Placed] = {}
        self._run: set[int] = set()
        # True if an input leaves the number of samples open.
        self._open_batch = False
        self._arranged: dict[tuple[int, Axes], str] = {}

    def tensor(self, number: int) -> Tensor:
        """A tensor by its number."""
        return self.model.tensors[number]

    def shape(self, number: int) -> tuple[int, ...]:
        """The sizes of a tensor, -1 for those left open."""
        return self.tensor(number).shape

    def rank(self, number: int) -> int:
        """The number of axes of a tensor."""
        return len(self.tensor(number).shape)

    def known(self, op: Operator, place: int) -> tuple[int, ...] | None:
        """The whole numbers of an input that the file has."""
        number = op.given(place)
        return None if number is None else self.model.content(number)

    def error(self, op: Operator, fact: str) -> SpecError:
        """An error with the operator that it is about."""
        label = self.tensor(op.outputs[0]).label if op.outputs else ""
        return SpecError(f"{self.file}: {label[:60]} ({op.kind[:40]}): {fact}")

    def place(self, number: int, placed: Placed) -> None:
        """Say where a tensor is."""
        self._placed[number] = placed

    def make(self, number: int, placed: Placed) -> None:
        """Say where a tensor is that an operator makes, with its shape, which is to be checked."""
        shape = self.shape(number)
        batch = self._open_batch and len(shape) > 1
        # Another axis that is left open has no word: its size is what it is computed to be.
        sizes = [n if n >= 0 else "batch" if batch and axis == 0 else "" for axis, n in enumerate(shape)]
        self.stated.append(Value(placed.name, tuple(sizes[axis] for axis in placed.axes)))
        self.place(number, placed)

    def value(self, op: Operator, number: int) -> Placed:
        """The value of a tensor, in the order in which it is kept; raises SpecError if nothing makes it."""
        found = self._placed.get(number)
        if found is None:
            tensor = self.tensor(number)
            holds = (tensor.held or 0 in tensor.shape) and number not in self._made
            if not holds and not tensor.variable:
                raise self.error(op, f"reads '{tensor.label[:60]}', which nothing before it makes")
            found = Placed(self.arrays.name(tensor), plain(self.rank(number))) if holds else self.outside(number)
            self.place(number, found)
        return found

    def graph(self) -> Graph:
        """The graph of all operators so far."""
        outputs = tuple(Value(self._end(number).name, None) for number in self.model.outputs)
        arrays = tuple(self.arrays.found.values())
        return Graph("", tuple(self.operators), arrays, tuple(self.inputs), outputs, tuple(self.stated))

    def _end(self, number: int) -> Placed:
        """The value of an output of the network; raises SpecError if nothing makes it."""
        if number not in self._placed:
            fact = f"{self.file}: nothing makes the output '{self.tensor(number).label[:60]}'"
            raise SpecError(fact)
        return self._placed[number]

    def outside(self, number: int, name: str = "", axes: Axes | None = None) -> Placed:
        """The value of a tensor that comes from outside: an input, or what a variable holds."""
        tensor = self.tensor(number)
        axes = usual(len(tensor.shape)) if axes is None else axes
        placed = Placed(self.names.free(name or tensor.label or "input"), axes)
        shape = self._opened(tensor.shape, len(self.inputs))
        self._open_batch |= "batch" in shape
        self.inputs.append(Value(placed.name, tuple(shape[axis] for axis in axes), is_floating(tensor)))
        self.place(number, placed)
        return placed

    def _opened(self, shape: tuple[int, ...], before: int) -> tuple[Stated, ...]:
        """The sizes of an input, with a letter for each left open."""
        letters = {2: "NF", 3: "NTF", 4: "NHWC", 5: "NDHWC"}.get(len(shape), "N" * len(shape))
        mark = "" if before == 0 else str(before + 1)
        return tuple(
            n if n >= 0 else "batch" if axis == 0 else f"{letters[axis]}{mark}" for axis, n in enumerate(shape)
        )

    def emit(self, kind: str, inputs: Sequence[str], *outputs: str, label: str, **attributes: Attribute) -> None:
        """Append an operator to the graph."""
        domain = str(attributes.pop("domain", ""))
        self.operators.append(Made(kind, domain, label, tuple(inputs), outputs, attributes, {}))

    def step(self, kind: str, inputs: Sequence[str], *, label: str, **attributes: Attribute) -> str:
        """The value that a further operator makes, which is no tensor of the file."""
        name = self.names.free(f"{label}@{kind}")
        self.emit(kind, inputs, name, label=label, **attributes)
        return name

    def put(self, op: Operator, kind: str, inputs: Sequence[str], *axes: Axes, **attributes: Attribute) -> None:
        """Append the operator that makes a tensor, or several, each in its order of axes, and its activation function."""
        names = []
        for number, order in zip(op.outputs, axes, strict=False):
            if sorted(order) != list(range(self.rank(number))):
                raise self.error(op, f"it puts out {len(order)} axes, and the file states {self.rank(number)}")
            names.append(self.names.free(self.tensor(number).label or op.kind))
            self.make(number, Placed(names[-1], order))
        label, attributes = self.label(op), {**attributes, WRITTEN: op.kind}
        activation = _ACTIVATIONS.get(op.whole("activation")) if op.has("activation") else None
        if activation is None or len(names) != 1:
            self.emit(kind, inputs, *names, label=label, **attributes)
            return
        part, function, settings = activation
        before = self.step(kind, inputs, label=label, **attributes)
        self.stated.append(Value(before, self.stated[-1].shape))
        self.emit(function, [before], names[0], label=f"{label}/{part}", **settings)

    def label(self, op: Operator) -> str:
        """The name that an operator goes by: that of the first tensor that it makes."""
        return (self.tensor(op.outputs[0]).label if op.outputs else "") or op.kind.lower()

    def bias(self, op: Operator, number: int | None) -> list[str]:
        """The value of a bias, if there is one: of zeros that several operators share the converter made up."""
        if number is None:
            return []
        tensor = self.tensor(number)
        if tensor.buffer and self._uses[tensor.buffer] > 1 and self.model.is_zero(number):
            return []
        return [self.value(op, number).name]

    def arrays_of(self, network: int) -> tuple[Tensor, ...]:
        """The arrays of a network that operators run, for the first of them: they count once."""
        if network in self._run or network not in self.model.inner:
            return ()
        self._run.add(network)
        return self.model.inner[network].arrays

    def arranged(self, op: Operator, number: int, axes: Axes) -> str:
        """The value of a tensor with its axes in an order."""
        placed = self.value(op, number)
        if placed.axes == axes:
            return placed.name
        key = (number, axes)
        if key not in self._arranged:
            self._arranged[key] = self._reordered(placed, self.shape(number), axes, self.label(op))
        return self._arranged[key]

    def _reordered(self, placed: Placed, shape: tuple[int, ...], axes: Axes, label: str) -> str:
        if sorted(axes) != sorted(placed.axes):
            raise SpecError(f"{self.file}: {label[:60]}: an input has {len(placed.axes)} axes, not {len(axes)}")
        single = {axis for axis in axes if shape[axis] == 1 and axis != axes[0]}
        kept = [[axis for axis in order if axis not in single] for order in (placed.axes, axes)]
        if kept[0] == kept[1] and placed.axes[0] == axes[0] and placed.name not in self.arrays.found:
            # Axes of 1 are at any place without moving a value.
            gone = tuple(at for at, axis in enumerate(placed.axes) if axis in single)
            new = tuple(at for at, axis in enumerate(axes) if axis in single)
            short = self.step("Squeeze", [placed.name], label=label, axes=gone)
            return self.step("Unsqueeze", [short], label=label, axes=new)
        order = tuple(placed.axes.index(axis) for axis in axes)
        return self.step("Transpose", [placed.name], label=f"{label}/permute", perm=order)


Translate: TypeAlias = Callable[[Translation, Operator], None]
TRANSLATIONS: dict[str, Translate] = {}


def translates(*kinds: str) -> Callable[[Translate], Translate]:
    """Register the translation of some operators."""

    def register(translate: Translate) -> Translate:
        TRANSLATIONS.update(dict.fromkeys(kinds, translate))
        return translate

    return register


def pass_on(made: Translation, op: Operator) -> None:
    """An operator that no kind stands for, with the shapes that the file states and the arrays that it takes.

    The arrays of networks that it runs are its own, and what nothing reads is no output of it.
    """
    inner = [found for number in op.runs if (found := made.model.inner.get(number)) is not None]
    # What a loop begins with is no array that is trained, unless it goes through the loop as it is.
    loose = {place for place in range(len(op.inputs)) if op.kind == "WHILE" and not any(place in x.same for x in inner)}
    handles = {
        at for at, n in enumerate(op.inputs) if n < 0 or made.tensor(n).type in _HANDLES or made.tensor(n).variable
    }
    begun = {at for at in loose - handles if made.tensor(op.inputs[at]).held}
    names = ["" if at in handles | begun else made.value(op, n).name for at, n in enumerate(op.inputs)]
    names += [made.arrays.name(tensor) for number in op.runs for tensor in made.arrays_of(number)]
    read = tuple(n for n in op.outputs if n in made.readers or n in made.ends) or op.outputs[:1]
    kept = replace(op, outputs=read)
    axes = [usual(made.rank(number)) for number in read]
    made.put(kept, op.kind, names, *axes, domain="custom" if op.custom else "tflite")
