"""The layers of a Keras model, and for each call of one the tensors that it is called on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from archcalc.errors import SpecError
from archcalc.importers.keras.settings import Settings, whole

# Tensors lie in lists of lists and in settings of calls; none lies deeper.
_MAX_DEPTH = 20
_CONSTANT = "_CONSTANT_VALUE"
_ARRAYS = ("__numpy__", "__tensor__")


class Reference(NamedTuple):
    """One output of one call of a layer, with the shape that the file states for it, without the batch."""

    layer: str
    call: int
    output: int
    shape: tuple[object, ...] | None = None


class Call(NamedTuple):
    """The arguments of one call of a layer: tensors, numbers, shapes of arrays that stand in the file, and settings.

    `args` are all that have no name, as Keras 3 writes them.
    """

    tensors: tuple[Reference, ...]
    numbers: tuple[float, ...] = ()
    constants: tuple[tuple[int, ...], ...] = ()
    args: tuple[object, ...] = ()
    settings: dict[str, object] = {}  # noqa: RUF012 - never changed


class Described(NamedTuple):
    """A layer as it is described, with its calls."""

    kind: str
    name: str
    settings: Settings
    calls: tuple[Call, ...]
    module: str = ""

    @property
    def parts(self) -> object:
        """The description of the layers inside it; None if it holds none."""
        return self.settings.entries.get("layers")


def described(entry: object, at: int) -> Described:
    """The description of a layer in a list of them; raises SpecError if it is none."""
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise SpecError(f"layer {at} of a model has no class_name")
    kind, config = entry["class_name"], entry.get("config")
    # The layers of a Sequential model of Keras 1 were its whole config.
    entries = {"layers": config} if isinstance(config, list) else config
    if not isinstance(entries, dict):
        raise SpecError(f"layer {at}, of class {kind[:60]}, has no config")
    name = next((n for n in (entry.get("name"), entries.get("name")) if isinstance(n, str) and n), f"{kind}_{at}")
    module = entry.get("module")
    inbound = entry.get("inbound_nodes")
    where = f"'{name[:60]}' ({kind[:60]})"
    calls = tuple(_call(node, where) for node in inbound) if isinstance(inbound, list) else ()
    return Described(kind, name, Settings(entries, where), calls, module if isinstance(module, str) else "")


def layers_of(model: Settings) -> list[Described]:
    """The layers of a model, in the order of the file; raises SpecError if it has none."""
    entries = model.entries.get("layers")
    if not isinstance(entries, list) or not entries:
        raise SpecError(f"{model.where}: no layers are described", None, "a model that is a class of its own is code")
    return [described(entry, at) for at, entry in enumerate(entries)]


def references(value: object, where: str) -> list[Reference]:
    """The tensors in a value, however they lie in it."""
    return [found for found in _tensors(value, where) if found.layer != _CONSTANT]


def _call(node: object, where: str) -> Call:
    """One call of a layer, as Keras 3 writes it or as it was before."""
    if isinstance(node, dict) and "args" in node:
        given = node.get("kwargs")
        settings = given if isinstance(given, dict) else {}
        tensors = [*_tensors(node["args"], where), *_tensors(list(settings.values()), where)]
        args = node["args"] if isinstance(node["args"], list) else []
        arrays = _arrays([*args, *settings.values()])
        numbers = [*_numbers(args), *(array for array in arrays if isinstance(array, float))]
        shapes = tuple(array for array in arrays if isinstance(array, tuple))
        return Call(tuple(tensors), tuple(numbers), shapes, tuple(args), settings)
    found = list(_tensors(node, where))
    settings = {}
    for entry in _entries(node):
        settings.update(entry[3])
    plain = [entry[2] for entry in _entries(node) if entry[0] == _CONSTANT]
    plain.append(settings.get("y"))
    shapes = tuple(_listed(one) for one in plain if isinstance(one, list) and one and not isinstance(one[0], str))
    return Call(
        tuple(one for one in found if one.layer != _CONSTANT), tuple(_numbers(plain)), shapes, settings=settings
    )


def _arrays(values: Sequence[object], depth: int = 0) -> list[float | tuple[int, ...]]:
    """The arrays among some arguments of Keras 3, each as its shape, or as a number where it is one."""
    found: list[float | tuple[int, ...]] = []
    for one in values:
        if isinstance(one, list) and depth < _MAX_DEPTH:
            found += _arrays(one, depth + 1)
        if isinstance(one, dict) and one.get("class_name") in _ARRAYS and isinstance(one.get("config"), dict):
            value = one["config"].get("value")
            found += [_listed(value)] if isinstance(value, list) else _numbers([value])
    return found


def _listed(value: list[Any]) -> tuple[int, ...]:
    """The shape of an array that is written as lists of lists."""
    shape: list[int] = []
    inner: object = value
    while isinstance(inner, list) and inner and len(shape) < _MAX_DEPTH:
        shape.append(len(inner))
        inner = inner[0]
    return tuple(shape)


def _entries(node: object) -> Iterator[list[Any]]:
    """The tensors of a call as Keras 2 writes them that have settings of the call beside them."""
    nodes = node if isinstance(node, list) else []
    for entry in [nodes, *nodes]:
        if isinstance(entry, list) and len(entry) > 3 and isinstance(entry[0], str) and isinstance(entry[3], dict):
            yield entry


def _numbers(values: list[Any]) -> list[float]:
    return [float(n) for n in values if isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) < 1e300]


def _tensors(value: object, where: str, depth: int = 0) -> Iterator[Reference]:
    """The tensors in a value: dicts of Keras 3 with their shape, or lists of a name and two numbers."""
    if depth > _MAX_DEPTH:
        raise SpecError(f"{where}: its inputs are lists of more than {_MAX_DEPTH} lists")
    if isinstance(value, dict):
        config = value.get("config")
        if value.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
            yield _reference(config.get("keras_history"), where, config.get("shape"))
            return
        value = list(value.values())
    if not isinstance(value, list):
        return
    if len(value) > 2 and isinstance(value[0], str) and whole(value[1]) is not None:
        yield _reference(value, where)
        value = value[3:]
    for one in value:
        yield from _tensors(one, where, depth + 1)


def _reference(entry: object, where: str, shape: object = None) -> Reference:
    if isinstance(entry, list) and len(entry) > 2 and isinstance(entry[0], str):
        call, output = whole(entry[1]), whole(entry[2])
        if entry[0] == _CONSTANT:
            return Reference(_CONSTANT, 0, 0)
        if call is not None and output is not None and call >= 0 and output >= 0:
            return Reference(entry[0], call, output, tuple(shape[1:]) if isinstance(shape, list) and shape else None)
    raise SpecError(f"{where}: an input must be the name of a layer and two numbers, not {str(entry)[:60]}")
