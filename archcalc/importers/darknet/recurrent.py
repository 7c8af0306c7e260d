"""Recurrent sections, of which the programs run one step at a time: the state before it is an input."""

from __future__ import annotations

from functools import partial

from archcalc.importers.darknet.filters import padding_of
from archcalc.importers.darknet.sections import Section
from archcalc.importers.darknet.writer import ACTIVATIONS, Writer
from archcalc.layers import Layer
from archcalc.layers.conv import Conv2d
from archcalc.layers.linear import Linear
from archcalc.layers.merge import Add, Multiply, Subtract
from archcalc.layers.rearrange import Input
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import Dim, floor_div


class _Cell:
    """The rows of a cell, which share their section."""

    def __init__(self, writer: Writer, section: Section) -> None:
        self.add = partial(writer.add, section)
        self.applied = partial(writer.applied, section)
        self._writer = writer
        self._section = section
        self._normalised = section.flag("batch_normalize")

    def state(self, part: str, like: int) -> int:
        """The position of the state before the step, an input of an output's shape."""
        shape = self._writer.shape(like)
        return self.add(Input(tuple(shape), shape.axes if all(shape.axes) else None), part=part)

    def product(self, x: int, out: int, part: str, word: str = "linear") -> int:
        """The position of an output times trained weights, normalised and activated."""
        fields = {"out": "output", "kernel": "size", "stride": "stride", "groups": "groups"}
        x = self.add(self._filters(x, out), x, part=part, fields=fields)
        if self._normalised:
            x = self._writer.normalised(self._section, x, part=f"{part}/norm" if part else "norm")
        return self.applied(x, word, f"{part}/act" if part else "act")

    def _filters(self, x: int, out: int) -> Layer:
        if len(self._writer.shape(x)) < 3:
            return Linear(out, bias=not self._normalised)
        size = self._section.whole("size", 3, least=1)
        return Conv2d(
            out=out,
            kernel=size,
            stride=self._section.whole("stride", 1, least=1),
            padding=padding_of(self._section, size),
            groups=1 if self._section.flag("xnor") else max(1, self._section.whole("groups", 1)),
            bias=not self._normalised,
        )

    def gate(self, pair: tuple[int, int], word: str, part: str) -> int:
        """The position of the sum of two products, activated."""
        return self.applied(self.add(Add(), *pair, part=part), word, f"{part}/act")


def rnn(writer: Writer, section: Section) -> int:
    """A plain cell, dense on vectors: the sum of a product of the input and one of the state, and a product of that."""
    return _plain(writer, section, writer.vector(section))


def crnn(writer: Writer, section: Section) -> int:
    """A plain cell of convolutions."""
    return _plain(writer, section, writer.image(section))


def _plain(writer: Writer, section: Section, x: int) -> int:
    cell = _Cell(writer, section)
    hidden, out = section.whole("hidden", 1, least=1), section.whole("output", 1, least=1)
    word = section.word("activation", "logistic", ACTIVATIONS)
    of_state = {1: "logistic", 2: "loggy"}.get(section.whole("logistic", 0), word)
    driven = cell.product(x, hidden, "input", word)
    state = cell.state("state", driven)
    terms = (driven, cell.product(state, hidden, "self", of_state))
    total = cell.add(Add(), *terms, *((state,) if section.flag("shortcut") else ()), part="sum")
    return cell.product(total, out, "", word)


def gru(writer: Writer, section: Section) -> int:
    """A gated recurrent unit whose reset gate comes before the candidate's recurrent product."""
    cell = _Cell(writer, section)
    out = section.whole("output", 1, least=1)
    x = writer.vector(section)
    driven = {gate: cell.product(x, out, f"input_{gate}") for gate in "zrh"}
    state = cell.state("state", driven["z"])
    update = cell.gate((driven["z"], cell.product(state, out, "state_z")), "logistic", "z")
    reset = cell.gate((driven["r"], cell.product(state, out, "state_r")), "logistic", "r")
    kept = cell.add(Multiply(), state, reset, part="forgot")
    # The programs have a logistic function here; tanh is only in one built with USET.
    candidate = cell.gate((driven["h"], cell.product(kept, out, "state_h")), "logistic", "h")
    # update · state + (1 − update) · candidate
    change = cell.add(Multiply(), cell.add(Subtract(), state, candidate, part="less"), update, part="change")
    return cell.add(Add(), candidate, change)


def lstm(writer: Writer, section: Section) -> int:
    """Long short-term memory, whose state is two inputs: what it put out, and its cell."""
    cell = _Cell(writer, section)
    out = section.whole("output", 1, least=1)
    x = writer.vector(section)
    driven = {gate: cell.product(x, out, f"u{gate}") for gate in "figo"}
    hidden, memory = cell.state("state", driven["f"]), cell.state("cell", driven["f"])
    f, i, g, o = (
        cell.gate((driven[gate], cell.product(hidden, out, f"w{gate}")), "tanh" if gate == "g" else "logistic", gate)
        for gate in "figo"
    )
    memory = cell.add(Multiply(), memory, f, part="kept")
    memory = cell.add(Add(), memory, cell.add(Multiply(), i, g, part="new"), part="memory")
    return cell.add(Multiply(), o, cell.applied(memory, "tanh", "tanh"))


def conv_lstm(writer: Writer, section: Section) -> int:
    """Long short-term memory of convolutions; nobody counts its work."""
    x = writer.image(section)
    channels, *sides = writer.shape(x)
    out = section.whole("output", 1, least=1)
    params = 4 * _filters(section, channels, out)
    params += _filters(section, 2 * out, out) if section.flag("bottleneck") else 4 * _filters(section, out, out)
    if section.flag("peephole"):
        params += 3 * _filters(section, out, out)
    return writer.add(section, Unknown("conv_lstm", (out, *_places(section, tuple(sides))), params), x)


def _filters(section: Section, channels: Dim, filters: int) -> Dim:
    """The trained values of one of a cell's convolutions, all alike but for their channels."""
    size = section.whole("size", 3, least=1)
    groups = 1 if section.flag("xnor") else max(1, section.whole("groups", 1))
    vectors = 2 if section.flag("batch_normalize") else 1
    return floor_div(channels, groups) * filters * size * size + vectors * filters


def _places(section: Section, sides: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """The height and width behind one of a cell's convolutions."""
    size, stride = section.whole("size", 3, least=1), section.whole("stride", 1, least=1)
    places = tuple(floor_div(n + 2 * padding_of(section, size) - size, stride) + 1 for n in sides)
    if any(n < 1 for n in places):
        raise section.error(f"size={size} is larger than the input", "size")
    return places


def history(writer: Writer, section: Section) -> int:
    """The outputs of several steps, one after the other in the channels."""
    x = writer.image(section)
    channels, *sides = writer.shape(x)
    times = section.whole("history_size", 4, least=1)
    return writer.add(section, Unknown("history", (times * channels, *sides)), x)
