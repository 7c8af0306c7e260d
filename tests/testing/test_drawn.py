"""Random specs for whoever tests a program on networks: every one loads, and all sorts of layers are among them."""

from __future__ import annotations

import re
import sys

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import archcalc
from archcalc.errors import Source, SpecError
from archcalc.importers import parse
from archcalc.testing import assert_same, specs


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_one_is_a_network(data):
    """It loads, all of its costs are numbers, and it is the network that it is."""
    of = data.draw(st.sampled_from(["images", "tokens", None]))
    text = data.draw(specs(of))
    graph = parse(Source("drawn.yaml", text))

    assert archcalc.profile(graph).whole
    assert {"images": 3, "tokens": 2}.get(of, len(graph.input)) == len(graph.input)
    assert_same(graph, graph)


def test_all_sorts_of_layers_are_drawn():
    """Within a few hundred, and none has more layers before its head than asked."""
    seen = set()

    @settings(max_examples=400, deadline=None, derandomize=True, database=None)
    @given(specs(layers=4))
    def draw(text):
        seen.update(re.findall(r"\w+", text))
        assert len(yaml.safe_load(text)["layers"]) <= 4 + 3

    draw()
    assert {"conv2d", "groups", "maxpool2d", "avgpool2d", "batchnorm2d", "groupnorm", "relu", "add", "concat"} <= seen
    assert {"attention", "linear", "layernorm", "rmsnorm", "flatten", "globalavgpool"} <= seen


def test_what_cannot_be_drawn_is_refused(monkeypatch):
    """Other inputs are, and all of it without hypothesis."""
    with pytest.raises(SpecError, match="no random specs of 'sounds'"):
        specs(of="sounds")
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    monkeypatch.delitem(sys.modules, "archcalc.testing.drawn")
    with pytest.raises(SpecError, match="random specs need hypothesis"):
        specs()
