"""`archcalc verify`: every bundled network is what its formulas say, and a wrong formula is found out."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.errors import Source
from archcalc.language import load, source_of
from archcalc.language.load import assembled
from archcalc.layers import conv
from archcalc.layers.conv import Conv2d
from archcalc.layers.window import Window
from archcalc.layers.work import Work
from archcalc.network.storage import stored
from archcalc.reference import outputs, seeded
from archcalc.verification import proofs, seen, shown, smallest, verified
from tests.reference.small_networks import FEWER, RUNNABLE
from tests.zoo import THOROUGH

FAULTS = Path(__file__).parent.parent / "data" / "faults"


def run(*arguments: str):
    return CliRunner().invoke(main, ["verify", *arguments])


# One of each idea; the rest is run by the thorough profile.
FEW = (
    *(
        "alexnet_v2",
        "convnext_tiny",
        "densenet121",
        "efficientnet_b0",
        "googlenet-torchvision",
        "inception_v2",
        "lenet5",
        "mixer_b_16",
        "mobilenet_v3_large",
    ),
    *("nin", "resnet18", "resnext50_32x4d", "shufflenet_v2_x1_0", "squeezenet1_1", "vgg11-lrn", "vit_b_16", "xception"),
)


@pytest.mark.parametrize("name", RUNNABLE if THOROUGH else FEW)
def test_a_bundled_network_is_what_its_formulas_say(name):
    """On a small input shapes, params, MACs, stored values, bytes alive and what depends on a place are as computed."""
    assert verified(smallest(source_of(name)).graph, seed=1).differences == []


@pytest.mark.parametrize("name", FEWER)
def test_a_large_network_of_fewer_features_is_what_its_formulas_say(name):
    """All sorts of its layers, where none has the weights that it is known for."""
    assert verified(load(name, FEWER[name]), seed=1).differences == []


# The smallest inputs, from arithmetic: 33 is halved five times to 2, rounded up; 64 to 2, rounded down.
SMALLEST = {
    "resnet50-torchvision": (3, 33, 33),
    "vgg16": (3, 64, 64),
    # Two patches of 16 along either side.
    "vit_b_16": (3, 32, 32),
    # 188 is the least of 16·n + 12 from which the valid convolutions of four levels, down and up, leave anything: 4.
    "unet": (1, 188, 188),
    # Fully connected layers as convolutions of 7×7 take 7·32.
    "vgg16-fcn": (3, 224, 224),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_the_smallest_input_leaves_every_axis_its_places(name):
    assert smallest(source_of(name)).graph.input == SMALLEST[name]


TEXTS = {
    "its own axis": "tokens: 1024}\nlayers: [embedding: {vocabulary: 9, out: 8}, add: {x: [], p: [learned: {shape: [tokens, 8]}]}]",
    "a param": "tokens: T}\nparams: {T: 1024}\nlayers: [embedding: {vocabulary: 9, out: 8}, add: {x: [], p: [learned: {shape: [T, 8]}]}]",
}


@pytest.mark.parametrize("name", TEXTS)
def test_tokens_are_made_fewer(name):
    """A transformer is proved on two tokens, whether its positions are as many as tokens or as a param."""
    assert smallest(Source("x.yaml", f"input: {{{TEXTS[name]}")).graph.input == (2,)


def test_where_nothing_smaller_will_do_that_is_found_soon():
    """A reshape that is written out takes one input, however long: about 20 halvings, and as many fair shares."""
    with patch("archcalc.language.load.assembled", wraps=assembled) as tries:
        graph = smallest(source_of(str(FAULTS / "hang_verify_quick.yaml"))).graph

    assert (graph.input, tries.call_count < 100) == ((3, 1_000_000, 1), True)


def test_where_nothing_smaller_will_do_that_is_said(tmp_path):
    (tmp_path / "x.yaml").write_text("input: {channels: 3, height: 8, width: 1}\nlayers: [reshape: [24], linear: 1]")
    result = run(str(tmp_path / "x.yaml"), "--quick")

    assert result.exit_code == 0
    assert "x, input 3×8×1" in result.stdout
    assert "No smaller input leaves several places along every axis that has several.\n" in result.stdout


def test_too_large_a_run_is_refused_before_it_starts():
    """31·1000 places along either side are 961 million values, which take 3.8 GB and as much again."""
    result = run(str(FAULTS / "memory_verify.yaml"))

    assert result.exit_code == 1
    assert (
        "the run would take about 15,376,007,688 bytes, most at upsample, where 8,589,934,592 are the limit"
        in result.stderr
    )
    assert run("lenet5", "--limit", "20KiB").exit_code == 1


@pytest.mark.parametrize("arguments", [["--set", "classes=K"], ["--set", "classes=K", "--quick"], ["--input", "1xHxW"]])
def test_letters_cannot_be_run(arguments):
    """A network with a letter for a size has no arrays."""
    result = run("lenet5", *arguments)

    assert result.exit_code == 1
    assert "a network runs only on numbers" in result.stderr


# Specs on which a formula and the run once disagreed, or seemed to.
DISPUTED = {
    "verify_false_alarm": "a dropout puts out its input, which it may not overwrite: a copy, which the next may",
    "verify_attention_flatten": "numpy leaves the output of the last product in another order than frameworks do",
    "reshape-after-concat": "and so it does that of a dense layer",
    "ident": "branches that are no layers at all",
    "ids-slice": "token numbers stay so where they are cut",
    "fields_1373": "a pooling window in the padding alone puts out -inf, and sums of such are no numbers",
    "rf_lstm_concat_maxout": "a window listed for each of 8 places, twice, is one for each of 16",
}


@pytest.mark.parametrize("name", DISPUTED)
def test_a_correct_spec_is_proved(name):
    """Whoever cries wolf once is not believed again."""
    result = run(str(FAULTS / f"{name}.yaml"))

    assert (result.exit_code, result.stderr) == (0, ""), DISPUTED[name]


def test_the_command_says_what_it_proved():
    """LeNet-5 multiplies 326,520 times and stores 1,024 + 4,704 + 1,176 + 1,600 + 400 + 120 + 84 + 10 = 9,118 values."""
    result = run("lenet5")
    graph = archcalc.load("lenet5")
    place = tuple(np.random.default_rng(0).integers(graph.input))
    x = np.zeros((2, *graph.input))
    x[(1, *place)] = 1
    # Sums and tanh hide nothing, so that a plain nudge moves all that a number that is none does.
    moved = sum((y[0] != y[1]).sum() for _, y in outputs(graph, x, seeded(graph, dtype=np.float64)))

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "lenet5, input 1×32×32, batch 1, seed 0: 15 layers run in numpy.\n"
        "output       15 of 15 layers agree with the shapes of the arrays\n"
        "params       15 of 15 layers agree with the sizes of the arrays, 60,840 in all\n"
        "macs         15 of 15 layers agree with the products counted one einsum at a time, 326,520 in all\n"
        "activations  15 of 15 layers agree with the values stored in memory of their own, 9,118 in all\n"
        # What tanh reads and what it puts out are 6×28×28 each: 9,408 values.
        "memory       15 of 15 layers agree with the bytes of the arrays alive, 37,632 at most, in tanh\n"
        f"fields       15 of 15 layers agree with the values that move with one input place, {moved:,} in all\n"
        f"places       15 of 15 layers see what their fields say, {sum(one.ends for one in shown(graph)):,} ends of windows met\n"
    )


def test_quick_finds_the_smallest_input():
    """VGG's five poolings need 64 pixels to leave two."""
    assert json.loads(run("vgg11", "--quick", "--format", "json").stdout)["input"] == [3, 64, 64]


def test_a_wrong_formula_is_said_loudly(monkeypatch):
    """A bias counted as a multiply-accumulate is named with both numbers, and the exit code is 1."""
    right = Conv2d.work
    monkeypatch.setattr(Conv2d, "work", lambda self, y, x: Work(right(self, y, x).macs + y[0] * y[1] * y[2]))
    result = run("lenet5")

    assert result.exit_code == 1
    assert "14 of 15 layers agree" not in result.stdout
    assert "12 of 15 layers agree with the products counted" in result.stdout
    assert "C1: macs is 122304 by the formula, 117600 in the run" in result.stderr


# Windows as they are often got wrong: what each makes of a layer's own.
WRONG = {
    "padding forgotten": lambda w: Window(w.advance, tuple((0, hi - lo) for lo, hi in w.phases), w.step),
    "stride forgotten": lambda w: Window(1, w.phases, w.step),
    "one tap too many": lambda w: Window(w.advance, tuple((lo, hi + w.step) for lo, hi in w.phases), w.step),
    "one tap too few": lambda w: Window(w.advance, tuple((lo, hi - w.step) for lo, hi in w.phases), w.step),
    "dilation forgotten": lambda w: Window(w.advance, tuple((lo, lo + (hi - lo) // 2) for lo, hi in w.phases)),
    "gaps filled": lambda w: Window(w.advance, w.phases),
    "mirrored": lambda w: Window(w.advance, tuple((-hi, -lo) for lo, hi in w.phases), w.step),
}
DILATED = """
input: {channels: 2, height: 19, width: 19}
layers: [conv2d: {out: 2, kernel: 3, stride: 2, dilation: 2, padding: [[1, 2], [1, 2]]}]
"""


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_window_is_found_out(name, monkeypatch):
    """A window planted with a mistake disagrees with what moves, and the layer is named."""
    right = conv.filled_views
    monkeypatch.setattr(
        conv, "filled_views", lambda *of: [at._replace(window=WRONG[name](at.window)) for at in right(*of)]
    )
    graph = archcalc.language.parse(archcalc.errors.Source("x.yaml", DILATED))

    assert [layer.name for seed in range(25) for layer in seen(graph, seed) if layer.differing]


def test_a_layer_that_cannot_overwrite_is_found_storing(monkeypatch):
    """Where the formula lets every ReLU overwrite, the run finds those whose input something else reads."""

    def careless(graph):
        storage = stored(graph)
        storage.free = [True] * len(graph.nodes)
        return storage

    monkeypatch.setattr("archcalc.profiling.engine.stored", careless)
    text = "input: {channels: 2, height: 4, width: 4}\nlayers: [conv2d: {out: 2, kernel: 1}, add: {x: [relu], y: []}]"
    graph = archcalc.language.parse(archcalc.errors.Source("x.yaml", text))

    assert [d for proof in proofs(graph) for d in proof.differences] == [
        "x/relu: activations is 0 by the formula, 32 in the run"
    ]


def test_batch_and_seed_change_nothing_that_is_proved():
    """Twice the samples are twice the products and values, with any weights."""
    result = run("lenet5", "--batch", "2", "--seed", "7")

    assert "653,040 in all" in result.stdout
    assert result.exit_code == 0
