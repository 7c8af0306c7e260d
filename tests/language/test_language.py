"""The spec language, feature by feature."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

import archcalc
from archcalc.errors import Source
from archcalc.language import parse
from archcalc.language.assertions import OWN
from archcalc.language.schema import schema
from archcalc.language.sources import SPECS
from archcalc.layers import Layer

IMAGE = "input: {channels: 8, height: 16, width: 16}\n"


def rows(text: str, **params):
    return archcalc.profile(parse(Source("x.yaml", text), **params)).rows


def names(text: str, **params) -> list[str]:
    return [row.name for row in rows(text, **params)][1:]


def test_a_layer_may_be_a_word_have_a_bare_value_or_settings():
    """The three ways to write a layer mean the same."""
    short = rows(IMAGE + "layers: [relu, maxpool2d: 2, flatten, linear: 10]")
    long = rows(IMAGE + "layers: [relu: {}, maxpool2d: {kernel: 2}, flatten: , linear: {out: 10}]")

    assert [(row.kind, row.output) for row in short] == [(row.kind, row.output) for row in long]


def test_an_unnamed_block_adds_no_level_and_a_named_one_does():
    """Names show the blocks that were named, and number what is left unnamed."""
    text = IMAGE + "blocks: {pair: [relu, relu]}\nlayers: [pair, pair: {name: b}, pair: {name: c, repeat: 2}]"

    assert names(text) == ["relu", "relu_2", "b/relu", "b/relu_2", "c_1/relu", "c_1/relu_2", "c_2/relu", "c_2/relu_2"]


def test_blocks_take_arguments_with_defaults_that_may_use_earlier_ones():
    """A default is an expression over the parameters before it and the network's params."""
    text = (
        IMAGE
        + "params: {w: 3}\nblocks:\n  b(out, wide=out*w): [conv2d: {out: wide, kernel: 1}]\nlayers: [b: 4, b: {out: 4, wide: 5}]"
    )

    assert [row.output[0] for row in rows(text)] == [8, 12, 5]


def test_a_repeat_counts_from_zero_in_settings_conditions_and_names():
    """`index` is there for the item's own settings."""
    text = IMAGE + 'layers:\n  - conv2d: {name: "c{index + 1}", out: 2**index, kernel: 1, if: index != 1, repeat: 4}'

    assert [(row.name, row.output[0]) for row in rows(text)[1:]] == [("c1", 1), ("c3", 4), ("c4", 8)]


def test_expressions_see_the_input_at_their_point():
    """`channels`, `height` and `width` are those of what comes in."""
    text = IMAGE + "layers: [maxpool2d: 2, conv2d: {out: 'no'}]".replace(
        "'no'", "channels*2, kernel: [height, width // 2]"
    )

    assert rows(text)[-1].output == (16, 1, 5)


def test_branches_may_be_lists_layer_names_or_the_input_itself():
    """An empty branch is the identity, a word is an earlier layer."""
    text = (
        IMAGE
        + "layers:\n  - conv2d: {name: a, out: 8, kernel: 1}\n  - relu\n  - concat: {x: [conv2d: {out: 2, kernel: 1}], y: a, z: [], w: }"
    )

    assert names(text) == ["a", "relu", "x/conv2d", "concat"]
    assert rows(text)[-1].sources == ("x/conv2d", "a", "relu", "relu")
    assert rows(text)[-1].output == (26, 16, 16)


def test_an_item_in_a_branch_sees_its_own_input_and_index():
    """What is true at the join is not carried into its branches, but for the index of a repeated join."""
    text = (
        IMAGE + "layers:\n  - concat:\n      a: [conv2d: {out: 4, kernel: 1}, conv2d: {out: 2*channels, kernel: 1}]\n"
    )
    text += "      b: [conv2d: {name: 'x{index}', out: 4 + index, kernel: 1, repeat: 2}]\n      c: [conv2d: {out: 10**index, kernel: 1}]\n      repeat: 2"

    assert [row.output[0] for row in rows(text) if row.kind == "conv2d"] == [4, 8, 4, 5, 1, 4, 8, 4, 5, 10]


def test_unnamed_branches_are_a_list():
    """Branches need no names."""
    assert rows(IMAGE + "layers: [add: [[], [relu], input]]")[-1].sources == (
        "input",
        "1/relu".replace("1", "2"),
        "input",
    )


def test_from_finds_names_from_the_inside_out():
    """A name in a block is found before one of the same name outside."""
    text = (
        IMAGE
        + "blocks:\n  b: [conv2d: {name: a, out: 3, kernel: 1}, relu, add: {from: [a, relu]}, concat: {from: [input, add]}]\n"
    )
    text += (
        "layers: [conv2d: {name: a, out: 5, kernel: 1}, b: {name: b}, relu: {name: last, from: b/a}, relu: {from: b}]"
    )

    assert [row.output[0] for row in rows(text)][-6:] == [3, 3, 3, 11, 3, 11]


def test_a_shared_block_counts_its_weights_once_and_its_work_twice():
    """The two towers of a Siamese network have one set of weights."""
    text = IMAGE + "blocks: {tower: [conv2d: {out: 4, kernel: 3}, batchnorm2d, flatten]}\n"
    text += "layers: [tower: {name: a}, tower: {name: b, from: input, share: a}, concat: {from: [a, b]}]"
    profile = archcalc.profile(parse(Source("x.yaml", text)))

    assert profile.totals.params == 4 * 8 * 9 + 4 + 8
    assert profile.totals.buffers == 8
    assert profile.totals.macs == 2 * 14 * 14 * 4 * 8 * 9
    assert [row.shared for row in profile.rows if row.shared] == ["a/conv2d", "a/batchnorm2d"]


def test_tied_weights_of_different_kinds_count_once():
    """A language model's output layer may use its embedding's table, and have a bias of its own."""
    text = "input: {tokens: 7}\nlayers: [embedding: {name: e, vocabulary: 50, out: 6}, linear: {out: 50, share: e}]"
    profile = archcalc.profile(parse(Source("x.yaml", text)))

    assert (profile.totals.weights, profile.totals.biases, profile.totals.macs) == (300, 50, 7 * 6 * 50)


def test_an_auxiliary_head_leaves_the_trunk_where_it_was_and_is_counted_apart():
    """What follows a head continues from before it."""
    text = (
        IMAGE
        + "blocks: {head: [flatten, linear: 3]}\nlayers: [relu, head: {name: h, auxiliary: true}, conv2d: {out: 2, kernel: 1}]"
    )
    profile = archcalc.profile(parse(Source("x.yaml", text)))

    assert profile.rows[-1].sources == ("relu",)
    assert (profile.totals.params, profile.auxiliary.params) == (18, 3 * 2048 + 3)


def test_values_keep_the_type_of_their_field():
    """`no` is no boolean and 1e3 a whole number where one is wanted."""
    assert rows(IMAGE + "layers: [conv2d: {out: 1e1, kernel: 1}]")[-1].output[0] == 10
    with pytest.raises(archcalc.SpecError, match="bias must be true or false, not no"):
        rows(IMAGE + "layers: [conv2d: {out: 1, kernel: 1, bias: no}]")


def test_padding_is_one_number_one_for_each_axis_pairs_or_same():
    """Four ways to pad a 3×3 convolution by one on each side give one shape."""
    for padding in ("1", "[1, 1]", "[[1, 1], 1]", "same"):
        assert rows(IMAGE + f"layers: [conv2d: {{out: 1, kernel: 3, padding: {padding}}}]")[-1].output == (1, 16, 16)


def test_set_replaces_a_param_and_lifts_what_is_stated():
    """Numbers stated for the spec as it stands say nothing of another network."""
    text = (
        IMAGE
        + "params: {n: 10}\nlayers: [flatten, linear: {out: n, params: 20490}]\ntotals: {params: 20490, output: 10}"
    )

    assert rows(text)[-1].params == 20490
    assert rows(text, n="2*4")[-1].output == (8,)
    assert rows(text, n=3)[-1].output == (3,)


def test_stated_numbers_are_for_one_sample():
    """A batch changes what is computed, not what was stated."""
    text = IMAGE + "layers: [conv2d: {out: 1, kernel: 1, macs: 2048, activations: 256}]"

    assert archcalc.profile(parse(Source("x.yaml", text)), batch=4).totals.macs == 8192


def test_notes_and_sources_reach_the_output():
    """What a spec says of itself and of a layer is printed."""
    text = "name: n\nsource: a paper\nnote: of all\n" + IMAGE + "layers: [relu: {note: of this one, source: page 3}]"
    printed = archcalc.render(archcalc.profile(parse(Source("x.yaml", text))))

    assert "a paper" in printed
    assert printed.splitlines()[-2:] == ["of all", "relu: of this one page 3"]


def test_remainders_are_reported_even_where_they_are_floored():
    """AlexNet's first layer on 224 pixels does not divide evenly, and the table says so."""
    assert "conv1 54.25 → 54" in archcalc.render(archcalc.profile(archcalc.load("alexnet-224")))


def test_no_setting_of_a_layer_is_a_word_of_the_language():
    """What may stand beside any layer never hides a field of one."""
    for cls in Layer.kinds.values():
        assert not OWN & set(cls.__struct_fields__) or cls.kind == "input"


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_spec_satisfies_the_schema(path):
    """An editor that checks by the schema accepts what archcalc accepts."""
    jsonschema.Draft202012Validator(schema()).validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("adapt", [2, {"*": 2}, {"a": 1, "b*": 2}], ids=str)
def test_the_schema_takes_every_form_of_adapters(adapt):
    """One rank for all, or ranks by pattern."""
    spec = {
        "input": {"features": 8},
        "params": {"r": 2},
        "adapt": adapt,
        "layers": [{"linear": {"name": n, "out": 4}} for n in ("a", "b")],
    }

    jsonschema.Draft202012Validator(schema()).validate(spec)
    assert parse(Source("x.yaml", json.dumps(spec))).nodes


@pytest.mark.parametrize("adapt", [{"a": {"rank": 2}}, [8], {"a": [2]}, {"a": 1.5}], ids=str)
def test_the_schema_refuses_other_adapters(adapt):
    spec = {"input": {"features": 8}, "adapt": adapt, "layers": [{"linear": {"name": "a", "out": 4}}]}

    assert not jsonschema.Draft202012Validator(schema()).is_valid(spec)
    with pytest.raises(archcalc.SpecError):
        parse(Source("x.yaml", json.dumps(spec)))


@pytest.mark.parametrize(
    "layers",
    [
        [{"conv2d": {"out": 4, "kernel": 3, "strid": 2}}],
        [{"conv2d": {"kernel": 3}}],
        [{"linear": 0}],
        [{"a": 1, "b": 2}],
    ],
    ids=str,
)
def test_the_schema_refuses_what_archcalc_refuses(layers):
    """A misspelled, missing or impossible setting is seen by the editor too."""
    spec = {"input": {"channels": 3, "height": 8, "width": 8}, "layers": layers}

    assert not jsonschema.Draft202012Validator(schema()).is_valid(spec)
    with pytest.raises(archcalc.SpecError):
        parse(Source("x.yaml", json.dumps(spec)))
