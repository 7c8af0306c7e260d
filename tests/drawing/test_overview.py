"""Diagrams down to a depth: blocks as boxes, with what leaves them and what is in them in numbers."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import archcalc
from archcalc.cli import main
from archcalc.drawing.diagrams import DIAGRAMS, draw
from archcalc.drawing.diagrams.outline import Frame, outline
from archcalc.drawing.diagrams.overview import overview
from tests.drawing.drawn import EVIL, profiled
from tests.zoo import SOME


def deepest(parts) -> int:
    """The number of boxes around each other."""
    return max((1 + deepest(part.parts) for part in parts if isinstance(part, Frame)), default=0)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", SOME)
def test_all_of_a_network_is_in_its_overview(name, depth):
    """Every row is in one box, the boxes have all params, and none is within more others than asked for."""
    profile = profiled(name)
    drawn = overview(outline(profile), profile, depth)
    rows = [row for node in drawn.nodes for row in node.rows]
    of = {row: node.id for node in drawn.nodes for row in node.rows}
    expected = {(of[source], of[row.name]) for row in profile.rows for source in row.sources}

    assert sorted(rows) == sorted(row.name for row in profile.rows)
    assert deepest(drawn.parts) < max(depth, 1)
    # What one repeat reads of the one before it is in the box, or below it where it is drawn once.
    assert {(edge.start, edge.end) for edge in drawn.edges} <= expected
    if depth == 1:
        assert {pair for pair in expected if pair[0] != pair[1]} == {(edge.start, edge.end) for edge in drawn.edges}


def test_a_block_says_its_layers_and_params():
    """GoogLeNet's 3a by Szegedy et al. 2015, table 1: 64, 96 to 128, 16 to 32, and 32 filters on 192 channels, with biases."""
    profile = profiled("googlenet")
    [box] = [node for node in overview(outline(profile), profile, 1).nodes if node.title == "3a"]
    filters = 192 * (64 + 96 + 16 + 32) + 9 * 96 * 128 + 25 * 16 * 32
    params = filters + 64 + 96 + 128 + 16 + 32 + 32

    # Six convolutions with a ReLU each, a pool, and the concatenation.
    assert box.lines == ("inception", f"{6 * 2 + 2} layers, {params:,} params")
    assert box.shape == "256×28×28"


def test_repeats_count_all_of_their_layers():
    """The 12 encoders of ViT-B/16 by Dosovitskiy et al. 2021, with the biases: 7,087,872 params in each."""
    profile = profiled("vit_b_16")
    [box] = [node for node in overview(outline(profile), profile, 1).nodes if "× 12" in node.title]
    each = 4 * 768 * 768 + 4 * 768 + 2 * 768 * 3072 + 3072 + 768 + 4 * 768

    assert box.params == 12 * each == 12 * 7_087_872


@pytest.mark.parametrize("form", DIAGRAMS)
def test_an_overview_is_drawn_in_every_format(form):
    """As the command prints it, and of names that mean harm as well."""
    text = draw(profiled("densenet121"), form, depth=1)

    assert CliRunner().invoke(main, ["diagram", "densenet121", "--depth", "1", "--format", form]).stdout == text
    assert repr(archcalc.diagram("densenet121", format=form, depth=1)) == text.rstrip("\n")
    assert "dense" in text
    assert draw(EVIL, form, depth=1)


def test_what_enters_a_box_is_what_its_first_repeat_reads():
    """The first dense block reads 64 channels, and the transition behind it all 256."""
    drawn = overview(outline(profiled("densenet121")), profiled("densenet121"), 1)
    [block] = [node for node in drawn.nodes if node.title.startswith("dense1")]

    assert {edge.label for edge in drawn.edges if edge.end == block.id} == {"64×56×56"}
    assert {edge.label for edge in drawn.edges if edge.start == block.id} == {"256×56×56"}
