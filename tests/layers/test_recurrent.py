"""Recurrent layers as torch and as Keras have them: how many params each has, and which of them a figure is of."""

from __future__ import annotations

import numpy as np
import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.conventions import CONVENTIONS
from archcalc.diagnosis import check
from archcalc.errors import Source
from archcalc.language import claimed, parse
from archcalc.layers import Layer
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


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def keras_lstm(x, kernel, recurrent, bias):
    """One bias for the four gates: i, f, c and o (keras.layers.LSTM)."""
    h = c = np.zeros(len(recurrent))
    found = []
    for token in x:
        i, f, g, o = np.split(token @ kernel + h @ recurrent + bias, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        found.append(h)
    return np.array(found)


def keras_gru(x, kernel, recurrent, bias):
    """reset_after=False: the candidate's product is of the hidden values that the reset gate left (keras.layers.GRU)."""
    h, n = np.zeros(len(recurrent)), len(recurrent)
    found = []
    for token in x:
        driven = token @ kernel + bias
        z, r = np.split(sigmoid(driven[: 2 * n] + h @ recurrent[:, : 2 * n]), 2)
        h = z * h + (1 - z) * np.tanh(driven[2 * n :] + (r * h) @ recurrent[:, 2 * n :])
        found.append(h)
    return np.array(found)


@pytest.mark.parametrize(("kind", "keras", "gates"), [("lstm", keras_lstm, 4), ("gru", keras_gru, 3)])
def test_cells_with_one_bias_put_out_what_keras_documents(kind, keras, gates):
    """Keras has its weights turned, and in a GRU the update gate before the reset gate."""
    random = np.random.default_rng(3)
    x, h = random.standard_normal((5, 4)), 3
    arrays = [random.standard_normal(shape) for shape in ((4, gates * h), (h, gates * h), (gates * h,))]
    settings = {"bias_mode": "single"} | ({"reset_after": False} if kind == "gru" else {})
    layer = Layer.kinds[kind](hidden=h, **settings)
    order = [1, 0, 2] if kind == "gru" else range(4)
    ours = [np.concatenate([np.split(array, gates, -1)[i] for i in order], -1).T for array in arrays]
    names = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0")

    found = layer.forward(np, x[None], **dict(zip(names, ours, strict=True)))

    assert layer.weights(x.shape).keys() == set(names)
    assert np.abs(found[0] - keras(x, *arrays)).max() < 1e-12


@pytest.mark.parametrize(("h", "x", "p"), [(256, 128, 64), (2, 1, 1)])
def test_a_projection_narrows_what_the_gates_see(h, x, p):
    """Sak et al. 2014: recurrent weights of 4·h·p in place of 4·h·h, and h·p of the projection; both ways into the next layer."""
    first, second = (4 * (h * (n + p) + 2 * h) + h * p for n in (x, 2 * p))

    assert params(f"lstm: {{hidden: {h}, proj: {p}}}", x) == first
    assert params(f"lstm: {{hidden: {h}, proj: {p}, layers: 2, bidirectional: true}}", x) == 2 * (first + second)


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
