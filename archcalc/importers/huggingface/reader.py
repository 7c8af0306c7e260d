"""The reader of a config.json, which sets the params of its family."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from archcalc.errors import Source, SpecError
from archcalc.importers.huggingface.entries import Entry, entries
from archcalc.importers.huggingface.families import family_of, left_open, model_types, openable
from archcalc.importers.huggingface.values import check_stated, unstated, values
from archcalc.language.document import SpecDocument
from archcalc.language.lists import MAX_ENTRIES
from archcalc.language.load import SpecModel
from archcalc.language.parameters import Stated
from archcalc.language.tree import ListNode, MapNode, Scalar
from archcalc.network.names import suitable

# The class of a model, as in LlamaForCausalLM, GPT2LMHeadModel and BertModel, ends with what it is for.
_CLASS = re.compile(r"\w*?(?:For(\w+)|(LMHead)?Model)")
# The part of a config that is a network for texts, in those of several networks.
_PARTS = ("text_config", "llm_config", "language_config")
_DTYPES = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16", "float64": "fp64"}


def read(source: Source) -> SpecModel:
    """The network of a config."""
    found = entries(source)
    whole = _model_type(source, found)
    notes: list[str] = []
    part = next((key for key in _PARTS if key in found and isinstance(found[key].value, dict)), None)
    if whole not in model_types() and part is not None:
        found = entries(source, found[part].offset)
        notes.append(f"The file is of a {whole[:60]}, and this is the network of its {part} alone.")
    try:
        document = family_of(_model_type(source, found))
    except SpecError as error:
        raise SpecError(error.fact, found["model_type"].place, *error.notes) from None
    return SpecModel(_settled(document, found, source.stem, notes))


def _model_type(source: Source, found: Mapping[str, Entry]) -> str:
    entry = found.get("model_type")
    if entry is None:
        raise SpecError("the file has no 'model_type'", source.at(0), "it says which network the sizes are of")
    if not isinstance(entry.value, str):
        raise SpecError("'model_type' must be text", entry.place)
    return entry.value


def _settled(document: SpecDocument, found: dict[str, Entry], name: str, notes: list[str]) -> SpecDocument:
    """The spec of a family with the values of a file for its params."""
    check_stated(document.params, found)
    for key in _words(document, "refused"):
        if key in found and found[key].value:
            of = found["model_type"].value
            raise SpecError(f"a {of[:60]} with '{key}' is not read", found[key].place)
    found = found | _derived(found)
    model_class, purpose = _purpose(found)
    known = _words(document, "purposes")
    if purpose in known:
        found["architecture"] = msgspec.structs.replace(found["architectures"], value=purpose)
    elif model_class:
        notes.append(f"The head of {model_class} is not known. This is the network for {known[0]}.")
    if "quantization_config" in found:
        notes.append("The weights are quantised. What is counted are the params before that, in the dtype stated.")
    notes.append(unstated(document.params, found))
    items, closed = values(document.params, found, openable(document))
    document = msgspec.structs.replace(
        document,
        name=suitable(name),
        title=model_class or found["model_type"].value,
        notes=(*document.notes, *filter(None, notes)),
        params=MapNode(items, document.params.keys, document.params.place),
        parameters=_dtype(found),
    )
    return left_open(document, closed)


def _words(document: SpecDocument, name: str) -> list[str]:
    """The words of a param that says of a family what its files may have."""
    tree = document.params.items[name]
    return [one.text for one in tree.items if isinstance(one, Scalar)] if isinstance(tree, ListNode) else []


def _purpose(found: Mapping[str, Entry]) -> tuple[str, str]:
    """The name of the model's class, and what it is for, both empty if the file does not say."""
    classes: Any = found["architectures"].value if "architectures" in found else None
    name = classes[0] if isinstance(classes, list) and classes else ""
    parts = _CLASS.fullmatch(name) if isinstance(name, str) else None
    if parts is None:
        return "", ""
    return parts[0][:60], parts[1] or ("CausalLM" if parts[2] else "Model")


def _derived(found: Mapping[str, Entry]) -> dict[str, Entry]:
    """The values that a file states in another form: the number of labels, and what is said of rotary positions."""
    derived: dict[str, Entry] = {}
    labels = found.get("id2label")
    if "num_labels" not in found and labels is not None and isinstance(labels.value, dict):
        derived["num_labels"] = msgspec.structs.replace(labels, value=len(labels.value))
    dense, depth = found.get("mlp_only_layers"), found.get("num_hidden_layers")
    if dense is not None and dense.value and isinstance(dense.value, list) and depth is not None and isinstance(depth.value, int):
        # The language knows the entries of a list by their positions.
        flags = [index in dense.value for index in range(min(depth.value, MAX_ENTRIES))]
        derived["mlp_only_layers"] = msgspec.structs.replace(dense, value=flags)
    rank = found.get("time_step_rank")
    if rank is not None and rank.value == "auto":
        derived["time_step_rank"] = msgspec.structs.replace(rank, value=None)
    rotary = {}
    for key in ("rope_scaling", "rope_parameters"):
        entry = found.get(key)
        if entry is not None and isinstance(entry.value, dict):
            rotary |= {name: msgspec.structs.replace(entry, value=value) for name, value in entry.value.items()}
    for key in ("rope_theta", "partial_rotary_factor"):
        if key in rotary and key not in found:
            derived[key] = rotary[key]
    partial = derived.get("partial_rotary_factor", found.get("partial_rotary_factor"))
    if partial is not None and partial.value != 1:
        # Attention turns all values of a head, or none.
        derived["positions"] = msgspec.structs.replace(partial, value=None)
    return derived


def _dtype(found: Mapping[str, Entry]) -> Stated:
    """The dtype of the weights, if the file states one that is known."""
    entry = found.get("dtype", found.get("torch_dtype"))
    dtype = _DTYPES.get(entry.value) if entry is not None and isinstance(entry.value, str) else None
    return Stated() if entry is None or dtype is None else Stated(dtype=Scalar(dtype, quoted=False, place=entry.place))
