"""Which layer of one network is which of another: by name, by kind and place, or none."""

from __future__ import annotations

import re

import pytest

from archcalc.comparison.diff import changes
from archcalc.comparison.matching import matched
from archcalc.formats.diff.page import render
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.comparison.variants import SMALL, between, profiled


def statuses(found):
    return [(change.status, change.row.name) for change in found.layers]


@pytest.mark.parametrize("name", ["lenet5", "googlenet", "resnet50-torchvision", "densenet121", "vit_b_16"])
def test_a_network_does_not_differ_from_itself(name):
    """Every layer is matched with itself."""
    result = profile(load(name))

    assert changes(result, result).layers == ()
    assert matched(result.rows, result.rows) == {i: i for i in range(len(result.rows))}


def test_more_blocks_are_added_layers_and_nothing_else():
    """ResNet-101 has 17 bottlenecks of 1024 channels and width 256 more than ResNet-50, 10 layers each."""
    found = changes(profile(load("resnet50")), profile(load("resnet101")))
    bottleneck = 1024 * 256 + 2 * 256 + 256 * 256 * 9 + 2 * 256 + 256 * 1024 + 2 * 1024

    assert len(found.of("added")) == 17 * 10
    assert found.of("removed", "follows", "renamed") == []
    assert sum(found.by(change, "params") for change in found.layers) == 17 * bottleneck
    # Both branches of the first block behind them come from the last one.
    assert {change.rewired for change in found.of("changed")} == {True}


def test_numbered_names_that_move_are_no_change_of_the_layers():
    """One more relu in front: the other two are those of before under other names."""
    old = "  - linear: {name: a, out: 8}\n  - relu\n  - linear: {name: b, out: 9}\n  - relu\n"
    new = "  - relu\n" + old
    found = between(old, new, "{features: 7}")

    assert statuses(found) == [("added", "relu"), ("follows", "a"), ("renamed", "relu_2"), ("renamed", "relu_3")]
    assert render(found, "text").splitlines()[-1] == "Renamed: relu → relu_2, relu_2 → relu_3."


def test_a_layer_of_another_name_that_is_alike_is_renamed():
    """The same kind, settings, input and output in the same place."""
    found = between(SMALL, SMALL.replace("name: fc", "name: classifier").replace("name: conv1", "name: stem"))

    assert [(change.old.name, change.new.name) for change in found.of("renamed")] == [
        ("conv1", "stem"),
        ("fc", "classifier"),
    ]
    assert len(found.layers) == 2
    assert "2 layers renamed.\n\n- Renamed: conv1 → stem, fc → classifier." in render(found)


def test_a_name_that_is_given_is_the_same_layer_wherever_it_stands():
    """Two layers change places; neither is removed and added."""
    old = "  - linear: {name: a, out: 8}\n  - linear: {name: b, out: 8}\n"
    new = "  - linear: {name: b, out: 8}\n  - linear: {name: a, out: 8}\n"
    found = between(old, new, "{features: 8}")

    assert [(change.status, change.row.name, change.rewired) for change in found.layers] == [
        ("changed", "b", True),
        ("changed", "a", True),
    ]
    assert "from a → input" in render(found)


def test_another_kind_under_one_name_is_a_change():
    """It is said with the settings of both."""
    found = between(SMALL, SMALL.replace("relu: {name: act}", "maxpool2d: {name: act, kernel: 1}"))

    assert statuses(found)[0] == ("changed", "act")
    assert "| relu → maxpool2d kernel=1 |" in render(found)


def test_weights_shared_and_no_longer_shared_are_a_change():
    """A layer that uses the weights of another has none of its own: 8·8 + 8."""
    old = "  - linear: {name: a, out: 8}\n  - linear: {name: b, out: 8}\n"
    found = between(old, old.replace("name: b,", "name: b, share: a,"), "{features: 8}")
    (change,) = found.layers

    assert (change.status, found.by(change, "params")) == ("changed", -(8 * 8 + 8))
    assert "own weights → weights of a" in render(found)


def test_heads_that_are_auxiliary_are_in_no_total():
    """A head of 5 outputs on 192 values becomes one of 6; then it is one of the network proper."""
    block = "blocks: {head: [flatten, linear: {name: fc, out: N}]}\n"
    layers = "  - conv2d: {name: conv1, out: 3, kernel: 1}\n  - head: {name: h, auxiliary: true}\n  - relu\n"
    five, six = (profiled(layers, head=block.replace("N", str(n))) for n in (5, 6))
    proper = profiled(layers.replace("true", "false").replace("  - relu\n", ""), head=block.replace("N", "6"))
    (change,) = changes(five, six).layers
    text = render(changes(five, six))

    assert change.auxiliary
    assert "out 5 → 6; auxiliary, not in the totals" in text
    assert re.search(r"\| auxiliary params +\| +965 +\| +1,158 +\| +\+193 +\| \+20\.0 \|", text)
    assert re.search(r"\| params +\| +12 +\| +12 +\| +0 +\| +\|", text)
    moved = changes(six, proper)
    assert sum(moved.by(one, "params") for one in moved.layers) == 192 * 6 + 6
