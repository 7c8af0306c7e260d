"""The reader of a GGUF file, which sets the params of the family that the file's network is of."""

from __future__ import annotations

import json

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.importers.gguf.config import config_of, is_part
from archcalc.importers.gguf.header import Array, Header, header_of
from archcalc.importers.huggingface.reader import ConfigModel, document_of
from archcalc.language.document import SpecDocument
from archcalc.network.dtypes import Format
from archcalc.network.graph import Graph, weights_of
from archcalc.network.model import NO_PARAMS, InputShape, Params
from archcalc.symbols.dims import Dim, size

# Tables of angles, which are buffers and no params, are called so.
_TABLES = ("rope_", "attn_rot_embd")
# The params that leave every array as it is.
_SIZELESS = {"tokens"}
_MAX_TYPES = 8


def read(source: Source) -> ConfigModel:
    """The network of a file."""
    header = header_of(source)
    trained = [array for array in header.arrays if not any(part in array.name for part in _TABLES)]
    try:
        config = config_of(source.name, header)
    except SpecError as error:
        # What is in the file is known in any case.
        raise SpecError(error.fact, None, *error.notes, _stored(trained) if trained else "") from None
    as_text = Source(source.name, json.dumps(config, indent=2))
    return _FileModel(document_of(as_text), as_text, header, trained)


class _FileModel(ConfigModel):
    """A network whose arrays are held against those of the file that it is in."""

    def __init__(self, document: SpecDocument, source: Source, header: Header, trained: list[Array]) -> None:
        notes = (*document.notes, *([_stored(trained)] if trained else []))
        if is_part(header):
            notes = (
                *notes,
                f"The file is one of {header.values['split.count']}, and its arrays are some of the network's.",
            )
        title = header.values.get("general.name")
        named = title[:100] if isinstance(title, str) and title.strip() else document.title
        super().__init__(msgspec.structs.replace(document, notes=notes, title=named), source)
        self._trained = trained
        self._whole = bool(trained) and not is_part(header)

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        graph = super().graph(params, input_shape)
        if self._whole and params.keys() <= _SIZELESS:
            _check(graph, self._source.name, sum(array.count for array in self._trained))
        return _with_format(graph, self._trained)


def _stored(arrays: list[Array]) -> str:
    """A note of the bytes of all arrays, and of each type."""
    bytes_of: dict[str, int] = {}
    for array in arrays:
        bytes_of[array.stored.name] = bytes_of.get(array.stored.name, 0) + array.bytes
    held = f"{len(arrays):,} trained arrays of {sum(array.count for array in arrays):,} values"
    most = sorted(bytes_of, key=lambda name: -bytes_of[name])[:_MAX_TYPES]
    said = ", ".join(f"{name} {bytes_of[name]:,}" for name in most)
    return f"In the file are {held}, which take {sum(bytes_of.values()):,} bytes: {said}."


def _check(graph: Graph, name: str, held: int) -> None:
    """Refuse a network that has another number of params than the file has values."""
    params: Dim = sum(
        size(shape) for node in graph.nodes if node.share is None for shape in weights_of(node, graph.nodes).values()
    )
    if params != held:
        fact = f"{name}: the arrays hold {held:,} values, and a network of these sizes has {params:,} params"
        raise SpecError(fact, None, "the network is not the one of the architecture as it is known here")


def _with_format(graph: Graph, arrays: list[Array]) -> Graph:
    """The graph with the format of most of its matrices for all of them; groups leave vectors in fp32, as they are in files."""
    held: dict[Format | None, int] = {}
    for array in arrays:
        if len(array.sizes) > 1:
            held[array.stored.format] = held.get(array.stored.format, 0) + array.count
    form = max(held, key=lambda each: held[each]) if held else None
    if form is None:
        return graph
    shapes = [shape for node in graph.nodes for shape in weights_of(node, graph.nodes).values() if form.takes(shape)]
    if form.group is not None and not all(
        isinstance(n := size(shape), int) and n % form.group == 0 for shape in shapes
    ):
        return graph
    return msgspec.structs.replace(graph, formats=(("*", form),))
