"""Trained weights from a file, by the file's names for a network's layers."""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import IO, Any, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import numpy as np

from archcalc.errors import SpecError, nearest
from archcalc.network.graph import Graph, Node
from archcalc.network.wildcards import starred
from archcalc.reference.arrays import Header, header_of, values_of
from archcalc.reference.random_arrays import Arrays
from archcalc.symbols.dims import Shape, format_shape

_PART = re.compile(r"(.+)\[(\d{1,9})/(\d{1,9})\]")
# The types of a .safetensors file that are real numbers and that numpy has.
_REAL = {"F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL"}
# The errors of reading a malformed, truncated, modified or encrypted .npz.
_BROKEN = (
    *(BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, OverflowError, KeyError, IndexError),
    *(TypeError, struct.error, zlib.error),
)


class Opened(NamedTuple):
    """A file of arrays: its names, and functions that return the shape and the values of a named array."""

    path: Path
    names: Collection[str]
    shape: Callable[[str], Shape]
    read: Callable[[str], Any]


def read_weights(graph: Graph, path: Path, positions: Iterable[int], dtype: Any = np.float32) -> Arrays:
    """The weights and buffers of the nodes at these positions, from a .npz or .safetensors file.

    An array is looked up as `layer.array` and, if the file has no such name, by the rules of the spec's `weights:`.
    Raises SpecError for an unreadable file, and for an array that is missing or of another shape.
    """
    with_arrays = {i: _wanted(graph, i) for i in positions if _wanted(graph, i)}
    file = _opened(path)
    _refuse_missing(graph, file, with_arrays)
    return {
        graph.nodes[i].name: {
            array: _array(file, _source(graph, i, array, file.names), graph.nodes[i], array, shape).astype(dtype)
            for array, shape in wanted.items()
        }
        for i, wanted in with_arrays.items()
    } | {graph.nodes[i].name: {} for i in positions if i not in with_arrays}


def _wanted(graph: Graph, position: int) -> dict[str, Shape]:
    """The arrays that a node's layer runs with, by name."""
    node = graph.nodes[position]
    shapes = [graph.nodes[i].shape for i in node.inputs]
    return node.layer.weights(*shapes) | node.layer.buffers(*shapes)


def _source(graph: Graph, position: int, array: str, names: Collection[str]) -> str:
    """The name of an array in a file, its owner's if it is shared."""
    node = graph.nodes[position]
    if node.share is not None and array in _wanted(graph, node.share):
        node = graph.nodes[node.share]
    own = f"{node.name}.{array}"
    return own if own in names else renamed(node.name, array, graph.weights)


def renamed(layer: str, array: str, rules: Iterable[tuple[str, str]]) -> str:
    """The name that rules make, one after the other, of a layer's name and an array's.

    A rule is for the names of layers; one with a dot in front is for arrays, and one that fits no layer for both
    together.

    >>> renamed("layer1.0/residual/conv2d_2", "weight", [("*/residual/conv2d_*", "*.conv*")])
    'layer1.0.conv2.weight'
    >>> renamed("block/attention", "key", [("*/attention", "*.attn"), (".key", ".in_proj_weight[1/3]")])
    'block.attn.in_proj_weight[1/3]'
    >>> renamed("class/learned", "weight", [("class/learned.weight", "class_token")])
    'class_token'
    """
    suffix = f".{array}"
    for pattern, replacement in rules:
        if pattern.startswith("."):
            suffix = _rewritten(pattern, replacement, suffix) or suffix
        elif (text := _rewritten(pattern, replacement, layer)) is not None:
            layer = text
        elif (text := _rewritten(pattern, replacement, layer + suffix)) is not None:
            layer, suffix = text, ""
    return layer + suffix


def _rewritten(pattern: str, replacement: str, text: str) -> str | None:
    """The replacement with each * filled in from a text that matches the pattern, or None if it does not match."""
    found = starred(text, pattern)
    if found is None:
        return None
    first, *rest = replacement.split("*")
    return first + "".join(kept + piece for kept, piece in zip(found, rest, strict=False))


def _refuse_missing(graph: Graph, file: Opened, wanted: dict[int, dict[str, Shape]]) -> None:
    sources = {(i, array): _source(graph, i, array, file.names) for i, arrays in wanted.items() for array in arrays}
    missing = [key for key, name in sources.items() if _whole(name) not in file.names]
    if missing:
        position, array = missing[0]
        name = _whole(sources[missing[0]])
        more = f", nor {len(missing) - 1:,} more of {len(sources):,}" if len(missing) > 1 else ""
        raise SpecError(
            f"{file.path}: no array '{name}' for {array} of {graph.nodes[position].name}{more}",
            None,
            nearest(name, list(file.names)) or f"the file holds {', '.join(sorted(file.names)[:3])}, …",
            "the spec's 'weights:' says how files call its layers",
        )


def _whole(name: str) -> str:
    """A name without the part that it may ask for."""
    part = _PART.fullmatch(name)
    return part[1] if part else name


def _array(file: Opened, name: str, node: Node, array: str, shape: Shape) -> Any:
    """An array by name, or the part of it that the name asks for, read only after its shape was checked."""
    part = _PART.fullmatch(name)
    held = file.shape(_whole(name))
    number, parts = (int(part[2]), int(part[3])) if part else (0, 1)
    if part and (not held or number >= parts or held[0] % parts):
        raise SpecError(f"{file.path}: '{part[1]}' is {format_shape(held)}, which has no part {number} of {parts}")
    said = (held[0] // parts, *held[1:]) if part else held
    # A class token may be stored with leading axes of 1, and the pairs of a window as queries×keys.
    pairs = array == "position_index" and math.prod(said) == math.prod(shape)
    if not pairs and [n for n in said if n != 1] != [n for n in shape if n != 1]:
        raise SpecError(
            f"{file.path}: '{name}' is {format_shape(said)}, but {array} of {node.name} is {format_shape(shape)}",
        )
    values = file.read(_whole(name))
    return (np.split(values, parts)[number] if part else values).reshape(shape)


def _opened(path: Path) -> Opened:
    """A file of arrays, whose shapes are known before any is read."""
    try:
        if path.suffix == ".npz":
            return _npz(path)
        if path.suffix == ".safetensors":
            return _safetensors(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SpecError(f"{path}: {reason[0].lower()}{reason[1:]}") from None
    raise SpecError(f"{path}: is neither a .npz nor a .safetensors file")


def _npz(path: Path) -> Opened:
    try:
        with ZipFile(path) as archive:
            entries = {entry.filename.removesuffix(".npy"): entry for entry in archive.infolist()}
    except _BROKEN as error:
        raise SpecError(f"{path}: is not a .npz file of numbers", None, str(error)) from None

    def found(name: str, read: Callable[[IO[bytes], Header], Any]) -> Any:
        entry = entries[name]
        try:
            if entry.compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
                raise ValueError(f"it is compressed by method {entry.compress_type}, which numpy does not write")
            with ZipFile(path) as archive, archive.open(entry) as file:
                return read(file, header_of(file, entry.file_size))
        except (*_BROKEN, OSError) as error:
            raise SpecError(f"{path}: '{name}' is no array of numbers", None, str(error)) from None

    return Opened(
        path, entries.keys(), lambda name: found(name, lambda _, said: said.shape), lambda name: found(name, values_of)
    )


def metadata(path: Path) -> dict[str, str]:
    """The texts that a file of weights says of itself; only .safetensors has any."""
    if path.suffix != ".safetensors" or not path.is_file():
        return {}
    return dict(_safe(path)[0].metadata() or {})


def _safe(path: Path) -> tuple[Any, Any]:
    """The reader of a .safetensors file, and the class of its errors."""
    try:
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - an extra
    except ImportError:
        raise SpecError(
            "reading .safetensors needs the safetensors package", None, "pip install 'archcalc[weights]'"
        ) from None
    try:
        return safe_open(path, "numpy"), SafetensorError
    except SafetensorError as error:
        raise SpecError(f"{path}: is not a .safetensors file", None, str(error)) from None


def _safetensors(path: Path) -> Opened:
    reader, SafetensorError = _safe(path)  # noqa: N806 - the package's own class

    def found(name: str, read: Callable[[Any], Any]) -> Any:
        try:
            entry = reader.get_slice(name)
            if entry.get_dtype() not in _REAL:
                raise SpecError(f"{path}: '{name}' is of a type that numpy lacks", None, f"it is {entry.get_dtype()}")
            return read(entry)
        except SafetensorError as error:
            raise SpecError(f"{path}: '{name}' cannot be read", None, str(error)) from None

    def shape(name: str) -> Shape:
        said: list[int] = found(name, lambda entry: entry.get_shape())
        return tuple(said)

    return Opened(path, frozenset(reader.keys()), shape, lambda name: found(name, lambda _: reader.get_tensor(name)))
