"""The rows that one layer of a prototxt becomes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archcalc.errors import SpecError
from archcalc.importers.caffe.net import Step
from archcalc.importers.caffe.text import Message, Scalar
from archcalc.layers import Layer
from archcalc.layers.rearrange import Flatten, Reshape
from archcalc.layers.unknown import Unknown
from archcalc.network.graph import Builder
from archcalc.symbols.dims import Dim, size
from archcalc.symbols.shape import NamedShape

_NO_FIELDS: Mapping[str, str] = MappingProxyType({})


class Rows:
    """A writer of one layer's rows; its trained arrays may be those of an earlier layer, by their names."""

    def __init__(self, builder: Builder, step: Step, owners: dict[str, int], *, auxiliary: bool) -> None:
        self.step = step
        self._builder = builder
        # The position of the row whose trained array has a name.
        self._owners = owners
        self._auxiliary = auxiliary

    def param(self, key: str) -> Message:
        """The message of the layer's own settings."""
        return self.step.message.message(key)

    def shape(self, x: int) -> NamedShape:
        """The shape of an output."""
        return self._builder.shape(x)

    def add(
        self, layer: Layer, *inputs: int, part: str = "", param: str = "", fields: Mapping[str, str] = _NO_FIELDS
    ) -> int:
        """Append a row and return its position; `fields` are the layer's, with the keys of `param` that say them."""
        trained = type(layer).weights is not Layer.weights
        share, note = self._sharing() if trained else (None, "")
        name = self.step.name or self.step.message.text("type")
        message = self.param(param) if param else self.step.message
        position = self._builder.add(
            self._builder.free_name(f"{name}/{part}" if part else name),
            layer,
            *inputs,
            place=self.step.place,
            places={field: message.where(key) for field, key in fields.items() if key in message.fields},
            auxiliary=self._auxiliary,
            share=share,
            note=note,
        )
        if trained:
            for array in self._arrays():
                self._owners.setdefault(array, position)
        return position

    def _arrays(self) -> list[str]:
        """The names of the layer's trained arrays, those that have one."""
        params = self.step.message.fields.get("param", [])
        names = [one.text if isinstance(one, Scalar) else one.text("name") for one in params]
        return [name for name in names if name]

    def _sharing(self) -> tuple[int | None, str]:
        """The position of the row whose arrays are used again, and a note where that are only some of them."""
        arrays = self._arrays()
        owners = {self._owners.get(name) for name in arrays}
        if len(owners) == 1:
            return owners.pop(), ""
        shared = [name for name in arrays if name in self._owners]
        return None, f"shares {', '.join(shared)} with another layer, and counts it again" if shared else ""

    def unknown(self, shape: tuple[Dim, ...], *inputs: int, params: Dim = 0) -> int:
        """A row of an operator that no kind stands for."""
        return self.add(Unknown(self.step.message.text("type"), shape, params), *inputs)

    def flat(self, x: int, start: int = 0) -> int:
        """The position of an output with its axes from `start` on as one."""
        if len(self.shape(x)) == start + 1:
            return x
        return self.add(Flatten(start), x, part="flatten")

    def like(self, x: int, other: int, axis: int) -> int:
        """The position of an output with axes of 1 before and after its own, so that it fits another from `axis` on."""
        shape, rank = self.shape(x), len(self.shape(other))
        if len(shape) == rank or axis + len(shape) > rank:
            return x
        ones = (1,) * axis, (1,) * (rank - axis - len(shape))
        return self.add(Reshape((*ones[0], *shape, *ones[1])), x, part="reshape")

    def axis(self, param: Message, x: int, default: int = 1, key: str = "axis") -> int:
        """The axis that a setting names, counted without the batch."""
        rank = len(self.shape(x)) + 1
        number = param.whole(key, default)
        axis = number + rank if number < 0 else number
        if not 0 <= axis < rank:
            raise SpecError(f"{key}={number} is none of {rank} axes", param.where(key))
        if axis == 0:
            raise SpecError(f"{key}={number} is the batch", param.where(key), "samples are counted one by one")
        return axis - 1

    def spatial(self, param: Message, x: int, key: str, corners: tuple[str, str] | None = None) -> tuple[int, ...]:
        """The sizes along all axes but the channels: one for all or one for each, or a height and a width; or none."""
        rank = len(self.shape(x)) - 1
        least = 0 if key == "pad" else 1
        if corners and all(one in param.fields for one in corners):
            return tuple(param.whole(one, 1, least) for one in corners)
        found = param.wholes(key, least)
        if len(found) not in {0, 1, rank}:
            raise SpecError(f"{len(found)} values of {key} for {rank} axes", param.where(key))
        return tuple(found) if len(found) != 1 else tuple(found * rank)

    def count(self, x: int) -> Dim:
        """The number of values in an output."""
        return size(tuple(self.shape(x)))
