"""Recurrent layers as torch and as Keras have them: how many params each has, and which of them a figure is of."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.conventions import CONVENTIONS
from archcalc.diagnosis import check
from archcalc.errors import Source
from archcalc.language import claimed, parse
from archcalc.profiling.engine import profile

SIZES = [(1, 1), (256, 128), (3, 5), (7, 2)]


def source(layers: str, features: int = 128) -> Source:
    return Source("cells.yaml", f"input: {{tokens: 10, features: {features}}}\nlayers: [{layers}]\n")


def params(layer: str, features: int) -> int:
    return profile(parse(source(layer, features))).totals.params


@pytest.mark.parametrize(("h", "x"), SIZES)
def test_cells_have_as_many_params_as_keras_documents(h, x):
    """h·(h + x) for each gate with one bias of h, but for a GRU with reset_after, its default, which has two."""
    assert params(f"lstm: {{hidden: {h}, bias_mode: single}}", x) == 4 * (h * (h + x) + h)
    assert params(f"rnn: {{hidden: {h}, bias_mode: single}}", x) == h * (h + x) + h
    assert params(f"gru: {{hidden: {h}}}", x) == 3 * (h * (h + x) + 2 * h)
    assert params(f"gru: {{hidden: {h}, reset_after: false, bias_mode: single}}", x) == 3 * (h * (h + x) + h)
    assert params(f"lstm: {{hidden: {h}}}", x) == 4 * (h * (h + x) + 2 * h)
    assert params(f"gru: {{hidden: {h}, reset_after: false, bias: false}}", x) == 3 * h * (h + x)


@pytest.mark.parametrize(
    ("layers", "features", "claim", "words"),
    [
        ("lstm: 1", 1, "params=12", "one bias vector in each cell, as Keras has them (bias_mode: single): 12"),
        ("rnn: 4", 3, "biases=4", "(bias_mode: single): 4"),
        # Keras' own defaults: an LSTM of one bias beside a GRU of two.
        (
            "lstm: 256, gru: 128, linear: 10",
            128,
            f"params={4 * (256 * 384 + 256) + 3 * (128 * 384 + 256) + 1290}",
            "(bias_mode: single): 543,754",
        ),
        (
            "gru: 128",
            64,
            f"params={3 * (128 * 192 + 128)}",
            "GRU cells with reset_after off and one bias vector: 74,112",
        ),
        (
            "lstm: 8, gru: 8",
            8,
            f"params={4 * (8 * 16 + 8) + 3 * (8 * 16 + 8)}",
            "one bias vector in each cell, and GRU cells with reset_after off: 952",
        ),
    ],
)
def test_a_count_of_keras_is_explained(layers, features, claim, words):
    """A figure of cells with one bias vector is of another convention, which is named with the setting that has it."""
    layers = ", ".join(f"{{{layer}}}" for layer in layers.split(", "))
    (found,) = check(source(layers, features), (claimed(claim),))

    assert (found.verdict, found.diagnosis.endswith(words)) == ("other convention", True)


def test_the_working_says_how_many_biases_there_are(tmp_path):
    """8·hidden with two vectors of four gates, 4·hidden with one."""
    spec = tmp_path / "cells.yaml"
    spec.write_text(source("{lstm: 1}, {lstm: {hidden: 1, bias_mode: single}}", 1).text, encoding="utf-8")
    printed = CliRunner().invoke(main, ["explain", str(spec)]).stdout

    assert "biases       8·hidden = 8·1 = 8" in printed
    assert "biases       4·hidden = 4·1 = 4" in printed


@pytest.mark.parametrize("layer", ["lstm: {hidden: 4, bias_mode: single}", "gru: {hidden: 4, reset_after: false}"])
def test_tools_that_watch_torch_have_no_price_for_what_torch_does_not_have(layer):
    """Their constants are of torch's cells; what is no constant is counted as it is."""
    row = profile(parse(source(layer))).rows[1]

    assert [name for name in ("ptflops", "thop", "calflops") if CONVENTIONS[name].price(row) is not None] == []
    assert CONVENTIONS["torch"].price(row) == 2 * row.macs
