"""The arrays that a file holds, as arrays of ONNX."""

from __future__ import annotations

from archcalc.importers.onnx.model import MOST_CONTENT, Array
from archcalc.importers.onnx.wire import Budget, Message
from archcalc.importers.tflite.model import Model, Tensor
from archcalc.network.dtypes import Format

# The types of tensors as ONNX numbers them; those that are missing are no numbers.
_ONNX_TYPES = (1, 10, 6, 2, 7, 8, 9, 5, 14, 3, 11, 15, 13, 8, 8, 12, 4, 22, 16, 22, 21, 17, 19)
_TYPES = dict(enumerate(_ONNX_TYPES))
# The formats of arrays, of which whole numbers of 32 bits take as much memory as those with a point.
_FORMATS = {
    0: "fp32",
    1: "fp16",
    2: "fp32",
    3: "int8",
    4: "fp64",
    9: "int8",
    10: "fp64",
    17: "int4",
    18: "bf16",
    20: "int4",
}
_FLOAT = 1
_FLOATING = {1, 10, 11, 16}
_FEW_FACTORS = 16
# The most bytes of a number.
_WIDEST = 16


def is_floating(tensor: Tensor) -> bool:
    """True if the values of a tensor are no whole numbers."""
    return _TYPES.get(tensor.type, 8) in _FLOATING


class Names:
    """Names of values, each of which is given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._numbers: dict[str, int] = {}

    def free(self, base: str) -> str:
        """A name that no other value has."""
        count = self._numbers.get(base, 0) + 1
        while (name := base if count == 1 else f"{base}#{count}") in self._taken:
            count += 1
        self._numbers[base] = count
        self._taken.add(name)
        return name


class Arrays:
    """The arrays that operators take, by name, and the formats that they are stored in."""

    def __init__(self, model: Model, names: Names) -> None:
        self.found: dict[str, Array] = {}
        self.formats: dict[str, Format] = {}
        self._data = model.data
        self._names = names
        self._shared: dict[tuple[int, tuple[int, ...], int], str] = {}

    def name(self, tensor: Tensor) -> str:
        """The name of an array of the file, one for all tensors that have the same bytes in the same shape."""
        shape = tuple(max(n, 0) for n in tensor.shape)
        key = (tensor.buffer, shape, tensor.type)
        if tensor.buffer == 0 or key not in self._shared:
            name = self._names.free(tensor.label or "constant")
            self._shared[key] = name
            if tensor.type in _FORMATS:
                self.formats[name] = Format(_FORMATS[tensor.type])
            self.found[name] = Array(name, shape, *self._content(tensor))
        return self._shared[key]

    def _content(self, tensor: Tensor) -> tuple[int, tuple[tuple[int, int | Message], ...]]:
        """The type of an array, and its values where sizes and factors may need them: no weight is read."""
        kind = _FLOAT if tensor.quantized else _TYPES.get(tensor.type, 8)
        most = _FEW_FACTORS if kind in _FLOATING else MOST_CONTENT
        span = tensor.values
        if tensor.quantized or span is None or span.length > _WIDEST * most or kind in {2, 3, 21, 22}:
            return kind, ()
        return kind, ((9, Message(self._data, span.start, span.start + span.length, Budget())),)
