"""Objects in Python: how they print, what they load, and how networks are named."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

import archcalc


def test_importing_archcalc_loads_none_of_it():
    """Neither a template nor a data frame is paid for before one is asked for, nor the commands as functions."""
    code = "import archcalc, sys; archcalc.profile(archcalc.load('vgg16')); print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )

    assert not loaded & {
        "pandas",
        "jinja2",
        "sympy",
        "archcalc.comparison.compare",
        "archcalc.profiling.explain",
        "archcalc.formats.notebook",
        "archcalc.functions",
        "numpy",
        "matplotlib",
    }


def test_objects_print_on_one_line():
    """What Python prints of an object is its kind and what tells it from others."""
    profile = archcalc.profile(archcalc.load("vgg16"))

    assert repr(profile) == "<Profile vgg16: 3×224×224, batch 1, 138,357,544 params, 15,470,264,320 MACs>"
    assert repr(profile.graph) == "<Graph vgg16: 41 layers>"
    assert repr(profile.rows[1]) == "<Row conv1_1: conv2d, 64×224×224, 1,792 params, 86,704,128 MACs>"
    assert repr(archcalc.compare(profile, "resnet50")) == "<Comparison of vgg16, resnet50>"


def test_a_hostile_name_prints_no_control_characters():
    """An escape sequence in a name does not reach the terminal, nor does a name without end."""
    graph = msgspec.structs.replace(archcalc.load("lenet5"), name="\x1b[2J" + 900 * "a")

    for text in (repr(graph), repr(archcalc.profile(graph))):
        assert text.isprintable()
        assert len(text) < 500


@pytest.mark.parametrize("network", ["vgg16", archcalc.load("vgg16"), archcalc.profile(archcalc.load("vgg16"))])
def test_a_network_is_named_in_three_ways(network):
    """A name, a graph and a profile of one network compare as equal, and are explained alike."""
    comparison = archcalc.compare(network, "vgg16")
    [working] = archcalc.explain(network, "conv1_1")

    assert comparison.own(1) == ([], [])
    assert [cell.value for cell in working.cells if cell.name == "weights"] == [64 * 3 * 3 * 3]


def test_batch_and_convention_are_those_asked_for():
    """They hold for what is named, and profiles that differ in either are not set side by side."""
    found = archcalc.compare("alexnet", "vgg16", measures="activations", batch=3)

    assert found.lines[0].values == tuple(3 * one.totals.activations for one in map(at_one, ("alexnet", "vgg16")))
    with pytest.raises(archcalc.SpecError, match="not all of one batch and one convention"):
        archcalc.compare(at_one("alexnet"), "vgg16", batch=3)
    with pytest.raises(archcalc.SpecError, match="not all of one batch and one convention"):
        archcalc.compare(at_one("alexnet"), "vgg16", convention="thop")


def at_one(name: str) -> archcalc.Profile:
    return archcalc.profile(archcalc.load(name))
