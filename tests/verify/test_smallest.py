"""What `verify --quick` runs of a network that is large on any input: the same layers with lower params."""

from __future__ import annotations

import pytest

from archcalc.errors import Source
from archcalc.importers import model_of
from archcalc.language import source_of
from archcalc.verification import smallest, verified
from tests.zoo import THOROUGH

WIDE = """
input: {channels: 3, height: 32, width: 32}
params: {blocks: 4, kernel: 7, heads: 12, widths: [40000, 80000], classes: 1000}
blocks:
  body:
    - conv2d: {out: heads, kernel: kernel, padding: 3}
    - relu
layers:
  - body: {repeat: blocks, name: "body/{index}"}
  - conv2d:
      out: widths[0]
      kernel: 1
  - conv2d:
      out: widths[1]
      kernel: 1
      stride: 2
  - globalavgpool
  - flatten
  - linear: classes
"""


def test_params_are_lowered_until_a_run_is_short():
    """The least first; a kernel stays, though less would be cheaper.

    A quarter of the widths leaves 10,000 · 20,000 weights, each for 4 places and drawn for 16: 4·10⁹, and some more.
    """
    graph, lowered = smallest(Source("wide.yaml", WIDE))

    assert lowered == {"blocks": "2", "heads": "3", "classes": "31", "widths": "[5000, 10000]"}
    assert [node.layer.kernel for node in graph.nodes if node.name.startswith("body/0/conv")] == [7]
    # The lowered params are those of a network that the user can ask for too.
    assert model_of(Source("wide.yaml", WIDE)).graph({**lowered}, tuple(graph.input)).nodes == graph.nodes


def test_what_the_user_sets_is_where_it_begins():
    """A list that was set is lowered as one of the spec's own is."""
    graph, lowered = smallest(Source("wide.yaml", WIDE), {"widths": "[64, 128]"})

    assert (lowered, graph.nodes[-4].shape[0]) == ({}, 128)


@pytest.mark.parametrize("name", ["lenet5", "vgg16"])
def test_a_light_network_keeps_its_params(name):
    """Of VGG-16 a run takes seconds."""
    assert smallest(source_of(name)).lowered == {}


@pytest.mark.skipif(not THOROUGH, reason="a run of half a minute")
def test_a_language_model_is_proved_whatever_its_size():
    """A hundred and seventy billion params, of which enough layers stay to be of every kind."""
    graph, lowered = smallest(source_of("gpt3_175b"))

    assert set(lowered) <= set(model_of(source_of("gpt3_175b")).params())
    assert verified(graph).differences == []


def test_a_width_of_an_odd_number_of_heads_is_lowered_to_a_power_of_two():
    """Falcon 7B has 71 heads of 64: of its halves none is a width of whole heads.

    Sixteen layers have about 13·1024² weights each, which at 16 products a weight and with those of 65,024 words come to
    more than 4·10⁹; a quarter of them does not.
    """
    graph, lowered = smallest(source_of("falcon_7b"))

    assert (lowered, graph.nodes[1].shape) == ({"depth": "16", "dim": "512"}, (2, 512))


def test_where_the_least_widths_leave_much_they_become_less():
    """StyleGAN has maps of 1024×1024 on any input, and of 16 each of the last two convolutions has 2.4·10⁹ products."""
    assert smallest(source_of("stylegan_1024")).lowered["widths"] == "[8, 8, 8, 8, 8, 8, 8, 8]"


def test_sizes_that_a_network_takes_among_others_are_found():
    """YOLOv4 joins maps made larger with those before, where 57 to 64 give 2, 4 and 8 places, and so do few sizes near 608."""
    assert smallest(source_of("yolov4")).graph.input == (3, 61, 61)


def test_a_window_of_all_places_may_be_less_where_there_are_fewer():
    """In SAM a quarter of the layers attend to all 64×64 patches of 16×16; on 32×32 pixels there are 2×2."""
    assert smallest(source_of("sam_vit_b")).graph.input == (3, 32, 32)
