"""The reader of a config.json, which sets the params of its family."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from archcalc.errors import Place, Source, SpecError, nearest
from archcalc.importers.huggingface.derived import derived, dtype_of, purpose_of
from archcalc.importers.huggingface.entries import Entry, entries
from archcalc.importers.huggingface.families import family_of, left_open, openable
from archcalc.importers.huggingface.values import check_stated, unstated, values
from archcalc.language.document import SpecDocument
from archcalc.language.load import SpecModel
from archcalc.language.tree import ListNode, MapNode, Scalar
from archcalc.network.graph import Graph
from archcalc.network.model import NO_PARAMS, InputShape, Params
from archcalc.network.names import suitable

_ACTIVATION = re.compile(r"(?:\w+_)?act(?:ivation)?(?:_function)?")
# The params of a family that say what its files may have.
_RULES = ("own", "purposes", "refused", "activations")
# The part of a config that is a network for texts, in those of several networks, and what is said of all of these.
_PARTS = ("text_config", "llm_config", "language_config")
_OF_WHOLE = ("dtype", "torch_dtype", "quantization_config", "tie_word_embeddings")


def read(source: Source) -> SpecModel:
    """The network of a config."""
    return ConfigModel(document_of(source), source)


def document_of(source: Source) -> SpecDocument:
    """The spec of the network of a config."""
    found = entries(source)
    whole = _model_type(source, found)
    notes: list[str] = []
    part = next((key for key in _PARTS if key in found and isinstance(found[key].value, dict)), None)
    if part is not None:
        found = {key: found[key] for key in _OF_WHOLE if key in found} | entries(source, found[part].start)
        notes.append(f"The file is of a {whole[:60]}, and this is the network of its {part} alone.")
    try:
        document = family_of(_model_type(source, found))
    except SpecError as error:
        raise SpecError(error.fact, found["model_type"].place, *error.notes) from None
    return _settled(document, found, source.stem, notes)


class ConfigModel(SpecModel):
    """A network of a family with the sizes of a file, in which its mistakes are shown."""

    def __init__(self, document: SpecDocument, source: Source) -> None:
        super().__init__(document)
        self._source = source

    def graph(self, params: Params = NO_PARAMS, input_shape: InputShape | None = None) -> Graph:
        try:
            return super().graph(params, input_shape)
        except SpecError as error:
            raise self._in_file(error) from None

    def _in_file(self, error: SpecError) -> SpecError:
        """The first of the mistakes that is of a value in the file, at that value, or the first of all."""
        for one in (error, *error.others):
            # A value that the fact names comes before others of the same expression.
            for word in sorted(_words_at(one.place), key=lambda word: word not in one.fact):
                tree = self._document.params.items.get(word)
                if tree is not None and tree.place.source == self._source:
                    notes = (note for note in one.notes if not note.startswith("in block"))
                    return SpecError(one.fact, tree.place, *notes)
        return error


def _words_at(place: Place | None) -> list[str]:
    """The words of a spec at a place."""
    return [] if place is None else re.findall(r"\w+", place.source.line(place.line)[place.column - 1 : place.end - 1])


def _model_type(source: Source, found: Mapping[str, Entry]) -> str:
    entry = found.get("model_type")
    if entry is None:
        raise SpecError("the file has no 'model_type'", source.at(0), "it says which network the sizes are of")
    if not isinstance(entry.value, str):
        raise SpecError("'model_type' must be text", entry.place)
    return entry.value


def _settled(document: SpecDocument, found: dict[str, Entry], name: str, notes: list[str]) -> SpecDocument:
    """The spec of a family with the values of a file for its params."""
    own = _words(document, "own")
    found = {key: entry for key, entry in found.items() if key not in own}
    check_stated(document.params, found)
    for key in _words(document, "refused"):
        value = found[key].value if key in found else None
        # One of something is what every network has.
        if value and (value is True or value != 1):
            of = found["model_type"].value
            raise SpecError(f"a {of[:60]} with '{key}' is not read", found[key].place)
    found = found | derived(found)
    model_class, purpose = purpose_of(found)
    known = _words(document, "purposes")
    if purpose in known:
        found["architecture"] = msgspec.structs.replace(found["architectures"], value=purpose)
    elif model_class:
        notes.append(f"The head of {model_class} is not known. This is the network for {known[0]}.")
    if "quantization_config" in found:
        notes.append("The weights are quantised. What is counted are the params before that, in the dtype stated.")
    notes.append(unstated(document.params, found))
    items, closed = values(document.params, found, openable(document))
    for key, tree in items.items():
        if isinstance(tree, Scalar) and tree.quoted and _ACTIVATION.fullmatch(key):
            _check_activation(key, tree, _words(document, "activations"))
    items = {key: tree for key, tree in items.items() if key not in _RULES}
    keys = {key: scalar for key, scalar in document.params.keys.items() if key not in _RULES}
    document = msgspec.structs.replace(
        document,
        name=suitable(name),
        title=model_class or found["model_type"].value,
        notes=(*document.notes, *filter(None, notes)),
        params=MapNode(items, keys, document.params.place),
        parameters=dtype_of(found),
    )
    return left_open(document, closed)


def _check_activation(key: str, tree: Scalar, known: list[str]) -> None:
    if tree.text not in known:
        remedy = nearest(tree.text, known) or f"known are {', '.join(known)}"
        raise SpecError(f"'{key}' is \"{tree.text}\", and no such activation is known", tree.place, remedy)


def _words(document: SpecDocument, name: str) -> list[str]:
    """The words of a param that says of a family what its files may have."""
    tree = document.params.items[name]
    return [one.text for one in tree.items if isinstance(one, Scalar)] if isinstance(tree, ListNode) else []
