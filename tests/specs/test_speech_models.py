"""Speech models against transformers, row by row: tables of its modules that `tests/specs/speech_rows.py` wrote."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from archcalc.language import load
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from tests.specs.tables import by_network, in_order, table

Row = tuple[tuple[int, ...], int]
TOTALS = {row["network"]: row for row in table("speech_totals")}
TABLES = by_network("speech_rows")
# Params with what pretraining needs, the vector for masked steps included: wav2vec 2.0 of transformers 5.24.0,
# Wav2Vec2ForPreTraining, and HuBERT of torchaudio 2.11.1, models.hubert_pretrain_*(num_classes=500).
PRETRAINED = {
    "wav2vec2_base": 95_044_608,
    "wav2vec2_large": 317_380_864,
    "wav2vec2_large_lv60": 317_390_592,
    "hubert_base": 94_696_576,
    "hubert_large": 316_606_336,
    "hubert_xlarge": 964_317_568,
}


def sizes(output: Iterable[int]) -> tuple[int, ...]:
    """The sizes of an output. torch turns channels to the end where it norms them, and archcalc does not."""
    return tuple(sorted(output))


def modules(result: Profile) -> list[Row]:
    """The rows with params; arrays that are no layer's belong to the module of attention, which ends with its `out`."""
    found: list[Row] = []
    arrays = 0
    for row in result.rows:
        if row.auxiliary or not row.params:
            continue
        if row.kind == "learned":
            arrays += row.params
            continue
        found.append((sizes(row.output), row.params))
        if row.name.endswith("/out"):
            found.append((sizes(row.output), arrays))
            arrays = 0
    return found


@pytest.mark.parametrize("name", TABLES)
def test_every_module_is_a_row(name: str) -> None:
    """All modules with weights in order, each with its output and its params, and the products as torch counts them."""
    result = profile(load(name))

    assert modules(result) == [(sizes(output), params) for output, params in in_order(TABLES[name])]
    assert result.totals.params == int(TOTALS[name]["params"])
    assert result.totals.macs == int(TOTALS[name]["macs"])


@pytest.mark.parametrize("name", PRETRAINED)
def test_what_pretraining_needs(name: str) -> None:
    """Beside the network the auxiliary heads and a vector as wide as the network, which stands for what is masked."""
    result = profile(load(name))

    width = in_order(TABLES[name])[-1][0][-1]
    assert result.totals.params + result.auxiliary.params + width == PRETRAINED[name]


@pytest.mark.parametrize(("paper", "nemo"), [("conformer_m", "medium"), ("conformer_l", "large")])
def test_the_paper_has_one_tap_more(paper: str, nemo: str) -> None:
    """Each depthwise convolution has 32 taps where NeMo has 31, and the network over 250 places is the same otherwise."""
    ours, theirs = (profile(load(name)) for name in (paper, f"conformer_transducer_{nemo}"))
    taps = sum(row.output[0] for row in ours.rows if row.name.endswith("depthwise"))

    assert ours.totals.params - theirs.totals.params == taps
    assert ours.totals.macs - theirs.totals.macs == 250 * taps
