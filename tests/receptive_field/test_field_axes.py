"""Which axes of an input have places is what the spec calls them, whatever layers come first."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.language.flatten import flat
from archcalc.layers import Layer
from archcalc.layers.rearrange import Input
from archcalc.network.graph import Builder
from archcalc.receptive_field.fields import axes_of, receptive_fields

# Layers that neither slide nor keep every value at its place, on channels before a length and on features behind tokens.
FIRST = {
    "channels: 6, length: 40": (
        *("pad: 1", "crop: 1", "upsample: 2", "batchnorm1d", "groupnorm: 3", "channelshuffle: 3"),
        *(
            "layernorm: {axes: channels}",
            "layernorm: {axes: 2}",
            "softmax: {axis: length}",
            "linear: {out: 6, axis: 0}",
        ),
    ),
    "tokens: 6, features: 40": ("layernorm", "softmax", "linear: 40", "rmsnorm", "linear: {out: 6, axis: tokens}"),
}
ANYWHERE = ("scale", "concat: [[], []]", "add: [[], []]", "permute: {order: [0, 1]}", "softmax: {axis: 0}")


@pytest.mark.parametrize(
    ("sizes", "first"), [(sizes, one) for sizes, own in FIRST.items() for one in (*own, *ANYWHERE)]
)
def test_channels_and_a_length_stay_so_whatever_comes_first(sizes, first):
    """The places of a signal lie along its length, and those of a text along its tokens, before any layer."""
    graph = parse(Source("x.yaml", f"input: {{{sizes}}}\nlayers: [{first}]"))
    places = {1: "length"} if "length" in sizes else {0: "tokens"}

    assert axes_of(graph) == places
    # Written out as a flat spec, and read again, it is the same.
    assert axes_of(parse(Source("x.yaml", flat(graph)))) == places


def test_padding_by_a_layer_is_padding_by_a_setting():
    """3, then 3 + (5 − 1)·1 = 7, with one place of padding, whether a layer pads or the convolution does."""
    found = []
    for text in ("[pad: 1, conv1d: {out: 4, kernel: 3}", "[conv1d: {out: 4, kernel: 3, padding: 1}"):
        graph = parse(
            Source("x.yaml", f"input: {{channels: 3, length: 40}}\nlayers: {text}, conv1d: {{out: 4, kernel: 5}}]")
        )
        found.append([(field.size, field.jump, field.padding) for field in receptive_fields(graph).values()][-2:])

    assert found == [[((3,), (1,), (1,)), ((7,), (1,), (1,))]] * 2


def test_another_size_of_input_keeps_its_names(tmp_path):
    """--input changes sizes, not what they are the sizes of."""
    path = tmp_path / "text.yaml"
    path.write_text("input: {tokens: 8, features: 6}\nlayers: [layernorm]", encoding="utf-8")

    assert archcalc.load(str(path), input_shape=(3, 6)).input_axes == ("tokens", "features")


def test_a_graph_built_in_python_says_what_its_two_axes_are():
    """They are channels and a length where nothing is said; a vector is features."""
    graphs = []
    for given in (Input((5, 8)), Input((5, 8), ("tokens", "features")), Input((5,))):
        builder = Builder()
        builder.add("input", given)
        if len(given.shape) == 2:
            builder.add("attention", Layer.kinds["attention"](heads=2), 0)
        graphs.append(builder.graph())

    assert [axes_of(graph) for graph in graphs] == [{1: "length"}, {0: "tokens"}, {0: "features"}]
