"""The nodes of a Keras model, from its layers and their calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from archcalc.errors import SpecError
from archcalc.importers.keras.settings import whole
from archcalc.importers.keras.site import TRANSLATIONS, Site, unknown_layer
from archcalc.importers.keras.structure import Call, Described, Reference, layers_of, references
from archcalc.importers.keras.tensors import Assembly, Tensor
from archcalc.symbols.dims import Shape, equal, format_shape

MODELS = {"Sequential", "Functional", "Model", "Container"}
# The packages whose classes are known by their names.
_PACKAGES = {"keras", "tf_keras", "tensorflow", "builtins"}
_MAX_DEPTH = 30
_MAX_CALLS = 200_000


class Frame(NamedTuple):
    """A model that is being called: the names around its nodes and layers, and the blocks that it lies in."""

    path: str = ""
    key: str = ""
    blocks: tuple[str, ...] = ()


class Use(NamedTuple):
    """One use of a layer: which of its calls it is, on what, how many of its outputs are read, and the first one's shape."""

    inputs: Sequence[Tensor] | None
    number: int = 0
    call: Call = Call(())
    outputs: int = 1
    stated: Shape | None = None


class Network:
    """The nodes of a model; `source` makes the tensor of an input, and `checked` is true if stated shapes are checked."""

    def __init__(self, assembly: Assembly, source: Callable[[Described, int], Tensor], *, checked: bool) -> None:
        self.assembly = assembly
        self.source = source
        self.checked = checked
        self._calls = 0

    def run(self, model: Described, frame: Frame, inputs: Sequence[Tensor] | None = None) -> list[Tensor]:
        """The outputs of a model on some inputs, or on those that it declares."""
        if len(frame.blocks) > _MAX_DEPTH:
            raise SpecError(f"{model.settings.where}: more than {_MAX_DEPTH} models inside each other")
        layers = layers_of(model.settings)
        if model.kind == "Sequential" or "input_layers" not in model.settings.entries:
            return self._sequence(model, layers, frame, inputs)
        return _Functional(self, model, layers, frame, inputs).outputs()

    def _sequence(
        self, model: Described, layers: list[Described], frame: Frame, inputs: Sequence[Tensor] | None
    ) -> list[Tensor]:
        """The outputs of layers one after the other; the first has the shape of the input if no layer stands for it."""
        xs = None if inputs is None else list(inputs)
        for at, layer in enumerate(layers):
            branches = layer.parts if layer.kind == "Merge" else None
            if at == 0 and isinstance(branches, list):
                # In Keras 1 several models that a Merge puts together stand in front.
                xs = [x for part in layers_of(layer.settings) for x in self.called(part, frame, Use(None))]
            if layer.kind == "InputLayer":
                xs = xs or [self.source(layer, at)]
                continue
            if xs is None and layer.kind not in MODELS:
                stated = layer if _input_shape(layer) else None
                xs = [self.source(stated or _standing_for(model), at)]
            xs = self.called(layer, frame, Use(xs))
        if xs is None:
            raise SpecError(f"{model.settings.where}: no layer has an input")
        return xs

    def called(self, layer: Described, frame: Frame, use: Use) -> list[Tensor]:
        """The outputs of one call of a layer, the first of them counted as 0."""
        self._calls += 1
        if self._calls > _MAX_CALLS:
            raise SpecError(f"{layer.settings.where}: more than {_MAX_CALLS:,} calls of layers")
        again = f":{use.number + 1}" if use.number else ""
        name, key = f"{frame.path}{layer.name}{again}", f"{frame.key}{layer.name}"
        if layer.kind in MODELS or (layer.parts is not None and layer.kind not in TRANSLATIONS):
            inside = Frame(f"{name}/", f"{key}/", (*frame.blocks, f"{layer.name}:{use.number + 1}"))
            return self.run(layer, inside, use.inputs)
        xs = tuple(use.inputs or ())
        site = Site(self.assembly, layer.kind, layer.settings, xs, use.call, name, key, frame.blocks)
        site = site._replace(outputs=use.outputs, stated=use.stated)
        try:
            known = None if _custom(layer) else TRANSLATIONS.get(layer.kind)
            found = unknown_layer(site) if known is None else known(site)
        except SpecError as error:
            if layer.settings.where in error.fact:
                raise
            raise SpecError(f"{layer.settings.where}: {error.fact}", None, *error.notes) from None
        return found if isinstance(found, list) else [found]

    def check(self, layer: Described, tensor: Tensor, stated: Sequence[object] | None) -> None:
        """Raise SpecError for an output whose shape is not the stated one."""
        if stated is None or not self.checked:
            return
        ours = self.assembly.shape(tensor)
        sizes = [whole(n) for n in stated]
        if len(sizes) != len(ours) or any(
            n is not None and equal(n, m) is False for n, m in zip(sizes, ours, strict=True)
        ):
            said = "×".join("?" if n is None else str(n) for n in sizes)
            raise SpecError(f"{layer.settings.where}: its output is {format_shape(ours)}, and the file states {said}")


class _Functional:
    """A model whose layers are called on tensors by name."""

    def __init__(
        self, network: Network, model: Described, layers: list[Described], frame: Frame, inputs: Sequence[Tensor] | None
    ) -> None:
        self.network, self.model, self.frame = network, model, frame
        self.layers = {layer.name: layer for layer in layers}
        where = model.settings.where
        self.ends = references(model.settings.entries.get("output_layers"), where)
        starts = references(model.settings.entries.get("input_layers"), where)
        if inputs is not None and len(inputs) != len(starts):
            raise SpecError(f"{where}: takes {len(starts)} inputs, not {len(inputs)}")
        if not self.ends or not starts:
            raise SpecError(f"{where}: input_layers and output_layers must name its inputs and outputs")
        self.given = {} if inputs is None else {one.layer: x for one, x in zip(starts, inputs, strict=True)}
        self.starts = {one.layer: at for at, one in enumerate(starts)}
        # How a call is read: the most outputs that others read, and the shapes that they state.
        self.read: dict[tuple[str, int], int] = {}
        self.stated: dict[tuple[str, int, int], tuple[object, ...]] = {}
        self.first: dict[str, int] = {}
        for one in (*self.ends, *(x for layer in layers for call in layer.calls for x in call.tensors)):
            self.read[one[:2]] = max(self.read.get(one[:2], 1), one.output + 1)
            self.first[one.layer] = min(self.first.get(one.layer, one.call), one.call)
            if one.shape is not None:
                self.stated[one[:3]] = one.shape
        self.values: dict[tuple[str, int], list[Tensor]] = {}

    def outputs(self) -> list[Tensor]:
        for name in self.starts:
            self._compute((name, 0))
        for layer in self.layers.values():
            for number in range(len(layer.calls) if layer.name not in self.starts else 0):
                self._compute((layer.name, number + self._base(layer.name)))
        for end in self.ends:
            self._compute(end[:2])
        return [self._value(one, self.model) for one in self.ends]

    def _base(self, name: str) -> int:
        """The number of the first call: a model that has a call of its own counts it before those that are saved."""
        layer = self.layers[name]
        return min(1, self.first.get(name, 0)) if layer.kind in MODELS or layer.parts is not None else 0

    def _compute(self, wanted: tuple[str, int]) -> None:
        """The values of a call, after those of all calls that it depends on."""
        pending, waiting = [wanted], {wanted}
        while pending:
            at = pending[-1]
            if at in self.values:
                pending.pop()
                continue
            layer, call = self._call(at)
            missing = [x[:2] for x in call.tensors if x[:2] not in self.values]
            if not missing:
                self.values[at] = self._made(at, layer, call)
                pending.pop()
                continue
            if waiting & set(missing):
                circle = next(x for x in missing if x in waiting)
                raise SpecError(f"{layer.settings.where}: its input '{circle[0][:60]}' depends on it")
            pending.append(missing[0])
            waiting.add(missing[0])

    def _call(self, at: tuple[str, int]) -> tuple[Described, Call]:
        name, number = at
        layer = self.layers.get(name)
        if layer is None:
            raise SpecError(f"{self.model.settings.where}: no layer is named '{name[:60]}'")
        if name in self.starts and number == 0:
            return layer, Call(())
        place = number - self._base(name)
        if not 0 <= place < len(layer.calls):
            raise SpecError(f"{layer.settings.where}: call {number} of it is read, and it has {len(layer.calls)}")
        return layer, layer.calls[place]

    def _made(self, at: tuple[str, int], layer: Described, call: Call) -> list[Tensor]:
        name, number = at
        if name in self.starts:
            found = [self.given[name] if self.given else self.network.source(layer, self.starts[name])]
        else:
            xs = [self._value(one, layer) for one in call.tensors]
            stated = self.stated.get((name, number, 0))
            filled = _filled(stated, self.network.assembly, xs)
            use = Use(xs, number - self._base(name), call, self.read.get(at, 1), filled)
            found = self.network.called(layer, self.frame, use)
        for place, tensor in enumerate(found):
            self.network.check(layer, tensor, self.stated.get((name, number, place)))
        return found

    def _value(self, one: Reference, reader: Described) -> Tensor:
        found = self.values[one[:2]]
        if one.output >= len(found):
            raise SpecError(f"{reader.settings.where}: output {one.output} of '{one.layer[:60]}' is not known")
        return found[one.output]


def _custom(layer: Described) -> bool:
    """True for a class of somebody's own, whatever it is called."""
    return bool(layer.module) and layer.module.split(".")[0] not in _PACKAGES


def _input_shape(layer: Described) -> bool:
    names = ("batch_input_shape", "batch_shape", "input_shape", "input_dim", "input_length")
    return any(name in layer.settings.entries for name in names)


def _standing_for(model: Described) -> Described:
    """The model in the place of its first layer, which states no shape of an input."""
    shape = model.settings.find("build_input_shape", "batch_input_shape")
    if shape is None:
        raise SpecError(f"{model.settings.where}: no shape of its input is stated", None, "build the model and save it")
    return model


def _filled(stated: Sequence[object] | None, assembly: Assembly, xs: Sequence[Tensor]) -> Shape | None:
    """A stated shape, its open sizes being those of the first input; None if nobody states them all."""
    if stated is None:
        return None
    first = assembly.shape(xs[0]) if xs else ()
    found = []
    for at, n in enumerate(stated):
        size = whole(n)
        if size is None and (n is not None or len(first) != len(stated)):
            return None
        found.append(first[at] if size is None else size)
    return tuple(found)
