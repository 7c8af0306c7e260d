"""What is written once with "× n" stands there n times: the same layers, wired, named and sharing weights alike."""

from __future__ import annotations

import time

import pytest

from archcalc.errors import Source
from archcalc.language import load, parse
from archcalc.profiling.engine import profile
from archcalc.profiling.folding import folded

HEAD = "name: s\ninput: {features: 8}\n"
SKIPS = """blocks:
  unit(skip):
    - add: {a: [{linear: 8}], b: [{identity: {from: "{skip}"}}]}
layers:
  - relu: {name: x}
  - sigmoid: {name: prev}
  - unit: {name: far, skip: "x"}
  - unit: {name: near, skip: "far"}
"""


def times(text: str) -> list[tuple[str, int]]:
    """The names of the rows that are written, and how often each stands."""
    return [(line.row.name, line.times) for line in folded(profile(parse(Source("s.yaml", HEAD + text))).rows)]


def once(text: str) -> bool:
    return all(often == 1 for _, often in times(text))


def body(block: str, *layers: str) -> str:
    return f"  {block}: [{', '.join(layers)}]\n"


def test_a_skip_from_further_back_is_no_repeat():
    """Both blocks are a layer and a sum, one with x before it and one with what is right before it."""
    assert once(SKIPS)
    assert ("far/add", 2) in times(SKIPS.replace('skip: "x"', 'skip: "prev"'))


def test_a_sum_of_two_layers_outside_is_no_repeat_of_a_sum_of_one_twice():
    """The first row takes from x and prev, the second twice from the first, without any block."""
    assert once(
        "layers:\n  - relu: {name: x}\n  - sigmoid: {name: prev}\n  - add: {a: x, b: prev}\n  - add: {a: add, b: add}\n"
    )


MEMORY = "layers:\n  - relu: {name: memory}\n  - sigmoid: {name: x}\n"


@pytest.mark.parametrize(
    ("read", "repeats"),
    [
        (["x, memory", "0, memory", "1, memory"], 3),
        (["memory, x", "memory, 0", "memory, 1"], 3),
        # The places change, the layer that is read beside changes, or it is one of the repeats.
        (["x, memory", "memory, 0", "1, memory"], 1),
        (["x, memory", "0, x", "1, memory"], 1),
        (["x, memory", "0, memory", "0, 1"], 2),
        (["x, memory", "0, memory", "1, 0"], 2),
    ],
)
def test_repeats_may_all_read_one_layer_more(read, repeats):
    """As those of a decoder read its memory, each in the same place of its inputs."""
    layers = "".join(f"  - subtract: {{name: '{n}', from: [{of}]}}\n" for n, of in enumerate(read))

    assert max(often for _, often in times(MEMORY + layers)) == repeats


def test_a_decoder_is_written_once():
    """Its six layers all read the encoder's output, which an arrow cannot show in a table (Vaswani et al. 2017, figure 1)."""
    lines = {line.row.name: line.times for line in folded(profile(load("transformer_base")).rows)}

    assert {name: often for name, often in lines.items() if often > 1}.keys() >= {
        "encoder/1/attend/attention",
        "decoder/1/attend/attention",
        "decoder/1/cross/attention",
    }
    assert {often for name, often in lines.items() if "coder/" in name and "/attention" in name} == {6}


def test_blocks_of_other_names_are_no_repeat():
    """Alpha and beta say the same of themselves, and are called otherwise."""
    alpha, beta = (body(name, "{linear: 8}", "relu") for name in ("alpha", "beta"))

    assert once(f"blocks:\n{alpha}{beta}layers: [alpha, beta]\n")
    assert times(f"blocks:\n{alpha}layers: [alpha, alpha]\n")[1:] == [("linear", 2), ("relu", 2)]


def test_blocks_within_a_block_are_part_of_what_repeats():
    """The same rows, in the one inside a further block and in the other not, or in two of them and not in one."""
    inner, outer, flat = (
        body("inner", "{linear: 8}", "relu"),
        body("outer", "inner"),
        body("flat", "{linear: 8}", "relu"),
    )
    halves = "  half(n): [relu: {repeat: n}]\n  whole(n): [half: {n: n, repeat: 2 // n}]\n"
    assert once(f"blocks:\n{inner}{outer}{flat}layers: [outer, flat]\n")
    assert times(f"blocks:\n{halves}layers: [sigmoid, whole: 1, whole: 2]\n")[2:] == [("relu", 2), ("relu_3", 2)]
    assert times(f"blocks:\n{inner}{outer}layers: [outer, outer]\n")[1:] == [("linear", 2), ("relu", 2)]


def test_layers_that_share_other_weights_are_no_repeat():
    """The second and the fourth have the weights of the first and the third; two that share the same ones do repeat."""
    owners = "layers:\n  - linear: {name: w1, out: 8}\n  - linear: {name: w2, out: 8}\n"
    users = "".join(f"  - linear: {{{{name: u{n}, out: 8, share: w{{}}}}}}\n" for n in (1, 2))

    assert times(owners + users.format(1, 2))[1:] == [("w1", 2), ("u1", 1), ("u2", 1)]
    assert times(owners + users.format(1, 1))[1:] == [("w1", 2), ("u1", 2)]


def test_a_layer_that_shares_within_its_block_repeats_with_it():
    """Each call has weights of its own and uses them twice: 8·8 weights and 8 biases, twice."""
    text = (
        f"blocks:\n{body('twice', '{linear: {name: first, out: 8}}', '{linear: {name: second, out: 8, share: first}}')}"
    )

    assert times(text + "layers: [{twice: {name: a}}, {twice: {name: b}}]\n")[1:] == [("a/first", 2), ("a/second", 2)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("resnet152", {1, 2, 7, 35}), ("densenet121", {1}), ("vgg16", {1, 2, 3})],
)
def test_networks_fold_as_their_papers_write_them(name, expected):
    """ResNet-152's stages are a unit and 2, 7, 35 and 2 more; each unit of DenseNet is wider than the one before it."""
    assert {line.times for line in folded(profile(load(name)).rows)} == expected


def test_a_long_chain_folds_at_once():
    """Five thousand layers alike are one line, and so many in turn are none, both in less than two seconds."""
    alike = profile(parse(Source("s.yaml", f"{HEAD}layers:\n  - linear: {{out: 8, repeat: 5000}}\n"))).rows
    turns = profile(parse(Source("s.yaml", f"{HEAD}layers:\n" + "  - relu\n  - sigmoid\n" * 2500))).rows
    start = time.perf_counter()
    lengths = [len(folded(rows)) for rows in (alike, turns)]

    assert lengths == [2, 5001]
    assert time.perf_counter() - start < 2
