"""Random specs for whoever tests a program on networks: every one loads, and all sorts of layers are among them."""

from __future__ import annotations

import sys

import pytest
import yaml
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.importers import parse
from archcalc.testing import assert_same, specs


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_one_is_a_network(data):
    """It loads, all of its costs are numbers, and it is the network that it is."""
    of = data.draw(st.sampled_from(["images", "tokens", None]))
    text = data.draw(specs(of))
    graph = parse(Source("drawn.yaml", text))

    assert archcalc.profile(graph).whole
    assert {"images": 3, "tokens": 2}.get(of, len(graph.input)) == len(graph.input)
    assert_same(graph, graph)


@pytest.mark.parametrize("kind", ["conv2d", "maxpool2d", "batchnorm2d", "add", "concat", "attention", "rmsnorm"])
def test_all_sorts_of_layers_are_drawn(kind):
    """The smallest spec with one of a kind is found, which is a short one."""
    found = find(specs(layers=2), lambda text: kind in text, settings=settings(max_examples=2000, database=None))

    assert len(yaml.safe_load(found)["layers"]) <= 4


def test_what_cannot_be_drawn_is_refused(monkeypatch):
    """Other inputs are, and all of it without hypothesis."""
    with pytest.raises(SpecError, match="no random specs of 'sounds'"):
        specs(of="sounds")
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "archcalc.testing.drawn")
    with pytest.raises(SpecError, match="random specs need hypothesis"):
        specs()
