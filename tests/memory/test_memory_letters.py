"""The bytes of a network in letters are those that any numbers give."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from archcalc.cli import main
from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.memory_plan.asked import Asked, planned
from archcalc.memory_plan.formulas import formulas
from archcalc.memory_plan.optimizers import OPTIMIZERS
from archcalc.memory_plan.saved_tensors import kept_bytes, saved_tensors
from archcalc.network.measures import MEASURES
from archcalc.profiling.engine import profile
from archcalc.profiling.rows import Profile
from archcalc.symbols.dims import symbol
from archcalc.symbols.evaluate import substitute

ENCODER = """name: encoder
input: {tokens: s, features: h}
params: {layers: n, heads: 4}
blocks:
  layer:
    - add: {residual: [layernorm, attention: {heads: heads}, dropout: 0.1], shortcut: }
    - add: {residual: [layernorm, linear: 4*features, gelu, linear: features // 4, dropout: 0.1], shortcut: }
layers:
  - layer: {repeat: layers}
  - layernorm
"""


def made(shape: tuple[object, ...], batch: object = 1, **values: int) -> Profile:
    return profile(parse(Source("encoder.yaml", ENCODER), values, input_shape=shape), batch)


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize(
    "asked", [Asked(train=True), Asked(train=True, dtype="bf16"), Asked(train=True, optimizer="sgd")]
)
def test_what_training_holds_is_a_formula(n, asked):
    """Weights, state and kept bytes, in letters for tokens, features, layers and the batch, against those of numbers."""
    said = formulas(made((symbol("s"), symbol("h")), symbol("b")), asked).parts
    found = made((6, 8), 3, layers=n)
    plan = planned(found, asked)
    values = {"s": 6, "h": 8, "n": n, "b": 3}

    assert {name: substitute(part, values) for name, part in said.items() if name in plan.resident} == {
        name: part.bytes(3) for name, part in plan.resident.items()
    }
    bits = 16 if asked.dtype == "bf16" else 32
    kept = kept_bytes(found.graph, saved_tensors(found.graph), 3, bits)
    assert substitute(said["kept for backward"], values) == kept


STATED = """dtype: {"*": bf16, "*/attention*": {int8: {group: 4}}}
adapt: {"*.query": 2, "*.out": 1, "*linear": 2}
"""


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("train", [True, False])
def test_stated_dtypes_and_adapters_are_in_the_formulas(n, train):
    """With each repetition's adapters: what is trained, bytes of weights, and what a plan holds, against those of numbers."""
    source, asked = Source("encoder.yaml", ENCODER + STATED), Asked(train=train)
    letters = profile(parse(source))
    found = profile(parse(source, {"layers": n}, input_shape=(6, 8)))
    values = {"s": 6, "h": 8, "n": n}

    for key in ("params", "trained", "weight_bytes", "macs"):
        said = MEASURES[key].whole(letters)
        assert (substitute(said, values) if not isinstance(said, int) else said) == MEASURES[key].whole(found), key
    plan, parts = planned(found, asked), formulas(letters, asked).parts
    assert {name: substitute(parts[name], values) for name in plan.resident} == {
        name: part.bytes(1) for name, part in plan.resident.items()
    }
    if train:
        assert substitute(parts["kept for backward"], values) == kept_bytes(found.graph, saved_tensors(found.graph), 1)


def test_korthikanti_counts_34_bytes_for_each_value_of_a_layer():
    """34·s·b·h in 16 bits (Korthikanti et al. 2022, section 4.1) but for attention's own, which they count as 8·s·b·h and 5·a·s²·b.

    Theirs are: two layer norms 4, the dense layers 2 + 8 + 8, two dropouts' masks 2, and of attention 2 for its input, 2 for
    that of its last projection, and 4 + 2 for queries, keys and values. Here a layer norm's statistics, 8 bytes a token, are
    not left out.
    """
    parts = formulas(made((symbol("s"), symbol("h")), symbol("b")), Asked(train=True, dtype="fp16")).parts
    values = {"s": 64, "h": 128, "b": 2}
    each = [substitute(parts["kept for backward"], values | {"n": n}) for n in (7, 8)]
    statistics = 2 * 8 * 64 * 2

    # Attention also saves the sum of exponentials of each token and head in 4 bytes, and neither scores nor masks.
    assert each[1] - each[0] == 34 * 64 * 2 * 128 + statistics + 4 * 4 * 64 * 2


@pytest.mark.parametrize("n", [3, 4, 7])
def test_the_peak_of_a_forward_pass_is_that_of_three_repetitions(n):
    said = formulas(made((6, 8)), Asked())
    plan = planned(made((6, 8), layers=n), Asked())

    assert plan.timeline.peak(1)[0] == said.peak
    assert plan.resident["weights"].bytes(1) == substitute(said.parts["weights"], {"n": n})


@pytest.mark.parametrize(
    ("setting", "layers"),
    [
        ({"overwrite": "all"}, "[conv2d: {out: 48, kernel: 1}, gelu, conv2d: {out: 16, kernel: 1}]"),
        (
            {"concat": "in-place"},
            "[concat: [[conv2d: {out: 24, kernel: 1}], [conv2d: {out: 24, kernel: 1}]], conv2d: {out: 16, kernel: 1}]",
        ),
        ({"workspace": "im2col"}, "[conv2d: {out: 16, kernel: 3, padding: 1}]"),
    ],
)
def test_the_peak_is_that_of_the_settings(setting, layers):
    """For three repetitions of layers that have another peak by the setting."""
    source = Source("deep.yaml", DEEP + layers)
    said = formulas(profile(parse(source)), Asked(**setting))
    plan = planned(profile(parse(source, {"layers": 3})), Asked(**setting))

    assert said.peak == plan.timeline.peak(1)[0]
    assert said.peak != formulas(profile(parse(source)), Asked()).peak


DEEP = """name: deep
input: {channels: 16, height: 8, width: 8}
params: {layers: n}
layers:
  - layer: {repeat: layers}
blocks:
  layer: """


@pytest.mark.parametrize(
    ("rule", "step"),
    [
        (name, way)
        for name, optimizer in OPTIMIZERS.items()
        for way in (None, *optimizer.makes)
        if optimizer.packed is None
    ],
)
def test_every_way_of_a_step_holds_what_a_plan_says(rule, step):
    """Such as the counters of steps that a fused kernel keeps for each array, three times for three repetitions."""
    asked = Asked(train=True, optimizer=rule, step=step)
    said = formulas(made((symbol("s"), symbol("h")), 1), asked).parts
    plan = planned(made((6, 8), layers=3), asked).resident

    assert {name: substitute(said[name], {"s": 6, "h": 8, "n": 3}) for name in plan} == {
        name: part.bytes(1) for name, part in plan.items()
    }


def test_a_way_that_an_optimizer_has_not_is_refused_in_letters_too():
    with pytest.raises(SpecError, match="adafactor has no fused step"):
        formulas(made((symbol("s"), symbol("h"))), Asked(train=True, optimizer="adafactor", step="fused"))


def test_a_state_in_8_bits_is_of_numbers():
    """Small arrays have it in fp32, and which ones are small letters leave open."""
    with pytest.raises(SpecError, match="an array of h values may be too small for a state in 8 bits"):
        formulas(made((symbol("s"), symbol("h"))), Asked(train=True, optimizer="adam8bit"))


HEADS = """name: heads
input: {features: f}
layers:
  - linear: {name: one, out: 2}
  - linear: {name: head, out: 3, auxiliary: true}
  - linear: {name: two, out: 4, from: one}
"""


@pytest.mark.parametrize("train", [True, False])
def test_each_row_has_its_own_numbers(train):
    """Also where a forward pass leaves out an auxiliary head between two layers: those of a plan in numbers."""
    said = formulas(profile(parse(Source("heads.yaml", HEADS))), Asked(train=train)).rows
    plan = planned(profile(parse(Source("heads.yaml", HEADS), input_shape=(5,))), Asked(train=train))

    assert {name: substitute(weights, {"f": 5}) for name, (weights, _) in said.items()} == {
        row.name: row.weights.bytes(1) for row in plan.rows
    }


@pytest.mark.parametrize("shape", [(6, 8), (symbol("s"), 8)])
def test_a_plan_is_for_numbers(shape):
    with pytest.raises(SpecError, match=r"have no number|memory is planned for numbers"):
        planned(made(shape), Asked())


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html", "latex", "csv"])
@pytest.mark.parametrize("train", [True, False])
def test_the_command_prints_formulas(tmp_path, form, train):
    path = tmp_path / "encoder.yaml"
    path.write_text(ENCODER)
    result = CliRunner().invoke(main, ["memory", str(path), "--format", form, *["--train"] * train])
    assert result.exit_code == 0, result.output
