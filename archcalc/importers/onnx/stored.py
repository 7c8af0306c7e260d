"""The formats in which a file stores the arrays of layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from archcalc.network.dtypes import SINGLE, Format
from archcalc.network.graph import Node

Formats: TypeAlias = tuple[tuple[str, Format], ...]


def formats_of(nodes: Sequence[Node], held: Mapping[int, dict[str, str]], stored: Mapping[str, Format]) -> Formats:
    """The formats of arrays by patterns: that of most weights, that of most biases, and those of single arrays.

    `held` has the names of the arrays of layers by position, and `stored` the formats of arrays by name.
    """
    found = {
        (nodes[at].name, part): stored[name]
        for at, parts in held.items()
        for part, name in parts.items()
        if name in stored
    }
    usual: dict[str, Format] = {}
    for part in ("weight", "bias"):
        forms = Counter(form for (_, own), form in found.items() if own == part)
        if forms:
            usual[part] = forms.most_common(1)[0][0]
    whole = usual.get("weight", SINGLE)
    single = [(f"{layer}.{part}", form) for (layer, part), form in found.items() if form != usual.get(part, whole)]
    if not single and {*usual.values()} <= {SINGLE}:
        return ()
    biases = [("*.bias", usual["bias"])] if usual.get("bias", whole) != whole else []
    return (("*", whole), *biases, *single)
