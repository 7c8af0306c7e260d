"""`archcalc verify`: every bundled network is what its formulas say, and a wrong formula is found out."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.counting import Work
from archcalc.layers.conv import Conv2d
from archcalc.spec import bundled
from archcalc.verify import held, proofs, smallest

# Networks whose smallest input takes long to find; the input each was found to need.
KNOWN = {"inception_v3": (3, 299, 299), "googlenet": (3, 223, 223), "googlenet-listing": (3, 223, 223)}


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_network_runs_as_its_formulas_say(name):
    """On a small input every layer's shape, params, MACs and stored values are those of its row."""
    shape = KNOWN.get(name) or smallest(name)

    assert [
        difference for proof in proofs(archcalc.load(name, input_shape=shape)) for difference in proof.differences
    ] == []


@pytest.mark.parametrize("name", bundled())
def test_a_bundled_network_takes_the_memory_that_is_planned(name):
    """The arrays alive at every layer have the bytes that the plan says, so the peak is the plan's."""
    graph = archcalc.load(name, input_shape=KNOWN.get(name) or smallest(name))

    assert [difference for step in held(graph, batch=2) for difference in step.differences] == []


@pytest.mark.parametrize("name", KNOWN)
def test_one_pixel_less_than_the_smallest_input_is_too_little(name):
    """The inputs written down here are the smallest."""
    channels, height, width = KNOWN[name]

    with pytest.raises(archcalc.SpecError):
        archcalc.load(name, input_shape=(channels, height - 1, width - 1))


def run(*arguments: str):
    return CliRunner().invoke(main, ["verify", *arguments])


def test_the_command_says_what_it_proved():
    """LeNet-5 multiplies 326,520 times and stores 1,024 + 4,704 + 1,176 + 1,600 + 400 + 120 + 84 + 10 = 9,118 values."""
    result = run("lenet5")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        "lenet5, input 1×32×32, batch 1, seed 0: 15 layers run in numpy.\n"
        "output       15 of 15 layers agree with the shapes of the arrays\n"
        "params       15 of 15 layers agree with the sizes of the arrays, 60,840 in all\n"
        "macs         15 of 15 layers agree with the products counted one einsum at a time, 326,520 in all\n"
        "activations  15 of 15 layers agree with the values stored in memory of their own, 9,118 in all\n"
        # C1's input was let go, S2's is 6×28×28 and its output 6×14×14: 5,880 values.
        "memory       15 of 15 layers agree with the bytes of the arrays alive, 23,520 at most, in S2\n"
    )


def test_quick_finds_the_smallest_input():
    """VGG's five poolings need 32 pixels."""
    assert json.loads(run("vgg11", "--quick", "--format", "json").stdout)["input"] == [3, 32, 32]


def test_a_wrong_formula_is_said_loudly(monkeypatch):
    """A bias counted as a multiply-accumulate is named with both numbers, and the exit code is 1."""
    right = Conv2d.work
    monkeypatch.setattr(Conv2d, "work", lambda self, y, x: Work(right(self, y, x).macs + y[0] * y[1] * y[2]))
    result = run("lenet5")

    assert result.exit_code == 1
    assert "14 of 15 layers agree" not in result.stdout
    assert "12 of 15 layers agree with the products counted" in result.stdout
    assert "C1: macs is 122304 by the formula, 117600 in the run" in result.stderr


def test_a_layer_that_cannot_overwrite_is_found_storing(monkeypatch):
    """Where the formula lets every ReLU overwrite, the run finds those whose input something else reads."""
    monkeypatch.setattr("archcalc.engine.overwritable", lambda nodes: [True] * len(nodes))
    text = "input: {channels: 2, height: 4, width: 4}\nlayers: [conv2d: {out: 2, kernel: 1}, add: {x: [relu], y: []}]"
    graph = archcalc.spec.parse(archcalc.errors.Source("x.yaml", text))

    assert [d for proof in proofs(graph) for d in proof.differences] == [
        "x/relu: activations is 0 by the formula, 32 in the run"
    ]


def test_batch_and_seed_change_nothing_that_is_proved():
    """Twice the samples are twice the products and values, with any weights."""
    result = run("lenet5", "--batch", "2", "--seed", "7")

    assert "653,040 in all" in result.stdout
    assert result.exit_code == 0


def test_letters_cannot_be_run():
    """A network with a letter for a size has no arrays."""
    result = run("lenet5", "--set", "classes=K")

    assert result.exit_code == 1
    assert "a network runs only on numbers" in result.stderr
