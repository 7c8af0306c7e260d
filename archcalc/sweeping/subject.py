"""The network that a sweep is of: what each of its knobs turns, and the network with all of them set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from archcalc.errors import Place, Source, SpecError, nearest
from archcalc.importers import model_of
from archcalc.language.expression import evaluate
from archcalc.language.variants import variants_of
from archcalc.network.graph import Graph
from archcalc.network.model import InputShape, Model, check_params
from archcalc.serving.text import Text
from archcalc.sweeping.space import Knob

_ENTRY = re.compile(r"(\w+)\[(\d{1,3})\]")
_WORD = re.compile(r"[^\W\d]\w*")
# Knobs that are no params.
BATCH, VARIANT = "batch", "variant"


class Subject(msgspec.Struct, frozen=True):
    """A network with its settings, some of which have letters for the knobs of a sweep."""

    source: Source
    settings: Mapping[str, Any]
    input_shape: InputShape | None
    batch: Any
    knobs: tuple[Knob, ...]
    _models: dict[str, Model] = msgspec.field(default_factory=dict)

    def model(self, variant: str = "") -> Model:
        """The network before its params are set, read once."""
        if variant not in self._models:
            source = msgspec.structs.replace(self.source, variant=variant) if variant else self.source
            self._models[variant] = model_of(source)
        return self._models[variant]

    def graph(self, values: Mapping[str, Any]) -> Graph:
        """The network with its knobs set; raises SpecError where it refuses them."""
        model, given, shape = self._settled(values)
        return model.graph(given, shape)

    def text(self, values: Mapping[str, Any]) -> Text:
        """The same as a network that writes, whose tokens are as many as are asked for; raises SpecError where it is none."""
        return Text(*self._settled(values))

    def _settled(self, values: Mapping[str, Any]) -> tuple[Model, dict[str, Any], InputShape | None]:
        model = self.model(values.get(VARIANT, ""))
        declared = model.params(self.input_shape)
        given = {name: _filled(text, values) for name, text in self.settings.items()}
        for name, value in values.items():
            if name in declared:
                given[name] = value
            elif entry := _ENTRY.fullmatch(name):
                given[entry[1]] = _replaced(given.get(entry[1], declared.get(entry[1], "")), int(entry[2]), value, name)
        return model, given, _shaped(self.input_shape, values)

    def samples(self, values: Mapping[str, Any]) -> Any:
        """The samples in a batch; raises SpecError for what is no number of them."""
        found = _sized(self.batch, values)
        if not isinstance(found, int) or found < 1:
            raise SpecError(f"batch must be a whole number of at least 1, not {str(found)[:60]}")
        return found


def subject(
    source: Source,
    knobs: Sequence[Knob],
    settings: Mapping[str, Any],
    input_shape: InputShape | None = None,
    batch: Any = 1,
) -> Subject:
    """The network of a sweep; raises SpecError for a knob that turns nothing."""
    made = Subject(source, dict(settings), input_shape, batch, tuple(knobs))
    names = {knob.name for knob in knobs}
    if VARIANT in names:
        known = variants_of(msgspec.structs.replace(source, variant=""))
        for value in next(knob.values for knob in knobs if knob.name == VARIANT):
            if value not in known:
                raise SpecError(f"there is no variant '{value}'", None, nearest(str(value), known) or ", ".join(known))
        declared = made.model(known[0]).params(None)
    else:
        declared = made.model().params(None)
    check_params(settings, list(declared))
    letters = {word for text in settings.values() if isinstance(text, str) for word in _WORD.findall(text)}
    letters |= {str(n) for n in (*_sizes(input_shape), batch) if not isinstance(n, int)}
    for size in (*_sizes(input_shape), batch):
        if not isinstance(size, int) and str(size) not in names:
            raise SpecError(f"'{size}' has no values", None, f"give it some: --over {size}=1:8")
    for name in names - {*declared, *letters, VARIANT, BATCH}:
        entry = _ENTRY.fullmatch(name)
        if entry is None or entry[1] not in declared:
            known = [*declared, *sorted(letters), BATCH]
            remedy = nearest(name, known) or f"there is {', '.join(known)}, and letters in --input: --input 3xRxR"
            raise SpecError(f"'{name[:60]}' is nothing that the network has", None, remedy)
    return made


def _filled(text: Any, values: Mapping[str, Any]) -> Any:
    """A setting with the values of the knobs that are letters in it."""
    words = set(_WORD.findall(text)) if isinstance(text, str) else set()
    if not words & values.keys():
        return text
    return evaluate(text.strip(), dict(values), Place(Source("--set", text), 1, 1, len(text) + 1))


def _replaced(own: Any, at: int, value: Any, name: str) -> tuple[Any, ...]:
    """A list with another value at one place."""
    held = evaluate(own, {}, Place(Source("--over", name), 1, 1, len(name) + 1)) if isinstance(own, str) else own
    if not isinstance(held, tuple):
        raise SpecError(f"'{name[:60]}' is an entry, and the param is no list")
    if at >= len(held):
        raise SpecError(f"'{name[:60]}' is not there; the list has {len(held)} entries", None, "the first is [0]")
    return (*held[:at], value, *held[at + 1 :])


def _sizes(shape: InputShape | None) -> list[Any]:
    if shape is None:
        return []
    return [n for one in shape.values() for n in one] if isinstance(shape, Mapping) else list(shape)


def _sized(size: Any, values: Mapping[str, Any]) -> Any:
    """A size, or the value of the knob that is its letter."""
    if isinstance(size, int):
        return values.get(BATCH, size) if size == 1 else size
    if str(size) not in values:
        raise SpecError(f"'{size}' has no values", None, f"give it some: --over {size}=1:8")
    found = values[str(size)]
    if not isinstance(found, int):
        raise SpecError(f"'{size}' is a size, and {str(found)[:60]} is no whole number")
    return found


def _shaped(shape: InputShape | None, values: Mapping[str, Any]) -> InputShape | None:
    if shape is None:
        return None
    if isinstance(shape, Mapping):
        return {name: _turned(one, values) for name, one in shape.items()}
    return _turned(shape, values)


def _turned(shape: Sequence[Any], values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple([n if isinstance(n, int) else _sized(n, values) for n in shape])
