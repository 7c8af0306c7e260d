"""One call of a layer of Keras, and what a translation of the layer may ask and add."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from archcalc.errors import SpecError
from archcalc.importers.keras.settings import Settings, whole
from archcalc.importers.keras.structure import Call
from archcalc.importers.keras.tensors import Assembly, Tensor, names_of, reshaping, unnamed
from archcalc.layers.base import Layer
from archcalc.layers.rearrange import Reshape
from archcalc.layers.unknown import Unknown
from archcalc.symbols.dims import Dim, Shape
from archcalc.symbols.shape import axes_of, values_axis


class Site(NamedTuple):
    """One call of a layer: its settings, its inputs, and the names for its nodes.

    `key` names the layer and not the call, `outputs` is how many of its outputs are read, and `stated` is the shape that
    the file states for the first.
    """

    assembly: Assembly
    kind: str
    settings: Settings
    inputs: tuple[Tensor, ...]
    call: Call
    name: str
    key: str
    blocks: tuple[str, ...] = ()
    outputs: int = 1
    stated: Shape | None = None

    @property
    def input(self) -> Tensor:
        """The only input; raises SpecError if there are others."""
        if len(self.inputs) != 1:
            raise SpecError(f"{self.settings.where}: takes one input, not {len(self.inputs)}")
        return self.inputs[0]

    @property
    def last(self) -> bool:
        """True if channels come last, by the layer's settings or those of others."""
        found = self.settings.find("data_format", "dim_ordering")
        if found not in (None, "channels_last", "channels_first", "tf", "th", "default"):
            raise self.settings.wrong("data_format", "channels_last or channels_first")
        return found in ("channels_last", "tf") if found not in (None, "default") else self.assembly.channels_last

    def shape(self, x: Tensor) -> Shape:
        """The shape of a tensor in the order of Keras."""
        return self.assembly.shape(x)

    def add(self, layer: Layer, *inputs: Tensor, part: str = "") -> int:
        """The position of a new node, called as the layer is or as a part of it."""
        suffix = f"/{part}" if part else ""
        positions = [x.position for x in inputs]
        return self.assembly.add(self.key + suffix, self.name + suffix, layer, *positions, blocks=self.blocks)

    def each(self, layer: Layer, x: Tensor, part: str = "") -> Tensor:
        """The outcome of a layer that leaves all axes where they are."""
        return Tensor(self.add(layer, x, part=part), x.order)

    def arranged(self, x: Tensor, wanted: tuple[int, ...]) -> Tensor:
        """A tensor whose axes, counted as in Keras, stand in the wanted order."""
        return self.assembly.arranged(x, wanted, self.name, self.blocks)

    def plain(self, x: Tensor) -> Tensor:
        """A tensor whose axes stand as in Keras."""
        return self.arranged(x, tuple(range(len(x.order))))

    def channels_first(self, x: Tensor, at: int | None = None) -> Tensor:
        """A tensor with its channels, which in Keras are the axis `at`, before all other axes."""
        rank = len(x.order)
        place = (rank - 1 if self.last else 0) if at is None else at
        first = self.arranged(x, (place, *(axis for axis in range(rank) if axis != place)))
        ours = self.assembly.builder.shape(first.position)
        if values_axis(axes_of(ours)) in {None, 0}:
            return first
        # Another axis is read as the channels from here on, whatever it was.
        return Tensor(self.add(Reshape(tuple(ours), unnamed(rank)), first, part="channels"), first.order)

    def axis(self, x: Tensor, stated: object, name: str = "axis") -> int:
        """The axis of Keras that a setting counts with the batch, counted without it."""
        rank = len(x.order)
        if isinstance(stated, bool) or not isinstance(stated, int):
            raise self.settings.wrong(name, "the number of an axis")
        place = stated - 1 if stated > 0 else stated + rank
        if stated == 0 or not 0 <= place < rank:
            raise SpecError(f"{self.settings.where}: no axis {str(stated)[:20]} among {rank} and the batch")
        return place

    def left_open(self, x: Tensor, axis: int) -> int | None:
        """The position of an axis of Keras among ours, or None for that of the values where it is the last."""
        ours = self.assembly.builder.shape(x.position)
        at = x.order[axis]
        return None if at == len(ours) - 1 == values_axis(axes_of(ours)) else at

    def reshaped(self, x: Tensor, shape: tuple[Dim, ...], wanted: tuple[int, ...], part: str = "") -> Tensor:
        """A tensor under another shape, given as in Keras, kept in the wanted order; its values keep ours."""
        ours = tuple(shape[axis] for axis in wanted)
        layer = reshaping(self.assembly.builder.shape(x.position), ours, names_of(wanted, last=self.last))
        position = self.add(layer, x, part=part)
        return Tensor(position, tuple(wanted.index(axis) for axis in range(len(wanted))))


# The outputs of a call, one or several.
Translate: TypeAlias = Callable[[Site], Tensor | list[Tensor]]
TRANSLATIONS: dict[str, Translate] = {}


def translates(*kinds: str) -> Callable[[Translate], Translate]:
    """Register the translation of some classes of Keras."""

    def register(translate: Translate) -> Translate:
        TRANSLATIONS.update(dict.fromkeys(kinds, translate))
        return translate

    return register


def unknown_layer(site: Site) -> Tensor:
    """A layer of which only the shape is known, as readers of its output or its settings state it."""
    shape = site.stated
    listed = site.settings.find("output_shape")
    if shape is None and isinstance(listed, list) and all(whole(n) is not None for n in listed):
        shape = tuple(n for n in listed if isinstance(n, int))
    if not shape or not site.inputs:
        fact = f"{site.settings.where}: not a layer that is known, and the file states no shape of its output"
        raise SpecError(fact, None, "Keras 3 writes the shapes into the file")
    wanted = site.assembly.usual(len(shape), last=site.last)
    xs = [site.arranged(x, x.ours) for x in site.inputs]
    operator = "".join(c for c in site.kind if c.isprintable())[:80] or "layer"
    position = site.add(Unknown(operator, tuple(shape[axis] for axis in wanted)), *xs)
    return Tensor(position, tuple(wanted.index(axis) for axis in range(len(wanted))))
