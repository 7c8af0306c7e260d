"""Language models against transformers, row by row: tables of its modules that `tests/specs/transformers_rows.py` wrote."""

from __future__ import annotations

from itertools import pairwise

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from tests.specs.tables import by_network, in_order, table
from tests.zoo import THOROUGH

# One of each family; the rest is held by the thorough profile.
FEW = (
    *("albert_base", "bart_base", "bert_base", "bloom_560m", "deepseek_v2", "deepseek_v3", "distilbert_base"),
    *(
        "electra_small",
        "falcon_7b",
        "falcon_40b",
        "gemma2_2b",
        "gemma3_4b",
        "gemma_2b",
        "gpt2",
        "gpt3_small",
        "llama3_8b",
    ),
    *("llama3_8b", "llama3.1_405b", "llama3.2_1b", "mistral_7b", "mixtral_8x7b", "olmo2_32b", "phi4_mini", "pythia_1b"),
    *("qwen1.5_moe_a2.7b", "qwen2.5_7b", "qwen3_0.6b", "qwen3_30b_a3b", "roberta_base", "t5_small", "t5_v1.1_base"),
    *("whisper_tiny", "whisper_large_v3_turbo"),
)
# Networks whose parts work side by side: those of a mixture of experts, or branches with a norm each.
SIDE_BY_SIDE = ("deepseek", "falcon", "mixtral", "qwen1.5_moe", "qwen2_57b", "qwen3_30b", "qwen3_235b")
# Kinds whose weights a module of transformers has.
KINDS = {
    *("attention", "conv1d", "embedding", "expertlinear", "latentattention", "layernorm", "learned"),
    *("linear", "relativebias", "rmsnorm"),
}
Row = tuple[tuple[int, ...], int]


TOTALS = {row["network"]: row for row in table("transformers_totals")}
TABLES = by_network("transformers_rows")


def modules(result: Profile) -> list[Row]:
    """The rows of a profile as modules of transformers: experts are one, and so are the places of tokens and their cut."""
    found: list[Row] = []
    experts = 0
    for before, row in pairwise(result.rows):
        output, places = tuple(row.output), before.kind == "learned" and row.kind == "slice"
        if row.kind == "expertlinear":
            experts += row.params
        elif row.kind == "combine":
            found.append((output, experts))
            experts = 0
        elif places:
            found[-1] = (output, before.params)
        elif row.kind == "relativebias":
            # In transformers the heads are behind the places, and other layers than the first add what it looked up.
            found += [((*output[1:], output[0]), row.params)] if row.params else []
        elif row.kind == "learned" and output[0] == 1:
            # One row for all tokens.
            found.append((found[-1][0], row.params))
        elif row.kind in KINDS:
            found.append((output, row.params))
    return found


@pytest.mark.parametrize("name", TABLES if THOROUGH else FEW)
def test_every_module_is_a_row(name):
    """All modules with weights in order, each with its output and its params, and the products as torch counts them."""
    total = TOTALS[name]
    result = profile(load(name))

    # What does not wait for each other may be run in another order.
    ordered = sorted if name.startswith(SIDE_BY_SIDE) else list
    assert ordered(modules(result)) == ordered(in_order(TABLES[name]))
    assert result.totals.params == int(total["params"])
    assert result.totals.macs == int(total["macs"])
    assert (int(total["tokens"]),) in [tuple(row.output) for row in result.rows if row.kind == "input"]


def test_every_network_has_a_table():
    assert TABLES.keys() == TOTALS.keys()
    assert set(FEW) <= TABLES.keys()
