"""The network in a file of Keras."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from typing import Any

from archcalc.errors import Source, SpecError
from archcalc.importers.keras.document import document
from archcalc.importers.keras.network import MODELS, Frame, Network
from archcalc.importers.keras.settings import Settings, whole
from archcalc.importers.keras.structure import Described, described
from archcalc.importers.keras.tensors import Assembly, Tensor
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Graph
from archcalc.network.model import NO_PARAMS, Fixed, InputShape, Model, Params, check_params, replaced_inputs
from archcalc.symbols.dims import Dim, Shape, symbol
from archcalc.symbols.shape import AXES

_MAX_AXES = 8
# The letter of an axis whose size the file leaves open.
_LETTERS = {"channels": "C", "depth": "D", "height": "H", "width": "W", "length": "L", "tokens": "T", "features": "F"}
# What says of an input of two axes that it is a signal, and what that it is a sequence.
_SIGNAL = ("Conv1D", "Convolution1D", "Pooling1D", "Padding1D")
_SEQUENCE = ("LSTM", "GRU", "SimpleRNN", "Bidirectional", "TimeDistributed", "Attention", "Dense", "LayerNorm")

# Each registers its translations.
for _part in ("activations", "convolutions", "dense", "joins", "pools", "sequences", "shapes", "slices"):
    import_module(f"archcalc.importers.keras.{_part}")


def read(source: Source) -> Model:
    """The network in a file, whose input may be replaced."""
    return KerasModel(source)


class KerasModel(Fixed):
    """A model as a file describes it, which is built anew for another input."""

    def __init__(self, source: Source) -> None:
        self._described = described(document(source), 0)
        self._name = source.stem
        self._graph = self._built({})

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        """The graph, or that of the same layers on another input."""
        check_params(params, [])
        if input_shape is None:
            return self._graph
        return self._built(replaced_inputs(self._graph.input_shapes, input_shape))

    def _built(self, inputs: dict[str, Shape]) -> Graph:
        model = self._described
        if model.kind not in MODELS and model.parts is None:
            raise SpecError(
                f"{model.settings.where}: a model that is a class of its own describes no layers",
                None,
                "only Sequential and functional models do",
            )
        every = list(_each(model.settings.entries))
        assembly = Assembly(
            channels_last=_channels_last(every),
            reshapes=any(entry.get("class_name") in ("Reshape", "Lambda") for entry in every),
        )
        kinds = [str(entry.get("class_name")) for entry in every]
        opened = _Inputs(assembly, kinds, inputs)
        network = Network(assembly, opened.added, checked=not inputs)
        ends = network.run(model, Frame())
        outputs = tuple(dict.fromkeys(end.position for end in ends))
        last = len(assembly.builder.nodes) - 1
        return assembly.builder.graph(self._name, named_outputs=() if outputs == (last,) else outputs)


class _Inputs:
    """The inputs of a network, whose axes are those of an image, a signal, a sequence or a vector."""

    def __init__(self, assembly: Assembly, kinds: list[str], others: dict[str, Shape]) -> None:
        self.assembly = assembly
        self.others = others
        self._seen = 0
        self._embedded = "Embedding" in kinds
        telling = (kind for kind in kinds if any(word in kind for word in (*_SIGNAL, *_SEQUENCE)))
        self._signal = any(word in next(telling, "") for word in _SIGNAL)

    def added(self, layer: Described, _at: int) -> Tensor:
        """The tensor of a new input, with the shape that a layer states for it."""
        stated = _shape(layer)
        if not 0 < len(stated) <= _MAX_AXES:
            raise SpecError(f"{layer.settings.where}: an input has 1 to {_MAX_AXES} axes beside the batch")
        names, wanted = self._kept(len(stated))
        self._seen += 1
        number = "" if self._seen == 1 else str(self._seen)
        sizes = tuple(
            symbol(f"{_LETTERS.get(name, 'N')}{number}") if stated[axis] is None else stated[axis]
            for name, axis in zip(names or ("",) * len(wanted), wanted, strict=True)
        )
        if names is None and None in stated:
            raise SpecError(f"{layer.settings.where}: an input of {len(stated)} axes must have their sizes")
        name = layer.name if layer.kind == "InputLayer" else "input"
        name = self.assembly.builder.free_name(name)
        position = self.assembly.builder.add(name, Input(self.others.get(name, sizes), names))
        return Tensor(position, tuple(wanted.index(axis) for axis in range(len(wanted))))

    def _kept(self, rank: int) -> tuple[tuple[str, ...] | None, tuple[int, ...]]:
        """The names of an input's axes in our order, and for each of them the axis in Keras."""
        last = self.assembly.channels_last
        if rank == 1:
            return ("tokens" if self._embedded else "features",), (0,)
        if rank == 2 and not self._signal:
            return ("tokens", "features"), (0, 1)
        names = ("channels", *AXES[rank - 1]) if rank - 1 in AXES else None
        return names, ((rank - 1, *range(rank - 1)) if last else tuple(range(rank)))


def _shape(layer: Described) -> list[Dim | None]:
    """The shape of an input without the batch, with None for a size that is left open."""
    settings = layer.settings
    found = settings.find("batch_input_shape", "batch_shape", "build_input_shape")
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    stated = found[1:] if isinstance(found, list) else settings.find("input_shape")
    if stated is None and settings.find("input_dim") is not None:
        length = settings.find("input_length")
        recurrent = layer.kind in {"LSTM", "GRU", "SimpleRNN", "Convolution1D"}
        stated = (
            [length, settings.count("input_dim")] if length is not None or recurrent else [settings.find("input_dim")]
        )
        if layer.kind == "Embedding":
            # The dimension of its input is the number of rows.
            stated = [length]
    if not isinstance(stated, list):
        raise SpecError(f"{settings.where}: no shape of its input is stated")
    for n in stated:
        if n is not None and (whole(n) is None or n < 1):
            raise SpecError(
                f"{settings.where}: a size of its input must be a whole number of at least 1, not {str(n)[:60]}"
            )
    return list(stated)


def _each(entries: Any) -> Iterator[dict[str, Any]]:
    """The descriptions of all layers in a model, in the order of the file."""
    pending = [entries]
    while pending:
        one = pending.pop()
        layers = one.get("layers") if isinstance(one, dict) else one
        for entry in layers if isinstance(layers, list) else ():
            if isinstance(entry, dict):
                yield entry
                config = entry.get("config")
                inner = config.get("layer") if isinstance(config, dict) else None
                pending.extend(x for x in (config, [inner]) if x)


def _channels_last(entries: list[dict[str, Any]]) -> bool:
    """True unless the first layer that says so has its channels first."""
    configs = (entry.get("config") for entry in entries)
    settings = (Settings(config, "") for config in configs if isinstance(config, dict))
    formats = chain.from_iterable((one.find("data_format"), one.find("dim_ordering")) for one in settings)
    known = (found for found in formats if found in ("channels_last", "channels_first", "tf", "th"))
    return next(known, "tf") in ("channels_last", "tf")
