"""The purpose and the dtype of a network, and values that a file states in another form than its family."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from archcalc.importers.huggingface.entries import Entry
from archcalc.language.lists import MAX_ENTRIES
from archcalc.language.parameters import Stated
from archcalc.language.tree import Scalar

_DTYPES = {"float32": "fp32", "float16": "fp16", "bfloat16": "bf16", "float64": "fp64"}


def purpose_of(found: Mapping[str, Entry]) -> tuple[str, str]:
    """The name of the model's class, and what it is for, both empty if the file does not say."""
    classes: Any = found["architectures"].value if "architectures" in found else None
    name = classes[0] if isinstance(classes, list) and classes else ""
    if not isinstance(name, str) or not re.fullmatch(r"\w+", name):
        return "", ""
    # As in LlamaForCausalLM, GPT2LMHeadModel and BertModel a class ends with what it is for.
    purpose = name.partition("For")[2]
    if not purpose and name.endswith("Model"):
        purpose = "CausalLM" if name.endswith("LMHeadModel") else "Model"
    return (name[:60], purpose) if purpose else ("", "")


def derived(found: Mapping[str, Entry]) -> dict[str, Entry]:
    """The values that a file states in another form: the number of labels, and what is said of rotary positions."""
    made: dict[str, Entry] = {}
    labels = found.get("id2label")
    if "num_labels" not in found and labels is not None and isinstance(labels.value, dict):
        made["num_labels"] = msgspec.structs.replace(labels, value=len(labels.value))
    dense, depth = (found[key].value if key in found else None for key in ("mlp_only_layers", "num_hidden_layers"))
    if isinstance(dense, list) and 0 < len(dense) <= MAX_ENTRIES and isinstance(depth, int):
        # The language knows the entries of a list by their positions.
        flags = [index in dense for index in range(min(depth, MAX_ENTRIES))]
        made["mlp_only_layers"] = msgspec.structs.replace(found["mlp_only_layers"], value=flags)
    rank = found.get("time_step_rank")
    if rank is not None and rank.value == "auto":
        made["time_step_rank"] = msgspec.structs.replace(rank, value=None)
    rotary: dict[str, Entry] = {}
    for key in ("rope_scaling", "rope_parameters"):
        entry = found.get(key)
        if entry is not None and isinstance(entry.value, dict):
            rotary |= {name: msgspec.structs.replace(entry, value=value) for name, value in entry.value.items()}
    for key in ("rope_theta", "partial_rotary_factor"):
        if key in rotary and key not in found:
            made[key] = rotary[key]
    partial = made.get("partial_rotary_factor", found.get("partial_rotary_factor"))
    if partial is not None and partial.value != 1:
        # Attention turns all values of a head, or none.
        made["positions"] = msgspec.structs.replace(partial, value=None)
    return made


def dtype_of(found: Mapping[str, Entry]) -> Stated:
    """The dtype of the weights, if the file states one that is known."""
    entry = found.get("dtype", found.get("torch_dtype"))
    dtype = _DTYPES.get(entry.value) if entry is not None and isinstance(entry.value, str) else None
    return Stated() if entry is None or dtype is None else Stated(dtype=Scalar(dtype, quoted=False, place=entry.place))
