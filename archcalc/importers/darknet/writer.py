"""The graph of a cfg file as it is built, section by section."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archcalc.importers.darknet.sections import Section
from archcalc.layers import Layer
from archcalc.layers.activation import (
    ELU,
    GELU,
    SELU,
    HardTanh,
    LeakyReLU,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Tanh,
)
from archcalc.layers.arithmetic import Times
from archcalc.layers.merge import Add
from archcalc.layers.norm import BatchNorm1d, BatchNorm2d
from archcalc.layers.rearrange import Flatten, Reshape
from archcalc.layers.unknown import Unknown
from archcalc.network.graph import Builder
from archcalc.network.limits import MAX_LAYERS
from archcalc.symbols.shape import NamedShape

# The kinds that a section's name stands for, as rows are called; of several names the programs know, one.
LABELS = {
    "convolutional": "conv",
    "deconvolutional": "deconv",
    "max": "maxpool",
    "avg": "avgpool",
    "local_avg": "local_avgpool",
    "conn": "connected",
    "soft": "softmax",
    "normalization": "lrn",
    "silence": "empty",
}

_ACTIVATIONS: dict[str, Layer | None] = {
    "linear": None,
    "leaky": LeakyReLU(slope=0.1),
    "revleaky": LeakyReLU(slope=0.1),
    "relie": LeakyReLU(slope=0.01),
    "relu": ReLU(),
    "relu6": ReLU6(),
    "elu": ELU(),
    "selu": SELU(),
    "gelu": GELU(approximate="tanh"),
    "swish": SiLU(),
    "mish": Mish(),
    "logistic": Sigmoid(),
    "tanh": Tanh(),
    "hardtan": HardTanh(),
}
# These two programs alone compute them; "ramp" is a ReLU plus a tenth of its input.
_OTHERS = (
    *("ramp", "loggy", "plse", "lhtan", "stair", "hard_mish"),
    *("normalize_channels", "normalize_channels_softmax", "normalize_channels_softmax_maxval"),
)
ACTIVATIONS = (*_ACTIVATIONS, *_OTHERS)


NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class Writer:
    """A writer of a cfg file's layers, which knows where the output of each section is."""

    def __init__(self) -> None:
        self.builder = Builder(MAX_LAYERS)
        # The position of each section's output, which is an earlier one's where a section does nothing.
        self.ends: list[int] = []
        # The position of the convolution in a section that has one, by the section's number.
        self.filters: dict[int, int] = {}
        # The positions of what detects.
        self.heads: list[int] = []

    @property
    def last(self) -> int:
        """The position of the output before a section."""
        return self.ends[-1] if self.ends else 0

    def shape(self, position: int | None = None) -> NamedShape:
        """The shape of an output, by default of the one before a section."""
        return self.builder.shape(self.last if position is None else position)

    def add(  # noqa: PLR0913 - as the builder has them
        self,
        section: Section,
        layer: Layer,
        *inputs: int,
        part: str = "",
        share: int | None = None,
        note: str = "",
        fields: Mapping[str, str] = NO_FIELDS,
    ) -> int:
        """Append a row and return its position; `fields` are those of the layer, each with the option that says it."""
        name = f"{LABELS.get(section.kind, section.kind)}{section.index}"
        places = {field: section.options[key].place for field, key in fields.items() if key in section.options}
        return self.builder.add(
            self.builder.free_name(f"{name}/{part}" if part else name),
            layer,
            *inputs,
            place=section.place,
            places=places,
            share=share,
            note=note,
        )

    def image(self, section: Section, position: int | None = None) -> int:
        """The position of an output as an image, of a vector as one of 1×1."""
        position = self.last if position is None else position
        shape = self.shape(position)
        if len(shape) == 1:
            layer = Reshape((shape[0], 1, 1), ("channels", "height", "width"))
            return self.add(section, layer, position, part="reshape")
        if len(shape) != 3:
            raise section.error("the layer before it must put out an image")
        return position

    def vector(self, section: Section) -> int:
        """The position of the output before a section as a vector, or as one for each step of a sequence."""
        if len(self.shape()) == 3:
            return self.add(section, Flatten(), self.last, part="flatten")
        return self.last

    def activated(self, section: Section, position: int, default: str) -> int:
        """The position of an output after the activation function that a section names."""
        return self.applied(section, position, section.word("activation", default, ACTIVATIONS), "act")

    def applied(self, section: Section, position: int, word: str, part: str) -> int:
        """The position of an output after an activation function."""
        if word == "ramp":
            positive = self.add(section, ReLU(), position, part=f"{part}/relu")
            tenth = self.add(section, Times(0.1), position, part=f"{part}/tenth")
            return self.add(section, Add(), positive, tenth, part=part)
        layer = Unknown(word, tuple(self.shape(position))) if word in _OTHERS else _ACTIVATIONS[word]
        return position if layer is None else self.add(section, layer, position, part=part)

    def normalised(self, section: Section, position: int, share: int | None = None, part: str = "norm") -> int:
        """The position of an output after batch normalisation, whose shifts are the layer's biases."""
        layer = BatchNorm2d() if len(self.shape(position)) == 3 else BatchNorm1d()
        return self.add(section, layer, position, part=part, share=share)
