"""The rows of a model file, with the depth and width of the scale that is meant."""

from __future__ import annotations

import math
import re
from typing import NamedTuple, TypeAlias

import yaml

from archcalc.errors import Place, Source, SpecError, nearest

# Whatever a row's argument may be once its text is read.
Value: TypeAlias = "int | float | bool | str | list[Value] | None"

_MAX_DEPTH = 20
_MAX_VALUES = 100_000
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "none": None, "true": True, "false": False}
# The letter of a scale behind the number of a version: yolov8s, yolo11x-seg.
_SCALE = re.compile(r"yolo(?:e-)?v?\d+([nslmx])")


class Row(NamedTuple):
    """One row: the rows that it reads, its repetitions, its module and the arguments of that."""

    reads: tuple[int, ...]
    repeats: int
    module: str
    args: list[Value]
    place: Place


class File(NamedTuple):
    """The content of a model file, with the scale that is meant."""

    rows: list[Row]
    settings: dict[str, Value]
    scale: str
    depth: float
    width: float
    max_channels: float

    def whole(self, name: str, default: int) -> int:
        """A whole number of at least 1 among the settings."""
        found = self.settings.get(name)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= 10**9:
            raise SpecError(f"{name} must be a whole number of at least 1, not {str(found)[:60]}")
        return found


class _Reading:
    """The values of a YAML file, of which aliases may make no more than a file has room for."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._left = _MAX_VALUES

    def entries(self, node: yaml.Node | None, what: str) -> dict[str, yaml.Node]:
        """The entries of a mapping by name."""
        if not isinstance(node, yaml.MappingNode):
            raise SpecError(f"{what} must have entries by name", None if node is None else self.place(node))
        return {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        """The items of a list."""
        if not isinstance(node, yaml.SequenceNode):
            raise SpecError(f"{what} must be a list", self.place(node))
        return list(node.value)

    def place(self, node: yaml.Node) -> Place:
        """The place of a value."""
        return self.source.at(node.start_mark.index)

    def value(self, node: yaml.Node, depth: int = 0) -> Value:
        """The value of a scalar or of a list."""
        self._left -= 1
        if self._left < 0 or depth > _MAX_DEPTH:
            raise SpecError("more lists inside each other than a model file has", self.place(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(one, depth + 1) for one in node.value]
        if not isinstance(node, yaml.ScalarNode):
            raise SpecError("must be a word, a number or a list", self.place(node))
        return _scalar(node.value)


def _scalar(text: str) -> Value:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    for kind in (int, float):
        try:
            found = kind(text)
        except ValueError:
            continue
        if math.isfinite(found) and abs(found) < 1e12:
            return found
    return text


def read_rows(source: Source) -> File:
    """The rows and settings of a file; raises SpecError for one that is no model file or has no such scale."""
    source = Source(source.name, source.text, source.variant)
    try:
        root = yaml.compose(source.text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "it cannot be read"
        raise SpecError(f"{source.name}: not YAML: {said}", None if mark is None else source.at(mark.index)) from None
    reading = _Reading(source)
    parts = reading.entries(root, "a model file")
    for name in ("backbone", "head"):
        if name not in parts:
            raise SpecError(f"{source.name}: no {name}", None, "a model file has the rows of a backbone and of a head")
    rows = [_row(reading, node) for name in ("backbone", "head") for node in reading.items(parts[name], name)]
    if not rows:
        raise SpecError(f"{source.name}: no rows")
    plain = {name: node for name, node in parts.items() if name not in {"backbone", "head", "scales"}}
    settings = {name: reading.value(node) for name, node in plain.items() if not isinstance(node, yaml.MappingNode)}
    scale, sizes = _scaled(reading, source, parts.get("scales"))
    depth = _number(settings.get("depth_multiple"), 1.0) if sizes is None else sizes[0]
    width = _number(settings.get("width_multiple"), 1.0) if sizes is None else sizes[1]
    return File(rows, settings, scale, depth, width, math.inf if sizes is None else sizes[2])


def _number(value: Value, default: float) -> float:
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 10**6:
        raise SpecError(f"a factor must be a number of at least 0, not {str(value)[:60]}")
    return value


def _scaled(reading: _Reading, source: Source, node: yaml.Node | None) -> tuple[str, list[float] | None]:
    """The scale that the source or its name means, else the first, with its depth, width and most channels."""
    asked = source.variant
    scales = reading.entries(node, "scales") if isinstance(node, yaml.MappingNode) else {}
    if asked and asked not in scales:
        remedy = nearest(asked, [*scales]) or (f"it has {', '.join(scales)}" if scales else "it has none")
        raise SpecError(f"{source.name} has no scale '{asked[:60]}'", None, remedy)
    if not scales:
        return "", None
    named = _SCALE.search(source.stem)
    scale = asked or (named[1] if named is not None and named[1] in scales else next(iter(scales)))
    values = reading.value(scales[scale])
    if not isinstance(values, list) or len(values) != 3:
        raise SpecError("a scale has a depth, a width and the most channels", reading.place(scales[scale]))
    return scale, [_number(value, 1.0) for value in values]


def _row(reading: _Reading, node: yaml.Node) -> Row:
    values = reading.value(node)
    place = reading.place(node)
    if not isinstance(values, list) or len(values) != 4:
        raise SpecError("a row has where it reads, its repetitions, a module and arguments", place)
    reads, repeats, module, args = values
    each = reads if isinstance(reads, list) else [reads]
    sound = [one for one in each if isinstance(one, int) and not isinstance(one, bool)]
    if len(sound) != len(each) or not each:
        raise SpecError("a row reads the rows of one number or of several", place)
    if isinstance(repeats, bool) or not isinstance(repeats, int) or not 1 <= repeats <= 1_000:
        raise SpecError(f"a row is repeated 1 to 1,000 times, not {str(repeats)[:60]}", place)
    if not isinstance(module, str) or not isinstance(args, list):
        raise SpecError("a row has the name of a module and a list of arguments", place)
    return Row(tuple(sound), repeats, module, args, place)
