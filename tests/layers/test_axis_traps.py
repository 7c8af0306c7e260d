"""Layers on the wrong axis: the number where it is the right one, and else a refusal in names with remedies that work."""

from __future__ import annotations

import re

import pytest

from archcalc.errors import Source, SpecError
from archcalc.language import parse
from archcalc.network.graph import Graph
from archcalc.profiling.engine import profile

IMAGE = "input: {channels: 96, height: 56, width: 56}\n"
SMALL = "input: {channels: 8, height: 32, width: 32}\n"
TOKENS = "input: {tokens: 197, features: 768}\n"


def graph(text: str) -> Graph:
    return parse(Source("x.yaml", text))


def params(text: str) -> int:
    return profile(graph(text)).totals.params


def refused(text: str) -> tuple[str, tuple[str, ...]]:
    """The fact of a refusal, and what it says to do."""
    with pytest.raises(SpecError) as caught:
        graph(text)
    return caught.value.fact, tuple(caught.value.notes)


def test_linear_works_on_channels_where_they_lie_last():
    """96·384 weights and 384 biases at each of 56·56 places."""
    last = graph(f"{IMAGE}layers: [permute: [height, width, channels], linear: 384]").nodes[-1]

    assert (last.shape, last.shape.axes) == ((56, 56, 384), ("height", "width", "channels"))
    assert params(f"{IMAGE}layers: [permute: [height, width, channels], linear: 384]") == 96 * 384 + 384


def test_linear_on_an_image_says_what_it_has_and_what_would_do():
    """Frameworks would work on the width; either remedy gives what it says."""
    assert refused(f"{IMAGE}layers: [linear: 384]") == (
        "linear works on features; the input has channels 96, height 56, width 56",
        ("`axis: channels` makes it a 1×1 convolution, `flatten` before it makes one vector",),
    )
    assert params(f"{IMAGE}layers: [linear: {{out: 384, axis: channels}}]") == 96 * 384 + 384
    assert params(f"{IMAGE}layers: [conv2d: {{out: 384, kernel: 1}}]") == 96 * 384 + 384
    assert params(f"{IMAGE}layers: [flatten, linear: 10]") == 96 * 56 * 56 * 10 + 10


def test_layernorm_on_an_image_says_over_what():
    """2·8, 2·8·32·32 and 2·32 params, and in groupnorm 2·8; the last axis is taken by nobody who does not say so."""
    assert refused(f"{SMALL}layers: [layernorm]") == (
        "layernorm works on features; the input has channels 8, height 32, width 32",
        ("`axes: channels` normalises each place over its channels, `groupnorm: 1` all values together",),
    )
    given = ("layernorm: {axes: channels}", "layernorm: {axes: [channels, height, width]}", "layernorm: {axes: width}")
    assert [params(f"{SMALL}layers: [{layer}]") for layer in (*given, "groupnorm: 1")] == [16, 16384, 64, 16]


def test_scale_and_global_pooling_of_tokens_work_on_features():
    """768 factors, one for each feature; the mean of 197 tokens is one of 768 features."""
    assert params(f"{TOKENS}layers: [scale]") == 768
    assert graph(f"{TOKENS}layers: [globalavgpool]").nodes[-1].shape == (1, 768)
    assert graph(f"{TOKENS}layers: [globalavgpool: features]").nodes[-1].shape == (197, 1)


def test_names_go_with_their_axes_through_permute_and_reshape():
    """In front of it the height is 56 and behind it still, and expressions that call it have its size."""
    nodes = graph(
        "input: {channels: 96, height: 56, width: 28}\n"
        "layers: [permute: [width, height, channels], linear: height, reshape: {tokens: width*height, channels: channels},"
        " linear: 2*channels, permute: [channels, tokens], reshape: [112, 28, 56], scale: {axis: width}]"
    ).nodes

    assert [(tuple(node.shape), node.shape.axes) for node in nodes[1:]] == [
        ((28, 56, 96), ("width", "height", "channels")),
        ((28, 56, 56), ("width", "height", "channels")),
        ((1568, 56), ("tokens", "channels")),
        ((1568, 112), ("tokens", "channels")),
        ((112, 1568), ("channels", "tokens")),
        ((112, 28, 56), ("channels", "height", "width")),
        ((112, 28, 56), ("channels", "height", "width")),
    ]


REMEDIES = [
    (IMAGE, "attention: 8", "permute: [height, width, channels], flatten: {tokens: [height, width]}"),
    (f"{IMAGE}", "lstm: 8", "permute: [height, width, channels], flatten: {tokens: [height, width]}"),
    ("input: {channels: 96, length: 50}\n", "attention: 8", "permute: [length, channels]"),
    ("input: {tokens: 50, features: 96}\n", "conv1d: {out: 8, kernel: 3}", "permute: [features, tokens]"),
    ("input: {tokens: 50, features: 96}\n", "groupnorm: 8", "permute: [features, tokens]"),
]


@pytest.mark.parametrize(("sizes", "layer", "before"), REMEDIES)
def test_a_remedy_is_a_layer_that_helps(sizes: str, layer: str, before: str) -> None:
    """What a refusal writes down in full is put before the layer, which then has what it works on."""
    _, (said,) = refused(f"{sizes}layers: [{layer}]")

    assert all(f"`{step}`" in said for step in before.replace("], ", "]\n").split("\n"))
    assert graph(f"{sizes}layers: [{before}, {layer}]").nodes


@pytest.mark.parametrize(
    ("layers", "fact", "notes"),
    [
        (
            "permute: [height, channels, width], attention: 8",
            "attention works on tokens×features; the input has height 56, channels 96, width 56",
            ("`permute: [height, width, channels]` and `flatten: {tokens: [height, width]}` make a sequence of it",),
        ),
        (
            "flatten: {tokens: [height, width]}, conv2d: {out: 8, kernel: 3}",
            "conv2d: the input must be channels×height×width",
            ("input is 96×3136",),
        ),
        (
            "reshape: {tokens: 3136, channels: 96}",
            (
                "reshape keeps the order of the values, so that the axis called channels would hold others;"
                " the input has channels 96, height 56, width 56"
            ),
            ("`permute: [height, width, channels]` before it moves the axes",),
        ),
        (
            "reshape: {bands: 96, height: 56, width: 56}, layernorm",
            "layernorm works on features; the input has bands 96, height 56, width 56",
            ("`axes: …` names the axis to work on",),
        ),
        (
            "reshape: {tokens: 3136, rows: 96}, globalavgpool",
            "globalavgpool works on the places of channels or features; the input has tokens 3,136, rows 96",
            ("`axes:` names the axes to work on",),
        ),
        (
            "concat: {a: [], b: [permute: [channels, width, height]]}",
            (
                "concat: branches have their axes in different orders, channels×height×width and channels×width×height;"
                " permute one of them"
            ),
            ("inputs are 96×56×56 and 96×56×56",),
        ),
        (
            "flatten: {'': [height, width]}",
            "flatten: '' is no name of an axis, which is a word",
            ("input is 96×56×56",),
        ),
        (
            "flatten: {channels: [height, width]}",
            "flatten: the input has another axis channels",
            ("input is 96×56×56",),
        ),
    ],
)
def test_refusals_speak_in_names(layers: str, fact: str, notes: tuple[str, ...]) -> None:
    """The whole of a message, with a remedy only where it is one."""
    assert refused(f"{IMAGE}layers: [{layers}]") == (fact, notes)


def test_an_axis_of_one_may_be_called_anywhere():
    """One channel before its places is one channel behind them."""
    last = graph(
        "input: {channels: 1, height: 5, width: 4}\nlayers: [reshape: {height: 5, width: 4, channels: 1}]"
    ).nodes[-1]

    assert last.shape.axes == ("height", "width", "channels")


def test_an_axis_left_open_is_found_again_in_other_inputs():
    """A layer that was placed on one input is placed on another by the same words."""
    layer = graph(f"{IMAGE}layers: [flatten: 1]").nodes[-1].layer

    assert layer.placed((4, 5, 6, 7)).output((4, 5, 6, 7)) == (4, 210)


def test_a_join_finds_a_name_in_any_of_its_branches():
    """The class token has no names of its own, wherever it stands among the branches."""
    learned = "[learned: [1, 768]]"
    for branches in (f"a: {learned}, b: []", f"a: [], b: {learned}"):
        last = graph(f"{TOKENS}layers: [concat: {{axis: tokens, {branches}}}]").nodes[-1]

        assert (last.shape, last.shape.axes) == ((198, 768), ("tokens", "features"))


@pytest.mark.parametrize(
    ("layers", "axes"),
    [
        ("reshape: {tokens: height*width, features: channels}", None),
        ("permute: [height, width, channels], reshape: {tokens: height*width, features: channels}", None),
        ("reshape: {channels: channels, tokens: t}", ("channels", "tokens")),
        ("reshape: {t: height*width, channels: channels}", None),
    ],
)
def test_letters_do_not_hide_an_axis_that_moved(layers: str, axes: tuple[str, ...] | None) -> None:
    """HW positions and one are the same only where every letter is 1, T and HW wherever the sizes fit."""
    items = "[" + ", ".join(f"{{{item}}}" for item in re.split(r", (?=reshape)", layers)) + "]"
    text = f"input: {{channels: C, height: H, width: W}}\nparams: {{t: T}}\nlayers: {items}"
    if axes is None and "permute" not in layers:
        with pytest.raises(SpecError, match="keeps the order of the values"):
            graph(text)
    else:
        assert graph(text).nodes[-1].shape.axes == (axes or ("tokens", "features"))
