"""The layers of a prototxt that run when a network is used, and the shapes of its inputs."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import msgspec

from archcalc.errors import Place, SpecError
from archcalc.importers.caffe.text import Message
from archcalc.symbols.shape import NamedShape

_PHASES = ("train", "test", "0", "1")
# Layers that put out what is in a file or in memory.
_DATA = ("data", "input", "python")
# Layers that only measure or write down what others put out.
_MEASURES = ("loss", "accuracy")
_WRITERS = ("silence", "hdf5output", "detectionevaluate")


class Step(msgspec.Struct, frozen=True):
    """A layer of the file: its type without case and underscores, its message, and the blobs it reads and writes."""

    type: str
    name: str
    message: Message
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]

    @property
    def place(self) -> Place:
        """The place of the layer."""
        return self.message.place

    @property
    def gives_data(self) -> bool:
        """True for a layer that no other leads to, which puts out the network's input."""
        return not self.bottoms and self.type.endswith(_DATA)

    @property
    def is_measure(self) -> bool:
        """True for a loss, a measure or a writer, of which nothing is run when the network is used."""
        return self.type.endswith(_MEASURES) or self.type in _WRITERS or self.weight > 0

    @property
    def weight(self) -> float:
        """The weight of a loss in training, 0 for all other layers; one of another's making says it."""
        return self.message.number("loss_weight", 1 if self.type.endswith("loss") else 0)

    def error(self, fact: str, *notes: str) -> SpecError:
        """The error of a fact about the layer."""
        return SpecError(f"{self.name[:60] or self.type}: {fact}", self.place, *notes)


def steps(net: Message) -> tuple[list[Step], list[Step]]:
    """The layers that run in the phase of testing, in order, and those that do not."""
    found = [*net.messages("layer"), *net.messages("layers")]
    found.sort(key=lambda message: (message.place.line, message.place.column))
    if not found:
        raise SpecError("a network without layers", net.place, "a prototxt holds layer { … } for each of them")
    used: list[Step] = []
    left: list[Step] = []
    for message in found:
        (used if _runs(message, net.message("state")) else left).append(_step(message))
    return used, left


def _step(message: Message) -> Step:
    if "layer" in message.fields:
        raise SpecError("a layer in the form of 2013", message.place, "Caffe's upgrade_net_proto_text writes it anew")
    kind = message.text("type").replace("_", "").lower()
    if not kind:
        raise SpecError("a layer without a type", message.place)
    bottoms, tops = (tuple(one.text for one in message.texts(key)) for key in ("bottom", "top"))
    return Step(kind, message.text("name"), message, bottoms, tops)


def _runs(message: Message, state: Message) -> bool:
    """True if a layer is included, or not excluded, in the phase of testing and in the file's own state."""
    include, exclude = message.messages("include"), message.messages("exclude")
    if include:
        return any(_met(rule, state) for rule in include)
    return not any(_met(rule, state) for rule in exclude)


def _met(rule: Message, state: Message) -> bool:
    level, stages = state.whole("level", 0), {one.text for one in state.texts("stage")}
    wanted, unwanted = ({one.text for one in rule.texts(key)} for key in ("stage", "not_stage"))
    return (
        rule.word("phase", _PHASES, "test") in {"test", "1"}
        and rule.whole("min_level", level) <= level <= rule.whole("max_level", level)
        and wanted <= stages
        and not unwanted & stages
    )


class Declared(msgspec.Struct, frozen=True):
    """An input: its blob, the place that declares it, and its shape without the batch, None where the file is silent."""

    blob: str
    place: Place
    shape: NamedShape | None


def declared(net: Message, used: list[Step], left: list[Step]) -> list[Declared]:
    """The inputs of a network: those at the top of the file, and what its layers of data put out.

    A file for training alone has its data in a layer of that phase. What only losses and measures read, as labels are,
    is no input.
    """
    read = {blob for step in used if not step.is_measure for blob in step.bottoms}
    compared = {blob for step in used if step.is_measure for blob in step.bottoms}
    found = [one for one in _at_top(net) if one.blob not in compared - read]
    for step in used:
        found += _given(step, read) if step.gives_data else ()
    known = {one.blob for one in found} | {top for step in used for top in step.tops}
    for step in left:
        found += _given(step, read - known) if step.gives_data else ()
    return found


def _at_top(net: Message) -> Iterator[Declared]:
    names = net.texts("input")
    shapes = [shape.wholes("dim", 0) for shape in net.messages("input_shape")]
    dims = net.wholes("input_dim", 0)
    for number, name in enumerate(names):
        sizes = shapes[number] if number < len(shapes) else dims[4 * number : 4 * number + 4]
        yield Declared(name.text, name.place, _shape(sizes, name.place))


def _given(step: Step, read: set[str]) -> list[Declared]:
    """The blobs of a layer of data that are read: where it gives no shapes, the first of them."""
    shapes = [shape.wholes("dim", 0) for shape in step.message.message("input_param").messages("shape")]
    dummy = step.message.message("dummy_data_param")
    shapes += [shape.wholes("dim", 0) for shape in dummy.messages("shape")]
    corners = [dummy.wholes(key, 0) for key in ("num", "channels", "height", "width")]
    shapes += [list(sizes) for sizes in zip(*corners, strict=False)]
    tops = [(number, top) for number, top in enumerate(step.tops) if top in read]
    if not shapes:
        return [Declared(top, step.place, _image(step)) for _, top in tops[:1]]
    return [Declared(top, step.place, _shape(shapes[min(number, len(shapes) - 1)], step.place)) for number, top in tops]


def _shape(sizes: list[int], place: Place) -> NamedShape | None:
    """A shape without its first axis, the batch; None if the file gives no size."""
    if not sizes:
        return None
    if any(n < 1 for n in sizes[1:]):
        raise SpecError("an input of size 0", place, "every axis but the batch is at least 1")
    own = tuple(sizes[1:])
    return NamedShape(own, _AXES.get(len(own), ("",) * len(own)))


_AXES = {1: ("features",), 3: ("channels", "height", "width")}


def _image(step: Step) -> NamedShape | None:
    """The shape of the images in a layer of data, if it crops or resizes them."""
    message = step.message
    params = [message.message("transform_param"), *(message.message(key) for key in _SOURCES)]
    channels = 1 if params[0].flag("force_gray") or not params[2].flag("is_color", default=True) else 3
    for param in params:
        side = param.whole("crop_size", 0, 0)
        if side:
            return NamedShape((channels, side, side), _AXES[3])
    for param in params:
        sizes = [param.whole(key, 0, 0) for key in ("new_height", "new_width")]
        sizes = sizes if all(sizes) else [param.whole(key, 0, 0) for key in ("height", "width")]
        if all(sizes):
            return NamedShape((param.whole("channels", channels, 1), *sizes), _AXES[3])
    return None


_SOURCES = ("data_param", "image_data_param", "memory_data_param", "window_data_param")


def auxiliary(used: list[Step]) -> set[int]:
    """The numbers of the layers that lead to a loss of less weight than another on the same labels, and to no other."""
    # Which layer wrote what a layer reads; a layer in place follows the one whose blob it changes.
    written: dict[str, int] = {}
    reads: list[list[int]] = []
    for number, step in enumerate(used):
        reads.append([written[blob] for blob in step.bottoms if blob in written])
        written.update(dict.fromkeys(step.tops, number))
    losses = {number: step for number, step in enumerate(used) if step.weight > 0}
    largest: dict[tuple[str, tuple[str, ...]], float] = {}
    for step in losses.values():
        largest[step.type, step.bottoms[1:]] = max(step.weight, largest.get((step.type, step.bottoms[1:]), 0))
    minor = {number for number, step in losses.items() if step.weight < largest[step.type, step.bottoms[1:]]}
    return _before(minor, reads) - _before(losses.keys() - minor, reads)


def _before(ends: AbstractSet[int], reads: list[list[int]]) -> set[int]:
    """The numbers of layers that lead to some, and of those."""
    found = set(ends)
    for number in range(max(ends, default=-1), -1, -1):
        if number in found:
            found.update(reads[number])
    return found
